"""Successions: statements of which one is in force at a time, each until the next begins.

Ratings of an assessor on a consequence, outcomes of a consequence, causes of one. A row of a
succession has `effective_at` and `ended_at`; the end is written when the next row arrives, so that
"in force at T" is a plain comparison. Rows are never edited otherwise.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.kernel import records
from app.kernel.db import Tx, held
from app.kernel.errors import Invalid
from app.kernel.eyes import EVERYTHING
from app.kernel.records import Row
from app.kernel.tables import Versioned, table_of
from app.kernel.view import View

CLOCK_SKEW = timedelta(minutes=1)


def begin(
    tx: Tx, model: type[Versioned], record_id: str, at: datetime | None, pointer: str
) -> datetime:
    """Take one's turn with a record's successions; answer the instant from which an entry holds.

    That is `at`, or now (see `dated`). Writers wait for each other here (SQLite has one writer
    anyway), and who has waited begins to write only then: entries are dated in order.
    """
    t = table_of(model)
    tx.session.execute(held(sa.select(t.c.id).where(t.c.id == record_id), "change"))
    tx.begin()
    return dated(tx, at, pointer)


def dated(tx: Tx, at: datetime | None, pointer: str) -> datetime:
    """The instant from which what is written holds: `at`, or now; a little ahead of us is now.

    Raises Invalid for the future: the present would change by the mere passing of time.
    """
    if at is None:
        return tx.now
    if at > tx.now + CLOCK_SKEW:
        raise Invalid.at(pointer, "lies in the future")
    return min(at, tx.now)


def neighbours(
    tx: Tx, model: type[Versioned], row: Row, series: tuple[str, ...]
) -> tuple[Row | None, Row | None]:
    """The rows of the same succession that begin last before (or with) this one, and next after.

    Of two that begin together, the one that was made later comes later.
    """
    made = row.get("created_at")  # what is only being made comes after all that begin with it
    asked = {name: row[name] for name in ("id", "effective_at", *series)} | {"made": made}
    last, following = (
        tx.session.execute(statement, {f"own_{name}": value for name, value in asked.items()})
        .mappings()
        .one_or_none()
        for statement in _neighbours(table_of(model), series, made=made is not None)
    )
    return dict(last) if last else None, dict(following) if following else None


@lru_cache(64)
def _neighbours(
    t: sa.Table, series: tuple[str, ...], *, made: bool
) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """What reads them, made once: every entry of a succession asks for its own."""
    same = [t.c[name] == sa.bindparam(f"own_{name}") for name in series]
    same += [t.c.deleted_at.is_(None), t.c.id != sa.bindparam("own_id")]
    later = t.c.effective_at > sa.bindparam("own_effective_at")
    if made:
        together = t.c.effective_at == sa.bindparam("own_effective_at")
        later = sa.or_(later, sa.and_(together, t.c.created_at > sa.bindparam("own_made")))
    order = (t.c.effective_at, t.c.created_at, t.c.id)
    found = sa.select(t).where(*same).limit(1)
    return (
        found.where(sa.not_(later)).order_by(*(column.desc() for column in order)),
        found.where(later).order_by(*order),
    )


def join(
    tx: Tx,
    model: type[Versioned],
    row: Row,
    before: Row | None,
    series: tuple[str, ...],
    **also: Any,
) -> Row:
    """Let a row that has been marked otherwise take its place among those marked so; answer it.

    Under one marking one is in force at a time: each ends where the next begins.
    """
    if before is None or before["marking"] == row["marking"]:
        return row
    last, following = neighbours(tx, model, row, series)
    end(tx, model, last, row["effective_at"], **also)
    if following is not None:
        end(tx, model, row, following["effective_at"], **also)
        row = {**row, **records.find(tx.session, model, row["id"], View(EVERYTHING))}
    return row


def end(tx: Tx, model: type[Versioned], row: Row | None, at: Any, **also: Any) -> None:
    """Let a row end at an instant, unless it ended before."""
    if row is not None and (row["ended_at"] is None or row["ended_at"] > at):
        records.change(tx, model, row, {"ended_at": at, **also})
