"""Checks of the records: that their past is whole, and what is derived from them is true."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import links, search
from app.kernel.tables import Base, Record, Versioned, table_of
from app.kernel.types import now
from app.operate.patient import AHEAD, Finding, Patient, blocks, by, few
from app.ratings import judgements
from app.ratings.models import Judgement, Rating

BROUGHT = "service"
"""Who is named as the author of records that migrations made."""

Row = dict[str, Any]


def clock(patient: Patient) -> Iterator[Finding]:
    """No record is from the future, and the database has the same time."""
    at = now()
    with patient.database.read() as session:
        for kind, model in Versioned.every.items():
            table = table_of(model)
            last = sa.func.max(table.c.recorded_at, type_=table.c.recorded_at.type)
            newest = session.execute(sa.select(last)).scalar()
            if newest is not None and newest > at + AHEAD:
                what = f"a record was written at {newest.isoformat()}, which is yet to come"
                yield Finding("clock", what, kind)
        if patient.database.is_postgres:
            theirs = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            if abs(theirs - now()) > AHEAD:
                yield Finding("clock", f"the database's clock stands at {theirs.isoformat()}")


def histories(patient: Patient) -> Iterator[Finding]:
    """Every version of a record is there once, and each ended when the next began."""
    with patient.database.read() as session:
        for kind, model in Versioned.every.items():
            yield from few(_holes(session, kind, table_of(model)))


def _holes(session: Session, kind: str, table: sa.Table) -> Iterator[Finding]:
    twin = Base.twins[kind]
    past = (
        sa.select(
            twin.c.id,
            sa.func.count().label("n"),
            sa.func.min(twin.c.version).label("first"),
            sa.func.max(twin.c.version).label("last"),
        )
        .group_by(twin.c.id)
        .subquery("past")
    )
    counted = (
        sa.select(table.c.id, table.c.version)
        .outerjoin(past, past.c.id == table.c.id)
        .where(
            sa.or_(
                sa.func.coalesce(past.c.n, 0) != table.c.version - 1,
                past.c.first != 1,
                past.c.last != table.c.version - 1,
            )
        )
    )
    for record, version in session.execute(counted.order_by(table.c.id)):
        what = f"of {version} versions some are missing, or are there that shouldn't be"
        yield Finding("histories", what, f"{kind} {record}")
    lost = sa.select(twin.c.id).where(twin.c.id.not_in(sa.select(table.c.id))).distinct()
    for (record,) in session.execute(lost.order_by(twin.c.id)):
        yield Finding("histories", "has a past and no record", f"{kind} {record}")
    every = sa.union_all(
        sa.select(table.c.id, table.c.version, table.c.recorded_at),
        sa.select(twin.c.id, twin.c.version, twin.c.recorded_at),
    ).subquery("every")
    torn = (
        sa.select(twin.c.id, twin.c.version)
        .join(every, sa.and_(every.c.id == twin.c.id, every.c.version == twin.c.version + 1))
        .where(every.c.recorded_at != twin.c.superseded_at)
    )
    for record, version in session.execute(torn.order_by(twin.c.id, twin.c.version)):
        what = f"version {version} didn't end when the next began"
        yield Finding("histories", what, f"{kind} {record}")


# --- Links and search -----------------------------------------------------------------------------

LINK = ("field", "position", "target", "at", "until")


def links_index(patient: Patient) -> Iterator[Finding]:
    """The link index holds what the records say, and nothing else."""
    with patient.database.read() as session:
        yield from few(_wrong_links(session))


def _wrong_links(session: Session) -> Iterator[Finding]:
    table = table_of(links.Link)
    known = 0
    for kind, model in Versioned.every.items():
        for rows in blocks(session, table_of(model)):
            mine = table.c.owner.in_([row["id"] for row in rows])
            stored = by(
                (dict(r) for r in session.execute(sa.select(table).where(mine)).mappings()), "owner"
            )
            for row in rows:
                here = row["deleted_at"] is None
                derived = links.rows_of(kind, row, row["recorded_at"]) if here else []
                found = stored.get(row["id"], [])
                known += len(found)
                if _keys(found, LINK) != _keys(derived, LINK):
                    what = "its links aren't those it would have if it were written now"
                    yield Finding("links_index", what, f"{kind} {row['id']}")
    count = session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if count != known:
        yield Finding("links_index", f"{count - known} links are of no record")


def _keys(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> set[tuple[Any, ...]]:
    return {tuple(row[name] for name in names) for row in rows}


ENTRY = ("record", "kind", "parent", "marking", "title", "body", "words", "recorded_at")


def search_entries(patient: Patient) -> Iterator[Finding]:
    """The search entries are those the records would have if they were written now."""
    with patient.database.read() as session:
        yield from few(_wrong_entries(session))


def _wrong_entries(session: Session) -> Iterator[Finding]:
    table = table_of(search.SearchEntry)
    known = 0
    for kind, model in Record.kinds.items():
        searched = bool(model.searchable or model.label)
        for rows in blocks(session, table_of(model)):
            mine = sa.select(table).where(table.c.record.in_([row["id"] for row in rows]))
            stored = by((dict(row) for row in session.execute(mine).mappings()), "record")
            for row in rows:
                # What a migration brought along is listed and never searched, until it is changed.
                brought = row["created_by"] == BROUGHT and row["version"] == 1
                here = searched and row["deleted_at"] is None and not brought
                wanted = [search.entry_of(model, row, model.apart(session, row))] if here else []
                found = stored.get(row["id"], [])
                known += len(found)
                if [_entry(one) for one in found] != [_entry(one) for one in wanted]:
                    what = "its search entry isn't the one it would have if it were written now"
                    yield Finding("search_entries", what, f"{kind} {row['id']}")
    count = session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if count != known:
        yield Finding("search_entries", f"{count - known} search entries are of no record")


def _entry(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ENTRY)


def search_index(patient: Patient) -> Iterator[Finding]:
    """SQLite's full-text index holds the words of the entries (PostgreSQL's is its own affair)."""
    if patient.database.is_postgres:
        return
    # FTS5 is asked by a statement that looks like a write; it changes nothing and is rolled back.
    ask = "INSERT INTO search_index(search_index, rank) VALUES ('integrity-check', 1)"
    with patient.database.engine.connect() as connection:
        try:
            connection.exec_driver_sql(ask)
        except DBAPIError:
            yield Finding("search_index", "the full-text index doesn't fit the search entries")


# --- Judgements -----------------------------------------------------------------------------------


def kept_judgements(patient: Patient) -> Iterator[Finding]:
    """The judgements kept are the pools made from scratch, for every band of readers."""
    with patient.database.read() as session:
        yield from few(_wrong_judgements(session))


def _wrong_judgements(session: Session) -> Iterator[Finding]:
    ratings, table = table_of(Rating), table_of(Judgement)
    rated = sa.select(ratings.c.consequence).union(sa.select(table.c.consequence))
    for (consequence,) in session.execute(rated.order_by("consequence")).all():
        rows = session.execute(
            sa.select(ratings).where(
                ratings.c.consequence == consequence,
                ratings.c.deleted_at.is_(None),
                ratings.c.machine.is_(False),
            )
        ).mappings()
        derived = judgements.anew([dict(row) for row in rows])
        kept = judgements.kept(session, consequence)
        names = sorted(derived[0] if derived else ())
        if len(kept) != len(derived) or _sorted(kept, names) != _sorted(derived, names):
            what = "the judgement kept isn't the pool of its ratings"
            yield Finding("kept_judgements", what, f"consequences {consequence}")


def _sorted(rows: Sequence[Row], names: Sequence[str]) -> list[tuple[Any, ...]]:
    ordered = sorted(rows, key=lambda row: (row["from_level"], row["effective_at"]))
    return [tuple(row[name] for name in names) for row in ordered]
