"""Analysis of competing hypotheses: which one the evidence speaks against least.

After Heuer 1999, ch. 8. Hypotheses are refuted, not confirmed, so only what is inconsistent with
one counts against it. An inconsistency is not a probability, and the leader need not be likely.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Literal, TypeAlias, get_args

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
    _values: dict[str, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what is on no scale."""
        for level in (self.credibility, self.relevance):
            if level is not None and level not in WEIGHTS:
                raise DomainError(f"a level is one of {', '.join(WEIGHTS)}, not {level!r}")
        for cells in self.cells.values():
            for cell in cells:
                if cell not in CELLS:
                    raise DomainError(f"a cell is one of {', '.join(CELLS)}, not {cell!r}")
        values = {
            hypothesis: [CONSISTENCY[cell] for cell in cells if cell != "NA"]
            for hypothesis, cells in self.cells.items()
        }
        object.__setattr__(self, "_values", values)

    @property
    def weight(self) -> float:
        """Credibility times relevance, 0.5 to 2."""
        levels = (self.credibility, self.relevance)
        known = (WEIGHTS[level] for level in levels if level is not None)
        return math.prod(known, start=1.0)

    def values(self, hypothesis: str) -> list[int]:
        """Return the consistency with `hypothesis` of each assessor who says something of it."""
        return self._values.get(hypothesis, [])

    def against(self, hypothesis: str) -> float | None:
        """Return how much speaks against `hypothesis`: II 2, I 1, else 0; the assessors' mean."""
        values = self.values(hypothesis)
        return fmean(max(-value, 0) for value in values) if values else None

    def diagnosticity(self) -> float | None:
        """Return the spread of the consistency across hypotheses, 0 to 2; None below two.

        It is the population standard deviation of the assessors' means. An item that fits all
        hypotheses alike, or none, tells nothing of which is true.
        """
        means = [fmean(values) for values in self._values.values() if values]
        return pstdev(means) if len(means) > 1 else None


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
    without = (
        (item, _leaders(parts, {other: w for other, w in weights.items() if other != item}))
        for item in weights
    )
    return Analysis(
        standings=_standings(parts, weights),
        leaders=leaders,
        diagnosticity={item.id: item.diagnosticity() for item in items},
        flips=tuple(Flip(item, others) for item, others in without if others != leaders),
        disagreements=_disagreements(hypotheses, items),
    )


def _check_names(hypotheses: Sequence[str], items: Sequence[Item]) -> None:
    for what, names in (("hypothesis", hypotheses), ("item", [item.id for item in items])):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DomainError(f"the {what} {twice!r} is given twice")
    for item in items:
        for hypothesis in item.cells:
            if hypothesis not in hypotheses:
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
        Disagreement(item.id, hypothesis, len(values), pstdev(values), min(values), max(values))
        for item in items
        for hypothesis in hypotheses
        if len(set(values := item.values(hypothesis))) > 1
    ]
    return tuple(sorted(found, key=lambda cell: -cell.spread))
