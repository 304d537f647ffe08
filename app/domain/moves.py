"""What differs between two states of judgement: new, dropped, modified, moved.

A state is any mapping from keys to what is held of each, so that two days, two things known, or
two editions are compared alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain import yardstick
from app.domain.probability import logit

NEARLY = 1e-9
"""Moves in log-odds below this are rounding."""
NEW, DROPPED, MODIFIED, MOVED = KINDS = ("new", "dropped", "modified", "moved")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one thing in one state; nothing of a judgement where nobody rates."""

    said: Mapping[str, Any] = field(default_factory=dict)
    """What is said of it apart from its judgement, by field."""
    n: int = 0
    point: float | None = None
    low: float | None = None
    high: float | None = None
    graded: tuple[Any, ...] = ()
    """What is judged beside the probability: impact, confidence, level of risk."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How one thing differs between two states.

    `log_odds` is the move of the point in nats, null unless it is rated in both; `bands` how many
    words of the scale it moved, up positive; `fields` what is said otherwise.
    """

    key: str
    kinds: tuple[str, ...]
    log_odds: float | None
    bands: int | None
    fields: tuple[str, ...]


def compare(before: Mapping[str, Held], after: Mapping[str, Held], scale: str) -> list[Difference]:
    """Everything that differs between two states, by key; what is the same isn't there.

    Raises DomainError for an unknown scale.
    """
    words = yardstick.words_of(scale)
    found: list[Difference] = []
    for key in sorted(before.keys() | after.keys()):
        one, two = before.get(key), after.get(key)
        if one is None or two is None:
            found.append(Difference(key, (NEW if one is None else DROPPED,), None, None, ()))
            continue
        fields = tuple(
            name
            for name in dict.fromkeys((*one.said, *two.said))
            if one.said.get(name) != two.said.get(name)
        )
        log_odds = bands = None
        if one.point is not None and two.point is not None:
            log_odds = move(one.point, two.point)
            rows = [words.index(yardstick.render(scale, p).word) for p in (one.point, two.point)]
            bands = rows[1] - rows[0]
        kinds = (MODIFIED,) * bool(fields) + (MOVED,) * _moved(one, two)
        if kinds:
            found.append(Difference(key, kinds, log_odds, bands, fields))
    return found


def move(before: float, after: float) -> float:
    """The move from one probability to another in log-odds (nats); rounding is none."""
    moved = logit(after) - logit(before)
    return 0.0 if abs(moved) < NEARLY else moved


def _moved(one: Held, two: Held) -> bool:
    """Whether a judgement differs: its number, its interval, how many rated, or what is graded."""
    if (one.n, one.graded) != (two.n, two.graded):
        return True
    pairs = ((one.point, two.point), (one.low, two.low), (one.high, two.high))
    return any(
        (a is None) != (b is None) or (a is not None and b is not None and move(a, b) != 0.0)
        for a, b in pairs
    )
