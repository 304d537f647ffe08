"""The pool without each opinion is the pool of the others."""

from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.leave_one_out import pools_without
from app.domain.opinion import Opinion
from app.domain.pooling import METHODS, Method, pool

_POINTS = st.sampled_from([1e-9, 0.1, 0.25, 0.5, 0.9]) | st.floats(0.001, 0.999)
_WEIGHTS = st.sampled_from([1.0, 2.0]) | st.floats(1e-6, 10.0)


@settings(max_examples=200, deadline=None)
@example([(1e-9, 1e-6), (1e-9, 1.0), (0.1, 1e-6)], "median", 1.0)  # the heavy one cancels digits
@given(
    st.lists(st.tuples(_POINTS, _WEIGHTS), max_size=9),
    st.sampled_from(METHODS),
    st.sampled_from([1.0, 2.5, "auto"]),
)
def test_each_is_the_pool_of_all_others(
    said: list[tuple[float, float]], method: Method, extremize: float | Literal["auto"]
) -> None:
    opinions = [
        Opinion(id=str(at), assessor=str(at), point=p, low=p, high=p, weight=w)
        for at, (p, w) in enumerate(said)
    ]
    found = pools_without(opinions, method, extremize)
    for at, without in enumerate(found):
        others = pool([*opinions[:at], *opinions[at + 1 :]], method, extremize)
        assert without == (others and pytest.approx(others.point, rel=1e-9))
    assert len(found) == len(opinions)
