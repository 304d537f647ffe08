"""Keeping judgements: the pool of every stretch of time, up to date with every rating."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.pooling import METHODS, Opinion, pool
from app.domain.probability import logit
from app.domain.series import segments
from app.kernel import history
from app.kernel.db import Tx
from app.kernel.records import Row
from app.kernel.tables import table_of
from app.kernel.types import later
from app.ratings.models import Judgement, Rating


def refresh(tx: Tx, consequence: str, since: datetime) -> None:
    """Make the judgements of a consequence true from an instant on.

    Reads the ratings in force from then on, not those of before; a rating made now touches one
    stretch that ends and one that begins.
    """
    table, ratings = table_of(Judgement), table_of(Rating)
    mine = table.c.consequence == consequence
    rows = tx.session.execute(
        sa.select(ratings).where(
            ratings.c.consequence == consequence,
            ratings.c.deleted_at.is_(None),
            ratings.c.machine.is_(False),
            sa.or_(ratings.c.ended_at.is_(None), ratings.c.ended_at > since),
        )
    ).mappings()
    fresh = stretches([dict(row) for row in rows], since)
    stamp = _stamp(tx, consequence)
    overtaken = sa.and_(mine, table.c.effective_at >= since)
    open_before = sa.and_(
        mine,
        table.c.effective_at < since,
        sa.or_(table.c.ended_at.is_(None), table.c.ended_at > since),
    )
    history.keep(tx.session, Judgement, sa.or_(overtaken, open_before), stamp)
    tx.session.execute(sa.delete(table).where(overtaken))
    tx.session.execute(
        sa.update(table).where(open_before).values(ended_at=since, recorded_at=stamp)
    )
    if fresh:
        filled = [{**row, "consequence": consequence, "recorded_at": stamp} for row in fresh]
        tx.session.execute(sa.insert(table), filled)


def _stamp(tx: Tx, consequence: str) -> datetime:
    table = table_of(Judgement)
    newest = tx.session.execute(
        sa.select(sa.func.max(table.c.recorded_at, type_=table.c.recorded_at.type)).where(
            table.c.consequence == consequence
        )
    ).scalar()
    return tx.now if newest is None else max(tx.now, later(newest))


def stretches(rows: Sequence[Row], since: datetime) -> list[Row]:
    """The judgements that follow from ratings, from an instant on; none while nobody rates."""
    intervals = [
        (max(row["effective_at"], since), row["ended_at"], row)
        for row in sorted(rows, key=lambda row: row["id"])
        if row["ended_at"] is None or row["ended_at"] > row["effective_at"]
    ]
    return [
        {"effective_at": step.start, "ended_at": step.end, **pooled(step.active)}
        for step in segments(intervals)
        if step.active
    ]


def opinion(row: Row, weight: float = 1.0) -> Opinion:
    """A rating as the pools take it."""
    return Opinion(
        id=row["id"],
        assessor=row["assessor"],
        point=row["point"],
        low=row["low"],
        high=row["high"],
        weight=weight,
        impact=row["impact"],
        confidence=row["confidence"],
    )


def pooled(rows: Sequence[Row]) -> Row:
    """Everything a judgement keeps of the ratings in force: the columns of `judgements`."""
    opinions = [opinion(row) for row in rows]
    kept: Row = {}
    found: Any = None
    for method in METHODS:
        found = pool(opinions, method)
        kept |= {method: found.point, f"{method}_low": found.low, f"{method}_high": found.high}
    least = min(rows, key=lambda row: (row["point"], row["id"]))
    most = min(rows, key=lambda row: (-row["point"], row["id"]))
    reviews = [row["review_by"] for row in rows if row["review_by"] is not None]
    return kept | {
        "n": found.n,
        "logit": logit(kept["log_odds"]),
        "logit_low": logit(kept["log_odds_low"]),
        "logit_high": logit(kept["log_odds_high"]),
        "least": found.min,
        "q1": found.q1,
        "q3": found.q3,
        "most": found.max,
        "log_odds_sd": found.log_odds_sd,
        "least_rating": least["id"],
        "most_rating": most["id"],
        "impact": found.impact,
        "confidence_rank": None
        if found.confidence is None
        else ("low", "moderate", "high").index(found.confidence),
        "last_rated_at": max(row["effective_at"] for row in rows),
        "review_by": min(reviews, default=None),
    }


def kept(session: Session, consequence: str) -> list[Row]:
    """The judgements kept of a consequence, in order."""
    table = table_of(Judgement)
    statement = (
        sa.select(table).where(table.c.consequence == consequence).order_by(table.c.effective_at)
    )
    return [dict(row) for row in session.execute(statement).mappings()]
