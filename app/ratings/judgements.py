"""Keeping judgements: the pool of every stretch of time, up to date with every rating."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.pooling import METHODS, Opinion, pool
from app.domain.probability import logit
from app.domain.series import segments
from app.kernel import events, history
from app.kernel.db import Tx
from app.kernel.eyes import SPECIAL, pool_level
from app.kernel.links import ALWAYS
from app.kernel.records import Row
from app.kernel.tables import Base, table_of
from app.kernel.types import later
from app.ratings.models import Judgement, Rating


def refresh(
    tx: Tx,
    consequence: str,
    since: datetime,
    rating: Mapping[str, Any],
    was: Mapping[str, Any] | None = None,
) -> None:
    """Make the judgements of a consequence true from an instant on, and tell of the moves.

    Each band of readers has its own; those stay as they are in which the rating neither is nor was,
    for its instant would tell of it.

    Reads the ratings in force from then on, not those of before; a rating made now touches one
    stretch that ends and one that begins. The first rating of a marking makes a band of its
    own, and all of the past once more.
    """
    table, ratings = table_of(Judgement), table_of(Rating)
    mine = table.c.consequence == consequence
    before = _present(tx, consequence)
    counted = sa.and_(
        ratings.c.consequence == consequence,
        ratings.c.deleted_at.is_(None),
        ratings.c.machine.is_(False),
    )
    marked = tx.session.execute(sa.select(ratings.c.marking).where(counted).distinct()).scalars()
    edges = sorted({pool_level(marking) for marking in marked})
    there = tx.session.execute(sa.select(table.c.from_level).where(mine).distinct()).scalars()
    lowest = min(pool_level(one["marking"]) for one in (rating, was) if one is not None)
    whole = sorted(there) != edges
    if whole:
        since, lowest = ALWAYS, 0
    rows = tx.session.execute(
        sa.select(ratings).where(
            counted, sa.or_(ratings.c.ended_at.is_(None), ratings.c.ended_at >= since)
        )
    ).mappings()
    read = [dict(row) for row in rows]
    begins = {
        low: since if whole else _begin(tx, consequence, low, _in_band(read, low), since)
        for low in edges
        if low >= lowest
    }
    stamp = _stamp(tx, consequence)
    same = {"consequence": consequence, "recorded_at": stamp}
    fresh = [{**row, **same} for row in in_bands(read, edges, begins)]
    for begin in sorted(set(begins.values()) or {since}):
        bands = [low for low in begins if begins[low] == begin]
        # Of the whole, bands that are no more go too.
        ours = mine if whole else sa.and_(mine, table.c.from_level.in_(bands))
        overtaken = sa.and_(ours, table.c.effective_at >= begin)
        open_before = sa.and_(
            ours,
            table.c.effective_at < begin,
            sa.or_(table.c.ended_at.is_(None), table.c.ended_at > begin),
        )
        history.keep(tx.session, Judgement, sa.or_(overtaken, open_before), stamp)
        tx.session.execute(sa.delete(table).where(overtaken))
        tx.session.execute(
            sa.update(table).where(open_before).values(ended_at=begin, recorded_at=stamp)
        )
    if fresh:
        tx.session.execute(sa.insert(table), fresh)
    _tell(tx, consequence, before, _present(tx, consequence), rating)


def _begin(tx: Tx, consequence: str, low: int, rows: Sequence[Row], since: datetime) -> datetime:
    """From when on a band is made anew: from the instant, where a rating of it begins or ends.

    Where none does, one was taken back at once or left the band: the stretch that reaches to there
    goes on.
    """
    held = [row for row in rows if row["ended_at"] != row["effective_at"]]
    if any(since in {row["effective_at"], row["ended_at"]} for row in held):
        return since
    t = table_of(Judgement)
    reaching = sa.select(t.c.effective_at).where(
        t.c.consequence == consequence,
        t.c.from_level == low,
        t.c.effective_at < since,
        sa.or_(t.c.ended_at.is_(None), t.c.ended_at >= since),
    )
    found: datetime | None = tx.session.execute(reaching).scalar()
    return since if found is None else found


def _present(tx: Tx, consequence: str) -> dict[int, Row]:
    """The judgements that hold at present, by the level of the readers whose they are."""
    t = table_of(Judgement)
    names = ("from_level", "to_level", "n", "log_odds", "logit")
    standing = sa.select(*(t.c[name] for name in names)).where(
        t.c.consequence == consequence, t.c.ended_at.is_(None)
    )
    rows = [dict(row) for row in tx.session.execute(standing).mappings()]
    return {level: row for row in rows for level in range(row["from_level"], row["to_level"])}


def _tell(
    tx: Tx,
    consequence: str,
    before: Mapping[int, Row],
    after: Mapping[int, Row],
    rating: Mapping[str, Any],
) -> None:
    """Tell each band of readers how their own judgement moved.

    Those whom a rating names as its audience are told that theirs did, and ask for it.
    """
    moves = [(level, before.get(level), after.get(level)) for level in range(SPECIAL + 1)]
    for (was, now), some in groupby(moves, key=lambda move: (_told(move[1]), _told(move[2]))):
        levels = list(some)
        if was != now:
            _, one, two = levels[0]
            move = two["logit"] - one["logit"] if one and two else None
            data = {"before": was, "after": now, "log_odds_move": move}
            bands = (levels[0][0], levels[-1][0] + 1)
            events.note_about(tx, MOVED, "consequences", consequence, data, None, bands)
    if pool_level(rating["marking"]) == SPECIAL:
        data = {"before": None, "after": None, "log_odds_move": None}
        bands = (0, SPECIAL)
        events.note_about(tx, MOVED, "consequences", consequence, data, rating, bands)


MOVED = "judgement.moved"


def _told(judgement: Mapping[str, Any] | None) -> Row | None:
    """What an event says of a judgement; null where nobody rates."""
    if judgement is None:
        return None
    return {"n": judgement["n"], "probability": judgement["log_odds"]}


def in_bands(
    rows: Sequence[Row], edges: Sequence[int], begins: Mapping[int, datetime]
) -> list[Row]:
    """The judgements that follow from ratings, for each band of readers from an instant on."""
    return [
        {**row, "from_level": low, "to_level": high}
        for low, high in pairwise([*edges, SPECIAL + 1])
        if low in begins
        for row in stretches(_in_band(rows, low), begins[low])
    ]


def _in_band(rows: Sequence[Row], low: int) -> list[Row]:
    """The ratings that readers of a level see."""
    return [row for row in rows if pool_level(row["marking"]) <= low]


def anew(rows: Sequence[Row]) -> list[Row]:
    """All judgements of a consequence, made from scratch from the ratings that count."""
    edges = sorted({pool_level(row["marking"]) for row in rows})
    return in_bands(rows, edges, dict.fromkeys(edges, ALWAYS))


def redact(tx: Tx, rating: Mapping[str, Any]) -> None:
    """Take a rating out of every judgement there was, and out of what was told of them."""
    consequence = rating["consequence"]
    nothing = {"before": None, "after": None, "log_odds_move": None}
    events.retell(tx.session, MOVED, consequence, nothing, rating["created_at"], None)
    replay(tx, consequence)
    # Who saw the rating is told that the judgement moved, not from where.
    events.note_about(tx, MOVED, "consequences", consequence, nothing, rating)


def replay(tx: Tx, consequence: str) -> None:
    """Make all judgements of a consequence anew, as they stood after each thing recorded of it.

    What was written down of a rating that is no more is in none of them.
    """
    table, twin = table_of(Judgement), Base.twins["judgements"]
    for some in (table, twin):
        tx.session.execute(sa.delete(some).where(some.c.consequence == consequence))
    ratings = _recorded(tx, consequence)
    stamps = {row["recorded_at"] for row in ratings} | {row["superseded_at"] for row in ratings}
    standing: dict[tuple[int, datetime], Row] = {}
    past: list[Row] = []
    for stamp in sorted(stamps - {None}):
        known = [
            row
            for row in ratings
            if row["recorded_at"] <= stamp
            and (row["superseded_at"] is None or row["superseded_at"] > stamp)
        ]
        fresh: dict[tuple[int, datetime], Row] = {}
        for row in anew(known):
            before = standing.get((row["from_level"], row["effective_at"]), {})
            same = row | {"consequence": consequence, "recorded_at": before.get("recorded_at")}
            kept = before == same
            fresh[row["from_level"], row["effective_at"]] = (
                before if kept else {**same, "recorded_at": stamp}
            )
        past += [
            {**row, "superseded_at": stamp}
            for key, row in standing.items()
            if fresh.get(key) is not row
        ]
        standing = fresh
    for some, rows in ((table, list(standing.values())), (twin, past)):
        if rows:
            tx.session.execute(sa.insert(some), rows)


def _recorded(tx: Tx, consequence: str) -> list[Row]:
    """Every version of the ratings that count, with the instant it was replaced."""
    table, twin = table_of(Rating), Base.twins["ratings"]
    found: list[Row] = []
    for some in (table, twin):
        counted = (
            some.c.consequence == consequence,
            some.c.deleted_at.is_(None),
            some.c.machine.is_(False),
        )
        rows = tx.session.execute(sa.select(some).where(*counted)).mappings()
        found += [{"superseded_at": None, **row} for row in rows]
    return found


def _stamp(tx: Tx, consequence: str) -> datetime:
    """When the judgements of a consequence are recorded: once a transaction, as it shows once."""
    table = table_of(Judgement)
    key = (table.name, consequence)
    if key not in tx.stamps:
        newest = tx.session.execute(
            sa.select(sa.func.max(table.c.recorded_at, type_=table.c.recorded_at.type)).where(
                table.c.consequence == consequence
            )
        ).scalar()
        tx.stamps[key] = tx.now if newest is None else max(tx.now, later(newest))
    return tx.stamps[key]


def stretches(rows: Sequence[Row], since: datetime) -> list[Row]:
    """The judgements that follow from ratings, from an instant on; none while nobody rates."""
    intervals = [
        (max(row["effective_at"], since), row["ended_at"], row)
        for row in sorted(rows, key=lambda row: row["id"])
        if row["ended_at"] is None or row["ended_at"] > row["effective_at"]
    ]
    return [
        {"effective_at": step.start, "ended_at": step.end, **pooled(latest(step.active))}
        for step in segments(intervals)
        if step.active
    ]


def latest(rows: Sequence[Row]) -> list[Row]:
    """Of each assessor the latest: under different markings one may hold several ratings."""
    last: dict[str, Row] = {}
    for row in rows:
        other = last.get(row["assessor"])
        if other is None or _order(other) < _order(row):
            last[row["assessor"]] = row
    return [row for row in rows if last[row["assessor"]] is row]


def _order(row: Row) -> tuple[datetime, str]:
    return row["effective_at"], row["id"]


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
