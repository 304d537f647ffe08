"""The past of every table: rows are copied to its twin before they are replaced."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.eyes import Eyes
from app.kernel.tables import Base, Versioned, table_of
from app.kernel.view import in_sight


def keep(
    session: Session, model: type[Base], which: sa.ColumnElement[bool], stamp: datetime
) -> None:
    """Copy rows that are about to be replaced into the history twin."""
    table, twin = table_of(model), Base.twins[table_of(model).name]
    names = [column.name for column in table.columns]
    session.execute(
        sa.insert(twin).from_select(
            [*names, "superseded_at"],
            sa.select(table, sa.literal(stamp, twin.c.superseded_at.type)).where(
                which, table.c.recorded_at < stamp
            ),
        )
    )


def versions(
    session: Session, model: type[Versioned], record_id: str, eyes: Eyes, below: int, limit: int
) -> Sequence[dict[str, Any]]:
    """Up to `limit` versions of a record lower than `below`, newest first, each a whole row.

    Each row has `superseded_at`: null for the standing one. Only versions in sight.
    """
    statement = _versions(table_of(model), eyes.markings)
    asked = {"record": record_id, "below": below, "most": limit}
    return [dict(row) for row in session.execute(statement, asked).mappings()]


@lru_cache(512)
def _versions(table: sa.Table, markings: frozenset[int] | None) -> sa.Select[Any]:
    twin = Base.twins[table.name]
    names = [column.name for column in table.columns]
    record = sa.bindparam("record", type_=table.c.id.type)
    standing = sa.select(table, sa.literal(None, twin.c.superseded_at.type).label("superseded_at"))
    replaced = sa.select(*(twin.c[name] for name in names), twin.c.superseded_at)
    every = sa.union_all(
        standing.where(table.c.id == record, *in_sight(table, markings)),
        replaced.where(twin.c.id == record, *in_sight(twin, markings)),
    ).subquery("every_version")
    return (
        sa.select(every)
        .where(every.c.version < sa.bindparam("below", type_=sa.BigInteger))
        .order_by(every.c.version.desc())
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
