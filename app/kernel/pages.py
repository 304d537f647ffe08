"""Keyset pages: one statement a page, whatever its size and however deep it lies.

The cursor is signed, holds the keys of the last row, and is good for its own query only.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.kernel import links, search
from app.kernel.errors import BadCursor, Invalid
from app.kernel.filters import Given, Where, parameter, the_one, way_of
from app.kernel.listing import PAGE, SORT_KEYS, Listing, Rows, Selection, in_order
from app.kernel.resource import KEPT, Listed
from app.kernel.view import View


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the cursor to the next, and the count of all where it was asked for."""

    rows: list[dict[str, Any]]
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Under:
    """The record that all of a list stand under: its noun, its kind, and its key in the path."""

    noun: str
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list is: its path and the secret, which cursors are bound to, and the parent."""

    scope: str
    secret: bytes
    under: Under | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked of a list, but for the values: those are parameters of the statement."""

    query: type[Rows]
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    """Names of fields, each with the pieces that its value fell into."""
    sort: str
    under: tuple[str, str, str] | None
    """Noun, kind and way to find it."""
    behind: bool
    """Whether a cursor says behind what."""
    counted: bool


@dataclass(frozen=True, slots=True)
class Statements:
    """What a form is answered by: a page, the count of all, and of how many keys a cursor has."""

    page: sa.Select[Any]
    count: sa.Select[Any] | None
    keys: int


@dataclass(frozen=True, slots=True)
class _Key:
    expression: sa.ColumnElement[Any]
    descending: bool


SIZE, ABOVE, BEHIND = "page_size", "page_under", "page_behind_"
"""Parameters of a page, called otherwise than those of any filter; the last with a number each."""


def page(
    resource: Listed, session: Session, view: View, query: Rows, place: Place, size: int = 0
) -> Page:
    """Read one page: one statement, whatever its size and however deep.

    A cursor is bound to the path, the filters and the sort.
    """
    size, under = size or query.limit or PAGE, place.under
    bound = fingerprint(query, place.scope)
    after = () if query.cursor is None else read_cursor(query.cursor, bound, place.secret)
    cut = {name: where.cut(value) for name, where, value in _asked(query)}
    form = Form(
        type(query),
        tuple((name, tuple(pieces)) for name, pieces in cut.items()),
        query.sort or query.default_sort,
        None if under is None else (under.noun, under.kind, way_of(under.key)),
        query.cursor is not None,
        query.total,
    )
    searched = isinstance(query, Listing) and query.q is not None
    if resource.keeps(view, query) and not searched:
        made = _kept(resource, view.timeless, resource.part(query), form)
    else:
        made = _made(resource, session, view, query, form)
    values = {parameter(n, piece): v for n, cut_ in cut.items() for piece, v in cut_.items()}
    values |= {f"{BEHIND}{index}": value for index, value in enumerate(after)}
    values |= {SIZE: size + 1, ABOVE: None if under is None else under.key}
    values |= {**view.clocks, **resource.given(query)}
    rows = [dict(row) for row in session.execute(made.page, values).mappings()]
    total = None
    if made.count is not None:
        # No row is there to carry the count when those behind the cursor have gone.
        total = rows[0]["count_of_all"] if rows else session.execute(made.count, values).scalar()
    following = None
    if len(rows) > size:
        rows.pop()
        following = write_cursor(
            [rows[-1][f"key_{i}"] for i in range(made.keys)], bound, place.secret
        )
    return Page(rows, following, total)


def _asked(query: Rows) -> Iterator[tuple[str, Where, Any]]:
    """The filters of a query, with what they are given."""
    for name, where in _filters(type(query)).items():
        value = getattr(query, name)
        if value is not None and value != []:
            yield name, where, value


@cache
def _filters(query: type[Rows]) -> Mapping[str, Where]:
    return {
        name: mark
        for name, field in query.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Where)
    }


@lru_cache(KEPT)
def _kept(resource: Listed, view: View, part: BaseModel | None, form: Form) -> Statements:
    return _made(resource, Session(), view, part, form)


def _made(
    resource: Listed, session: Session, view: View, query: BaseModel | None, form: Form
) -> Statements:
    """The statements of a form, of what a list reads for a query, or for the part of it kept."""
    selection = _within(resource.kept(session, view, query), form)
    # Where a page of each part costs less than a page of the whole, it is taken from those.
    parts = [_within(part, form) for part in resource.parts(session, view, query)]
    text = query.q if isinstance(query, Listing) else None
    keys = _keys(selection, form)
    order = [f"{'-' if key.descending else ''}key_{index}" for index, key in enumerate(keys)]
    some = [_some(part, form, text) for part in parts or (selection,)]
    statement = some[0]
    if parts:
        every = sa.union_all(*(sa.select(part.subquery()) for part in some)).subquery("every")
        statement = in_order(sa.select(every), every, order).limit(_SIZE)
    whole = selection.shown(statement, *order)
    if not form.counted:
        return Statements(whole, None, len(keys))
    # Each bracket in brackets counts: SQLite reads only so many.
    number = sa.func.count(selection.columns["id"]).label("count_of_all")
    count = _filtered(selection, form, text).with_only_columns(number).order_by(None)
    return Statements(
        whole.add_columns(count.scalar_subquery().label("count_of_all")), count, len(keys)
    )


_SIZE: Any = sa.bindparam(SIZE, type_=sa.Integer)


