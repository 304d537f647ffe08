"""What a reader looks at: which instant, as known when, and which rows at all.

Every query takes its tables from a `View`, and from nowhere else, so this is the one place where
rows are filtered by what the caller may see and by what had been recorded.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from app.kernel.tables import Base, table_of
from app.kernel.types import now


@dataclass(frozen=True, slots=True)
class View:
    """Two clocks: `as_of` in the world, `known_at` in our records; None is the present."""

    as_of: datetime | None = None
    known_at: datetime | None = None
    now: datetime = field(default_factory=now)

    @property
    def moment(self) -> datetime:
        """The instant of the world that is asked about."""
        return self.as_of or self.now

    def of(self, model: type[Base], name: str = "") -> sa.Subquery:
        """The rows of a table that are there for this reader.

        The present reads the table alone. The past reads the table and its twin: whatever version
        of a row was the recorded one at `known_at`.
        """
        table = table_of(model)
        name = name or table.name
        if self.known_at is None:
            return _standing(table, name)
        twin = Base.twins[table.name]
        standing = sa.select(table).where(table.c.recorded_at <= self.known_at, *_visible(table))
        replaced = sa.select(*(twin.c[column.name] for column in table.columns)).where(
            twin.c.recorded_at <= self.known_at,
            twin.c.superseded_at > self.known_at,
            *_visible(twin),
        )
        return sa.union_all(standing, replaced).subquery(name)

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

    def begun(self, effective_at: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
        """Whether something was there at the moment (no beginning: always there)."""
        if self.as_of is None:
            return sa.true()
        return sa.or_(effective_at.is_(None), effective_at <= self.as_of)


@cache
def _standing(table: sa.Table, name: str) -> sa.Subquery:
    """The rows that stand, made once a table and name: making it costs more than asking it."""
    return sa.select(table).where(*_visible(table)).subquery(name)


def _visible(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    # Today every caller sees every marking; a caller's clearance joins this list when callers
    # have one, and every read of the service follows.
    return [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
