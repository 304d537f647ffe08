"""The link index: which record names which other, in which field, from when to when.

The lists live in the records; these rows are made from them, in the same transaction, so that a
filter ("claims about this actor", "alliances confirmed on that day") is a walk of an index.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.tables import Base, Versioned, table_of, with_history
from app.kernel.types import Id, UtcDateTime, parse_instant, text_column
from app.kernel.view import View

ALWAYS = datetime(1, 1, 2, tzinfo=UTC)
"""The beginning of a link that has none."""


class Link(Base):
    """One record (or state) named in one field of another."""

    __tablename__ = "links"
    __table_args__ = (sa.Index(None, "field", "target", "at", "owner"),)

    owner: Mapped[str] = mapped_column(Id, primary_key=True)
    field: Mapped[str] = mapped_column(text_column(60), primary_key=True)
    """Kind and path: `claims.about`."""
    position: Mapped[int] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(text_column(60))
    """The id of the record named, or the value of the state."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    """From when the link holds: its own date, else that of its owner, else `ALWAYS`."""
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


with_history(Link)


def rows_of(kind: str, record: Mapping[str, Any], recorded_at: datetime) -> list[dict[str, Any]]:
    """The index rows of a record."""
    model = Versioned.every[kind]
    start = record.get("effective_at") or ALWAYS
    found: list[tuple[str, str, datetime, datetime | None]] = []
    for reference in model.references:
        if reference.is_list:
            field = f"{kind}.{reference.path.replace('/*', '').replace('/', '.')}"
            for place in reference.places(record):
                tag = f":{place.beside(reference.tag)}" if reference.tag else ""
                since, until = place.beside(reference.since), place.beside(reference.until)
                found.append(
                    (
                        field + tag,
                        place.value,
                        parse_instant(since) if since else start,
                        parse_instant(until) if until else None,
                    )
                )
    for states in model.states:
        field = f"{kind}.{states.path}"
        found += [(field, value, since, until) for value, since, until in states.periods(record)]
    return [
        {
            "owner": record["id"],
            "field": field,
            "position": position,
            "target": target,
            "at": at,
            "until": until,
            "recorded_at": recorded_at,
        }
        # A claim carried at two places in one source is one of that source's claims.
        for position, (field, target, at, until) in enumerate(dict.fromkeys(found))
    ]


def rewrite(session: Session, owner: str, rows: list[dict[str, Any]], stamp: datetime) -> None:
    """Replace the index rows of a record, keeping what they were; equal rows stay untouched."""
    table, twin = table_of(Link), Base.twins["links"]
    key = ("field", "position", "target", "at", "until")
    old = session.execute(sa.select(table).where(table.c.owner == owner)).mappings().all()
    before = {tuple(row[name] for name in key) for row in old}
    after = {tuple(row[name] for name in key) for row in rows}
    gone = [row for row in old if tuple(row[name] for name in key) not in after]
    fresh = [row for row in rows if tuple(row[name] for name in key) not in before]
    if gone:
        kept = [{**row, "superseded_at": stamp} for row in gone if row["recorded_at"] < stamp]
        if kept:
            session.execute(sa.insert(twin), kept)
        session.execute(
            sa.delete(table).where(
                table.c.owner == owner,
                sa.tuple_(table.c.field, table.c.position).in_(
                    [(row["field"], row["position"]) for row in gone]
                ),
            )
        )
    if fresh:
        session.execute(sa.insert(table), fresh)


def erase(session: Session, owner: str) -> None:
    """Take out what a record named, and ever did."""
    for table in (table_of(Link), Base.twins["links"]):
        session.execute(sa.delete(table).where(table.c.owner == owner))


def linked(
    view: View, field: str, owner: sa.ColumnElement[Any], targets: Any
) -> sa.ColumnElement[bool]:
    """Whether a record names any of the targets in a field, at the moment of the view.

    Asked record by record, so by the links of the record: there are few. SQLite would walk all
    links to the targets for each record.
    """
    link = view.of(Link, "link")
    return sa.exists(
        sa.select(sa.literal(1)).where(
            link.c.owner == owner,
            link.c.field == field,
            no_index(link.c.target).in_(targets),
            no_index(link.c.at) <= view.moment,
            sa.or_(link.c.until.is_(None), link.c.until > view.moment),
        )
    )


class _no_index(sa.sql.functions.GenericFunction[Any]):  # noqa: N801 - reads as a function
    inherit_cache = True
    name = "no_index"


@compiles(_no_index)
def _as_it_is(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(*element.clauses, **options))


@compiles(_no_index, "sqlite")
def _with_a_plus(element: Any, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(*element.clauses, **options)}"


def no_index(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column that SQLite is not to find the rows by. PostgreSQL knows better by itself."""
    return _no_index(column, type_=column.type)
