"""Weighted averages and order statistics under the pools.

No result depends on the order of its inputs, and none changes when every weight is multiplied by
the same number. `ps` and `ws` are probabilities and their weights, of equal length.
"""

import math
from collections.abc import Sequence
from itertools import accumulate

from app.domain.probability import DomainError, check, logit, sigmoid

_TIE = 1e-12  # share of the total weight within which a cumulated weight counts as on the threshold


def extremization(n: int) -> float:
    """Return the extremizing factor d(n) for `n` forecasters: 1 for one, rising towards sqrt(3).

    d(n) = n(sqrt(3n^2 - 3n + 1) - 2) / (n^2 - n - 1), Neyman & Roughgarden 2021.
    Raises DomainError when `n` < 1.
    """
    if n < 1:
        msg = f"extremization needs at least one forecaster, not {n}"
        raise DomainError(msg)
    return n * (math.sqrt(3 * n * n - 3 * n + 1) - 2) / (n * n - n - 1)


def recency_weight(age_days: float, half_life_days: float) -> float:
    """Return 2^(-age / half-life): 1 today, one half after a half-life. Both in days.

    Raises DomainError for a negative age, a half-life that is not positive, or non-finite values.
    """
    if not 0.0 <= age_days < math.inf or not 0.0 < half_life_days < math.inf:
        msg = f"no recency weight for age {age_days!r} and half-life {half_life_days!r} (days)"
        raise DomainError(msg)
    return math.exp2(-age_days / half_life_days)


def scaled_weights(ws: Sequence[float], n: int) -> list[float]:
    """Return `ws` scaled by one power of two (exact) so that the largest lies in [0.5, 1).

    Keeps sums from overflowing. Raises DomainError unless there are `n` > 0 weights, all finite
    and none negative, with a sum above 0.
    """
    if not ws or len(ws) != n:
        msg = f"{n} values and {len(ws)} weights: both must be given, one for one"
        raise DomainError(msg)
    if not all(0.0 <= w < math.inf for w in ws):
        msg = f"weights must be finite and not negative: {list(ws)!r}"
        raise DomainError(msg)
    largest = max(ws)
    if largest == 0.0:
        msg = "the weights must not all be zero"
        raise DomainError(msg)
    exponent = math.frexp(largest)[1]
    return [math.ldexp(w, -exponent) for w in ws]


def weighted_mean(values: Sequence[float], ws: Sequence[float]) -> float:
    """Return sum(w * value) / sum(w), never outside the values by a rounding error.

    Raises DomainError for unusable weights.
    """
    scaled = scaled_weights(ws, len(values))
    mean = math.fsum(w * v for w, v in zip(scaled, values, strict=True)) / math.fsum(scaled)
    return min(max(mean, min(values)), max(values))


def log_odds_pool(ps: Sequence[float], ws: Sequence[float], d: float = 1.0) -> float:
    """Return sigmoid(d * sum(w * logit p) / sum(w)), the weighted geometric mean of odds.

    `d` > 1 extremizes (Satopaa et al. 2014); with `d` = 1 the result lies within the inputs.
    Raises DomainError for unusable probabilities or weights, or a `d` not finite and positive.
    """
    if not 0.0 < d < math.inf:
        msg = f"the extremizing factor must be finite and positive, not {d!r}"
        raise DomainError(msg)
    pooled = sigmoid(d * weighted_mean([logit(p) for p in ps], ws))
    return min(max(pooled, min(ps)), max(ps)) if d == 1.0 else pooled


def linear_pool(ps: Sequence[float], ws: Sequence[float]) -> float:
    """Return the weighted arithmetic mean sum(w * p) / sum(w).

    Raises DomainError for unusable probabilities or weights.
    """
    return weighted_mean([check(p) for p in ps], ws)


def weighted_quantile(ps: Sequence[float], ws: Sequence[float], q: float) -> float:
    """Return the `q` quantile, the mean of a lower and an upper one.

    Lower is the smallest p whose cumulated weight is >= q * total, upper the smallest whose
    cumulated weight is > q * total (the largest p if there is none). With equal weights and an even
    count the median is the mean of the middle two. Values without weight are left out.
    Raises DomainError for unusable probabilities or weights, or a `q` outside [0, 1].
    """
    if not 0.0 <= q <= 1.0:
        msg = f"a quantile is asked for between 0 and 1, not {q!r}"
        raise DomainError(msg)
    scaled = scaled_weights(ws, len(ps))
    pairs = sorted((check(p), w) for p, w in zip(ps, scaled, strict=True))
    kept = [(p, w) for p, w in pairs if w > 0.0]
    sums = list(accumulate(w for _, w in kept))
    slack = _TIE * sums[-1]
    target = q * sums[-1]
    steps = [(p, reached) for (p, _), reached in zip(kept, sums, strict=True)]
    lower = next(p for p, reached in steps if reached >= target - slack)
    upper = next((p for p, reached in steps if reached > target + slack), kept[-1][0])
    return (lower + upper) / 2


def weighted_median(ps: Sequence[float], ws: Sequence[float]) -> float:
    """Return the 0.5 `weighted_quantile`. Raises DomainError as that does."""
    return weighted_quantile(ps, ws, 0.5)


def upper_median(values: Sequence[int]) -> int | None:
    """Return the middle value, the higher of the middle two for an even count, None for none."""
    return sorted(values)[len(values) // 2] if values else None


def lower_median(values: Sequence[int]) -> int | None:
    """Return the middle value, the lower of the middle two for an even count, None for none."""
    return sorted(values)[(len(values) - 1) // 2] if values else None
