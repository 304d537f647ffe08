"""Pool the opinions of several assessors into one judgement with its spread and dissent.

Opinions and the averages have modules of their own and are exported from here as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from app.domain.averages import (
    extremization,
    linear_pool,
    log_odds_pool,
    lower_median,
    recency_weight,
    upper_median,
    weighted_mean,
    weighted_median,
    weighted_quantile,
)
from app.domain.opinion import CONFIDENCES, Confidence, Opinion
from app.domain.probability import DomainError, logit

__all__ = [
    "CONFIDENCES",
    "METHODS",
    "Confidence",
    "Method",
    "Opinion",
    "Pooled",
    "extremization",
    "linear_pool",
    "log_odds_pool",
    "lower_median",
    "pool",
    "recency_weight",
    "upper_median",
    "weighted_median",
    "weighted_quantile",
]

Method = Literal["log_odds", "linear", "median"]
METHODS: tuple[Method, ...] = get_args(Method)
_TIE = 1e-9  # nats within which two dissents are equally far from the pool


@dataclass(frozen=True, slots=True)
class Pooled:
    """The judgement of `n` opinions.

    `point`, `low` and `high` are by `method`; `log_odds`, `linear` and `median` pool the points by
    each. `extremize` is the factor d used, which bears on the log-odds pool alone. `log_odds_sd`
    is the weighted population standard deviation in nats. `dissent` is the id of the opinion
    furthest from `point` in log-odds, None for a single opinion.
    """

    n: int
    method: Method
    extremize: float
    point: float
    low: float
    high: float
    log_odds: float
    linear: float
    median: float
    min: float
    q1: float
    q3: float
    max: float
    log_odds_sd: float
    dissent: str | None
    impact: int | None
    confidence: Confidence | None


def pool(
    opinions: Sequence[Opinion],
    method: Method = "log_odds",
    extremize: float | Literal["auto"] = 1.0,
) -> Pooled | None:
    """Pool opinions, one for each assessor; None when there are none.

    Lows and highs are pooled as the points are. Impact is the upper median of those given,
    confidence the lower, both unweighted and None if nobody gave any. "auto" takes
    `extremization(n)`. Opinions of weight 0 take no part and are not counted. Raises DomainError
    for an unknown method, an unusable `extremize`, or when every weight is 0.
    """
    if method not in METHODS:
        msg = f"unknown pooling method {method!r}; known: {', '.join(METHODS)}"
        raise DomainError(msg)
    if not opinions:
        return None
    taking_part = [opinion for opinion in opinions if opinion.weight > 0.0]
    if not taking_part:
        msg = "the weights must not all be zero"
        raise DomainError(msg)
    d = extremization(len(taking_part)) if extremize == "auto" else extremize
    return _pooled(taking_part, method, d)


def _pooled(opinions: Sequence[Opinion], method: Method, d: float) -> Pooled:
    points = [opinion.point for opinion in opinions]
    ws = [opinion.weight for opinion in opinions]
    pools: dict[Method, float] = {m: _by(m, points, ws, d) for m in METHODS}
    point = pools[method]
    rank = lower_median(
        [CONFIDENCES.index(o.confidence) for o in opinions if o.confidence is not None]
    )
    return Pooled(
        n=len(opinions),
        method=method,
        extremize=d,
        point=point,
        # exp is monotone only to the last digit, and readers rely on low <= point <= high.
        low=min(_by(method, [o.low for o in opinions], ws, d), point),
        high=max(_by(method, [o.high for o in opinions], ws, d), point),
        log_odds=pools["log_odds"],
        linear=pools["linear"],
        median=pools["median"],
        min=min(points),
        q1=weighted_quantile(points, ws, 0.25),
        q3=weighted_quantile(points, ws, 0.75),
        max=max(points),
        log_odds_sd=_log_odds_sd(points, ws),
        dissent=_dissent(opinions, point),
        impact=upper_median([o.impact for o in opinions if o.impact is not None]),
        confidence=None if rank is None else CONFIDENCES[rank],
    )


def _by(method: Method, ps: Sequence[float], ws: Sequence[float], d: float) -> float:
    if method == "log_odds":
        return log_odds_pool(ps, ws, d)
    return linear_pool(ps, ws) if method == "linear" else weighted_median(ps, ws)


def _log_odds_sd(ps: Sequence[float], ws: Sequence[float]) -> float:
    logits = [logit(p) for p in ps]
    centre = weighted_mean(logits, ws)
    return math.sqrt(weighted_mean([(x - centre) ** 2 for x in logits], ws))


def _dissent(opinions: Sequence[Opinion], point: float) -> str | None:
    if len(opinions) == 1:
        return None
    distances = [(abs(logit(o.point) - logit(point)), o.id) for o in opinions]
    furthest = max(distances)[0]
    return min(key for distance, key in distances if distance >= furthest - _TIE)
