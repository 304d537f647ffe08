"""A plain model of who holds which rating when, and the pool it gives: what answers must equal."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.averages import recency_weight
from app.domain.pooling import Method, Opinion, Pooled, pool
from app.kernel.types import parse_instant
from tests.helpers import Body

START = datetime(2023, 1, 1, tzinfo=UTC)
TOLERANCE = 1e-9


def day(number: float) -> str:
    """An instant so many days after the start, as the wire has it."""
    return (START + timedelta(days=number)).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Held:
    """A rating as it was made."""

    body: Body
    order: int
    withdrawn: datetime | None = None

    @property
    def begins(self) -> datetime:
        """From when it holds."""
        return parse_instant(self.body["effective_at"])

    @property
    def series(self) -> tuple[str, str]:
        """Whose rating of what it is."""
        return (self.body["consequence"], self.body["assessor"])


def ends(rating: Held, ratings: Sequence[Held]) -> datetime | None:
    """A rating holds until its assessor's next, or until it is withdrawn.

    One that is dated back before a withdrawal is what was withdrawn.
    """
    following = [
        other.begins
        for other in ratings
        if other.series == rating.series
        and (other.begins, other.order) > (rating.begins, rating.order)
    ]
    withdrawals = [
        other.withdrawn
        for other in ratings
        if other.series == rating.series
        and other.withdrawn is not None
        and other.begins <= rating.begins < other.withdrawn
    ]
    found = [*following, *withdrawals, *([rating.withdrawn] if rating.withdrawn else [])]
    return min(found, default=None)


def in_force(ratings: Sequence[Held], consequence: str, at: datetime) -> list[Held]:
    """The ratings that hold at an instant."""
    return [
        rating
        for rating in ratings
        if rating.body["consequence"] == consequence
        and rating.begins <= at
        and ((end := ends(rating, ratings)) is None or end > at)
    ]


def pooled(
    ratings: Iterable[Held],
    method: Method = "log_odds",
    extremize: Any = 1.0,
    half_life: float | None = None,
    *,
    machines: bool = False,
) -> Pooled | None:
    """The pool of ratings by the mathematics alone."""
    taken = [rating for rating in ratings if machines or not rating.body["machine"]]
    newest = max((rating.begins for rating in taken), default=START)
    opinions = [
        Opinion(
            id=rating.body["id"],
            assessor=rating.body["assessor"],
            **rating.body["probability"],
            weight=1.0
            if half_life is None
            else recency_weight((newest - rating.begins).total_seconds() / 86400, half_life),
            impact=rating.body["impact"],
            confidence=rating.body["confidence"],
        )
        for rating in taken
    ]
    return pool(opinions, method, extremize)


def near(one: float | None, other: float | None) -> bool:
    """Whether two numbers are the same but for rounding."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-8, abs_tol=TOLERANCE)


def assert_same(judgement: Body, expected: Pooled | None) -> None:
    """Hold a judgement as it is answered against the pool."""
    if expected is None:
        assert judgement["n"] == 0
        rest = {key: value for key, value in judgement.items() if key not in {"as_of", "n"}}
        assert set(rest.values()) == {None}
        return
    assert judgement["n"] == expected.n
    assert judgement["method"] == expected.method
    for name in ("point", "low", "high"):
        assert near(judgement["probability"][name], getattr(expected, name)), name
    for name in ("log_odds", "linear", "median"):
        assert near(judgement["pools"][name], getattr(expected, name)), name
    for name in ("min", "q1", "q3", "max", "log_odds_sd"):
        assert near(judgement["spread"][name], getattr(expected, name)), name
    dissent = judgement["dissent"] and judgement["dissent"]["rating"]
    assert dissent == expected.dissent
    assert judgement["impact"] == expected.impact
    assert judgement["confidence"] == expected.confidence
