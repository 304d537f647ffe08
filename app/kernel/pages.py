"""Keyset pages: one statement a page, whatever its size and however deep it lies.

The cursor is signed, holds the keys of the last row, and is good for its own query only.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from app.kernel import links, search
from app.kernel.errors import BadCursor, Invalid
from app.kernel.listing import PAGE, SORT_KEYS, Listing, Rows, Selection, Where, in_order


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the cursor to the next, and the count of all where it was asked for."""

    rows: list[dict[str, Any]]
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class _Key:
    expression: sa.ColumnElement[Any]
    descending: bool


def filtered(selection: Selection, query: Rows) -> sa.Select[Any]:
    """The select with every filter of the query applied."""
    statement = selection.begun
    for name, field in type(query).model_fields.items():
        value = getattr(query, name)
        if value is None or value == []:
            continue
        for mark in field.metadata:
            if isinstance(mark, Where):
                statement = statement.where(mark.predicate(selection, value))
    if isinstance(query, Listing) and query.q is not None:
        statement = statement.where(
            search.containing(selection.session, selection.view, selection.columns["id"], query.q)
        )
    return statement


def page(
    selection: Selection,
    query: Rows,
    secret: bytes,
    scope: str,
    size: int | None = None,
    parts: Sequence[Selection] = (),
) -> Page:
    """Read one page: one statement, whatever its size and however deep.

    `scope` is the path, which the cursor is bound to together with filters and sort. `parts` are
    what the selection is made of, where a page of each costs less than a page of the whole: then
    the page is taken from those.
    """
    size = size or query.limit or PAGE
    keys = _keys(selection, query)
    bound = fingerprint(query, scope)
    after = None if query.cursor is None else read_cursor(query.cursor, bound, secret)
    order = [f"{'-' if key.descending else ''}key_{index}" for index, key in enumerate(keys)]
    some = [_some(part, query, after, size + 1) for part in parts or (selection,)]
    statement = some[0]
    if parts:
        every = sa.union_all(*(sa.select(part.subquery()) for part in some)).subquery("every")
        statement = in_order(sa.select(every), every, order).limit(size + 1)
    whole = selection.shown(statement, *order)
    if query.total:
        whole = whole.add_columns(_count(selection, query).scalar_subquery().label("count_of_all"))
    rows = selection.rows(whole)
    total = None
    if query.total:
        # No row is there to carry the count when those behind the cursor have gone.
        (one,) = rows[:1] or selection.rows(_count(selection, query))
        total = one["count_of_all"]
    following = None
    if len(rows) > size:
        rows.pop()
        following = write_cursor(
            [rows[-1][f"key_{index}"] for index in range(len(keys))], bound, secret
        )
    return Page(rows, following, total)


def _count(selection: Selection, query: Rows) -> sa.Select[Any]:
    """How many rows there are on all pages."""
    # Each bracket in brackets counts: SQLite reads only so many.
    counted = sa.func.count(selection.columns["id"]).label("count_of_all")
    return filtered(selection, query).with_only_columns(counted).order_by(None)


def _some(
    selection: Selection, query: Rows, after: Sequence[Any] | None, limit: int
) -> sa.Select[Any]:
    """The first rows of a selection behind the key values, each with its own."""
    keys = _keys(selection, query)
    statement = filtered(selection, query)
    if after is not None:
        statement = statement.where(_after(keys, after))
    return (
        statement.add_columns(
            *(key.expression.label(f"key_{index}") for index, key in enumerate(keys))
        )
        .order_by(
            *(key.expression.desc() if key.descending else key.expression.asc() for key in keys)
        )
        .limit(limit)
    )


def _keys(selection: Selection, query: Rows) -> list[_Key]:
    names = (query.sort or query.default_sort).split(",")
    keys: list[_Key] = []
    seen: set[str] = set()
    descending = False
    for name in names:
        descending = name.startswith("-")
        bare = name.removeprefix("-")
        if bare not in query.sorts or bare in seen or len(seen) == SORT_KEYS:
            allowed = ", ".join(sorted(query.sorts))
            raise Invalid.at("?sort", f"{bare!r} isn't one of {allowed} (each once, at most three)")
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


def _after(keys: Sequence[_Key], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a row comes behind the one with these key values."""
    literals = [
        sa.literal(value, key.expression.type) for key, value in zip(keys, values, strict=True)
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
