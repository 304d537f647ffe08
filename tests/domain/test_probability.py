"""Log-odds and back, and what is not a probability."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.probability import DomainError, check, logit, sigmoid

open_unit = st.floats(0, 1, exclude_min=True, exclude_max=True)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1, math.nan, math.inf, -math.inf, 0, 1])
def test_what_is_not_an_estimate_is_refused(p: float) -> None:
    with pytest.raises(DomainError, match="strictly between 0 and 1"):
        check(p)
    with pytest.raises(ValueError, match="strictly"):
        logit(p)


@given(open_unit)
def test_check_returns_what_it_was_given(p: float) -> None:
    assert check(p) == p


def test_known_log_odds() -> None:
    assert logit(0.5) == 0.0
    assert logit(0.8) == pytest.approx(math.log(4))
    assert sigmoid(0.0) == 0.5
    assert sigmoid(math.log(4)) == pytest.approx(0.8)


@given(open_unit)
def test_sigmoid_undoes_logit(p: float) -> None:
    assert sigmoid(logit(p)) == pytest.approx(p, rel=1e-12)


@given(st.floats(-30, 30))
def test_logit_undoes_sigmoid(x: float) -> None:
    # Near 1 doubles are 1e-16 apart, which is e^30 * 1e-16 in log-odds.
    assert logit(sigmoid(x)) == pytest.approx(x, abs=1e-2 if x > 20 else 1e-6)


@given(st.floats(allow_nan=False))
def test_sigmoid_always_gives_an_estimate(x: float) -> None:
    assert check(sigmoid(x)) + sigmoid(-x) == pytest.approx(1.0)


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_sigmoid_rises(x: float, y: float) -> None:
    low, high = sorted((x, y))
    assert sigmoid(low) <= sigmoid(high) + 1e-15


def test_sigmoid_refuses_nan() -> None:
    with pytest.raises(DomainError, match="NaN"):
        sigmoid(math.nan)
