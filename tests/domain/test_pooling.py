"""One judgement out of several opinions."""

import math
from dataclasses import replace
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pooling import CONFIDENCES, METHODS, Method, Opinion, Pooled, pool
from app.domain.probability import DomainError, logit


def opinion(key: str, point: float, low: float | None = None, high: float | None = None) -> Opinion:
    return Opinion(
        key,
        f"assessor-{key}",
        point,
        point if low is None else low,
        point if high is None else high,
    )


REFERENCE = [opinion(k, p) for k, p in zip("abcd", (0.1, 0.2, 0.4, 0.5), strict=True)]


@st.composite
def opinions(draw: st.DrawFn) -> list[Opinion]:
    probability = st.floats(0.001, 0.999)
    triples = draw(st.lists(st.tuples(probability, probability, probability), min_size=1))
    return [
        Opinion(
            str(i),
            f"assessor-{i}",
            low=low,
            point=point,
            high=high,
            weight=draw(st.floats(0.001, 1000)),
            impact=draw(st.none() | st.integers(1, 5)),
            confidence=draw(st.none() | st.sampled_from(CONFIDENCES)),
        )
        for i, (low, point, high) in enumerate(map(sorted, triples))
    ]


methods = st.sampled_from(METHODS)


def pooled(given_opinions: list[Opinion], method: Method = "log_odds", d: float = 1.0) -> Pooled:
    judgement = pool(given_opinions, method, d)
    assert judgement is not None
    return judgement


def test_nobody_rated_is_no_judgement() -> None:
    assert pool([]) is None


@pytest.mark.parametrize(
    ("method", "point"), [("log_odds", 0.2694832), ("linear", 0.3), ("median", 0.3)]
)
def test_the_reference_pools(method: Method, point: float) -> None:
    judgement = pooled(REFERENCE, method)
    assert judgement.point == judgement.low == judgement.high == pytest.approx(point, abs=5e-8)
    assert (judgement.n, judgement.method, judgement.extremize) == (4, method, 1.0)
    assert judgement.log_odds == pytest.approx(0.2694832, abs=5e-8)
    assert (judgement.linear, judgement.median) == pytest.approx((0.3, 0.3))
    assert (judgement.min, judgement.q1, judgement.q3, judgement.max) == pytest.approx(
        (0.1, 0.15, 0.45, 0.5)
    )
    assert judgement.dissent == "a"
    assert judgement.impact is None
    assert judgement.confidence is None


def test_auto_extremizes_by_the_number_of_opinions_and_only_the_log_odds() -> None:
    judgement = pool(REFERENCE, extremize="auto")
    assert judgement is not None
    assert judgement.extremize == pytest.approx(1.484641, abs=5e-7)
    assert judgement.point == judgement.log_odds == pytest.approx(0.1853440, abs=5e-8)
    assert judgement.linear == pytest.approx(0.3)
    assert pooled(REFERENCE, d=2.5).point == pytest.approx(0.0763423, abs=5e-8)


def test_a_single_opinion_is_its_own_pool_without_dissent() -> None:
    judgement = pool([replace(opinion("a", 0.62, 0.45, 0.78), impact=4)], extremize="auto")
    assert judgement is not None
    assert (judgement.point, judgement.low, judgement.high) == (0.62, 0.45, 0.78)
    assert (judgement.log_odds_sd, judgement.dissent, judgement.impact) == (0.0, None, 4)


def test_lows_and_highs_are_pooled_as_the_points_are() -> None:
    pair = [opinion("a", 0.3, 0.2, 0.4), opinion("b", 0.5, 0.4, 0.8)]
    linear = pooled(pair, "linear")
    assert (linear.point, linear.low, linear.high) == pytest.approx((0.4, 0.3, 0.6))
    odds = math.sqrt(0.25 * (0.4 / 0.6))
    assert pooled(pair).low == pytest.approx(odds / (1 + odds))


def test_impact_takes_the_upper_and_confidence_the_lower_median_of_those_given() -> None:
    first, second, third, fourth = REFERENCE
    judgement = pooled(
        [
            replace(first, impact=2, confidence="high"),
            replace(second, impact=5, confidence="low"),
            replace(third, confidence="moderate"),
            replace(fourth, confidence="high"),
        ]
    )
    assert (judgement.impact, judgement.confidence) == (5, "moderate")


