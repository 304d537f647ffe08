"""What a rating weighs in a pool, as SQL: by its age, and by what its assessor is worth."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from app.ratings.models import Rating

HALVINGS = 100.0
"""2^-100 is nothing beside 1; with much less, products underflow, which PostgreSQL refuses."""


def recency(r: sa.FromClause, half_life: float | None) -> sa.ColumnElement[float]:
    """2^(-age/h). Ages count from the newest rating in force: the moment itself cancels out."""
    if half_life is None:
        return sa.literal(1.0, sa.Float)
    newest = sa.func.max(r.c.effective_at).over(partition_by=r.c.consequence)
    halvings = _days(newest, r.c.effective_at) / half_life
    bounded = sa.case((halvings > HALVINGS, HALVINGS), else_=halvings)
    return sa.func.power(sa.literal(2.0, sa.Float), -bounded, type_=sa.Float)


def worth(skill: Mapping[str, float]) -> sa.Subquery:
    """What assessors weigh, as a table: one parameter, however many there are."""
    given = _members(sa.literal(json.dumps(skill), sa.Text)).table_valued(
        sa.column("key", sa.Text), sa.column("value", sa.Text), name="given"
    )
    # Grouped, so that SQLite makes it once and finds assessors in it by an index.
    assessor = sa.cast(given.c.key, Rating.assessor.type)
    worth = sa.func.max(sa.cast(given.c.value, sa.Float))
    chosen = sa.select(assessor.label("assessor"), worth.label("worth")).select_from(given)
    return chosen.group_by(assessor).subquery("worth")


class _members(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - reads as a function
    """The members of a JSON object, as rows of key and value."""

    inherit_cache = True
    name = "json_members"


@compiles(_members, "sqlite")
def _members_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_members, "postgresql")
def _members_postgres(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **options)} AS json))"


class _days(sa.sql.functions.GenericFunction[float]):  # noqa: N801 - reads as a function
    """Days between two instants: (later, earlier)."""

    type = sa.Float()
    inherit_cache = True
    name = "days_between"


@compiles(_days, "sqlite")
def _days_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(julianday({later}) - julianday({earlier}))"


@compiles(_days, "postgresql")
def _days_postgres(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(extract(epoch from ({later} - {earlier}))::float8 / 86400.0)"
