"""The scoring rules."""

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.probability import DomainError
from app.domain.scoring import (
    Forecast,
    baseline_score,
    brier,
    log_score,
    over_time,
    peer_scores,
    scores,
    skill,
)

REFERENCE = [
    Forecast(p, happened)
    for p, happened in [
        (0.1, False),
        (0.1, False),
        (0.1, True),
        (0.4, False),
        (0.4, True),
        (0.8, True),
        (0.8, True),
        (0.8, False),
        (0.8, True),
        (0.4, False),
    ]
]
probabilities = st.floats(0.001, 0.999)
forecasts = st.lists(
    st.builds(
        Forecast,
        probabilities | st.sampled_from([0.1, 0.4, 0.8]),
        st.booleans(),
        st.sampled_from([0.0, 1.0]) | st.floats(1e-3, 1e3),
    ),
    max_size=30,
)


def test_the_reference_scores() -> None:
    found = scores(REFERENCE)
    assert found is not None
    assert found.brier == pytest.approx(0.227)
    assert (found.n, found.base_rate) == (10, 0.5)
    assert found.mean == pytest.approx(0.47)
    assert baseline_score(0.8, happened=True) == pytest.approx(67.807, abs=5e-4)
    assert baseline_score(0.5, happened=False) == 0.0
    assert log_score(0.8, happened=False) == pytest.approx(math.log(0.2))
    assert brier(0.8, happened=True) == pytest.approx(0.04)


def test_the_reference_peer_scores() -> None:
    assert peer_scores([0.6, 0.7, 0.9], happened=True) == pytest.approx(
        [-27.981, -4.858, 32.839], abs=5e-4
    )


@settings(deadline=None)
@given(st.lists(probabilities, min_size=2), st.booleans())
def test_peer_scores_sum_to_nothing_and_compare_with_each_other_one(
    ps: list[float],
    happened: bool,  # noqa: FBT001 - drawn by Hypothesis
) -> None:
    found = peer_scores(ps, happened)
    assert math.fsum(found) == pytest.approx(0.0, abs=1e-8 * len(ps))
    chances = [p if happened else 1.0 - p for p in ps]
    others = [100 * math.log(chances[0] / other) for other in chances[1:]]
    assert found[0] == pytest.approx(sum(others) / len(others), abs=1e-7)


@settings(deadline=None)
@given(forecasts, st.randoms())
def test_the_means_are_those_of_the_rules_in_any_order(
    held: list[Forecast], random: Random
) -> None:
    found = scores(iter(held))
    counted = [f for f in held if f.weight > 0.0]
    if found is None:
        assert counted == []
        return
    total = sum(f.weight for f in counted)
    assert found.n == len(counted)
    for rule, value in ((brier, found.brier), (log_score, found.log)):
        expected = sum(f.weight * rule(f.p, f.happened) for f in counted) / total
        assert value == pytest.approx(expected)
    assert found.baseline == pytest.approx(
        sum(f.weight * baseline_score(f.p, f.happened) for f in counted) / total, abs=1e-9
    )
    assert 0.0 <= found.brier <= 1.0
    assert found.log <= 0.0
    shuffled = held.copy()
    random.shuffle(shuffled)
    assert scores(shuffled) == found


def test_who_is_always_nearly_sure_and_right_has_the_best_scores() -> None:
    found = scores([(1 - 1e-9, True, 1.0), (1e-9, False, 1.0)])
    assert found is not None
    assert found.brier == pytest.approx(0.0, abs=1e-15)
    assert found.log == pytest.approx(0.0, abs=1e-8)
    assert found.baseline == pytest.approx(100.0)
    assert skill(found.brier, 0.25) == pytest.approx(1.0)


@settings(deadline=None)
@given(probabilities, probabilities)
def test_nobody_gains_by_stating_another_probability(held: float, stated: float) -> None:
    for rule, sign in ((brier, -1), (log_score, 1), (baseline_score, 1)):

        def expected(p: float) -> float:
            return held * rule(p, True) + (1.0 - held) * rule(p, False)  # noqa: B023, FBT003 - at once

        assert sign * expected(held) >= sign * expected(stated) - 1e-9


def test_a_judgement_counts_for_the_days_it_was_in_force() -> None:
    stretches = [(0.2, 30.0), (0.6, 10.0), (0.9, 0.0)]
    assert over_time(brier, stretches, happened=True) == pytest.approx((30 * 0.64 + 10 * 0.16) / 40)
    assert over_time(log_score, [(0.5, 3.0)], happened=False) == pytest.approx(-math.log(2))


def test_skill_is_nothing_for_who_is_as_good_as_the_reference() -> None:
    assert skill(0.25, 0.25) == 0.0
    assert skill(0.5, 0.25) == -1.0


@pytest.mark.parametrize(("score", "reference"), [(0.1, 0.0), (1.1, 0.5), (math.nan, 0.5)])
def test_a_score_that_none_can_have_has_no_skill(score: float, reference: float) -> None:
    with pytest.raises(DomainError, match="no skill"):
        skill(score, reference)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(DomainError, match="strictly between"):
        scores([(1.0, True, 1.0)])
    for weight in (-1.0, math.nan, math.inf, 1e-300):
        with pytest.raises(DomainError, match="a weight is 0 or between"):
            scores([(0.5, True, weight)])
    with pytest.raises(DomainError, match="two forecasters or more"):
        peer_scores([0.5], happened=True)
    for rule in (brier, log_score, baseline_score):
        with pytest.raises(DomainError, match="strictly between"):
            rule(0.0, True)  # noqa: FBT003 - the outcome, no option
    with pytest.raises(DomainError):
        over_time(brier, [], happened=True)
