"""What became of consequences by the moment, and what was held of them until then."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences.models import Consequence, Outcome
from app.domain.track import Held
from app.kernel.view import View
from app.ratings.models import Rating

HAPPENED = {"occurred": True, "did_not_occur": False}
"""Outcomes that settle a consequence one way or the other; what happened in part does neither."""
HORIZONS = (("quarter", 92), ("year", 366), ("three_years", 1096))
"""Names of how far ahead a consequence looks, with the days they reach to."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one consequence; `status` is `open` where nothing was found."""

    id: str
    ref: str | None
    title: str
    category: str
    horizon: str
    base_rate: float | None
    resolves_on: date | None
    status: str
    since: datetime | None
    """Since when it has had that status, however often that was said again."""
    closes: datetime | None
    """When forecasts of it stop to count: `since`, or the end of its day if that came earlier."""
    due: bool
    """Whether the day it is scheduled for has passed at the moment."""

    @property
    def happened(self) -> bool | None:
        """Whether it happened; None where that is neither so nor not so."""
        return HAPPENED.get(self.status)


def fates(session: Session, view: View, ids: sa.Select[Any]) -> list[Fate]:
    """The fate of each consequence whose id is asked for, and that is there at the moment."""
    t, entry = view.of(Consequence), view.of(Outcome)
    entries = sa.select(
        *(entry.c[name] for name in ("consequence", "status", "effective_at", "ended_at"))
    ).where(entry.c.consequence.in_(ids), view.begun(entry.c.effective_at))
    entries = entries.order_by(entry.c.consequence, entry.c.effective_at, entry.c.id)
    found = {
        consequence: list(rows)
        for consequence, rows in groupby(session.execute(entries), attrgetter("consequence"))
    }
    names = ("ref", "title", "category", "effective_at", "base_rate", "resolves_on")
    statement = (
        sa.select(t.c.id, *(t.c[name] for name in names))
        .where(t.c.id.in_(ids), view.begun(t.c.effective_at))
        .order_by(t.c.id)
    )
    return [_fate(row, found.get(row.id, ()), view) for row in session.execute(statement)]


def _fate(row: sa.Row[Any], entries: Sequence[sa.Row[Any]], view: View) -> Fate:
    status, since = _in_force(entries, view)
    ends = None
    if row.resolves_on is not None:
        ends = datetime.combine(row.resolves_on + timedelta(days=1), time(), UTC)
    return Fate(
        row.id, row.ref, row.title, row.category,
        horizon=horizon(row.effective_at, row.resolves_on),
        base_rate=row.base_rate,
        resolves_on=row.resolves_on,
        status=status,
        since=since,
        closes=since if since is None or ends is None else min(since, ends),
        due=ends is not None and ends <= view.moment,
    )  # fmt: skip


def _in_force(entries: Sequence[sa.Row[Any]], view: View) -> tuple[str, datetime | None]:
    """The outcome held at the moment, and the beginning of the run of entries that say the same."""
    status, since = "open", None
    for entry in reversed(entries):
        if entry.ended_at is not None and entry.ended_at <= entry.effective_at:
            continue  # another was found for the same time
        if since is None:
            passed = entry.ended_at is not None
            if passed and (view.as_of is None or entry.ended_at <= view.as_of):
                continue
            status = entry.status
        elif entry.status != status:
            break
        since = entry.effective_at
    return status, since


def horizon(begins: datetime | None, ends: date | None) -> str:
    """How far ahead a consequence looks, in words; `unstated` without a beginning or an end."""
    if begins is None or ends is None:
        return "unstated"
    days = (ends - begins.date()).days
    return next((name for name, most in HORIZONS if days <= most), "longer")


@dataclass(frozen=True, slots=True)
class Opinions:
    """The ratings of one consequence: `held` by assessor, and when each was written down."""

    every: list[Held]
    machine: frozenset[str]
    """Ids of those by machines."""
    written: dict[str, datetime]


def opinions(
    session: Session,
    view: View,
    ids: sa.Select[Any],
    *,
    machines: str | bool = False,
    in_time: bool = False,
) -> dict[str, Opinions]:
    """The ratings of those consequences that were resolved, in one pass.

    Of people; and of machines, or of the one assessor named. `in_time`: each from when it was
    written down, not from when it is dated. None counts from before its consequence began.
    """
    r, entry, c = view.of(Rating), view.of(Outcome), view.of(Consequence, "rated")
    settled = sa.select(entry.c.consequence).where(entry.c.status.in_(sorted(HAPPENED)))
    statement = sa.select(
        *(r.c[name] for name in ("consequence", "id", "assessor", "point", "effective_at")),
        *(r.c[name] for name in ("ended_at", "created_at", "machine")),
        c.c.effective_at.label("opens"),
    ).where(r.c.consequence.in_(ids), r.c.consequence.in_(settled))
    statement = statement.select_from(r.join(c, c.c.id == r.c.consequence))
    if machines is False:
        statement = statement.where(r.c.machine.is_(False))
    elif isinstance(machines, str):
        statement = statement.where(sa.or_(r.c.machine.is_(False), r.c.assessor == machines))
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in session.execute(statement.order_by(r.c.id)):
        found[row[0]].append(row)
    return {
        consequence: Opinions(
            [
                Held(key, who, p, max(start, made) if in_time else start, end, opens)
                for _, key, who, p, start, end, made, _, opens in rows
            ],
            frozenset(key for _, key, *_, machine, _ in rows if machine),
            {key: made for _, key, *_, made, _, _ in rows},
        )
        for consequence, rows in found.items()
    }


def resolved(every: Sequence[Fate]) -> Iterator[tuple[Fate, datetime, bool]]:
    """Those that were settled one way or the other, with when they closed and whether so."""
    for fate in every:
        if fate.happened is not None and fate.closes is not None:
            yield fate, fate.closes, fate.happened
