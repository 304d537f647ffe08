"""Exact sums over many binary variables, and how each sum moves with each of its factors.

A product of small tables ("families"), one for each variable and its parents, is summed over all
states by variable elimination (Dechter 1999) in a min-fill order, two tables at a time. One pass
back gives the derivative of the sum by every entry of every family, from which all marginals and
every change of a family follow (Darwiche 2003). Nothing is subtracted on the way and nothing
divided but to scale, so zeros are harmless and no digits cancel. A table over k variables is flat,
with 2^k entries and the first variable in the lowest bit of the index. Inside a sum tables are
arrays; what goes in and comes out, tables of few entries, are plain sequences.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.probability import DomainError

LARGEST_TABLE = 2**18
"""Entries of the largest table that a sum may take: 18 variables that all hang together."""

LARGEST_SUM = 2**21
"""Entries of all tables of a sum together. It bounds the time and the memory it takes."""

Table: TypeAlias = Sequence[float]
Family: TypeAlias = tuple[int, ...]
_Array: TypeAlias = NDArray[np.float64]
_Places: TypeAlias = NDArray[np.intp]

_SMALL = 2.0**-64  # tables whose peak falls below are scaled up, lest long products vanish
_PLANS = 4  # kept, each of at most some 60 MB, most of far less than one
_NONE = np.empty(0)  # a table that isn't there yet


class _Side(NamedTuple):
    """A table that a step takes in: how it spreads over the step's scope, and is summed back."""

    table: int
    spread: _Places | None  # None where the scopes are the same
    gather: _Places | None  # moves the variables that the table lacks to the top bits
    lacking: int

    def read(self, tables: Sequence[_Array]) -> _Array:
        table = tables[self.table]
        return table if self.spread is None else table.take(self.spread)

    def put(self, slope: _Array, slopes: list[_Array]) -> None:
        if self.gather is not None:
            slope = slope.take(self.gather)
        slopes[self.table] = _scaled(_folded(slope, self.lacking))


class _Product(NamedTuple):
    """Two tables multiplied into the table `into`, over the variables of both."""

    left: _Side
    right: _Side
    into: int

    def forward(self, tables: list[_Array]) -> None:
        tables[self.into] = _scaled(self.left.read(tables) * self.right.read(tables))

    def back(self, tables: Sequence[_Array], slopes: list[_Array]) -> None:
        outside = slopes[self.into]
        self.left.put(outside * self.right.read(tables), slopes)
        self.right.put(outside * self.left.read(tables), slopes)


class _Sum(NamedTuple):
    """One variable summed out of a table, into the table `into`."""

    of: _Side
    into: int

    def forward(self, tables: list[_Array]) -> None:
        summed = _scaled(_folded(self.of.read(tables), 1))
        if not summed.any():
            raise DomainError("the assumed outcomes cannot happen together")
        tables[self.into] = summed

    def back(self, tables: Sequence[_Array], slopes: list[_Array]) -> None:
        # Where no slope has come back the sum has ended, over this part of the variables.
        outside = slopes[self.into]
        if not outside.size:
            outside = np.ones_like(tables[self.into])
        self.of.put(np.concatenate((outside, outside)), slopes)


@dataclass(frozen=True, slots=True)
class Plan:
    """In which steps some families are multiplied and summed out. Made by `plan`.

    `size` is the number of entries of all products on the way.
    """

    families: tuple[Family, ...]
    steps: tuple[_Product | _Sum, ...]
    size: int

    def slopes(self, tables: Sequence[Table]) -> list[Table]:
        """Return, for each family, the derivative of the sum by each entry of its table.

        `tables` holds one table for each family, its variables in the family's order, no entry
        negative. The slopes of a family share a positive factor that isn't told: what they are for
        is ratios. `sum(slope * entry)` is the sum itself, `sum(slope * other)` the sum with another
        table in this family's place, both up to that factor.
        Raises DomainError when the sum is zero.
        """
        numbered = [*map(np.asarray, tables), *([_NONE] * len(self.steps))]
        for step in self.steps:
            step.forward(numbered)
        slopes = [_NONE] * len(numbered)
        for step in reversed(self.steps):
            step.back(numbered, slopes)
        return [slope.tolist() for slope in slopes[: len(self.families)]]


