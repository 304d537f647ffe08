"""What one assessor holds about one consequence, as the pools need it."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from app.domain.matrix import check_impact
from app.domain.probability import DomainError, check

Confidence = Literal["low", "moderate", "high"]
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)


@dataclass(frozen=True, slots=True)
class Opinion:
    """One assessor's rating in force: probabilities in (0, 1), impact 1-5, analytic confidence.

    A weight of 0 keeps the opinion out of the pool. Raises DomainError unless
    0 < low <= point <= high < 1, the weight is finite and not negative, and impact and confidence
    are None or on their scales.
    """

    id: str
    assessor: str
    point: float
    low: float
    high: float
    weight: float = 1.0
    impact: int | None = None
    confidence: Confidence | None = None

    def __post_init__(self) -> None:
        """Refuse values that no pool could use."""
        if not check(self.low) <= check(self.point) <= check(self.high):
            msg = f"low <= point <= high does not hold: {self.low}, {self.point}, {self.high}"
            raise DomainError(msg)
        if not 0.0 <= self.weight < math.inf:
            msg = f"a weight is finite and not negative, not {self.weight!r}"
            raise DomainError(msg)
        if self.impact is not None:
            check_impact(self.impact)
        if self.confidence is not None and self.confidence not in CONFIDENCES:
            msg = f"confidence is one of {', '.join(CONFIDENCES)}, not {self.confidence!r}"
            raise DomainError(msg)
