"""The step function of a judgement over time: which items were in force when."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Interval(NamedTuple, Generic[T]):
    """An item in force from `start`, inclusive, to `end`, exclusive; None is without end."""

    start: datetime
    end: datetime | None
    item: T


class Segment(NamedTuple, Generic[T]):
    """A stretch [start, end) over which the same items are in force; `end` None is without end.

    `active` is ordered by when each item came into force, then as given.
    """

    start: datetime
    end: datetime | None
    active: tuple[T, ...]


def segments(
    intervals: Iterable[Interval[T] | tuple[datetime, datetime | None, T]],
) -> list[Segment[T]]:
    """Return the consecutive segments between all starts and ends, in order of time.

    They run without a gap from the first start to the last end (or without end), so a stretch in
    between with nothing in force is a segment with no `active`; there is none before or after.
    Neighbours are never merged. Intervals that end before or when they start are skipped.
    All times of a call are aware datetimes, or all naive.
    """
    starting: defaultdict[datetime, dict[int, T]] = defaultdict(dict)
    ending: defaultdict[datetime, list[int]] = defaultdict(list)
    for key, (start, end, item) in enumerate(intervals):
        if end is not None and start >= end:
            continue
        starting[start][key] = item
        if end is not None:
            ending[end].append(key)
    times = sorted(starting.keys() | ending.keys())
    active: dict[int, T] = {}
    steps: list[Segment[T]] = []
    for start, end in zip(times, [*times[1:], None], strict=False):
        for key in ending.get(start, ()):
            del active[key]
        active |= starting.get(start, {})
        if active or end is not None:
            steps.append(Segment(start, end, tuple(active.values())))
    return steps