@lru_cache(maxsize=_PLANS)
def plan(families: tuple[Family, ...]) -> Plan:
    """Return how to sum over `families`: family i holds variable i and whatever it depends on.

    Raises DomainError when that takes a table of more than `LARGEST_TABLE` entries, or tables of
    more than `LARGEST_SUM` together.
    """
    order = _min_fill(families)
    place = {variable: at for at, variable in enumerate(order)}
    waiting: list[dict[int, Family]] = [{} for _ in families]
    for number, family in enumerate(families):
        waiting[min(place[variable] for variable in family)][number] = family
    steps: list[_Product | _Sum] = []
    size = 0
    for variable, tables in zip(order, waiting, strict=True):
        while len(tables) > 1:
            left, right = _next_pair(tables)
            scope = tuple(sorted({*tables[left], *tables[right]}, key=place.__getitem__))[::-1]
            size += _checked(2 ** len(scope), size)
            into = len(families) + len(steps)
            steps.append(
                _Product(
                    _side(left, tables.pop(left), scope),
                    _side(right, tables.pop(right), scope),
                    into,
                )
            )
            tables[into] = scope
        [(number, scope)] = tables.items()
        rest = tuple(other for other in scope if other != variable)
        into = len(families) + len(steps)
        # The variable stands in the top bit, so that to sum is to add two halves.
        steps.append(_Sum(_side(number, scope, (*rest, variable)), into))
        if rest:
            waiting[min(place[other] for other in rest)][into] = rest
    return Plan(families, tuple(steps), size)


def _next_pair(tables: dict[int, Family]) -> tuple[int, int]:
    """Return the smallest table and the one that adds the fewest variables to it."""
    left = min(tables, key=lambda number: len(tables[number]))
    own = {*tables[left]}
    others = (number for number in tables if number != left)
    return left, min(others, key=lambda number: len(own.union(tables[number])))


def _min_fill(families: Sequence[Family]) -> list[int]:
    """Return the variables in the order of their elimination.

    The next is always the one whose neighbours lack the fewest links among themselves.
    """
    links = [0] * len(families)  # bit sets
    for family in families:
        together = sum(1 << variable for variable in family)
        for variable in family:
            links[variable] |= together & ~(1 << variable)
    costs = {variable: _fill(variable, links) for variable in range(len(families))}
    order = []
    while costs:
        variable = min(costs, key=costs.__getitem__)
        del costs[variable]
        order.append(variable)
        around = links[variable]
        _checked(2 ** (around.bit_count() + 1), 0)
        touched = around
        for other in _bits(around):
            links[other] = (links[other] | around) & ~(1 << other | 1 << variable)
            touched |= links[other]
        for other in _bits(touched):
            costs[other] = _fill(other, links)
    return order


def _fill(variable: int, links: Sequence[int]) -> tuple[int, int, int]:
    around = links[variable]
    lacking = sum((around & ~links[other]).bit_count() - 1 for other in _bits(around))
    return lacking, around.bit_count(), variable


def _checked(table: int, before: int) -> int:
    if table > LARGEST_TABLE or before + table > LARGEST_SUM:
        raise DomainError(
            "the causes hang together too closely for an exact answer: it takes a table of more "
            f"than {LARGEST_TABLE} entries, or more than {LARGEST_SUM} in all"
        )
    return table


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def _side(table: int, own: Family, scope: Family) -> _Side:
    if own == scope:
        return _Side(table, None, None, 0)
    lacking = tuple(variable for variable in scope if variable not in own)
    inner = {variable: 1 << at for at, variable in enumerate(own)}
    outer = {variable: 1 << at for at, variable in enumerate(scope)}
    gathered = (*own, *lacking)
    return _Side(
        table,
        _places(inner.get(variable, 0) for variable in scope),
        None if gathered == scope else _places(outer[variable] for variable in gathered),
        len(lacking),
    )


def _places(strides: Iterable[int]) -> _Places:
    """Return the sums of the strides of the bits that are set, for every number of so many bits."""
    places = np.zeros(1, np.intp)
    for stride in strides:
        places = np.concatenate((places, places + stride))
    return places


def _folded(table: _Array, variables: int) -> _Array:
    """The table with so many variables summed out, those of the top bits."""
    summed: _Array = table.reshape(2**variables, -1).sum(axis=0) if variables else table
    return summed


def dot(left: Table, right: Table) -> float:
    """Return the sum of the products of the entries of two tables of one shape."""
    return sum(map(mul, left, right), 0.0)


def _scaled(table: _Array) -> _Array:
    peak = table.max()
    return table / peak if 0.0 < peak < _SMALL else table
