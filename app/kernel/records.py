"""The write path: the only code that makes, changes and removes records.

One change is one transaction: the record, the version it replaces, its link rows and its search
entry. Nothing here commits (see `db`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import links, search
from app.kernel.db import Tx
from app.kernel.errors import Conflict, Gone, Invalid, Moved, NotFound, PreconditionFailed
from app.kernel.ids import is_id, is_slug, new_id
from app.kernel.references import Place, Reference
from app.kernel.tables import Base, Record, table_of
from app.kernel.types import later
from app.kernel.view import View

Row = dict[str, Any]


def find(session: Session, model: type[Record], key: str, view: View | None = None) -> Row:
    """One record by id, or by slug where the kind has slugs.

    Raises NotFound, or Gone when it was deleted.
    """
    table = table_of(model)
    if is_id(key):
        column = "id"
    elif "slug" in table.c and is_slug(key):
        column = "slug"
    else:
        raise NotFound(f"There is no record {key!r} in {table.name}.")
    t = (view or View()).of(model)
    row = session.execute(sa.select(t).where(t.c[column] == key)).mappings().one_or_none()
    if row is not None:
        return dict(row)
    raise missing(session, model, key, view)


def missing(
    session: Session, model: type[Record], key: str, view: View | None = None
) -> NotFound | Gone | Moved:
    """The problem to answer for a record that isn't in view: what became of it by `known_at`."""
    table = table_of(model)
    column = "id" if is_id(key) else "slug"
    known_at = view.known_at if view else None
    known = [] if known_at is None else [table.c.recorded_at <= known_at]
    if column in table.c and (is_id(key) or is_slug(key)):
        tombstone = session.execute(
            sa.select(table.c.deleted_at, table.c.merged_into)
            .where(table.c[column] == key, table.c.deleted_at.is_not(None), *known)
            .order_by(table.c.deleted_at.desc())
            .limit(1)
        ).one_or_none()
        if tombstone is not None and tombstone.merged_into is not None:
            return Moved(key, tombstone.merged_into)
        if tombstone is not None:
            return Gone(f"The record was deleted on {tombstone.deleted_at:%Y-%m-%dT%H:%M:%SZ}.")
    return NotFound(f"There is no record {key!r} in {table.name}.")


def resolve(
    tx: Tx,
    references: Sequence[Reference],
    record: Row,
    at: str = "",
    before: Mapping[str, Any] | None = None,
) -> None:
    """Turn every slug in a record into the id it stands for; refuse what doesn't exist.

    One query a kind, whatever the number of references. Raises Invalid naming each place. What the
    record named `before` it may go on naming, though that was deleted since.
    """
    standing = _places(references, before or {})
    errors: list[dict[str, str]] = []
    for kind, places in _places(references, record).items():
        asked = {place.value for place in places}
        there = tx.promised | {place.value for place in standing.get(kind, ())}
        known = {key: key for key in asked & there}
        known |= _ids(tx.session, Record.kinds[kind], asked - there)
        for place in places:
            if place.value in known:
                place.holder[place.key] = known[place.value]
            else:
                detail = f"there is no record {place.value!r} in {kind}"
                errors.append({"pointer": at + place.pointer, "detail": detail})
    seen: set[tuple[str, str]] = set()
    for reference in references:
        for place in reference.places(record) if reference.path.endswith("/*") else ():
            if (reference.path, place.value) in seen:
                detail = "names a record that the list names already"
                errors.append({"pointer": at + place.pointer, "detail": detail})
            seen.add((reference.path, place.value))
    if errors:
        raise Invalid(f"{errors[0]['pointer']}: {errors[0]['detail']}", errors=errors)


def _places(references: Sequence[Reference], record: Mapping[str, Any]) -> dict[str, list[Place]]:
    """Every place in a record where it names another, by the kind named there."""
    found: dict[str, list[Place]] = {}
    for reference in references:
        for place in reference.places(record):
            found.setdefault(place.target, []).append(place)
    return found


