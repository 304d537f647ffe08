"""Analysis of competing hypotheses: which one the evidence speaks against least.

After Heuer 1999, ch. 8. Hypotheses are refuted, not confirmed, so only what is inconsistent with
one counts against it. An inconsistency is not a probability, and the leader need not be likely.
"""

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import pstdev
from typing import Literal, NamedTuple, TypeAlias, get_args

from app.domain.probability import DomainError

Cell = Literal["CC", "C", "N", "I", "II", "NA"]
CELLS: tuple[Cell, ...] = get_args(Cell)
"""Very consistent, consistent, neither, inconsistent, very inconsistent, not applicable."""

Level = Literal["low", "medium", "high"]

CONSISTENCY: Mapping[Cell, int] = {"CC": 2, "C": 1, "N": 0, "I": -1, "II": -2}
"""What a cell says, from -2 to 2; NA says nothing."""

WEIGHTS: Mapping[Level, float] = {"low": math.sqrt(0.5), "medium": 1.0, "high": math.sqrt(2.0)}
"""The factor of an item's credibility, and of its relevance: high counts twice as much as low."""

_Parts: TypeAlias = Mapping[str, Mapping[str, float | None]]  # by hypothesis, then by item
_TIE = 1e-9  # within which two inconsistencies are the same
_NEAR = 1e-6  # far more than rounding moves a sum
_BITS = 80  # of a root before it is rounded to a float


class Seen(NamedTuple):
    """How `n` assessors see a cell: the mean of CC 2 … II -2, and of what speaks against it.

    `spread` is the population standard deviation of the first; NA says nothing and isn't counted.
    """

    n: int
    consistency: float
    inconsistency: float
    spread: float
    lowest: int
    highest: int


def _seen(counts: Mapping[Cell, int]) -> Seen | None:
    said = {CONSISTENCY[cell]: n for cell, n in counts.items() if cell != "NA"}
    n = sum(said.values())
    if not n:
        return None
    total = sum(value * times for value, times in said.items())
    squares = sum(value * value * times for value, times in said.items())
    against = said.get(-1, 0) + 2 * said.get(-2, 0)
    spread = _root(n * squares - total * total, n * n)
    return Seen(n, total / n, against / n, spread, min(said), max(said))


def _root(numerator: int, denominator: int) -> float:
    """Return the root of a fraction, rounded once: what `statistics.pstdev` ends with.

    That makes fractions of every number, and a matrix has thousands of cells. A last bit that says
    whether anything was cut off lets the division round as if nothing was.
    """
    whole, rest = divmod(numerator << 2 * _BITS, denominator)
    root = math.isqrt(whole)
    return (root | (rest > 0 or root * root < whole)) / (1 << _BITS)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of evidence, and how its assessors see it beside each hypothesis.

    `cells` holds for each hypothesis one cell for each assessor; no cell is "not rated", as a
    hypothesis that is left out. A level that is None is unknown and weighs nothing in or out: its
    factor is 1. Raises DomainError for an unknown cell or level.
    """

    id: str
    cells: Mapping[str, Sequence[Cell]]
    credibility: Level | None = None
    relevance: Level | None = None
    _seen: dict[str, Seen] = field(init=False, repr=False, compare=False)
    diagnosticity: float | None = field(init=False, compare=False)
    """The spread of the consistency across hypotheses, 0 to 2; None below two.

    It is the population standard deviation of the assessors' means. An item that fits all
    hypotheses alike, or none, tells nothing of which is true.
    """

    def __post_init__(self) -> None:
        """Refuse what is on no scale, and take the assessors of each cell together, once."""
        for level in (self.credibility, self.relevance):
            if level is not None and level not in WEIGHTS:
                raise DomainError(f"a level is one of {', '.join(WEIGHTS)}, not {level!r}")
        counts = {hypothesis: Counter(cells) for hypothesis, cells in self.cells.items()}
        for cell in itertools.chain.from_iterable(counts.values()):
            if cell not in CELLS:
                raise DomainError(f"a cell is one of {', '.join(CELLS)}, not {cell!r}")
        seen = {h: found for h, count in counts.items() if (found := _seen(count)) is not None}
        means = [found.consistency for found in seen.values()]
        object.__setattr__(self, "_seen", seen)
        object.__setattr__(self, "diagnosticity", pstdev(means) if len(means) > 1 else None)

    @property
    def weight(self) -> float:
        """Credibility times relevance, 0.5 to 2."""
        levels = (self.credibility, self.relevance)
        known = (WEIGHTS[level] for level in levels if level is not None)
        return math.prod(known, start=1.0)

    def seen(self, hypothesis: str) -> Seen | None:
        """Return how the assessors see it beside `hypothesis`; None where nobody says anything."""
        return self._seen.get(hypothesis)

    def against(self, hypothesis: str) -> float | None:
        """Return how much speaks against `hypothesis`: II 2, I 1, else 0; the assessors' mean."""
        seen = self.seen(hypothesis)
        return None if seen is None else seen.inconsistency


