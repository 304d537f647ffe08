"""The past of every table: rows are copied to its twin before they are replaced."""

from collections.abc import Sequence
from datetime import datetime
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
    table, twin = table_of(model), Base.twins[table_of(model).name]
    names = [column.name for column in table.columns]
    standing = sa.select(table, sa.literal(None, twin.c.superseded_at.type).label("superseded_at"))
    replaced = sa.select(*(twin.c[name] for name in names), twin.c.superseded_at)
    every = sa.union_all(
        standing.where(table.c.id == record_id, *in_sight(table, eyes.markings)),
        replaced.where(twin.c.id == record_id, *in_sight(twin, eyes.markings)),
    ).subquery("every_version")
    statement = (
        sa.select(every)
        .where(every.c.version < sa.literal(below, sa.BigInteger))
        .order_by(every.c.version.desc())
        .limit(limit)
    )
    return [dict(row) for row in session.execute(statement).mappings()]
