"""Filters of lists: predicates declared once, beside what they are asked by.

A filter is a field of a resource's query model whose annotation carries its predicate. What it is
given stands in the statement as parameters, so that one statement serves all who ask alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from app.kernel import links
from app.kernel.ids import is_id, is_slug
from app.kernel.listing import Selection
from app.kernel.tables import Versioned, table_of
from app.kernel.view import View

Pieces = Mapping[str, Any]
"""The pieces that a value falls into, by names: what differs in them shapes a statement."""


@dataclass(frozen=True, slots=True)
class Given:
    """What stands for the value of a filter in a statement: a parameter for each of its pieces.

    So one statement asks for every value that falls into the same pieces.
    """

    name: str
    pieces: tuple[str, ...]

    def one(self, column: sa.ColumnElement[Any]) -> Any:
        """A value to compare a column with."""
        # Compared with a parameter, what is true of a row is no condition that a plan is made for.
        if TRUE in self.pieces or FALSE in self.pieces:
            return TRUE in self.pieces
        return sa.bindparam(parameter(self.name), type_=column.type)

    def some(self, column: sa.ColumnElement[Any], piece: str = "") -> sa.BindParameter[Any]:
        """Values of which a column is to have one."""
        return sa.bindparam(parameter(self.name, piece), type_=column.type, expanding=True)


TRUE, FALSE = "true", "false"


def parameter(name: str, piece: str = "") -> str:
    """What a parameter is called that stands for something of a query."""
    return f"asked_{name}_{piece}"


def _whole(value: Any) -> Pieces:
    """A value as the one piece it is; what is true or false differs in its piece."""
    return {(TRUE if value else FALSE) if isinstance(value, bool) else "": value}


@dataclass(frozen=True, slots=True)
class Where:
    """The predicate of a filter, carried in the annotation of its field, and how values are cut."""

    predicate: Callable[[Selection, Given], sa.ColumnElement[bool]]
    cut: Callable[[Any], Pieces] = _whole


def equals(column: str) -> Where:
    """One of the values given."""
    return Where(lambda s, given: s.columns[column].in_(given.some(s.columns[column])))


def matches(column: str) -> Where:
    """Exactly the value given."""
    return Where(lambda s, given: s.columns[column] == given.one(s.columns[column]))


def at_least(column: str) -> Where:
    """The value or more."""
    return Where(lambda s, given: s.columns[column] >= given.one(s.columns[column]))


def at_most(column: str) -> Where:
    """The value or less."""
    return Where(lambda s, given: s.columns[column] <= given.one(s.columns[column]))


def before(column: str) -> Where:
    """Earlier than the instant."""
    return Where(lambda s, given: s.columns[column] < given.one(s.columns[column]))


def way_of(key: str) -> str:
    """The column that a key stands in, if there can be one."""
    return "id" if is_id(key) else "slug" if is_slug(key) else ""


def keys_in(keys: Sequence[str]) -> Pieces:
    """A mixture of ids and slugs, apart; without either, no ids."""
    cut = {f"{way}s": [key for key in keys if way_of(key) == way] for way in ("id", "slug")}
    return {name: found for name, found in cut.items() if found} or {"ids": []}


def ids_of(kind: str, keys: Sequence[str], view: View) -> sa.Select[Any] | list[str]:
    """The ids that a mixture of ids and slugs stands for, in the statement that asks."""
    cut = keys_in(keys)
    found = _ids(kind, view, cut.get("ids"), cut.get("slugs"))
    return [] if found is None else found


def _ids(kind: str, view: View, ids: Any, slugs: Any) -> Any:
    """The ids themselves, or the select that finds them; None is none."""
    t = view.of(Versioned.every[kind], f"{kind}_named")
    if slugs is None or "slug" not in t.c:
        return ids
    same = t.c.slug.in_(slugs)
    return sa.select(t.c.id).where(same if ids is None else sa.or_(same, t.c.id.in_(ids)))


def _given_ids(kind: str, s: Selection, given: Given, column: sa.ColumnElement[Any]) -> Any:
    """What stands for the ids that the keys of a filter stand for, to compare a column with."""
    t = s.view.of(Versioned.every[kind], f"{kind}_named")
    slugs = given.some(t.c.slug, "slugs") if "slugs" in given.pieces and "slug" in t.c else None
    ids = given.some(column if slugs is None else t.c.id, "ids") if "ids" in given.pieces else None
    found = _ids(kind, s.view, ids, slugs)
    return [] if found is None else found


def the_one(kind: str, way: str, key: str, view: View) -> sa.ScalarSelect[Any]:
    """The id of the record there for this reader that a parameter names, by its id or its slug."""
    t = view.of(Versioned.every[kind], f"{kind}_named")
    same: sa.ColumnElement[bool] = sa.false()
    if way in t.c:
        same = t.c[way] == sa.bindparam(key, type_=t.c[way].type)
    return sa.select(t.c.id).where(same).order_by(t.c.id).limit(1).scalar_subquery()


def refers(column: str, kind: str) -> Where:
    """Names one of the records given (by id or slug) in a single reference."""

    def predicate(s: Selection, given: Given) -> sa.ColumnElement[bool]:
        mine = s.columns[column]
        found: sa.ColumnElement[bool] = mine.in_(_given_ids(kind, s, given, mine))
        return found

    return Where(predicate, keys_in)


def refers_to_any(column: str) -> Where:
    """Names one of the records given (by id or slug), of whatever kind, in a single reference."""

    def predicate(s: Selection, given: Given) -> sa.ColumnElement[bool]:
        mine = s.columns[column]
        found = [mine.in_(given.some(mine, "ids"))] if "ids" in given.pieces else []
        if "slugs" in given.pieces:
            tables = (s.view.of(model, f"{kind}_named") for kind, model in Versioned.every.items())
            named = (
                sa.select(t.c.id).where(t.c.slug.in_(given.some(t.c.slug, "slugs")))
                for t in tables
                if "slug" in t.c
            )
            found.append(mine.in_(sa.union_all(*named)))
        return sa.or_(*found)

    return Where(predicate, keys_in)


def links_to(kind: str, *fields: str) -> Where:
    """Names one of the records given (by id or slug) in a list."""

    def predicate(s: Selection, given: Given) -> sa.ColumnElement[bool]:
        if s.columns.get(DRIVEN) in fields:
            return sa.true()
        targets = _given_ids(kind, s, given, _TARGET)
        if isinstance(targets, sa.Select):
            # The link index keeps its targets as text, whatever they are.
            only = targets.selected_columns[0]
            targets = targets.with_only_columns(sa.cast(only, sa.String(60)))
        return sa.or_(*(links.linked(s.view, field, s.columns["id"], targets) for field in fields))

    return Where(predicate, keys_in)


_TARGET = table_of(links.Link).c.target
DRIVEN = "(driven by)"
"""In the columns of a selection: the field whose links lead it, if any do."""


def driven(s: Selection, kind: str, field: str, way: str, key: str) -> Selection:
    """The selection led by the links to the record that a parameter names, by its id or its slug.

    They lie by date and owner. A page of what names it costs the same however many records there
    are and however deep it lies.
    """
    link = s.view.of(links.Link, "leading")
    target: Any = sa.bindparam(key, type_=_TARGET.type)
    if way != "id":
        target = sa.cast(the_one(kind, way, key, s.view), sa.String(60))
    led = s.statement.join(link, link.c.owner == s.columns["id"]).where(
        link.c.field == field, link.c.target == target
    )
    if s.view.as_of is not None:
        led = led.where(link.c.at <= s.view.as_of)
    columns = {**s.columns, "effective_at": link.c.at, "id": link.c.owner, DRIVEN: field}
    return replace(s, statement=led, columns=columns)


def state_is(field: str) -> Where:
    """Is in one of the states given, at the moment of the view."""
    return Where(lambda s, given: links.linked(s.view, field, s.columns["id"], given.some(_TARGET)))
