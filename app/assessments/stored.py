"""Rows as they are stored, also where somebody made of them what the service never writes.

The columns come as plain text and are read here one by one, so that what is no value of its column
is told of as such and doesn't keep the others from being read.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.assessments.models import EditionContent
from app.kernel.db import is_postgres, unreadable
from app.kernel.errors import Broken, UnreadableError
from app.kernel.tables import Base, table_of
from app.kernel.types import Id, UtcDateTime

Row = dict[str, Any]

_WHOLE = re.compile("-?[0-9]{1,18}")


def rows(
    session: Session,
    model: type[Base],
    *conditions: Any,
    order: Sequence[Any] = (),
    limit: int | None = None,
) -> list[Row]:
    """The rows of a table where conditions hold; a value that is none of its column is its text."""
    # SQLite may hold text that is none: only as bytes is it handed out at all.
    plain = sa.Text() if is_postgres(session) else sa.LargeBinary()
    columns = table_of(model).columns
    asked = sa.select(*(sa.cast(column, plain).label(column.name) for column in columns))
    asked = asked.where(*conditions).order_by(*order).limit(limit)
    found = session.execute(asked).mappings()
    return [{c.name: _value(c.type, row[c.name]) for c in columns} for row in found]


def check(model: type[Base], row: Row) -> None:
    """Raise Broken where a row that was read as usual has what is no value of its column.

    SQLite keeps anything in any column, and the others hand out what they find there.
    """
    for column in table_of(model).columns:
        value, kind = row[column.name], _PLAIN.get(type(column.type), object)
        if value is not None and not isinstance(value, kind):
            raise Broken


_PLAIN = {sa.Integer: int, sa.String: str, sa.Text: str, Id: str}


@contextmanager
def reading() -> Iterator[None]:
    """Raise Broken where what is read as usual can't be."""
    try:
        yield
    except UnreadableError:
        raise Broken from None
    except DBAPIError as error:
        if unreadable(error):
            raise Broken from None
        raise


def content_of(session: Session, assessment: str) -> str | None:
    """What an edition holds; None where nothing is there."""
    t = table_of(EditionContent)
    found = rows(session, EditionContent, t.c.assessment == assessment)
    return str(found[0]["content"]) if found else None


def document(text: str) -> Row:
    """A stored document; what was changed so that it is none is an empty one."""
    found = _json(text)
    return found if isinstance(found, dict) else {}


def _value(kind: sa.types.TypeEngine[Any], value: bytes | str | None) -> Any:
    if value is None:
        return None
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    if isinstance(kind, UtcDateTime):
        return _instant(text)
    if isinstance(kind, sa.JSON):
        return _json(text)
    if isinstance(kind, sa.Integer):
        return int(text) if _WHOLE.fullmatch(text) else text
    return text


def _instant(text: str) -> Any:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
