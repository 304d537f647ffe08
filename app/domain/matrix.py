"""The risk matrix: likelihood and impact to a level. Confidence is no axis of it."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.probability import DomainError, check

SIZE = 5  # likelihood rows, impact columns and levels alike


def check_impact(impact: int) -> int:
    """Return `impact` if it is a whole number 1-5. Raises DomainError otherwise."""
    if not _is_whole(impact) or not 1 <= impact <= SIZE:
        msg = f"impact is a whole number 1-{SIZE}, not {impact!r}"
        raise DomainError(msg)
    return impact


def expected_impact(p: float, impact: int) -> float:
    """Return p * impact, in impact points (0-5). Raises DomainError outside either range."""
    return check(p) * check_impact(impact)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A versioned 5x5 risk matrix, `grid[likelihood][impact]` of levels 0-4.

    `cuts` are the four probabilities where the next likelihood row begins, lower edge inclusive.
    Lists are accepted and kept as tuples. Raises DomainError, naming the cell, if the shape is
    wrong, a level is not 0-4, or a level falls as likelihood or impact rises.
    """

    name: str
    version: int
    cuts: Sequence[float]
    grid: Sequence[Sequence[int]]
    level_names: Sequence[str]

    def __post_init__(self) -> None:
        """Freeze the nested sequences and refuse a matrix that breaks its own rules."""
        object.__setattr__(self, "cuts", tuple(self.cuts))
        object.__setattr__(self, "grid", tuple(tuple(row) for row in self.grid))
        object.__setattr__(self, "level_names", tuple(self.level_names))
        problem = next(_problems(self), None)
        if problem is not None:
            raise DomainError(problem)

    def row(self, p: float) -> int:
        """Return the likelihood row 0-4 of `p`. Raises DomainError unless 0 < p < 1."""
        return bisect_right(self.cuts, check(p))

    def level(self, p: float, impact: int) -> int:
        """Return the level 0-4 of probability `p` and `impact` 1-5.

        Raises DomainError when either is out of range.
        """
        return self.grid[self.row(p)][check_impact(impact) - 1]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _problems(matrix: Matrix) -> Iterator[str]:
    """Yield what is wrong with `matrix`; each check may rely on the ones before it."""
    if len(matrix.cuts) != SIZE - 1:
        yield f"cuts must be {SIZE - 1} numbers, not {len(matrix.cuts)}"
    if not all(low < high for low, high in pairwise((0.0, *matrix.cuts, 1.0))):
        yield f"cuts must rise strictly between 0 and 1: {list(matrix.cuts)}"
    if len(matrix.level_names) != SIZE or len(set(matrix.level_names)) != SIZE:
        yield f"level_names must be {SIZE} different names: {list(matrix.level_names)}"
    yield from _grid_problems(matrix.grid)


def _grid_problems(grid: Sequence[Sequence[int]]) -> Iterator[str]:
    if len(grid) != SIZE:
        yield f"grid must have {SIZE} rows, not {len(grid)}"
    for i, row in enumerate(grid):
        if len(row) != SIZE:
            yield f"grid[{i}] must have {SIZE} cells, not {len(row)}"
        for j, cell in enumerate(row):
            if not _is_whole(cell) or not 0 <= cell < SIZE:
                yield f"grid[{i}][{j}] must be a whole level 0-{SIZE - 1}, not {cell!r}"
            if j and cell < row[j - 1]:
                yield f"grid[{i}][{j}] = {cell} falls below grid[{i}][{j - 1}] = {row[j - 1]}"
            if i and cell < grid[i - 1][j]:
                yield f"grid[{i}][{j}] = {cell} falls below grid[{i - 1}][{j}] = {grid[i - 1][j]}"


DEFAULT = Matrix(
    name="iso27005-5x5",
    version=1,
    cuts=(0.20, 0.45, 0.55, 0.80),
    grid=((0, 0, 1, 1, 1), (0, 1, 1, 2, 2), (1, 1, 2, 3, 3), (1, 2, 3, 3, 4), (2, 3, 3, 4, 4)),
    level_names=("very low", "low", "medium", "high", "very high"),
)
