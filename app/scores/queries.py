"""Scoring assessors and pools: what was held of each consequence, and then all of them together.

The mathematics is in `app.domain`: `track` (one consequence), `scoring` and `calibration`.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.alliances.models import Alliance
from app.assessors.models import Assessor
from app.consequences.models import Consequence
from app.consequences.resolution import Fate, Opinions, fates, opinions, resolved
from app.domain.calibration import CURVE_FROM, DECILES, calibration, decomposition
from app.domain.scoring import brier, skill
from app.domain.track import METHODS, Held, Method, Scored, Track, of_assessor, of_pools, scored
from app.kernel import records
from app.kernel.filters import ids_of
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.models import Rating
from app.scores.schemas import Answer, AssessorScoreQuery, ScoreQuery


@dataclass(frozen=True, slots=True)
class Entry:
    """One consequence that is scored."""

    fate: Fate
    closes: datetime
    happened: bool
    found: Scored


Tracks = dict[Method, Track]
Tracker = Callable[[Opinions, datetime, bool], Tracks]


def score_assessor(session: Session, key: str, view: View, query: AssessorScoreQuery) -> Answer:
    """The scores of an assessor. Raises NotFound or Gone."""
    assessor = records.find(session, Assessor, key, view)
    me = assessor["id"]
    t, r = view.of(Consequence, "asked"), view.of(Rating, "own")
    mine = sa.select(r.c.consequence).where(r.c.assessor == me, view.begun(r.c.effective_at))
    ids = _asked(t, query).where(t.c.id.in_(mine))
    if query.alliance:
        ids = ids.where(t.c.alliance.in_(ids_of("alliances", query.alliance, view)))

    def own(every: Opinions) -> list[Held]:
        return [held for held in every.every if held.assessor == me]

    def track(every: Opinions, closes: datetime, happened: bool) -> Tracks:  # noqa: FBT001 - the outcome
        others = _pooled(every, query)
        method = query.method
        return {method: of_assessor(me, own(every), others, closes, happened, method)}

    every = _fates(session, view, ids, query)
    machines: str | bool = True if query.include_machine else me
    held = opinions(session, view, ids, machines=machines, in_time=query.in_time)
    found, late = _entries(every, held, track)
    entries = found.get(query.method, [])
    backdated = _backdated(entries, held, own)
    return {
        **_answer(view, assessor["slug"], query, every, entries, (late, backdated)),
        "by": {**_by(entries), "method": []},
    }


def score_pool(session: Session, key: str, view: View, query: ScoreQuery) -> Answer:
    """The scores of the pool of all who rated an alliance. Raises NotFound or Gone."""
    alliance = records.find(session, Alliance, key, view)
    t, r = view.of(Consequence, "asked"), view.of(Rating, "own")
    rated = sa.select(r.c.consequence).where(view.begun(r.c.effective_at))
    if not query.include_machine:
        rated = rated.where(r.c.machine.is_(False))
    ids = _asked(t, query).where(t.c.alliance == alliance["id"], t.c.id.in_(rated))

    def track(every: Opinions, closes: datetime, happened: bool) -> Tracks:  # noqa: FBT001 - the outcome
        return of_pools(_pooled(every, query), closes, happened)

    every = _fates(session, view, ids, query)
    held = opinions(session, view, ids, machines=query.include_machine, in_time=query.in_time)
    found, late = _entries(every, held, track)
    entries = found.get(query.method, [])
    backdated = _backdated(entries, held, lambda rated: _pooled(rated, query))
    methods = [{"key": method, **_summary(found[method])} for method in METHODS if method in found]
    return {
        **_answer(view, alliance["slug"], query, every, entries, (late, backdated)),
        "by": {**_by(entries), "method": methods},
    }


def _asked(t: sa.FromClause, query: ScoreQuery) -> sa.Select[Any]:
    """The ids of the consequences asked for."""
    chosen = sa.select(t.c.id)
    return chosen.where(t.c.category.in_(query.category)) if query.category else chosen


def _fates(session: Session, view: View, ids: sa.Select[Any], query: ScoreQuery) -> list[Fate]:
    """What became of them, where it fits; what wasn't resolved is in no span of resolutions."""
    begins, ends = query.resolved_from, query.resolved_to

    def fits(fate: Fate) -> bool:
        since = fate.since if fate.status != "open" else None
        return (
            (not query.horizon or fate.horizon in query.horizon)
            and (begins is None or (since is not None and since >= begins))
            and (ends is None or (since is not None and since < ends))
        )

    return [fate for fate in fates(session, view, ids) if fits(fate)]


def _pooled(every: Opinions, query: ScoreQuery) -> list[Held]:
    if query.include_machine:
        return every.every
    return [held for held in every.every if held.id not in every.machine]


def _entries(
    every: Sequence[Fate], held: dict[str, Opinions], track: Tracker
) -> tuple[dict[Method, list[Entry]], int]:
    """What is scored by each method, by closing; and how many nobody had rated by then."""
    entries: defaultdict[Method, list[Entry]] = defaultdict(list)
    late = 0
    for fate, closes, happened in sorted(resolved(every), key=lambda one: (one[1], one[0].id)):
        rated = held.get(fate.id)
        tracks: Tracks = track(rated, closes, happened) if rated else {}
        every_method = {method: scored(found, happened) for method, found in tracks.items()}
        for method, found in every_method.items():
            if found is not None:
                entries[method].append(Entry(fate, closes, happened, found))
        late += not any(every_method.values())
    return dict(entries), late


