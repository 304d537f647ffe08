"""What a list may be asked: filters declared once, allow-listed sorts, two clocks.

A resource's query model is a subclass of `Listing`; each of its filters is a field whose
annotation carries the predicate, so what is documented, checked and asked of the database is one
declaration. `pages` answers it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from app.kernel import links
from app.kernel.errors import Invalid
from app.kernel.forms import form
from app.kernel.ids import is_id, is_slug
from app.kernel.tables import Versioned, table_of
from app.kernel.types import IdText, Instant, QueryBool, QueryInt, broken
from app.kernel.view import View

PAGE = 50
PAGE_LIMIT = 200
SORT_KEYS = 3
CURSOR_LENGTH = 6000
"""Room for the longest values a list can be sorted by, three of them, in four bytes a letter."""

NAMES_PATTERN = r"^[a-z_0-9]+(,[a-z_0-9]+)*$"
SORT_PATTERN = r"^-?[a-z_]+(,-?[a-z_]+)*$"
NAMES_FORM = "must be names separated by commas"


class Clocks(BaseModel):
    """The two clocks, which every read takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Annotated[
        Instant | None, Field(description="The state in force in the world at this instant")
    ] = None
    known_at: Annotated[
        Instant | None, Field(description="What had been recorded here by this instant")
    ] = None


class Span(BaseModel):
    """The parameters `from` and `to` of what is asked of a stretch of time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[Instant | None, Field(alias="from", description="From this instant on")] = None
    to: Annotated[Instant | None, Field(description="Earlier than this instant")] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise broken("from", "is later than `to`")
        return self


class Tabular(BaseModel):
    """The parameter of an answer that can be a table, and isn't a list of records."""

    format: Annotated[
        Literal["json", "csv", "ndjson"] | None, Field(description="Instead of the Accept header")
    ] = None


class Single(Clocks):
    """The parameters of the read of one record."""

    fields: Annotated[
        str | None,
        form(NAMES_PATTERN, NAMES_FORM, max_length=600, description="Only these fields (and `id`)"),
    ] = None
    include: Annotated[
        str | None,
        form(
            NAMES_PATTERN,
            NAMES_FORM,
            max_length=200,
            description="Records named here, whole, `included`, but for those that were deleted or"
            " aren't in sight, which look alike; in CSV a column of names each",
        ),
    ] = None


class PageQuery(BaseModel):
    """Which page of a list of what are no records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[QueryInt, Field(ge=1, le=PAGE_LIMIT, description="Entries a page")] = PAGE
    cursor: Annotated[IdText | None, Field(description="`next` of the page before")] = None


class Rows(Single):
    """The parameters every list takes."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False}
    """Names a list may be sorted by; True where the value may be null (nulls come last)."""
    default_sort: ClassVar[str] = "id"

    limit: Annotated[
        QueryInt | None,
        Field(ge=1, le=PAGE_LIMIT, description=f"Records a page ({PAGE} where it isn't given)"),
    ] = None
    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_LENGTH, description="`next` of the page before, unchanged"),
    ] = None
    sort: Annotated[
        str | None,
        form(
            SORT_PATTERN,
            f"{NAMES_FORM}, with - before one for descending",
            max_length=120,
            description="Names to sort by, separated by commas; `-` before one for descending",
        ),
    ] = None
    total: Annotated[QueryBool, Field(description="Count all that match, in `total`")] = False
    format: Annotated[
        Literal["json", "csv", "ndjson"] | None,
        Field(description="Instead of the Accept header; csv and ndjson without `limit` are whole"),
    ] = None
    bom: Annotated[QueryBool, Field(description="Begin a CSV with a byte order mark")] = False


