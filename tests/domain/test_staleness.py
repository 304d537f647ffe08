"""The age of a judgement."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.probability import DomainError
from app.domain.staleness import days_since, is_stale

DAY = datetime(2023, 9, 10, tzinfo=UTC)


def test_age_is_in_days_with_fractions() -> None:
    assert days_since(DAY, DAY) == 0.0
    assert days_since(DAY, DAY + timedelta(days=2, hours=6)) == 2.25


def test_what_was_not_yet_said_has_no_age() -> None:
    with pytest.raises(DomainError, match="is after"):
        days_since(DAY, DAY - timedelta(seconds=1))


def test_stale_is_strictly_past_the_review_date() -> None:
    assert is_stale(DAY, DAY + timedelta(microseconds=1))
    assert not is_stale(DAY, DAY)
    assert not is_stale(DAY + timedelta(days=1), DAY)


def test_without_a_review_date_nothing_is_stale() -> None:
    assert not is_stale(None, DAY)
