"""Comparing two states, whatever they are states of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moves import Held, compare
from app.domain.probability import DomainError, logit, sigmoid

POINTS = st.none() | st.floats(0.01, 0.99)
STATES = st.dictionaries(
    st.sampled_from("abc"),
    st.builds(
        lambda p, n, said: Held(said={"outcome": said}, n=n if p else 0, point=p, low=p, high=p),
        POINTS,
        st.integers(1, 3),
        st.sampled_from([None, "open", "occurred"]),
    ),
)


def rated(point: float, **more: object) -> Held:
    return Held(n=1, point=point, low=point, high=point, **more)  # type: ignore[arg-type]  # as said


def test_a_move_is_told_in_log_odds_and_in_words_of_one_scale() -> None:
    (icd,) = compare({"a": rated(0.5)}, {"a": rated(0.8)}, "icd203")
    assert icd.kinds == ("moved",)
    assert icd.log_odds == pytest.approx(1.3862944)
    assert icd.bands == 2  # roughly even chance, likely, very likely
    (phia,) = compare({"a": rated(0.8)}, {"a": rated(0.5)}, "phia")
    assert phia.log_odds == pytest.approx(-1.3862944)
    assert phia.bands == -2


def test_what_moves_is_the_judgement_and_what_is_said_is_modified() -> None:
    one = rated(0.5, graded=(3, "low", 2), said={"title": "A", "outcome": None})
    two = rated(0.5, graded=(4, "low", 2), said={"title": "A", "outcome": "occurred"})
    (found,) = compare({"a": one}, {"a": two}, "icd203")
    assert (found.kinds, found.fields) == (("modified", "moved"), ("outcome",))
    assert (found.log_odds, found.bands) == (0.0, 0)
    assert compare({"a": one}, {"a": one}, "icd203") == []


def test_one_that_is_rated_for_the_first_time_moved_by_no_number() -> None:
    (found,) = compare({"a": Held()}, {"a": rated(0.5)}, "icd203")
    assert (found.kinds, found.log_odds, found.bands) == (("moved",), None, None)


def test_an_interval_alone_may_move_and_rounding_does_not() -> None:
    wide = Held(n=1, point=0.5, low=0.2, high=0.5)
    assert [found.kinds for found in compare({"a": rated(0.5)}, {"a": wide}, "phia")] == [
        ("moved",)
    ]
    assert compare({"a": rated(0.1 + 0.2)}, {"a": rated(0.3)}, "phia") == []


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(DomainError):
        compare({}, {}, "none")


@given(STATES, STATES)
def test_the_way_back_is_the_same_way(one: dict[str, Held], two: dict[str, Held]) -> None:
    there, back = compare(one, two, "icd203"), compare(two, one, "icd203")
    assert [found.key for found in there] == [found.key for found in back]
    turned = {"new": "dropped", "dropped": "new"}
    for go, come in zip(there, back, strict=True):
        assert come.kinds == tuple(turned.get(kind, kind) for kind in go.kinds)
        assert come.fields == go.fields
        if go.log_odds is not None and go.bands is not None:
            assert (come.log_odds, come.bands) == (-go.log_odds, -go.bands)
            point = one[go.key].point
            assert point is not None
            assert two[go.key].point == pytest.approx(sigmoid(logit(point) + go.log_odds))