class Listing(Rows):
    """The parameters of a list of records, which have text to be searched."""

    q: Annotated[
        str | None,
        Field(
            max_length=300,
            description='Full text: words, "a phrase", a beginning*; all must be there',
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Selection:
    """What a list reads: the select, and the named expressions that filters and sorts may use."""

    session: Session
    view: View
    statement: sa.Select[Any]
    columns: Mapping[str, Any]
    later: Mapping[str, Callable[[Any], sa.ColumnElement[Any]]] = field(default_factory=dict)
    """What is shown and not sorted by: made from the columns of a page, and for its rows alone.

    In the select itself, PostgreSQL would prepare it for every row there is, to show fifty.
    """

    narrowed: Callable[[str, Any], "Selection"] | None = None
    """Makes the selection for some values of a column, where that is less work than to choose."""

    clocks: Mapping[str, Any] = field(default_factory=dict)
    """What the select is asked with, where it was made for a view that is `timeless`."""

    def within(
        self, name: str, values: list[Any] | sa.BindParameter[Any] | sa.ScalarSelect[Any]
    ) -> "Selection":
        """The selection where a column has one of the values, or the one that a select finds."""
        found = self.narrowed(name, values) if self.narrowed is not None else self
        column = found.columns[name]
        same = column == values if isinstance(values, sa.ScalarSelect) else column.in_(values)
        statement = found.statement.where(same)
        return replace(found, session=self.session, statement=statement, clocks=self.clocks)

    def among(self, name: str, *, in_force: bool = False) -> sa.Select[Any]:
        """The select of what was there at the moment and has one of `keys` in a column, by id.

        Of successions all their entries, or only those `in_force`.
        """
        keys = sa.bindparam("keys", type_=self.columns[name].type, expanding=True)
        found = self.within(name, keys)
        statement = found.begun.order_by(found.columns["id"])
        if in_force and "ended_at" in found.columns:
            ended = found.view.passed(found.columns["ended_at"])
            statement = statement.where(sa.not_(sa.func.coalesce(ended, sa.false())))
        return found.shown(statement, "id")

    def rows(self, statement: sa.Select[Any], **asked: Any) -> list[dict[str, Any]]:
        """The rows of a statement made from this selection."""
        found = self.session.execute(statement, {**self.clocks, **asked})
        return [dict(row) for row in found.mappings()]

    @property
    def begun(self) -> sa.Select[Any]:
        """The select of what was there at the moment: every read of records goes through it."""
        if "effective_at" not in self.columns or self.view.as_of is None:
            return self.statement
        return self.statement.where(self.view.begun(self.columns["effective_at"]))

    def shown(self, statement: sa.Select[Any], *order: str) -> sa.Select[Any]:
        """A select of this selection's rows with all they show, in an order (see `in_order`)."""
        if not self.later:
            return statement
        found = statement.subquery("found")
        made = (make(found.c).label(name) for name, make in self.later.items())
        return in_order(sa.select(found, *made), found, order)


def in_order(
    statement: sa.Select[Any], found: sa.FromClause, order: Sequence[str]
) -> sa.Select[Any]:
    """A select in the order of named columns; a name with `-` before it is descending."""
    columns = ((found.c[name.removeprefix("-")], name[0] == "-") for name in order)
    return statement.order_by(*(c.desc() if down else c.asc() for c, down in columns))


# --- Filters ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """The predicate of a filter, carried in the annotation of its field."""

    predicate: Callable[[Selection, Any], sa.ColumnElement[bool]]


def equals(column: str) -> Where:
    """One of the values given."""
    return Where(lambda s, values: s.columns[column].in_(values))


def matches(column: str) -> Where:
    """Exactly the value given."""
    return Where(lambda s, value: s.columns[column] == value)


def at_least(column: str) -> Where:
    """The value or more."""
    return Where(lambda s, value: s.columns[column] >= value)


def at_most(column: str) -> Where:
    """The value or less."""
    return Where(lambda s, value: s.columns[column] <= value)


def before(column: str) -> Where:
    """Earlier than the instant."""
    return Where(lambda s, value: s.columns[column] < value)


def ids_of(kind: str, keys: Sequence[str], view: View) -> sa.Select[Any] | list[str]:
    """The ids that a mixture of ids and slugs stands for, in the statement that asks."""
    t = view.of(Versioned.every[kind], f"{kind}_named")
    ids = [key for key in keys if is_id(key)]
    slugs = [key for key in keys if is_slug(key) and not is_id(key)]
    if not slugs or "slug" not in t.c:
        return ids
    return sa.select(t.c.id).where(sa.or_(t.c.slug.in_(slugs), t.c.id.in_(ids)))


def the_one(kind: str, key: str, view: View) -> sa.ScalarSelect[Any]:
    """The id of the record that an id or a slug stands for, if it is there for this reader."""
    t = view.of(Versioned.every[kind], f"{kind}_named")
    same = t.c.id == key if is_id(key) else sa.false()
    if is_slug(key) and not is_id(key) and "slug" in t.c:
        same = t.c.slug == key
    return sa.select(t.c.id).where(same).order_by(t.c.id).limit(1).scalar_subquery()


def refers(column: str, kind: str) -> Where:
    """Names one of the records given (by id or slug) in a single reference."""
    return Where(lambda s, keys: s.columns[column].in_(ids_of(kind, keys, s.view)))


def refers_to_any(column: str) -> Where:
    """Names one of the records given (by id or slug), of whatever kind, in a single reference."""

    def predicate(s: Selection, keys: list[str]) -> sa.ColumnElement[bool]:
        ids = [key for key in keys if is_id(key)]
        slugs = [key for key in keys if not is_id(key)]
        named = (ids_of(kind, slugs, s.view) for kind in Versioned.every)
        found = [one for one in named if isinstance(one, sa.Select)]
        same = s.columns[column].in_(ids)
        return sa.or_(same, s.columns[column].in_(sa.union_all(*found))) if found else same

    return Where(predicate)


def links_to(kind: str, *fields: str) -> Where:
    """Names one of the records given (by id or slug) in a list."""

    def predicate(s: Selection, keys: list[str]) -> sa.ColumnElement[bool]:
        if s.columns.get(DRIVEN) in fields:
            return sa.true()
        targets = ids_of(kind, keys, s.view)
        if isinstance(targets, sa.Select):
            # The link index keeps its targets as text, whatever they are.
            only = targets.selected_columns[0]
            targets = targets.with_only_columns(sa.cast(only, sa.String(60)))
        return sa.or_(*(links.linked(s.view, field, s.columns["id"], targets) for field in fields))

    return Where(predicate)


DRIVEN = "(driven by)"
"""In the columns of a selection: the field whose links lead it, if any do."""


def driven(s: Selection, kind: str, field: str, key: str) -> Selection:
    """The selection led by the links to one record (by id or slug), which lie by date and owner.

    A page of what names it costs the same however many records there are and however deep it lies.
    """
    link = s.view.of(links.Link, "leading")
    target: Any = key
    if not is_id(key):
        named = s.view.of(Versioned.every[kind], f"{kind}_named")
        target = sa.select(sa.cast(named.c.id, sa.String(60))).where(named.c.slug == key)
        target = target.order_by(named.c.id).limit(1).scalar_subquery()
    led = s.statement.join(link, link.c.owner == s.columns["id"]).where(
        link.c.field == field, link.c.target == target
    )
    if s.view.as_of is not None:
        led = led.where(link.c.at <= s.view.as_of)
    columns = {**s.columns, "effective_at": link.c.at, "id": link.c.owner, DRIVEN: field}
    return replace(s, statement=led, columns=columns)


def state_is(field: str) -> Where:
    """Is in one of the states given, at the moment of the view."""
    return Where(lambda s, values: links.linked(s.view, field, s.columns["id"], values))


def named(text: str | None, allowed: Sequence[str], parameter: str) -> list[str]:
    """The names in a comma-separated parameter; refuses those that aren't allowed."""
    names = text.split(",") if text else []
    for name in names:
        if name not in allowed:
            raise Invalid.at(f"?{parameter}", f"{name!r} isn't one of {', '.join(allowed)}")
    return list(dict.fromkeys(names))


def columns_of(model: type[Versioned], t: sa.FromClause) -> dict[str, Any]:
    """The named expressions of a plain record: its own columns."""
    return {column.name: t.c[column.name] for column in table_of(model).columns}
