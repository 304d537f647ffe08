"""Where the judged probabilities of several outcomes cannot, or can hardly, all hold."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from app.domain.probability import check, logit, sigmoid

FAR = math.log(3)
"""Nats between a derived and a judged probability from which they are far apart: odds 3 to 1.

That is about the way from the middle of one ICD 203 word to the middle of the next but one.
"""

_SLACK = 1e-9  # probabilities this close are equal: pools differ in their last digits

Kind = Literal["part_exceeds_whole", "earlier_exceeds_later", "derived_far_from_judged"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Two probabilities that don't go together.

    `outcome` has `p`, `against` has `limit`: the part and its whole, the earlier deadline and the
    later one, or for "derived_far_from_judged" one outcome with what is judged and what is derived.
    `gap` is the distance of the two in nats of log-odds, above 0 and finite.
    """

    kind: Kind
    outcome: str
    against: str
    p: float
    limit: float
    gap: float


def parts_above_wholes(
    parts: Iterable[tuple[str, str]], judged: Mapping[str, float]
) -> list[Finding]:
    """Return the pairs (part, whole) where the part is judged likelier than the whole.

    A part cannot happen without its whole, so P(part) <= P(whole). Pairs of which one is not judged
    are passed over. Raises DomainError for an unusable probability.
    """
    return [
        _finding("part_exceeds_whole", part, whole, judged[part], judged[whole])
        for part, whole in parts
        if part in judged and whole in judged and _above(judged[part], judged[whole])
    ]


def earlier_above_later(
    deadlines: Mapping[str, date], judged: Mapping[str, float]
) -> list[Finding]:
    """Return where an outcome is judged likelier by an earlier deadline than by a later one.

    `deadlines` are those of one outcome that is asked about several times, so that what happened by
    the earlier has happened by the later. Each later one is held against the likeliest of the
    earlier. Those not judged are passed over. Raises DomainError for an unusable probability.
    """
    found = []
    likeliest: str | None = None
    known = sorted((day, key) for key, day in deadlines.items() if key in judged)
    for _, group in groupby(known, key=lambda item: item[0]):
        keys = [key for _, key in group]
        if likeliest is not None:
            found += [
                _finding("earlier_exceeds_later", likeliest, key, judged[likeliest], judged[key])
                for key in keys
                if _above(judged[likeliest], judged[key])
            ]
            keys = [likeliest, *keys]
        likeliest = max(keys, key=judged.__getitem__)
    return found


def derived_far_from_judged(
    derived: Mapping[str, float], judged: Mapping[str, float], far: float = FAR
) -> list[Finding]:
    """Return the outcomes whose derived probability is at least `far` nats from the judged one.

    Neither is wrong by that: a cause may be missing, a strength too high, a judgement stale. A
    derived probability may be 0 or 1, where it counts as the nearest one inside. Outcomes without
    either are passed over. Raises DomainError for an unusable judged probability.
    """
    found = (
        _finding("derived_far_from_judged", key, key, judged[key], p)
        for key, p in derived.items()
        if key in judged
    )
    return [finding for finding in found if finding.gap >= far]


def _above(p: float, limit: float) -> bool:
    return check(p) > check(limit) + _SLACK


def _finding(kind: Kind, outcome: str, against: str, p: float, limit: float) -> Finding:
    inside = sigmoid(math.inf if limit >= 1.0 else -math.inf if limit <= 0.0 else logit(limit))
    return Finding(kind, outcome, against, p, limit, abs(logit(p) - logit(inside)))
