"""Whether probabilities meant what they said: of what was called 70 %, how much happened.

Which forecasts come in is for the caller to choose, without looking at how they ended: those of
consequences whose *scheduled* resolution date has passed, less the annulled. To take those already
resolved would favour what happens early, and an early outcome is always a yes.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul

from app.domain.probability import DomainError
from app.domain.scoring import Forecast, mean_of, usable

CURVE_FROM = 20
"""Effective forecasts below which no calibration curve is drawn: it would show chance."""

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""The usual edges of the bins."""

Z = 1.96
"""Standard deviations of an interval that covers 95 %."""

_SLACK = 1e-9  # weights of thirds sum to a whole number only nearly


@dataclass(frozen=True, slots=True)
class Murphy:
    """The parts of a mean Brier score.

    brier = reliability - resolution + uncertainty + within_variance - within_covariance. The last
    two, of forecasts that differ inside a bin (Stephenson, Coelho & Jolliffe 2008), are 0
    where each bin holds one probability (Murphy 1973).
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts in [`low`, `high`): how many, their mean, the share that happened.

    `interval_low` and `interval_high` are the Wilson interval of the share, for `effective`
    forecasts: as many as equal weights would be worth (Kish 1965), and no more than the sum of the
    weights, so that one consequence rated often doesn't pass for many.
    """

    low: float
    high: float
    n: int
    effective: float
    mean: float
    share: float
    interval_low: float
    interval_high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The bins that hold forecasts, in order, and what all `n` forecasts say together.

    `discrimination` is the mean probability of what happened less that of what did not; None where
    only one of the two was seen. `curve` tells whether there is enough (`CURVE_FROM`) for the bins
    to be shown as a curve.
    """

    n: int
    effective: float
    curve: bool
    discrimination: float | None
    bins: tuple[Bin, ...]


def decomposition(
    forecasts: Iterable[Forecast | tuple[float, bool, float]],
    edges: Sequence[float] | None = None,
) -> Murphy | None:
    """Return the parts of the Brier score of `forecasts`, read once; None when none weighs.

    Bins are the distinct probabilities, or lie between `edges`, rising in (0, 1), lower edge
    inclusive. Raises DomainError for unusable forecasts or edges.
    """
    bins = _binned(forecasts, edges)
    if not bins:
        return None
    held = [_Held(*zip(*members, strict=True)) for members in bins.values()]
    sizes = [part.weight for part in held]
    base_rate = mean_of([part.share for part in held], sizes)
    return Murphy(
        brier=mean_of([part.brier() for part in held], sizes),
        reliability=mean_of([(part.mean - part.share) ** 2 for part in held], sizes),
        resolution=mean_of([(part.share - base_rate) ** 2 for part in held], sizes),
        uncertainty=base_rate * (1.0 - base_rate),
        within_variance=mean_of([part.variance() for part in held], sizes),
        within_covariance=2.0 * mean_of([part.covariance() for part in held], sizes),
    )


def calibration(
    forecasts: Iterable[Forecast | tuple[float, bool, float]], edges: Sequence[float] = DECILES
) -> Calibration:
    """Return the calibration of `forecasts`, read once, in the bins between `edges`.

    Edges rise in (0, 1), and the lower one belongs to the bin. The order of the forecasts doesn't
    matter. Raises DomainError for unusable forecasts or edges.
    """
    bins = _binned(forecasts, edges)
    limits = [*pairwise((0.0, *edges, 1.0))]
    every = [forecast for members in bins.values() for forecast in members]
    yes = [forecast for forecast in every if forecast.happened]
    no = [forecast for forecast in every if not forecast.happened]
    effective = _effective([weight for _, _, weight in every])
    return Calibration(
        n=len(every),
        effective=effective,
        curve=effective >= CURVE_FROM - _SLACK,
        discrimination=_mean(yes) - _mean(no) if yes and no else None,
        bins=tuple(_bin(*limits[int(key)], bins[key]) for key in sorted(bins)),
    )


def wilson(share: float, n: float, z: float = Z) -> tuple[float, float]:
    """Return the Wilson (1927) interval of a `share` in [0, 1] seen in `n` > 0 trials.

    It stays inside [0, 1] and has a width even where all or none happened. `z` is in standard
    deviations. Raises DomainError for a value out of range.
    """
    if not 0.0 <= share <= 1.0 or not 0.0 < n < math.inf or not 0.0 < z < math.inf:
        raise DomainError(f"no interval for the share {share!r} of {n!r} trials at z = {z!r}")
    square = z * z
    centre = (share * n + square / 2.0) / (n + square)
    half = z * math.sqrt(share * (1.0 - share) * n + square / 4.0) / (n + square)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _binned(
    forecasts: Iterable[Forecast | tuple[float, bool, float]], edges: Sequence[float] | None
) -> dict[float, list[Forecast]]:
    if edges is not None and not all(a < b for a, b in pairwise((0.0, *edges, 1.0))):
        raise DomainError(f"edges of bins rise strictly between 0 and 1: {list(edges)!r}")
    bins: dict[float, list[Forecast]] = {}
    for forecast in usable(forecasts):
        key = forecast.p if edges is None else bisect_right(edges, forecast.p)
        bins.setdefault(key, []).append(forecast)
    return bins


class _Held:
    """The forecasts of one bin, column by column."""

    def __init__(
        self, ps: tuple[float, ...], outcomes: tuple[bool, ...], ws: tuple[float, ...]
    ) -> None:
        self._ps, self._outcomes, self._ws = ps, outcomes, ws
        self._alone = len(ws) == 1  # nearly every bin, where nearly every probability is another
        if self._alone:
            self.weight, self.mean, self.share = ws[0], ps[0], float(outcomes[0])
        else:
            self.weight = math.fsum(ws)
            self.mean, self.share = mean_of(ps, ws), mean_of(outcomes, ws)

    def brier(self) -> float:
        if self._alone:
            return (self.mean - self.share) ** 2
        return mean_of([(p - o) ** 2 for p, o in self._pairs()], self._ws)

    def variance(self) -> float:
        if self._alone:
            return 0.0
        return mean_of([(p - self.mean) ** 2 for p in self._ps], self._ws)

    def covariance(self) -> float:
        if self._alone:
            return 0.0
        return mean_of(
            [(p - self.mean) * (o - self.share) for p, o in self._pairs()],
            self._ws,
        )

    def _pairs(self) -> Iterator[tuple[float, bool]]:
        return zip(self._ps, self._outcomes, strict=True)


def _bin(low: float, high: float, members: Sequence[Forecast]) -> Bin:
    ps, outcomes, ws = zip(*members, strict=True)
    share, effective = mean_of(outcomes, ws), _effective(ws)
    interval = wilson(share, effective)
    return Bin(low, high, len(members), effective, mean_of(ps, ws), share, *interval)


def _effective(ws: Sequence[float]) -> float:
    total = math.fsum(ws)
    squares = math.fsum(map(mul, ws, ws))
    return min(total * total / squares, total) if ws else 0.0


def _mean(members: Sequence[Forecast]) -> float:
    return mean_of([p for p, _, _ in members], [weight for _, _, weight in members])