def test_the_spread_in_log_odds_is_weighted() -> None:
    pair = [replace(opinion("a", 0.5), weight=3.0), opinion("b", 0.8)]
    assert pooled(pair).log_odds_sd == pytest.approx(math.log(4) * math.sqrt(3) / 4)


def test_dissent_is_measured_in_log_odds() -> None:
    trio = [opinion("a", 0.01), opinion("b", 0.3), opinion("c", 0.65)]
    judgement = pooled(trio, "linear")
    assert judgement.point == pytest.approx(0.32)
    assert judgement.dissent == "a"  # "c" is further away in probability


def test_equal_dissents_name_the_smaller_id() -> None:
    assert pooled([opinion("z", 0.2), opinion("b", 0.8)]).dissent == "b"
    assert pooled([opinion("b", 0.2), opinion("z", 0.8)]).dissent == "b"


def test_an_opinion_without_weight_changes_nothing() -> None:
    mute = replace(opinion("e", 0.99), weight=0.0, impact=5, confidence="high")
    for extremize in (1.0, "auto"):
        assert pool([*REFERENCE, mute], extremize=extremize) == pool(REFERENCE, extremize=extremize)
    with pytest.raises(DomainError, match="all be zero"):
        pool([mute])


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(DomainError, match="unknown pooling method 'mean'"):
        pool([], "mean")  # type: ignore[arg-type]  # what a caller without types may send


@pytest.mark.parametrize("d", [0.0, -1.0, math.nan, math.inf])
def test_an_unusable_factor_is_refused(d: float) -> None:
    with pytest.raises(DomainError, match="extremizing factor"):
        pool(REFERENCE, "linear", d)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"point": 0.0}, "strictly between"),
        ({"low": math.nan}, "strictly between"),
        ({"high": 1.0}, "strictly between"),
        ({"low": 0.7}, "does not hold"),
        ({"high": 0.2}, "does not hold"),
        ({"weight": -1.0}, "a weight is finite"),
        ({"weight": math.nan}, "a weight is finite"),
        ({"weight": math.inf}, "a weight is finite"),
        ({"impact": 6}, "impact is a whole number"),
        ({"confidence": "certain"}, "confidence is one of low, moderate, high"),
    ],
)
def test_an_opinion_that_no_pool_could_use_is_refused(
    change: dict[str, object], message: str
) -> None:
    fields: dict[str, object] = {"point": 0.5, "low": 0.4, "high": 0.6} | change
    with pytest.raises(DomainError, match=message):
        Opinion("a", "assessor-a", **fields)  # type: ignore[arg-type]  # wrong on purpose


@given(opinions(), methods, st.sampled_from([1.0, 0.5, 2.5]))
def test_a_judgement_is_in_order(given_opinions: list[Opinion], method: Method, d: float) -> None:
    judgement = pooled(given_opinions, method, d)
    assert 0 < judgement.low <= judgement.point <= judgement.high < 1
    assert judgement.point == getattr(judgement, method)
    assert judgement.min <= judgement.q1 <= judgement.median <= judgement.q3 <= judgement.max
    assert judgement.log_odds_sd >= 0
    assert (judgement.dissent is None) == (judgement.n == 1)


@given(opinions(), methods, st.randoms(use_true_random=False))
def test_order_does_not_matter(
    given_opinions: list[Opinion], method: Method, random: Random
) -> None:
    shuffled = random.sample(given_opinions, len(given_opinions))
    assert pooled(shuffled, method) == pooled(given_opinions, method)


@given(opinions(), methods)
def test_nobody_is_further_away_than_the_dissent(
    given_opinions: list[Opinion], method: Method
) -> None:
    judgement = pooled(given_opinions, method)
    distance = {o.id: abs(logit(o.point) - logit(judgement.point)) for o in given_opinions}
    if judgement.dissent is not None:
        assert distance[judgement.dissent] >= max(distance.values()) - 1e-9


@given(st.floats(0.001, 0.999), st.integers(1, 9), methods)
def test_agreement_has_no_spread(p: float, n: int, method: Method) -> None:
    judgement = pooled([opinion(str(i), p) for i in range(n)], method)
    assert judgement.point == judgement.min == judgement.max == p
    assert judgement.log_odds_sd == 0.0


def test_every_method_has_its_own_figure() -> None:
    assert set(get_args(Method)) == set(METHODS) <= set(Pooled.__dataclass_fields__)
