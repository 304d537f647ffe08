"""The track record on one consequence: what was held of it until it was resolved, beside whom.

A rating counts for the days it was in force after the consequence began and before it closed, at
the probability it gave. Whoever is scored is compared with two things of the same days: what the
others held then (peers), and what the pool said just before they spoke.
"""

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from app.domain.probability import logit, sigmoid
from app.domain.scoring import SMALLEST_WEIGHT, Forecast, Scores, brier, log_score, mean_of, scores

Method = Literal["log_odds", "linear", "median"]
METHODS: tuple[Method, ...] = get_args(Method)
DAY = 86_400.0
"""Seconds."""
_PERCENT = 100.0
_SAME = 1e-12  # a pool that moves by less has not moved, but for rounding


class Held(NamedTuple):
    """A rating of the consequence: in force from `start` to `end` (None: without end).

    It counts from `opens` on, where that is later: before, the consequence hadn't begun. Which of
    an assessor's ratings is the latest goes by `start`.
    """

    id: str
    assessor: str
    p: float
    start: datetime
    end: datetime | None
    opens: datetime | None = None

    @property
    def begins(self) -> datetime:
        """From when it counts."""
        return self.start if self.opens is None else max(self.start, self.opens)


class Stretch(NamedTuple):
    """A probability that was held for some `days`; `before` is the pool just before it began."""

    p: float
    days: float
    before: float | None


@dataclass(frozen=True, slots=True)
class Track:
    """Everything somebody held, in order of time; `peer` is their time-weighted peer score.

    `peer` is None where nobody else rated at the same time.
    """

    stretches: tuple[Stretch, ...]
    peer: float | None


@dataclass(frozen=True, slots=True)
class Scored:
    """A track, scored: its forecasts weigh 1 together, by their days.

    `against` is (Brier score, that of the pool before) over the days for which there was one.
    """

    forecasts: tuple[Forecast, ...]
    days: float
    scores: Scores
    peer: float | None
    against: tuple[float, float] | None


def of_assessor(
    assessor: str,
    own: Sequence[Held],
    pooled: Sequence[Held],
    closes: datetime,
    happened: bool,  # noqa: FBT001 - the outcome, no option
    method: Method = "log_odds",
) -> Track:
    """Return the track of an assessor with `own` ratings beside the `pooled` ones of everybody.

    Of several ratings that one assessor has in force, the latest counts. The peer score is the mean
    over the others of 100 * ln(p / p_j), given to what happened, by days.
    """
    mine, crowd = _Crowd(happened), _Crowd(happened)
    found: list[Stretch] = []
    last: Held | None = None
    now: float | None = None
    sums, spans = [], []
    for days in _steps(((mine, own), (crowd, pooled)), closes):
        before, now = now, crowd.pool(method)
        held = mine.current.get(assessor)
        if held is not None:
            if held is last:
                found[-1] = found[-1]._replace(days=found[-1].days + days)
            else:
                found.append(Stretch(held.p, days, before))
            others = crowd.logs_besides(assessor)
            if others is not None:
                sums.append(days * _PERCENT * (log_score(held.p, happened) - others))
                spans.append(days)
        last = held
    return Track(tuple(found), math.fsum(sums) / math.fsum(spans) if spans else None)


def of_pools(
    pooled: Sequence[Held],
    closes: datetime,
    happened: bool,  # noqa: FBT001 - as above
) -> dict[Method, Track]:
    """Return the track of the pool of the ratings by each method, at equal weights.

    Each assessor's latest rating counts; one that leaves the pool where it was begins no stretch.
    A pool's peers are its own members: how much better it was than they were, on the mean.
    """
    crowd = _Crowd(happened)
    found: dict[Method, list[Stretch]] = {method: [] for method in METHODS}
    peers: dict[Method, list[float]] = {method: [] for method in METHODS}
    spans: list[float] = []
    now: dict[Method, float | None] = {}
    for days in _steps(((crowd, pooled),), closes):
        n = len(crowd.current)
        if n > 1:
            spans.append(days)
        for method in METHODS:
            before, p = now.get(method), crowd.pool(method)
            now[method] = p
            if p is None:
                continue
            some = found[method]
            if before is not None and abs(p - before) < _SAME:
                some[-1] = some[-1]._replace(days=some[-1].days + days)
            else:
                some.append(Stretch(p, days, before))
            if n > 1:
                better = log_score(p, happened) - crowd.logs / n
                peers[method].append(days * _PERCENT * better)
    return {
        method: Track(
            tuple(found[method]), math.fsum(peers[method]) / math.fsum(spans) if spans else None
        )
        for method in METHODS
    }