def _backdated(
    entries: Iterable[Entry], held: dict[str, Opinions], of: Callable[[Opinions], list[Held]]
) -> int:
    return sum(
        rating.begins < entry.closes < held[entry.fate.id].written[rating.id]
        and (rating.end is None or rating.end > rating.begins)
        for entry in entries
        for rating in of(held[entry.fate.id])
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _summary(entries: Sequence[Entry]) -> Row:
    """The means over consequences, each of which counts once."""
    every = [entry.found for entry in entries]
    peers = [found.peer for found in every if found.peer is not None]
    return {
        "n": len(every),
        "days": math.fsum(found.days for found in every),
        **{
            name: _mean([getattr(found.scores, name) for found in every])
            for name in ("brier", "log", "baseline", "mean")
        },
        "share": _mean([float(entry.happened) for entry in entries]),
        "peer": {"score": _mean(peers), "n": len(peers)} if peers else None,
    }


NOTHING = dict.fromkeys(
    ("brier", "log", "baseline", "mean", "share", "peer", "decomposition", "skill", "calibration")
)


def _answer(
    view: View,
    subject: str,
    query: ScoreQuery,
    every: Sequence[Fate],
    entries: Sequence[Entry],
    counted: tuple[int, int],
) -> Answer:
    """The answer; `counted` are the consequences resolved too early, and the ratings dated back."""
    late, backdated = counted
    statuses = Counter(fate.status for fate in every)
    unsettled = [fate for fate in every if fate.status in {"open", "partly_occurred"}]
    said: Answer = {"n": 0, "days": 0.0, **NOTHING}
    if entries:
        said = {
            **_summary(entries),
            "decomposition": _parts(entries),
            "skill": {
                "against_base_rate": _against_base_rate(entries),
                "against_pool": _against_pool(entries),
            },
            "calibration": _calibration(entries),
        }
    return {
        "as_of": view.moment,
        "subject": subject,
        "method": query.method,
        **said,
        "forecasts": sum(len(entry.found.forecasts) for entry in entries),
        "backdated": backdated,
        "apart": {
            "partial": statuses["partly_occurred"],
            "annulled": statuses["annulled"],
            "open": statuses["open"],
            "overdue": sum(fate.due for fate in unsettled),
            "late": late,
        },
        "resolved": [_resolved(entry) for entry in entries],
        "caveat": caveat(len(entries), backdated),
    }


def caveat(n: int, backdated: int) -> str:
    """What so many consequences can't bear."""
    if n == 0:
        return "Nothing that was rated has been resolved as occurred or did_not_occur."
    if n < CURVE_FROM:
        said = f"too few to tell skill from luck; calibration is drawn from {CURVE_FROM} on."
    else:
        said = "those of one alliance hang together and say less than so many would apart."
    late = f" Ratings dated back from after the closing: {backdated}." if backdated else ""
    return f"Consequences scored: {n}, {said}{late}"


PARTS = ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")


def _parts(entries: Sequence[Entry]) -> Row:
    found = decomposition((f for entry in entries for f in entry.found.forecasts), DECILES)
    return {name: getattr(found, name) for name in PARTS}


def _skill(pairs: Sequence[tuple[float, float]]) -> Row | None:
    if not pairs:
        return None
    ours, reference = (_mean(side) for side in zip(*pairs, strict=True))
    return {
        "skill": skill(ours, reference),
        "brier": ours,
        "reference": reference,
        "n": len(pairs),
    }


def _against_base_rate(entries: Sequence[Entry]) -> Row | None:
    return _skill(
        [
            (entry.found.scores.brier, brier(entry.fate.base_rate, entry.happened))
            for entry in entries
            if entry.fate.base_rate is not None
        ]
    )


def _against_pool(entries: Sequence[Entry]) -> Row | None:
    return _skill([entry.found.against for entry in entries if entry.found.against is not None])


def _calibration(entries: Sequence[Entry]) -> Row | None:
    due = [entry for entry in entries if entry.fate.due]
    if not due:
        return None
    found = calibration(f for entry in due for f in entry.found.forecasts)
    names = ("low", "high", "n", "effective", "mean", "share", "interval_low", "interval_high")
    bins = [{name: getattr(some, name) for name in names} for some in found.bins]
    return {
        "n": len(due),
        "effective": found.effective,
        "drawn_from": CURVE_FROM,
        "discrimination": found.discrimination,
        "bins": bins if found.curve else None,
    }


def _by(entries: Sequence[Entry]) -> Row:
    """The scores of each category, horizon and year."""

    def grouped(key: Callable[[Entry], str]) -> list[Row]:
        keys = sorted({key(entry) for entry in entries})
        return [
            {"key": one, **_summary([entry for entry in entries if key(entry) == one])}
            for one in keys
        ]

    return {
        "category": grouped(lambda entry: entry.fate.category),
        "horizon": grouped(lambda entry: entry.fate.horizon),
        "year": grouped(lambda entry: str(entry.closes.year)),
    }


def _resolved(entry: Entry) -> Row:
    fate, found = entry.fate, entry.found
    return {
        "consequence": fate.id,
        **{name: getattr(fate, name) for name in ("ref", "title", "category", "horizon")},
        "outcome": fate.status,
        "since": fate.since,
        "resolves_on": fate.resolves_on,
        "closed": entry.closes,
        "due": fate.due,
        "probability": found.scores.mean,
        "days": found.days,
        "forecasts": len(found.forecasts),
        **{name: getattr(found.scores, name) for name in ("brier", "log", "baseline")},
        "peer": found.peer,
        "base_rate": fate.base_rate,
    }
