"""What a reader looks at: which instant, as known when, and which rows at all.

Every query takes its tables from a `View`, and from nowhere else, so this is the one place where
rows are filtered by what the caller may see and by what had been recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.kernel.eyes import Eyes
from app.kernel.tables import Base, table_of
from app.kernel.types import UtcDateTime, now

STANDING, REPLACED = "standing", "replaced"
AS_OF: Any = sa.bindparam("clock_as_of", type_=UtcDateTime())
KNOWN_AT: Any = sa.bindparam("clock_known_at", type_=UtcDateTime())
NOW: Any = sa.bindparam("clock_now", type_=UtcDateTime())
"""Instants that a statement is given when it is asked, so that it needn't be made anew for each."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Rows of a table, by the values of a column that is never null."""

    table: str
    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class View:
    """Whose eyes, and two clocks: `as_of` in the world, `known_at` in our records; None is now."""

    eyes: Eyes
    as_of: datetime | None = None
    known_at: datetime | None = None
    now: datetime = field(default_factory=now)
    half: tuple[str, str] | None = None
    """Of the past of this table only the versions that stand still, or only those replaced since.

    Only where the table is asked for under its own name.
    """
    absent: tuple[Absent, ...] = ()
    """Rows that are taken not to be there, where it is asked what if they weren't."""

    def lacks(self, model: type[Base]) -> bool:
        """Whether rows of a table are taken not to be there."""
        return any(some.table == table_of(model).name for some in self.absent)

    def halves(self, model: type[Base]) -> list["View"]:
        """The past of a table in its two halves, of which each may have an index to walk."""
        name = table_of(model).name
        return [replace(self, half=(name, part)) for part in (STANDING, REPLACED)]

    @property
    def timeless(self) -> "View":
        """The view that all have who see the same and ask by the same clocks, whenever they ask.

        Statements made through it are asked with the `clocks` of a view.
        """
        eyes = self.eyes
        return replace(
            self,
            eyes=Eyes(eyes.markings, eyes.level, eyes.addressed),
            as_of=None if self.as_of is None else AS_OF,
            known_at=None if self.known_at is None else KNOWN_AT,
            now=NOW,
        )

    @property
    def clocks(self) -> Mapping[str, datetime | None]:
        """The instants of the view, by the names of the parameters that stand for them."""
        return {AS_OF.key: self.as_of, KNOWN_AT.key: self.known_at, NOW.key: self.now}

    @property
    def moment(self) -> datetime:
        """The instant of the world that is asked about."""
        return self.now if self.as_of is None else self.as_of

    def of(self, model: type[Base], name: str = "") -> sa.Subquery:
        """The rows of a table that are there for this reader.

        The present reads the table alone. The past reads the table and its twin: whatever version
        of a row was the recorded one at `known_at`.
        """
        table = table_of(model)
        name = name or table.name
        absent = tuple(some for some in self.absent if some.table == table.name)
        if self.known_at is None:
            return _standing(table, name, self.eyes.markings, absent)
        half = None
        if self.half is not None and (table.name, name) == (self.half[0], table.name):
            half = self.half[1]
        return _past(table, name, self.eyes.markings, absent, self.known_at, half)

    def holds(self, t: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether a row of a succession (`effective_at` to `ended_at`) is in force at the moment.

        Nothing in a succession begins in the future, so the present needs only the open end.
        """
        if self.as_of is None:
            return t.c.ended_at.is_(None)
        return sa.and_(
            t.c.effective_at <= self.as_of,
            sa.or_(t.c.ended_at.is_(None), t.c.ended_at > self.as_of),
        )

    def passed(self, end: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether an end has come by the moment (none lies in the future)."""
        return end.is_not(None) if self.as_of is None else end <= self.as_of

    def shown(self, end: datetime | None) -> datetime | None:
        """An end as it is shown: a past that is asked for knows nothing of what came after."""
        return None if end is not None and self.as_of is not None and end > self.as_of else end

    def begun(self, effective_at: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
        """Whether something was there at the moment (no beginning: always there)."""
        if self.as_of is None:
            return sa.true()
        # Where it always has one, a range of an index holds the answer.
        always = getattr(effective_at, "nullable", True) is False
        reached = effective_at <= self.as_of
        return reached if always else sa.or_(effective_at.is_(None), reached)


@lru_cache(1024)
def _standing(
    table: sa.Table, name: str, markings: frozenset[int] | None, absent: tuple[Absent, ...]
) -> sa.Subquery:
    """The rows that stand, made once for like readers: making it costs more than asking it."""
    there = (*_there(table, absent), *in_sight(table, markings))
    return sa.select(table).where(*there).subquery(name)


@lru_cache(256)
def _past(
    table: sa.Table,
    name: str,
    markings: frozenset[int] | None,
    absent: tuple[Absent, ...],
    known_at: datetime,
    half: str | None,
) -> sa.Subquery:
    """The versions that were the recorded ones, made once for each moment: one asks often of it."""
    twin = Base.twins[table.name]
    standing = sa.select(table).where(
        table.c.recorded_at <= known_at, *_there(table, absent), *in_sight(table, markings)
    )
    replaced = sa.select(*(twin.c[column.name] for column in table.columns)).where(
        twin.c.recorded_at <= known_at,
        twin.c.superseded_at > known_at,
        *_there(twin, absent),
        *in_sight(twin, markings),
    )
    if half is not None:
        return (standing if half == STANDING else replaced).subquery(name)
    return sa.union_all(standing, replaced).subquery(name)


def _there(table: sa.Table, absent: tuple[Absent, ...]) -> list[sa.ColumnElement[bool]]:
    stands = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
    return [*stands, *(table.c[some.column].not_in(sorted(some.values)) for some in absent)]


def in_sight(table: sa.Table, markings: frozenset[int] | None) -> list[sa.ColumnElement[bool]]:
    """The conditions on rows of a table (or of its twin) that a reader may see.

    What was replaced is also sealed by the marking its record has now: a record that was raised
    takes its past along, and of one that was lowered the past stays as it was.
    """
    if markings is None or "marking" not in table.c:
        return []
    numbers = sorted(markings)
    conditions: list[sa.ColumnElement[bool]] = [table.c.marking.in_(numbers)]
    if "sealed" in table.c:
        conditions.append(sa.or_(table.c.sealed.is_(None), table.c.sealed.in_(numbers)))
    return conditions
