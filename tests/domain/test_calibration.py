"""The parts of the Brier score, and calibration."""

import math
from dataclasses import astuple
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.calibration import CURVE_FROM, Murphy, calibration, decomposition, wilson
from app.domain.probability import DomainError
from app.domain.scoring import Forecast, scores
from tests.domain.test_scoring import REFERENCE, forecasts

edges = st.none() | st.lists(st.floats(0.01, 0.99), unique=True, max_size=6).map(sorted)


def rebuilt(murphy: Murphy) -> float:
    return (
        murphy.reliability
        - murphy.resolution
        + murphy.uncertainty
        + murphy.within_variance
        - murphy.within_covariance
    )


def test_the_reference_decomposition() -> None:
    found = decomposition(REFERENCE)
    assert found is not None
    assert astuple(found) == pytest.approx((0.227, 0.0186667, 0.0416667, 0.25, 0.0, 0.0), abs=5e-8)


def test_bins_that_hold_several_probabilities_need_the_terms_within() -> None:
    found = decomposition(REFERENCE, edges=[0.3])
    assert found is not None
    # The lower bin holds one probability, the upper three of 0.4 and four of 0.8.
    mean, share = 4.4 / 7, 4 / 7
    assert found.within_variance == pytest.approx(
        (3 * (0.4 - mean) ** 2 + 4 * (0.8 - mean) ** 2) / 10
    )
    assert found.within_covariance == pytest.approx(
        2 * ((0.4 - mean) * (1 - 3 * share) + (0.8 - mean) * (3 - 4 * share)) / 10
    )
    assert rebuilt(found) == pytest.approx(0.227, abs=1e-14)


@settings(deadline=None)
@given(forecasts, edges, st.randoms())
def test_the_parts_make_up_the_brier_score_in_any_order(
    held: list[Forecast], limits: list[float] | None, random: Random
) -> None:
    found = decomposition(iter(held), limits)
    overall = scores(held)
    if overall is None:
        assert found is None
        return
    assert found is not None
    assert found.brier == pytest.approx(overall.brier, abs=1e-12)
    assert rebuilt(found) == pytest.approx(overall.brier, abs=1e-12)
    assert found.uncertainty <= 0.25
    assert min(astuple(found)[:5]) >= 0.0
    assert found.resolution <= found.uncertainty + 1e-12
    if limits is None:
        assert (found.within_variance, found.within_covariance) == pytest.approx((0, 0), abs=1e-12)
    shuffled = held.copy()
    random.shuffle(shuffled)
    again = decomposition(shuffled, limits)
    assert again is not None
    assert astuple(again) == pytest.approx(astuple(found), abs=1e-12)


def test_the_bins_show_what_happened_of_what_was_said() -> None:
    found = calibration(REFERENCE)
    assert [(b.low, b.high, b.n, b.effective) for b in found.bins] == [
        (0.1, 0.2, 3, 3.0),
        (0.4, 0.5, 3, 3.0),
        (0.8, 0.9, 4, 4.0),
    ]
    assert [b.mean for b in found.bins] == pytest.approx([0.1, 0.4, 0.8])
    assert [b.share for b in found.bins] == pytest.approx([1 / 3, 1 / 3, 3 / 4])
    assert (found.bins[2].interval_low, found.bins[2].interval_high) == pytest.approx(
        (0.300642, 0.954413), abs=1e-5
    )
    assert found.discrimination == pytest.approx((0.1 + 0.4 + 3 * 0.8) / 5 - (0.2 + 0.8 + 0.8) / 5)


def test_below_enough_forecasts_there_is_no_curve() -> None:
    assert not calibration(REFERENCE).curve
    assert calibration(REFERENCE * 2).curve
    assert len(REFERENCE * 2) == CURVE_FROM
    assert not calibration([]).curve
    assert calibration([]) == calibration(iter([]))


def test_many_stretches_of_one_consequence_dont_pass_for_many_consequences() -> None:
    once = calibration([Forecast(0.5, happened=True)])
    often = calibration([Forecast(0.5, happened=True, weight=0.01)] * 100)
    assert often.n == 100
    assert often.effective == pytest.approx(1.0)
    assert not often.curve
    assert often.bins[0].interval_low == pytest.approx(once.bins[0].interval_low)
    lopsided = calibration([(0.5, True, 1000.0), (0.5, True, 1.0)])
    assert lopsided.effective == pytest.approx(1.0, abs=0.01)


def test_twenty_consequences_in_thirds_are_enough() -> None:
    assert calibration([Forecast(0.5, happened=True, weight=1 / 3)] * 60).curve


def test_discrimination_needs_both_outcomes() -> None:
    assert calibration([Forecast(0.7, happened=True)]).discrimination is None
    assert calibration([Forecast(0.7, happened=False)]).discrimination is None


@settings(deadline=None)
@given(forecasts, edges)
def test_every_forecast_is_in_one_bin(held: list[Forecast], limits: list[float] | None) -> None:
    found = calibration(held, limits or [0.5])
    assert sum(b.n for b in found.bins) == found.n == sum(f.weight > 0.0 for f in held)
    for b in found.bins:
        assert b.low <= b.mean < b.high
        assert 0.0 <= b.interval_low <= b.share + 1e-12
        assert b.share - 1e-12 <= b.interval_high <= 1.0
        assert b.effective <= b.n + 1e-9
    assert found.discrimination is None or -1.0 < found.discrimination < 1.0


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.236590, 0.763410), abs=1e-6)
    low, high = wilson(0.0, 5)
    assert low == 0.0
    assert high == pytest.approx(1.96**2 / (5 + 1.96**2))
    # The limits are where the share lies z standard deviations away.
    for limit in wilson(0.3, 40):
        assert abs(limit - 0.3) == pytest.approx(1.96 * math.sqrt(limit * (1 - limit) / 40))
    for share, n in ((-0.1, 5.0), (0.5, 0.0), (math.nan, 5.0)):
        with pytest.raises(DomainError, match="no interval"):
            wilson(share, n)


def test_edges_that_dont_rise_are_refused() -> None:
    for limits in ([0.5, 0.5], [0.0], [1.0], [0.7, 0.3], [math.nan]):
        with pytest.raises(DomainError, match="edges of bins rise"):
            calibration(REFERENCE, limits)
