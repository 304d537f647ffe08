"""Rows into a table by the driver itself: SQLAlchemy's way for each value would cost more."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from app.kernel.db import is_postgres
from app.kernel.records import Row
from app.kernel.types import UtcDateTime

Process = Callable[[Any], Any]


def insert(session: Session, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows, each with a value for every column."""
    connection = session.connection()
    dialect = connection.dialect
    columns = [_bound(rows, column, dialect) for column in table.columns]
    quoted = dialect.identifier_preparer
    names = ", ".join(quoted.format_column(column) for column in table.columns)
    target = f"{quoted.format_table(table)} ({names})"
    cursor: Any = connection.connection.cursor()
    if is_postgres(session):
        with cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in zip(*columns, strict=True):
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(columns))
        cursor.executemany(
            f"INSERT INTO {target} VALUES ({marks})",  # noqa: S608 - names of our own tables
            zip(*columns, strict=True),
        )


def _bound(rows: Sequence[Row], column: sa.Column[Any], dialect: Dialect) -> list[Any]:
    """The values of a column as the driver takes them."""
    values = [row[column.name] for row in rows]
    process = _process(column.type, dialect)
    return values if process is None else list(map(process, values))


def _process(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Process | None:
    if isinstance(kind, UtcDateTime):
        return _instants(dialect)
    return kind.dialect_impl(dialect).bind_processor(dialect)


@cache
def _instants(dialect: Dialect) -> Process | None:
    """For instants with a memory: what is written together shares them."""
    process = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return process and lru_cache(maxsize=1 << 17)(process)
