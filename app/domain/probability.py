"""Probabilities and log-odds. 0 and 1 are not estimates, so both are refused."""

import math

_SMALLEST = math.nextafter(0.0, 1.0)
_LARGEST = math.nextafter(1.0, 0.0)


class DomainError(ValueError):
    """A value that the mathematics has no answer for; the message names it."""


def check(p: float) -> float:
    """Return `p` if it is a usable probability.

    Raises DomainError when `p` is not finite or not strictly between 0 and 1.
    """
    if not 0.0 < p < 1.0:  # NaN fails both comparisons
        msg = f"a probability lies strictly between 0 and 1, not {p!r}"
        raise DomainError(msg)
    return p


def logit(p: float) -> float:
    """Log-odds of `p` in nats, ln(p / (1 - p)).

    Raises DomainError when `p` is not strictly between 0 and 1.
    """
    check(p)
    return math.log(p) - math.log1p(-p)


def sigmoid(x: float) -> float:
    """Probability whose log-odds in nats are `x`, 1 / (1 + e^-x): the inverse of `logit`.

    Never overflows. Where the result would round to 0 or 1 it is the nearest double inside
    (0, 1), so that it can always be passed to `logit`. Raises DomainError for NaN.
    """
    if math.isnan(x):
        msg = "log-odds must be a number, not NaN"
        raise DomainError(msg)
    if x >= 0.0:
        return min(1.0 / (1.0 + math.exp(-x)), _LARGEST)
    small = math.exp(x)
    return max(small / (1.0 + small), _SMALLEST)