def _ids(session: Session, model: type[Record], keys: set[str]) -> dict[str, str]:
    t = View().of(model)
    ids = {key for key in keys if is_id(key)}
    known: dict[str, str] = {}
    for column, some in (("id", ids), ("slug", keys - ids)):
        if some and column in t.c:
            statement = sa.select(t.c[column], t.c.id).where(t.c[column].in_(sorted(some)))
            known.update((key, found) for key, found in session.execute(statement).all())
    return known


def create(tx: Tx, model: type[Record], values: Mapping[str, Any], record_id: str = "") -> Row:
    """Write a new record; returns its row. Raises Conflict when its slug or ref is taken."""
    table = table_of(model)
    row: Row = dict.fromkeys((column.name for column in table.columns), None)
    row.update(values)
    row.update(
        id=record_id or new_id(),
        version=1,
        created_by=tx.by,
        created_at=tx.now,
        recorded_by=tx.by,
        recorded_at=tx.now,
    )
    _refuse_taken(tx.session, model, row)
    tx.session.execute(sa.insert(table).values(row))
    _derive(tx, model, row)
    return row


def change(tx: Tx, model: type[Record], row: Row, values: Mapping[str, Any]) -> Row:
    """Write the next version of a record and keep the one it replaces.

    The version read and the version replaced are compared in the statement that writes, so of two
    writers one gets PreconditionFailed and nothing is lost.
    """
    table = table_of(model)
    new: Row = {**row, **values}
    new.update(
        version=row["version"] + 1,
        recorded_by=tx.by,
        recorded_at=max(tx.now, later(row["recorded_at"])),
    )
    _refuse_taken(tx.session, model, new)
    done: Any = tx.session.execute(
        sa.update(table)
        .where(
            table.c.id == row["id"],
            table.c.version == row["version"],
            table.c.deleted_at.is_(None),
        )
        .values({name: value for name, value in new.items() if name != "id"})
    )
    if done.rowcount != 1:
        raise PreconditionFailed
    # Only now, so that of two writers the late one fails on the version, not on its history.
    replaced = {column.name: row[column.name] for column in table.columns}
    twin = Base.twins[table.name]
    tx.session.execute(sa.insert(twin).values(**replaced, superseded_at=new["recorded_at"]))
    _derive(tx, model, new)
    return new


def remove(tx: Tx, model: type[Record], row: Row) -> Row:
    """Leave a tombstone: the row stays, out of every view but the past."""
    return change(tx, model, row, {"deleted_at": tx.now})


def _derive(tx: Tx, model: type[Record], row: Row) -> None:
    kind = table_of(model).name
    here = row["deleted_at"] is None
    if row["version"] > 1 or model.references or model.states:
        rows = links.rows_of(kind, row, row["recorded_at"]) if here else []
        if row["version"] == 1:
            if rows:
                tx.session.execute(sa.insert(table_of(links.Link)), rows)
        else:
            links.rewrite(tx.session, row["id"], rows, row["recorded_at"])
    if model.searchable or model.label:
        if row["version"] > 1:
            search.forget(tx.session, row["id"], row["recorded_at"])
        if here:
            search.put(tx.session, [search.entry_of(model, row)])


def _refuse_taken(session: Session, model: type[Record], row: Row) -> None:
    """Say which of the labels that must be unique is taken (the index is behind it)."""
    t = View().of(model)
    for label in ("slug", "ref"):
        if row.get(label) is None or row["deleted_at"] is not None:
            continue
        same = [t.c[label] == row[label], t.c.id != row["id"]]
        if label == "ref" and "alliance" in t.c:
            same.append(t.c.alliance.is_not_distinct_from(row["alliance"]))
        if session.execute(sa.select(t.c.id).where(*same).limit(1)).first():
            detail = f"{row[label]!r} is taken by another record"
            raise Conflict(
                f"/{label}: {detail}", errors=[{"pointer": f"/{label}", "detail": detail}]
            )