def _within(selection: Selection, form: Form) -> Selection:
    """A selection of what stands under the parent."""
    if form.under is None:
        return selection
    noun, kind, way = form.under
    return selection.within(noun, the_one(kind, way, ABOVE, selection.view))


def _filtered(selection: Selection, form: Form, text: str | None) -> sa.Select[Any]:
    """The select with every filter of a form applied, and with a text to be found."""
    statement = selection.begun
    for name, pieces in form.filters:
        where = _filters(form.query)[name]
        statement = statement.where(where.predicate(selection, Given(name, pieces)))
    if text is not None:
        statement = statement.where(
            search.containing(selection.session, selection.view, selection.columns["id"], text)
        )
    return statement


def _some(selection: Selection, form: Form, text: str | None) -> sa.Select[Any]:
    """The first rows of a selection behind the key values, each with its own."""
    keys = _keys(selection, form)
    statement = _filtered(selection, form, text)
    if form.behind:
        statement = statement.where(_after(keys))
    return (
        statement.add_columns(
            *(key.expression.label(f"key_{index}") for index, key in enumerate(keys))
        )
        .order_by(
            *(key.expression.desc() if key.descending else key.expression.asc() for key in keys)
        )
        .limit(_SIZE)
    )


def _keys(selection: Selection, form: Form) -> list[_Key]:
    query, names = form.query, form.sort.split(",")
    keys: list[_Key] = []
    seen: set[str] = set()
    descending = False
    for name in names:
        descending = name.startswith("-")
        bare = name.removeprefix("-")
        if bare not in query.sorts:
            raise Invalid.at("?sort", f"{bare!r} isn't one of {', '.join(sorted(query.sorts))}")
        if bare in seen:
            raise Invalid.at("?sort", f"{bare!r} is there twice")
        if len(seen) == SORT_KEYS:
            raise Invalid.at("?sort", f"takes {SORT_KEYS} names at most; {name!r} is one more")
        seen.add(bare)
        expression = selection.columns[bare]
        if query.sorts[bare]:
            keys.append(_Key(sa.case((expression.is_(None), _ONE), else_=_NONE), descending=False))
            expression = sa.func.coalesce(expression, _zero(expression.type))
        keys.append(_Key(expression, descending))
    if "id" not in seen:
        keys.append(_Key(selection.columns["id"], descending))
    return keys


# Written out, not bound: an index of such an expression is found only by the same expression.
_ONE, _NONE = sa.literal_column("1", sa.Integer), sa.literal_column("0", sa.Integer)


def _zero(kind: sa.types.TypeEngine[Any]) -> sa.ColumnElement[Any]:
    # A decorator of a type says `object`; the type below it says what it holds.
    plain = kind.impl_instance if isinstance(kind, sa.types.TypeDecorator) else kind
    python = plain.python_type
    blank: Any = ""
    if issubclass(python, datetime):
        blank = links.ALWAYS
    elif issubclass(python, date):
        blank = links.ALWAYS.date()
    elif issubclass(python, (int, float)):
        blank = python(0)
    if isinstance(blank, int):
        return sa.literal_column("0", kind)
    return sa.literal_column("''", kind) if isinstance(blank, str) else sa.literal(blank, kind)


def _after(keys: Sequence[_Key]) -> sa.ColumnElement[bool]:
    """Whether a row comes behind the one with the key values that are parameters."""
    literals = [
        sa.bindparam(f"{BEHIND}{index}", type_=key.expression.type)
        for index, key in enumerate(keys)
    ]
    if len({key.descending for key in keys}) == 1:
        mine, theirs = sa.tuple_(*(key.expression for key in keys)), sa.tuple_(*literals)
        return mine < theirs if keys[0].descending else mine > theirs
    either: list[sa.ColumnElement[bool]] = []
    equal: list[sa.ColumnElement[bool]] = []
    for key, value in zip(keys, literals, strict=True):
        behind = key.expression < value if key.descending else key.expression > value
        either.append(sa.and_(*equal, behind))
        equal.append(key.expression == value)
    return sa.or_(*either)


_UNBOUND = {"cursor", "limit", "total", "fields", "include", "format", "bom"}


def fingerprint(query: BaseModel, scope: str) -> str:
    """What a cursor is bound to: the path, the filters and the sort."""
    asked = query.model_dump(mode="json", exclude=_UNBOUND, exclude_none=True)
    text = json.dumps([scope, asked], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_cursor(values: Sequence[Any], bound: str, secret: bytes) -> str:
    """A cursor that stands behind a row with these key values."""
    text = json.dumps([bound, *map(_pack, values)], separators=(",", ":"), ensure_ascii=False)
    body = text.encode()
    return base64.urlsafe_b64encode(_seal(body, secret) + body).decode().rstrip("=")


def read_cursor(cursor: str, bound: str, secret: bytes) -> list[Any]:
    """The key values of a cursor. Raises BadCursor unless it was made here for this query."""
    if not re.fullmatch("[A-Za-z0-9_-]{24,}", cursor):
        raise BadCursor
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise BadCursor from None
    seal, body = raw[:16], raw[16:]
    if not hmac.compare_digest(seal, _seal(body, secret)):
        raise BadCursor
    found, *values = json.loads(body)
    if found != bound:
        raise BadCursor
    return [_unpack(value) for value in values]


def _seal(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"cursor" + body, "sha256")[:16]


def _pack(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.astimezone(UTC).isoformat()}
    return {"d": value.isoformat()} if isinstance(value, date) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            datetime.fromisoformat(value["t"]) if "t" in value else date.fromisoformat(value["d"])
        )
    return value
