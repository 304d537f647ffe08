"""Averages and quantiles, against the reference values and by their properties."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.averages import (
    extremization,
    linear_pool,
    log_odds_pool,
    lower_median,
    recency_weight,
    upper_median,
    weighted_median,
    weighted_quantile,
)
from app.domain.probability import DomainError

FOUR = [0.1, 0.2, 0.4, 0.5]
ONES = [1.0] * 4
probabilities = st.floats(0.001, 0.999)
weights = st.floats(0.001, 1000)
weighted = st.lists(st.tuples(probabilities, weights), min_size=1, max_size=12)
Pairs = list[tuple[float, float]]
POOLS = [log_odds_pool, linear_pool, weighted_median]


def split(pairs: Pairs) -> tuple[list[float], list[float]]:
    return [p for p, _ in pairs], [w for _, w in pairs]


@pytest.mark.parametrize(("n", "d"), [(1, 1.0), (2, 1.291503), (4, 1.484641), (10, 1.624953)])
def test_extremization_is_as_published(n: int, d: float) -> None:
    assert extremization(n) == pytest.approx(d, abs=5e-7)


@given(st.integers(1, 10**6))
def test_extremization_rises_towards_root_three(n: int) -> None:
    assert 1.0 <= extremization(n) < extremization(n + 1) < math.sqrt(3)


def test_extremization_needs_a_forecaster() -> None:
    with pytest.raises(DomainError, match="at least one"):
        extremization(0)


@pytest.mark.parametrize(
    ("d", "pooled"), [(1.0, 0.2694832), (2.5, 0.0763423), (extremization(4), 0.1853440)]
)
def test_log_odds_pool_of_the_reference(d: float, pooled: float) -> None:
    assert log_odds_pool(FOUR, ONES, d) == pytest.approx(pooled, abs=5e-8)


def test_the_other_pools_of_the_reference() -> None:
    assert linear_pool(FOUR, ONES) == pytest.approx(0.30)
    assert weighted_median(FOUR, ONES) == pytest.approx(0.30)


@given(weighted, st.floats(0.1, 5))
def test_pooling_against_an_event_mirrors_pooling_for_it(pairs: Pairs, d: float) -> None:
    ps, ws = split(pairs)
    against = [1 - p for p in ps]
    assert log_odds_pool(ps, ws, d) + log_odds_pool(against, ws, d) == pytest.approx(1.0)
    assert linear_pool(ps, ws) + linear_pool(against, ws) == pytest.approx(1.0)
    assert weighted_median(ps, ws) + weighted_median(against, ws) == pytest.approx(1.0)


@given(weighted)
def test_a_pool_lies_within_what_was_said(pairs: Pairs) -> None:
    ps, ws = split(pairs)
    for pool in POOLS:
        assert min(ps) <= pool(ps, ws) <= max(ps)


@given(probabilities, st.lists(weights, min_size=1, max_size=9))
def test_unanimity_comes_back_to_the_last_digit(p: float, ws: list[float]) -> None:
    for pool in POOLS:
        assert pool([p] * len(ws), ws) == p


@given(weighted, st.randoms(use_true_random=False), st.floats(0, 1))
def test_order_does_not_matter_to_the_last_digit(pairs: Pairs, random: Random, q: float) -> None:
    shuffled = random.sample(pairs, len(pairs))
    for pool in POOLS:
        assert pool(*split(shuffled)) == pool(*split(pairs))
    assert weighted_quantile(*split(shuffled), q) == weighted_quantile(*split(pairs), q)


@given(st.lists(st.tuples(probabilities, st.integers(1, 9)), min_size=1), st.floats(1e-9, 1e9))
def test_only_the_ratio_of_weights_matters(pairs: list[tuple[float, int]], k: float) -> None:
    ps = [p for p, _ in pairs]
    ws = [float(w) for _, w in pairs]
    for pool in POOLS:
        assert pool(ps, [k * w for w in ws]) == pytest.approx(pool(ps, ws))


@given(st.lists(st.tuples(probabilities, st.integers(1, 4)), min_size=1, max_size=6))
def test_a_whole_weight_is_that_many_equal_opinions(pairs: list[tuple[float, int]]) -> None:
    ps = [p for p, _ in pairs]
    ws = [float(w) for _, w in pairs]
    repeated = [p for p, w in pairs for _ in range(w)]
    for pool in POOLS:
        assert pool(ps, ws) == pytest.approx(pool(repeated, [1.0] * len(repeated)))


@given(weighted, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_rise_with_q(pairs: Pairs, a: float, b: float) -> None:
    ps, ws = split(pairs)
    low, high = sorted((a, b))
    assert weighted_quantile(ps, ws, low) <= weighted_quantile(ps, ws, high)


@pytest.mark.parametrize(
    ("ws", "q", "value"),
    [
        (ONES, 0.0, 0.1),
        (ONES, 0.25, 0.15),
        (ONES, 0.3, 0.2),
        (ONES, 0.5, 0.3),
        (ONES, 0.75, 0.45),
        (ONES, 1.0, 0.5),
        ([0.1, 0.1, 0.1, 0.3], 0.5, 0.45),  # .1 + .1 + .1 is not .3 in binary, yet a tie
        ([1.0, 1.0, 1.0, 4.0], 0.5, 0.5),
        ([0.0, 1.0, 1.0, 0.0], 0.0, 0.2),
        ([0.0, 1.0, 1.0, 0.0], 1.0, 0.4),
        ([1e308] * 4, 0.5, 0.3),
    ],
)
def test_known_quantiles(ws: list[float], q: float, value: float) -> None:
    assert weighted_quantile(FOUR, ws, q) == pytest.approx(value)


def test_huge_and_tiny_weights_do_not_overflow() -> None:
    for pool in POOLS:
        for weight in (1e308, 5e-324):
            assert pool(FOUR, [weight] * 4) == pytest.approx(pool(FOUR, ONES))


def test_a_hard_extremized_pool_is_still_an_estimate() -> None:
    assert 0 < log_odds_pool([0.001], [1.0], 1e300) < log_odds_pool([0.999], [1.0], 1e300) < 1


@pytest.mark.parametrize(
    ("ps", "ws", "message"),
    [
        ([], [], "0 values and 0 weights"),
        (FOUR, [1.0], "4 values and 1 weights"),
        ([0.5], [-1.0], "finite and not negative"),
        ([0.5], [math.nan], "finite and not negative"),
        ([0.5], [math.inf], "finite and not negative"),
        ([0.5, 0.5], [0.0, 0.0], "must not all be zero"),
        ([0.0], [1.0], "strictly between 0 and 1"),
        ([math.nan], [1.0], "strictly between 0 and 1"),
    ],
)
def test_unusable_input_is_refused(ps: list[float], ws: list[float], message: str) -> None:
    for pool in POOLS:
        with pytest.raises(DomainError, match=message):
            pool(ps, ws)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_outside_the_unit_is_refused(q: float) -> None:
    with pytest.raises(DomainError, match="between 0 and 1"):
        weighted_quantile(FOUR, ONES, q)


@pytest.mark.parametrize("d", [0.0, -1.0, math.nan, math.inf])
def test_an_unusable_extremizing_factor_is_refused(d: float) -> None:
    with pytest.raises(DomainError, match="finite and positive"):
        log_odds_pool(FOUR, ONES, d)


def test_recency_halves_with_each_half_life() -> None:
    assert recency_weight(0, 30) == 1.0
    assert recency_weight(30, 30) == 0.5
    assert recency_weight(90, 30) == 0.125
    assert recency_weight(1e9, 1) == 0.0


@pytest.mark.parametrize(
    ("age", "half_life"),
    [(-1, 30), (math.nan, 30), (math.inf, 30), (1, 0), (1, -1), (1, math.nan), (1, math.inf)],
)
def test_recency_refuses_what_is_no_age(age: float, half_life: float) -> None:
    with pytest.raises(DomainError, match="no recency weight"):
        recency_weight(age, half_life)


def test_even_counts_take_the_upper_or_the_lower_middle() -> None:
    assert (upper_median([5, 1, 4, 2]), lower_median([5, 1, 4, 2])) == (4, 2)
    assert (upper_median([3, 1, 2]), lower_median([3, 1, 2])) == (2, 2)
    assert (upper_median([]), lower_median([])) == (None, None)