@dataclass(frozen=True, slots=True)
class Standing:
    """How a hypothesis stands: the sums of what speaks against it, and its rank.

    `weighted` is the sum of v * credibility * relevance, `plain` of v alone. `rated` counts the
    items that say something of it: with fewer, less can speak against it. Equal ones have one rank,
    and the next is skipped. Sums and rank are None where no item is rated.
    """

    hypothesis: str
    weighted: float | None
    plain: float | None
    rated: int
    rank: int | None


@dataclass(frozen=True, slots=True)
class Flip:
    """Without `item` the hypotheses with the least against them would be `leaders`."""

    item: str
    leaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`n` assessors see a cell differently: population standard deviation, -2 to 2 each."""

    item: str
    hypothesis: str
    n: int
    spread: float
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """The outcome of an analysis.

    `standings` go from the least to the most spoken against, the unrated last. `leaders` are all
    that share the first rank. `flips` are the items that alone hold up who leads. `disagreements`
    are the cells that assessors see differently, the widest spread first.
    """

    standings: tuple[Standing, ...]
    leaders: tuple[str, ...]
    diagnosticity: Mapping[str, float | None]
    flips: tuple[Flip, ...]
    disagreements: tuple[Disagreement, ...]


def analyse(hypotheses: Sequence[str], items: Sequence[Item]) -> Analysis:
    """Weigh `hypotheses` by `items`; hypotheses that tie stand in the order given.

    Raises DomainError for a hypothesis or an item given twice, or a cell beside a hypothesis that
    isn't there.
    """
    _check_names(hypotheses, items)
    parts = {h: {item.id: item.against(h) for item in items} for h in hypotheses}
    weights = {item.id: item.weight for item in items}
    leaders = _leaders(parts, weights)
    sums = _sums(parts, weights)
    without = ((item, _leaders_without(item, parts, weights, sums)) for item in weights)
    return Analysis(
        standings=_standings(parts, weights),
        leaders=leaders,
        diagnosticity={item.id: item.diagnosticity for item in items},
        flips=tuple(Flip(item, others) for item, others in without if others != leaders),
        disagreements=_disagreements(hypotheses, items),
    )


def _check_names(hypotheses: Sequence[str], items: Sequence[Item]) -> None:
    for what, names in (("hypothesis", hypotheses), ("item", [item.id for item in items])):
        twice = next((name for name, n in Counter(names).items() if n > 1), None)
        if twice is not None:
            raise DomainError(f"the {what} {twice!r} is given twice")
    known = set(hypotheses)
    for item in items:
        for hypothesis in item.cells:
            if hypothesis not in known:
                raise DomainError(f"{item.id!r} has a cell for {hypothesis!r}, no hypothesis here")


def _sums(parts: _Parts, weights: Mapping[str, float]) -> dict[str, float]:
    """Return what speaks against each hypothesis that is rated, by the items that have a weight."""
    rated = {
        hypothesis: [w * v for item, w in weights.items() if (v := against[item]) is not None]
        for hypothesis, against in parts.items()
    }
    return {hypothesis: math.fsum(values) for hypothesis, values in rated.items() if values}


def _leaders(parts: _Parts, weights: Mapping[str, float]) -> tuple[str, ...]:
    sums = _sums(parts, weights)
    least = min(sums.values(), default=0.0)
    return tuple(hypothesis for hypothesis, total in sums.items() if total <= least + _TIE)


def _leaders_without(
    item: str, parts: _Parts, weights: Mapping[str, float], sums: Mapping[str, float]
) -> tuple[str, ...]:
    """Return who would lead without an item.

    Only where they could be the least are sums made again: those by subtraction are a little off.
    """
    others = {other: weight for other, weight in weights.items() if other != item}
    rough = {
        hypothesis: total - weights[item] * (parts[hypothesis][item] or 0.0)
        for hypothesis, total in sums.items()
        if parts[hypothesis][item] is None
        or any(parts[hypothesis][other] is not None for other in others)
    }
    least = min(rough.values(), default=0.0)
    near = [hypothesis for hypothesis, total in rough.items() if total <= least + _NEAR]
    return _leaders({hypothesis: parts[hypothesis] for hypothesis in near}, others)


def _standings(parts: _Parts, weights: Mapping[str, float]) -> tuple[Standing, ...]:
    sums, plain = _sums(parts, weights), _sums(parts, dict.fromkeys(weights, 1.0))
    standings = [
        Standing(
            hypothesis,
            sums.get(hypothesis),
            plain.get(hypothesis),
            sum(value is not None for value in against.values()),
            1 + sum(other < sums[hypothesis] - _TIE for other in sums.values())
            if hypothesis in sums
            else None,
        )
        for hypothesis, against in parts.items()
    ]
    return tuple(sorted(standings, key=lambda standing: standing.rank or len(standings) + 1))


def _disagreements(hypotheses: Sequence[str], items: Sequence[Item]) -> tuple[Disagreement, ...]:
    found = [
        Disagreement(item.id, hypothesis, seen.n, seen.spread, seen.lowest, seen.highest)
        for item in items
        for hypothesis in hypotheses
        if (seen := item.seen(hypothesis)) is not None and seen.lowest < seen.highest
    ]
    return tuple(sorted(found, key=lambda cell: -cell.spread))
