"""How good forecasts were, once it is known whether the outcome happened.

All rules are proper: nobody gains by stating another probability than the one they hold.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple

from app.domain.averages import weighted_mean
from app.domain.probability import DomainError, check

SMALLEST_WEIGHT, LARGEST_WEIGHT = 1e-9, 1e9
"""What a forecast may weigh, if anything: within these no sum overflows and no square vanishes."""

EVEN_CHANCE = 0.25
"""The Brier score of "even chance"."""
PRIOR = 5
"""Forecasts of "even chance" that everybody's record is taken to begin with."""
MOST_SKILL = 4.0
"""What the best record weighs, where that of a newcomer weighs 1."""

_PERCENT = 100.0


class Forecast(NamedTuple):
    """A probability in (0, 1) for an outcome, whether that happened, and what it weighs.

    Where judgements count for the days they were in force, the weights of one consequence are its
    stretches' shares of its days, so that they sum to 1: a consequence counts once, however often
    it was rated.
    """

    p: float
    happened: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Weighted means over `n` forecasts.

    `brier` is 0 at best and 1 at worst, `log` at most 0 (nats), `baseline` 100 at best and 0 for
    "even chance". `mean` is that of the probabilities, `base_rate` the share that happened.
    """

    n: int
    brier: float
    log: float
    baseline: float
    mean: float
    base_rate: float


def brier(p: float, happened: bool) -> float:  # noqa: FBT001 - the outcome, no option
    """Return (p - o)^2, in [0, 1], 0 best (Brier 1950, the form for one binary outcome).

    Raises DomainError unless 0 < p < 1.
    """
    return (check(p) - happened) ** 2


def log_score(p: float, happened: bool) -> float:  # noqa: FBT001 - the outcome, no option
    """Return the logarithm of the probability given to what happened, in nats, 0 best (Good 1952).

    Raises DomainError unless 0 < p < 1.
    """
    return math.log(check(p)) if happened else math.log1p(-check(p))


def baseline_score(p: float, happened: bool) -> float:  # noqa: FBT001 - the outcome, no option
    """Return 100 * ln(2p) / ln 2, p given to what happened: 100 best, 0 for p = 1/2 (Metaculus).

    Raises DomainError unless 0 < p < 1.
    """
    return _baseline(log_score(p, happened))


def peer_scores(ps: Sequence[float], happened: bool) -> list[float]:  # noqa: FBT001 - as above
    """Return how much better each forecaster did than the others, in the order of `ps`; sum 0.

    100 * n / (n - 1) * ln(p_i / GM), with the probabilities given to what happened and their
    geometric mean (Metaculus): the mean over the others of 100 * ln(p_i / p_j). Raises DomainError
    for fewer than two forecasters, or unless all 0 < p < 1.
    """
    n = len(ps)
    if n < 2:  # noqa: PLR2004 - two are the fewest that can be compared
        raise DomainError(f"a peer score compares two forecasters or more, not {n}")
    logs = [log_score(p, happened) for p in ps]
    mean = math.fsum(logs) / n
    return [_PERCENT * n / (n - 1) * (log - mean) for log in logs]


def over_time(
    rule: Callable[[float, bool], float],
    stretches: Sequence[tuple[float, float]],
    happened: bool,  # noqa: FBT001 - as above
) -> float:
    """Return the mean of `rule` over `stretches` of (p, days in force), each counting by its days.

    Raises DomainError for no stretch, days that are negative, not finite or all 0, or unless all
    0 < p < 1.
    """
    return weighted_mean([rule(p, happened) for p, _ in stretches], [days for _, days in stretches])


def skill(score: float, reference: float) -> float:
    """Return 1 - BS / BS_ref of two mean Brier scores: 1 perfect, 0 as good as the reference.

    Both are of the same outcomes. Raises DomainError unless 0 <= score <= 1 and
    0 < reference <= 1.
    """
    if not 0.0 <= score <= 1.0 or not 0.0 < reference <= 1.0:
        raise DomainError(
            f"no skill from the Brier scores {score!r} and {reference!r}: both lie in [0, 1] and "
            "the reference is above 0"
        )
    return 1.0 - score / reference


def skill_weight(briers: Sequence[float]) -> float:
    """Return what a forecaster weighs in a pool, by the Brier scores of what they forecast.

    min(4, 0.25 * (5 + n) / (0.25 * 5 + sum)): inversely to the mean squared error (Bates & Granger
    1969), shrunk as if five more forecasts had been of "even chance". A newcomer weighs 1, nobody
    less than a quarter of that or more than four times as much. Raises DomainError unless all are
    in [0, 1].
    """
    if not all(0.0 <= score <= 1.0 for score in briers):
        raise DomainError(f"Brier scores lie in [0, 1]: {list(briers)!r}")
    total = EVEN_CHANCE * PRIOR + math.fsum(briers)
    return min(MOST_SKILL, EVEN_CHANCE * (PRIOR + len(briers)) / total)


def usable(forecasts: Iterable[Forecast | tuple[float, bool, float]]) -> list[Forecast]:
    """Return the forecasts that weigh something, in one pass.

    Raises DomainError for a probability outside (0, 1), or a weight that is neither 0 nor between
    `SMALLEST_WEIGHT` and `LARGEST_WEIGHT`.
    """
    kept = []
    for p, happened, weight in forecasts:
        if not 0.0 < p < 1.0:
            check(p)
        if SMALLEST_WEIGHT <= weight <= LARGEST_WEIGHT:
            kept.append(Forecast(p, happened, weight))
        elif weight != 0.0:
            raise DomainError(
                f"a weight is 0 or between {SMALLEST_WEIGHT:g} and {LARGEST_WEIGHT:g}, "
                f"not {weight!r}"
            )
    return kept


def mean_of(values: Sequence[float], ws: Sequence[float]) -> float:
    """Return sum(w * value) / sum(w), never outside the values by a rounding error.

    For weights that are known to be `usable`, one or more. Sums are exact, so order is no matter.
    """
    mean = math.fsum(map(mul, ws, values)) / math.fsum(ws)
    return min(max(mean, min(values)), max(values))


def scores(forecasts: Iterable[Forecast | tuple[float, bool, float]]) -> Scores | None:
    """Return the mean scores of `forecasts`, read once; None when none weighs anything.

    Their order doesn't matter. Raises DomainError as `usable` does.
    """
    kept = usable(forecasts)
    if not kept:
        return None
    ps, outcomes, ws = zip(*kept, strict=True)
    log = mean_of(
        [math.log(p) if happened else math.log1p(-p) for p, happened, _ in kept],
        ws,
    )
    return Scores(
        n=len(kept),
        brier=mean_of([(p - happened) ** 2 for p, happened, _ in kept], ws),
        log=log,
        baseline=_baseline(log),
        mean=mean_of(ps, ws),
        base_rate=mean_of(outcomes, ws),
    )


def _baseline(log: float) -> float:
    return _PERCENT * (1.0 + log / math.log(2.0))
