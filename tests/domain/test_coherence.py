"""Judged probabilities that don't go together."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.coherence import (
    FAR,
    Finding,
    derived_far_from_judged,
    earlier_above_later,
    parts_above_wholes,
)
from app.domain.probability import DomainError, logit

JUDGED = {"satellite": 0.4, "help with it": 0.5, "bases": 0.3}


def test_a_part_likelier_than_its_whole_is_found() -> None:
    pairs = [("help with it", "satellite"), ("bases", "satellite"), ("bases", "not judged")]
    gap = -logit(0.4)
    assert parts_above_wholes(pairs, JUDGED) == [
        Finding("part_exceeds_whole", "help with it", "satellite", 0.5, 0.4, gap)
    ]


def test_a_difference_in_the_last_digits_is_none() -> None:
    assert parts_above_wholes([("a", "b")], {"a": 0.1 + 0.2, "b": 0.3}) == []


def test_an_earlier_deadline_likelier_than_a_later_one_is_found() -> None:
    deadlines = {
        "2026": date(2026, 12, 31),
        "2027": date(2027, 12, 31),
        "2028": date(2028, 12, 31),
        "2028 again": date(2028, 12, 31),
        "2029": date(2029, 12, 31),
    }
    judged = {"2026": 0.3, "2027": 0.2, "2028": 0.25, "2028 again": 0.5, "2029": 0.5}
    found = earlier_above_later(deadlines, judged)
    assert [(f.outcome, f.against, f.p, f.limit) for f in found] == [
        ("2026", "2027", 0.3, 0.2),
        ("2026", "2028", 0.3, 0.25),
    ]
    assert earlier_above_later(deadlines, {"2027": 0.2}) == []


def test_a_derived_probability_far_from_the_judged_one_is_found() -> None:
    derived = {"a": 0.5, "b": 0.5, "c": 0.0, "d": 1.0, "e": 0.9}
    judged = {"a": 0.76, "b": 0.74, "c": 0.1, "d": 0.9}
    found = derived_far_from_judged(derived, judged)
    assert [f.outcome for f in found] == ["a", "c", "d"]
    assert found[0].gap == pytest.approx(logit(0.76))
    assert all(FAR <= f.gap < 1000 for f in found)
    assert [f.outcome for f in derived_far_from_judged(derived, judged, far=1.0)] == [*"abcd"]


def test_an_unusable_probability_is_refused() -> None:
    with pytest.raises(DomainError):
        parts_above_wholes([("a", "b")], {"a": 1.0, "b": 0.5})
    with pytest.raises(DomainError):
        derived_far_from_judged({"a": 0.5}, {"a": 0.0})


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 0.99), unique=True))
def test_probabilities_that_rise_with_the_deadline_are_coherent(ps: list[float]) -> None:
    keys = [str(i) for i in range(len(ps))]
    deadlines = {key: date(2026, 1, 1 + i % 28) for i, key in enumerate(keys)}
    ordered = dict(zip(sorted(keys, key=deadlines.__getitem__), sorted(ps), strict=True))
    assert earlier_above_later(deadlines, ordered) == []
