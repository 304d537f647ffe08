"""What was held of one consequence until it closed, against asking hour by hour."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.averages import linear_pool, log_odds_pool, weighted_median
from app.domain.probability import DomainError
from app.domain.scoring import log_score, peer_scores, skill_weight
from app.domain.track import Held, Method, Stretch, Track, of_assessor, of_pools, scored

START = datetime(2023, 9, 1, tzinfo=UTC)
SPAN = 12
POOLS = {"log_odds": log_odds_pool, "linear": linear_pool, "median": weighted_median}


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def held(number: int, who: str, p: float, start: float, end: float | None) -> Held:
    return Held(f"r{number:02}", who, p, day(start), None if end is None else day(end))


@st.composite
def ratings(draw: st.DrawFn) -> list[Held]:
    spans = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abc"),
                st.sampled_from([0.1, 0.3, 0.5, 0.8, 0.95]),
                st.integers(0, SPAN),
                st.none() | st.integers(0, SPAN),
            ),
            max_size=8,
        )
    )
    return [held(number, *span) for number, span in enumerate(spans)]


def then(every: Sequence[Held], at: datetime) -> dict[str, Held]:
    """Each assessor's latest rating at an instant."""
    found: dict[str, Held] = {}
    for rating in sorted(every, key=lambda rating: (rating.start, rating.id)):
        if rating.start <= at and (rating.end is None or rating.end > at):
            found[rating.assessor] = rating
    return found


def pool_then(every: Sequence[Held], at: datetime, method: Method) -> float | None:
    ps = [rating.p for rating in then(every, at).values()]
    return POOLS[method](ps, [1.0] * len(ps)) if ps else None


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


methods = st.sampled_from(["log_odds", "linear", "median"])


@settings(max_examples=60)
@given(ratings(), st.integers(1, SPAN), st.booleans(), methods)
def test_an_assessor_counts_day_by_day(
    every: list[Held],
    closes: int,
    happened: bool,  # noqa: FBT001 - drawn
    method: Method,
) -> None:
    own = [rating for rating in every if rating.assessor == "a"]
    found = of_assessor("a", own, every, day(closes), happened, method)
    days = [(day(n), then(every, day(n))) for n in range(closes)]
    mine = [(at, held["a"]) for at, held in days if "a" in held]
    assert sum(stretch.days for stretch in found.stretches) == len(mine)
    expected = [rating.p for _, rating in mine]
    told = [s.p for s in found.stretches for _ in range(round(s.days))]
    assert told == expected
    peers = []
    for _, held in days:
        if "a" in held and len(held) > 1:
            order = sorted(held)
            each = peer_scores([held[who].p for who in order], happened)
            peers.append(each[order.index("a")])
    assert found.peer == (pytest.approx(mean(peers), abs=1e-9) if peers else None)
    starts = iter(found.stretches)
    last = None
    for at, held in days:
        rating = held.get("a")
        if rating is not None and rating is not last:
            before = pool_then(every, at - timedelta(seconds=1), method)
            assert next(starts).before == (None if before is None else pytest.approx(before))
        last = rating


@settings(max_examples=60)
@given(ratings(), st.integers(1, SPAN), st.booleans(), methods)
def test_a_pool_counts_day_by_day(
    every: list[Held],
    closes: int,
    happened: bool,  # noqa: FBT001 - drawn
    method: Method,
) -> None:
    found = of_pools(every, day(closes), happened)[method]
    pools = [pool_then(every, day(n), method) for n in range(closes)]
    told = [s.p for s in found.stretches for _ in range(round(s.days))]
    assert told == pytest.approx([p for p in pools if p is not None])
    peers = []
    for n, pool in enumerate(pools):
        logs = [log_score(rating.p, happened) for rating in then(every, day(n)).values()]
        if pool is not None and len(logs) > 1:
            peers.append(100 * (log_score(pool, happened) - math.fsum(logs) / len(logs)))
    assert found.peer == (pytest.approx(mean(peers), abs=1e-9) if peers else None)


def test_each_stretch_weighs_its_share_of_the_days() -> None:
    track = Track((Stretch(0.5, 1.0, None), Stretch(0.9, 3.0, 0.5)), None)
    found = scored(track, happened=True)
    assert found is not None
    assert [forecast.weight for forecast in found.forecasts] == [0.25, 0.75]
    assert found.scores.brier == pytest.approx((0.25 + 3 * 0.01) / 4)
    assert found.against == pytest.approx((0.01, 0.25))
    assert found.days == 4.0


def test_what_nobody_held_isnt_scored_and_a_moment_weighs_nothing() -> None:
    assert scored(Track((), None), happened=True) is None
    track = Track((Stretch(0.5, 1e-11, None), Stretch(0.9, 3.0, None)), None)
    found = scored(track, happened=True)
    assert found is not None
    assert [forecast.p for forecast in found.forecasts] == [0.9]
    assert found.against is None


def test_a_newcomer_weighs_one_and_records_move_that_within_bounds() -> None:
    assert skill_weight([]) == 1.0
    assert skill_weight([0.25] * 7) == pytest.approx(1.0)
    assert skill_weight([0.04] * 5) == pytest.approx(0.25 * 10 / (1.25 + 0.2))
    assert skill_weight([0.0] * 1000) == 4.0
    assert 0.25 < skill_weight([1.0] * 1000) < 0.26
    with pytest.raises(DomainError, match=r"in \[0, 1\]"):
        skill_weight([1.1])
