"""The pool of some opinions without each of them in turn: what every one of them does to it."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Literal, TypeAlias

from app.domain.averages import extremization, scaled_weights
from app.domain.opinion import Opinion
from app.domain.pooling import Method
from app.domain.probability import logit, sigmoid

_TIE = 1e-12  # as in `averages`: a share of the total within which a sum is on the threshold

_Without: TypeAlias = Callable[[int], float]


def pools_without(
    opinions: Sequence[Opinion],
    method: Method = "log_odds",
    extremize: float | Literal["auto"] = 1.0,
) -> list[float | None]:
    """Return, for each opinion in turn, the pooled point of all others; None where none is left.

    The same as `pooling.pool` of the others, to rounding, in one pass over all and not in one for
    each. Raises DomainError for unusable probabilities or weights.
    """
    if len(opinions) <= 1:
        return [None] * len(opinions)
    ws = scaled_weights([opinion.weight for opinion in opinions], len(opinions))
    points = [opinion.point for opinion in opinions]
    if method == "median":
        others: _Without = _Ordered(points, ws).median
        return [others(at) for at in range(len(opinions))]
    if method == "linear":
        others = _means(points, ws)
        return [others(at) for at in range(len(opinions))]
    others = _means([logit(p) for p in points], ws)
    d = extremization(len(opinions) - 1) if extremize == "auto" else extremize
    return [sigmoid(d * others(at)) for at in range(len(opinions))]


def _means(values: Sequence[float], ws: Sequence[float]) -> _Without:
    """Return the weighted mean of all values but one, by its place."""
    products = [w * value for w, value in zip(ws, values, strict=True)]
    # From both ends rather than by subtraction: one heavy weight would cancel the digits of others.
    before, after = _running(products), _running(products[::-1])[::-1]
    weight_before, weight_after = _running(ws), _running(ws[::-1])[::-1]

    def mean(at: int) -> float:
        return (before[at] + after[at]) / (weight_before[at] + weight_after[at])

    return mean


def _running(values: Sequence[float]) -> list[float]:
    """Return for each place the sum of the values before it."""
    return [0.0, *accumulate(values)][:-1]


class _Ordered:
    """Values in order, to find the weighted median of all but one."""

    def __init__(self, values: Sequence[float], ws: Sequence[float]) -> None:
        order = sorted(range(len(values)), key=values.__getitem__)
        self.values: Sequence[float] = itemgetter(*order)(values)
        ordered: Sequence[float] = itemgetter(*order)(ws)
        self.sums = [*accumulate(ordered)]
        # What comes after each place, negated so that it rises. Neither sum at a place on its own
        # side of an opinion has that opinion's weight in it, which could cancel all digits.
        self.rests = [-rest for rest in _running(ordered[::-1])[::-1]]
        self.place = {at: rank for rank, at in enumerate(order)}

    def median(self, at: int) -> float:
        """Return the weighted median of all values but the one at a place."""
        rank = self.place[at]
        before = self.sums[rank - 1] if rank else 0.0
        half = (before - self.rests[rank]) / 2.0
        slack = 2.0 * half * _TIE
        lower = self._reached(half - slack, half + slack, rank, bisect_left)
        upper = self._reached(half + slack, half - slack, rank, bisect_right)
        return (self.values[lower] + self.values[upper]) / 2.0

    def _reached(self, sum_: float, rest: float, rank: int, find: Callable[..., int]) -> int:
        """Return the first place but `rank` with so much up to it and at most so much after it."""
        found = find(self.sums, sum_, 0, rank)
        if found < rank:
            return found
        last = len(self.sums) - 1
        return min(find(self.rests, -rest, rank + 1), last if rank < last else last - 1)
