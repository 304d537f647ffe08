"""The step function of what was in force when."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.series import Interval, segments

START = datetime(2023, 9, 1, tzinfo=UTC)


def day(n: int) -> datetime:
    return START + timedelta(days=n)


days = st.integers(0, 12)
spans = st.tuples(days, st.none() | days)


def test_nothing_rated_is_no_series() -> None:
    assert segments([]) == []
    assert segments([Interval(day(1), day(1), "empty"), Interval(day(3), day(2), "reversed")]) == []


def test_a_superseded_rating_gives_way_without_a_gap() -> None:
    assert segments([(day(5), None, "second"), (day(0), day(5), "first")]) == [
        (day(0), day(5), ("first",)),
        (day(5), None, ("second",)),
    ]


def test_overlapping_ratings_are_in_the_order_they_came_into_force() -> None:
    assert segments([(day(2), day(6), "b"), (day(0), day(4), "a"), (day(2), None, "c")]) == [
        (day(0), day(2), ("a",)),
        (day(2), day(4), ("a", "b", "c")),
        (day(4), day(6), ("b", "c")),
        (day(6), None, ("c",)),
    ]


def test_a_gap_between_ratings_is_a_segment_with_nobody_in_it() -> None:
    assert segments([(day(0), day(1), "a"), (day(3), day(4), "b")]) == [
        (day(0), day(1), ("a",)),
        (day(1), day(3), ()),
        (day(3), day(4), ("b",)),
    ]


def test_neighbours_with_the_same_items_stay_apart() -> None:
    assert segments([(day(0), day(1), "a"), (day(1), day(2), "a")]) == [
        (day(0), day(1), ("a",)),
        (day(1), day(2), ("a",)),
    ]


@given(st.lists(spans, max_size=10))
def test_segments_are_what_asking_day_by_day_finds(
    given_spans: list[tuple[int, int | None]],
) -> None:
    steps = segments(
        (day(start), None if end is None else day(end), key)
        for key, (start, end) in enumerate(given_spans)
    )
    for n in range(14):
        expected = {
            key
            for key, (start, end) in enumerate(given_spans)
            if start <= n and (end is None or n < end)
        }
        found = [s for s in steps if s.start <= day(n) and (s.end is None or day(n) < s.end)]
        assert len(found) <= 1
        assert {key for segment in found for key in segment.active} == expected


@given(st.lists(spans, min_size=1, max_size=10))
def test_segments_cover_first_start_to_last_end(given_spans: list[tuple[int, int | None]]) -> None:
    real = [(start, end) for start, end in given_spans if end is None or start < end]
    steps = segments((day(a), None if b is None else day(b), a) for a, b in given_spans)
    assert bool(steps) == bool(real)
    for earlier, later in pairwise(steps):
        assert earlier.end == later.start
        assert earlier.start < later.start
    if real:
        ends = [end for _, end in real if end is not None]
        assert steps[0].start == day(min(start for start, _ in real))
        assert steps[-1].end == (day(max(ends)) if len(ends) == len(real) else None)
        assert steps[0].active
        assert steps[-1].active
        edges = {edge for span in real for edge in span if edge is not None}
        assert {s.start for s in steps} | {s.end for s in steps if s.end} == set(map(day, edges))