def scored(track: Track, happened: bool) -> Scored | None:  # noqa: FBT001 - as above
    """Return a track's scores, each stretch by its share of the days; None where there is none.

    Stretches of less than a billionth of the days are left out: they weigh nothing.
    """
    days = math.fsum(stretch.days for stretch in track.stretches)
    kept = [stretch for stretch in track.stretches if stretch.days / days >= SMALLEST_WEIGHT]
    forecasts = [Forecast(stretch.p, happened, stretch.days / days) for stretch in kept]
    found = scores(forecasts)
    if found is None:
        return None
    pairs = [
        (brier(stretch.p, happened), brier(stretch.before, happened), stretch.days)
        for stretch in kept
        if stretch.before is not None
    ]
    against = None
    if pairs:
        ours, theirs, spans = zip(*pairs, strict=True)
        against = (mean_of(ours, spans), mean_of(theirs, spans))
    return Scored(tuple(forecasts), days, found, track.peer, against)


class _Crowd:
    """Who holds what at a time: each assessor's latest rating, with what pools are made from."""

    def __init__(self, happened: bool) -> None:  # noqa: FBT001 - as above
        self.current: dict[str, Held] = {}
        self.logs = 0.0
        self._happened = happened
        self._every: dict[str, list[Held]] = {}
        self._known: dict[float, tuple[float, float]] = {}
        self._logits = self._total = 0.0
        self._ordered: list[float] = []

    def enter(self, held: Held) -> None:
        self._every.setdefault(held.assessor, []).append(held)
        self._settle(held.assessor)

    def leave(self, held: Held) -> None:
        self._every[held.assessor].remove(held)
        self._settle(held.assessor)

    def pool(self, method: Method) -> float | None:
        n = len(self.current)
        if n == 0:
            return None
        if method == "median":
            return (self._ordered[(n - 1) // 2] + self._ordered[n // 2]) / 2.0
        mean = sigmoid(self._logits / n) if method == "log_odds" else self._total / n
        return min(max(mean, self._ordered[0]), self._ordered[-1])

    def logs_besides(self, assessor: str) -> float | None:
        """The mean log score of the others, None where there are none."""
        own = self.current.get(assessor)
        n = len(self.current) - (own is not None)
        mine = 0.0 if own is None else log_score(own.p, self._happened)
        return (self.logs - mine) / n if n else None

    def _settle(self, assessor: str) -> None:
        every, old = self._every[assessor], self.current.get(assessor)
        new = max(every, key=lambda held: (held.start, held.id), default=None)
        if old is new:
            return
        if old is not None:
            self._count(old.p, -1.0)
            del self._ordered[bisect_left(self._ordered, old.p)]
            del self.current[assessor]
        if not self.current:
            self.logs = self._logits = self._total = 0.0  # nor any rounding error
        if new is not None:
            self._count(new.p, 1.0)
            insort(self._ordered, new.p)
            self.current[assessor] = new

    def _count(self, p: float, sign: float) -> None:
        known = self._known.get(p)
        if known is None:
            known = self._known[p] = (log_score(p, self._happened), logit(p))
        self.logs += sign * known[0]
        self._logits += sign * known[1]
        self._total += sign * p


def _steps(sides: Sequence[tuple[_Crowd, Sequence[Held]]], closes: datetime) -> Iterator[float]:
    """Go from change to change, as long as the consequence is open: the days that follow each."""
    starting: defaultdict[datetime, list[tuple[_Crowd, Held]]] = defaultdict(list)
    ending: defaultdict[datetime, list[tuple[_Crowd, Held]]] = defaultdict(list)
    for side, ratings in sides:
        for held in ratings:
            begins = held.begins
            if begins < closes and (held.end is None or held.end > begins):
                starting[begins].append((side, held))
                if held.end is not None and held.end < closes:
                    ending[held.end].append((side, held))
    times = sorted(starting.keys() | ending.keys())
    for start, end in zip(times, [*times[1:], closes], strict=False):
        for side, held in ending.get(start, ()):
            side.leave(held)
        for side, held in starting.get(start, ()):
            side.enter(held)
        yield (end - start).total_seconds() / DAY
