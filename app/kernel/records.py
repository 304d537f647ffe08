"""The write path: the only code that makes, changes and removes records.

One change is one transaction: the record, the version it replaces, its link rows, its search entry
its event, and its entry in the audit log. Nothing here commits (see `db`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import audit, events, history, links, redacted, search
from app.kernel.db import Hold, Tx, held
from app.kernel.errors import Conflict, Gone, Invalid, Moved, NotFound, PreconditionFailed
from app.kernel.eyes import EVERYTHING
from app.kernel.idempotency import StoredAnswer
from app.kernel.ids import is_id, is_slug, new_id
from app.kernel.markings import Named
from app.kernel.references import Place, Reference
from app.kernel.tables import Base, Record, Versioned, table_of
from app.kernel.types import REF_PATTERN, later
from app.kernel.view import View, in_sight

Row = dict[str, Any]


def find(
    session: Session, model: type[Versioned], key: str, view: View, hold: Hold | None = None
) -> Row:
    """One record by id, or by slug where the kind has slugs.

    Of several with one slug, which only differently marked ones can have, the oldest. A writer may
    `hold` it (see `db.held`). Raises NotFound, or Gone when it was deleted.
    """
    table = table_of(model)
    if is_id(key):
        column = "id"
    elif "slug" in table.c and is_slug(key):
        column = "slug"
    else:
        raise NotFound(f"There is no record {key!r} in {table.name}.")
    statement = _by(view.of(model), column, hold)
    row = session.execute(statement, {"key": key}).mappings().one_or_none()
    if row is not None:
        return dict(row)
    raise missing(session, model, key, view)


# Statements that every write asks several of are built once for like readers: that takes twice as
# long as asking them.


@lru_cache(2048)
def _by(t: sa.Subquery, column: str, hold: Hold | None) -> sa.Select[Any]:
    """The oldest row with a `key` in a column."""
    statement = sa.select(t).where(t.c[column] == sa.bindparam("key")).order_by(t.c.id).limit(1)
    return statement if hold is None else held(statement, hold)


@lru_cache(2048)
def _named(t: sa.Subquery, column: str) -> sa.Select[Any]:
    """The rows with one of `keys` in a column, as they are marked; held to be named."""
    marked = [t.c[name] for name in ("tlp", "audience") if name in t.c]
    statement = sa.select(t.c[column].label("key"), t.c.id, *marked)
    statement = statement.where(t.c[column].in_(sa.bindparam("keys", expanding=True)))
    return held(statement.order_by(t.c.id.desc()), "name")


@lru_cache(2048)
def _taken(t: sa.Subquery, label: str) -> sa.Select[Any]:
    """Another row with a label of this one, within its alliance where it has one."""
    same = [t.c[label] == sa.bindparam("label"), t.c.id != sa.bindparam("own")]
    if label == "ref" and "alliance" in t.c:
        same.append(t.c.alliance.is_not_distinct_from(sa.bindparam("within")))
    return sa.select(t.c.id).where(*same).limit(1)


@lru_cache(2048)
def _tombstone(
    table: sa.Table, column: str, markings: frozenset[int] | None, *, past: bool
) -> sa.Select[Any]:
    """What became of the row with a `key`, if it is no more; in the past, if by `known_at`."""
    redaction = table_of(redacted.Redaction)
    known = in_sight(table, markings)
    if past:
        # What was redacted is in no past: only that it was there.
        gone = redaction.c.record.is_not(None)
        since = sa.case((gone, table.c.created_at), else_=table.c.recorded_at)
        known.append(since <= sa.bindparam("known_at"))
    return (
        sa.select(table.c.deleted_at, table.c.merged_into, redaction.c.redacted_at)
        .outerjoin(redaction, redaction.c.record == table.c.id)
        .where(table.c[column] == sa.bindparam("key"), table.c.deleted_at.is_not(None), *known)
        .order_by(table.c.deleted_at.desc())
        .limit(1)
    )


@lru_cache(256)
def _next_version(table: sa.Table) -> sa.Update:
    """All of a row that is given, where the version that was `read` is still the one there is."""
    mine = (table.c.id == sa.bindparam("own"), table.c.version == sa.bindparam("read"))
    return sa.update(table).where(*mine, table.c.deleted_at.is_(None))


def take(tx: Tx, model: type[Versioned], key: str, hold: Hold) -> Row:
    """One record that is about to be changed, once whoever was changing it is done."""
    row = find(tx.session, model, key, tx.view, hold)
    tx.begin()
    return row


def missing(
    session: Session, model: type[Versioned], key: str, view: View
) -> NotFound | Gone | Moved:
    """The problem to answer for a record that isn't in view: what became of it by `known_at`."""
    table = table_of(model)
    column = "id" if is_id(key) else "slug"
    if column in table.c and (is_id(key) or is_slug(key)):
        past = {} if view.known_at is None else {"known_at": view.known_at}
        statement = _tombstone(table, column, view.eyes.markings, past=bool(past))
        tombstone = session.execute(statement, {"key": key, **past}).one_or_none()
        if tombstone is not None and tombstone.redacted_at is not None:
            at = f"{tombstone.redacted_at:%Y-%m-%dT%H:%M:%SZ}"
            return Gone(f"The record was redacted on {at}: its content is gone for legal reasons.")
        if tombstone is not None and tombstone.merged_into is not None:
            return Moved(key, tombstone.merged_into)
        if tombstone is not None:
            return Gone(f"The record was deleted on {tombstone.deleted_at:%Y-%m-%dT%H:%M:%SZ}.")
    then = ""
    if (view.as_of or view.known_at) and column in table.c:
        t = replace(view, as_of=None, known_at=None).of(model)
        # Who may not see it now is told what they would be of what never was.
        if session.execute(sa.select(t.c.id).where(t.c[column] == key).limit(1)).first():
            then = " at the moment that is asked for; there is one now"
    finds = ""
    if "ref" in table.c and not (is_id(key) or is_slug(key)) and re.fullmatch(REF_PATTERN, key):
        finds = f" If that is its ref, a list finds it: `?ref={key}`."
    return NotFound(f"There is no record {key!r} in {table.name}{then}.{finds}")


NEWEST = 2**31 - 1
"""Above every version."""


def ever(session: Session, model: type[Versioned], key: str, view: View) -> Row:
    """The newest version of a record that stands, was deleted or was merged into another."""
    try:
        return find(session, model, key, view)
    except (Gone, Moved):
        if not is_id(key):
            raise
        return history.versions(session, model, key, view.eyes, NEWEST, 1)[0]


def resolve(
    tx: Tx,
    references: Sequence[Reference],
    record: Row,
    at: str = "",
    before: Mapping[str, Any] | None = None,
) -> list[Named]:
    """Turn every slug in a record into the id it stands for; refuse what doesn't exist.

    One query a kind, whatever the number of references. Raises Invalid naming each place. What the
    record named `before` it may go on naming, though that was deleted since, or has gone out of the
    writer's sight. Answers what is named, as it is marked.
    """
    standing = _places(references, before or {})
    errors: list[dict[str, str]] = []
    named: list[Named] = []
    for kind, places in _places(references, record).items():
        asked = {place.value for place in places}
        there = tx.promised | {place.value for place in standing.get(kind, ())}
        known = _known(tx, Versioned.every[kind], asked - tx.promised)
        for place in places:
            found = known.get(place.value)
            if found is not None:
                place.holder[place.key] = found.id
                if place.reference.tells and "tlp" in found._fields:
                    named.append(Named(at + place.pointer, found.tlp, found.audience))
            elif place.value not in there:
                detail = f"there is no record {place.value!r} in {kind}"
                errors.append({"pointer": at + place.pointer, "detail": detail})
    for reference in references:
        seen: dict[str, list[Place]] = {}
        for place in reference.places(record) if reference.is_list else ():
            if any(place.repeats(other) for other in seen.setdefault(place.value, [])):
                detail = "names a record that the list names already"
                errors.append({"pointer": at + place.pointer, "detail": detail})
            seen[place.value].append(place)
    if errors:
        raise Invalid(f"{errors[0]['pointer']}: {errors[0]['detail']}", errors=errors)
    return named


def _places(references: Sequence[Reference], record: Mapping[str, Any]) -> dict[str, list[Place]]:
    """Every place in a record where it names another, by the kind named there."""
    found: dict[str, list[Place]] = {}
    for reference in references:
        for place in reference.places(record):
            found.setdefault(place.target, []).append(place)
    return found


def _known(tx: Tx, model: type[Versioned], keys: set[str]) -> dict[str, Any]:
    """The records in the writer's sight by the keys they are named by; the oldest of a slug.

    They stay as they are until what names them is written. Everyone takes them in one order.
    """
    t = tx.view.of(model)
    ids = {key for key in keys if is_id(key)}
    known: dict[str, Any] = {}
    for column, some in (("id", ids), ("slug", keys - ids)):
        if some and column in t.c:
            rows = tx.session.execute(_named(t, column), {"keys": sorted(some)})
            known.update((row.key, row) for row in rows)
    return known


def under(session: Session, model: type[Versioned], owner: str) -> list[Row]:
    """The records of a kind that stand under another, whoever may see them; to be marked anew."""
    t = View(EVERYTHING).of(model)
    mine = [t.c[name] == owner for name in model.under]
    if not mine:
        return []
    statement = held(sa.select(t).where(sa.or_(*mine)).order_by(t.c.id), "close")
    return [dict(row) for row in session.execute(statement).mappings()]


def create(tx: Tx, model: type[Versioned], values: Mapping[str, Any], record_id: str = "") -> Row:
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
    _refuse_taken(tx, model, row)
    tx.session.execute(sa.insert(table), row)
    tx.stamps[table.name, row["id"]] = row["recorded_at"]
    _derive(tx, model, row, made=True)
    if issubclass(model, Record):
        events.note(tx, "created", table.name, row)
    else:
        tx.wakes = True
    audit.note_created(tx, table.name, row)
    return row


def change(
    tx: Tx, model: type[Versioned], row: Row, values: Mapping[str, Any], action: str = ""
) -> Row:
    """Write the next version of a record and keep the one it replaces.

    `action` is what the audit log calls it, where it is more than that.

    The version read and the version replaced are compared in the statement that writes, so of two
    writers one gets PreconditionFailed and nothing is lost. What the transaction wrote itself
    nobody has seen: that is no version, and is replaced without a trace.
    """
    table = table_of(model)
    own = tx.stamps.get((table.name, row["id"]))
    new: Row = {**row, **values}
    new.update(
        version=row["version"] + (own is None),
        recorded_by=tx.by,
        recorded_at=own or max(tx.now, later(row["recorded_at"])),
    )
    _refuse_taken(tx, model, new)
    written = {name: value for name, value in new.items() if name != "id"}
    mine = {"own": row["id"], "read": row["version"]}
    done: Any = tx.session.execute(_next_version(table), {**written, **mine})
    if done.rowcount != 1:
        raise PreconditionFailed
    if own is None:
        # Only now, so that of two writers the late one fails on the version, not on its history.
        replaced = {column.name: row[column.name] for column in table.columns}
        twin = Base.twins[table.name]
        tx.session.execute(sa.insert(twin), {**replaced, "superseded_at": new["recorded_at"]})
        tx.stamps[table.name, row["id"]] = new["recorded_at"]
    _derive(tx, model, new, made=False)
    if new.get("marking") != row.get("marking"):
        _seal(tx, model, new)
    if issubclass(model, Record):
        events.note_change(tx, table.name, row, new)
    else:
        # Who may do what is told to nobody; streams look at the rights of their owners again.
        tx.wakes = True
    audit.note_change(tx, table.name, row, new, action)
    return new


def _seal(tx: Tx, model: type[Versioned], row: Row) -> None:
    """Close the past of a record to who may not see it now."""
    past, entries = Base.twins[table_of(model).name], Base.twins[search.SearchEntry.__tablename__]
    for twin, owner in ((past, past.c.id), (entries, entries.c.record)):
        tx.session.execute(sa.update(twin).where(owner == row["id"]).values(sealed=row["marking"]))
    answers = table_of(StoredAnswer)
    again = sa.update(answers).where(answers.c.record == row["id"])
    tx.session.execute(again.values(marking=row["marking"]))


def remove(tx: Tx, model: type[Versioned], row: Row) -> Row:
    """Leave a tombstone: the row stays, out of every view but the past."""
    return change(tx, model, row, {"deleted_at": tx.now})


def _derive(tx: Tx, model: type[Versioned], row: Row, *, made: bool) -> None:
    kind = table_of(model).name
    here = row["deleted_at"] is None
    if not made or model.references or model.states:
        rows = links.rows_of(kind, row, row["recorded_at"]) if here else []
        if made:
            if rows:
                tx.session.execute(sa.insert(table_of(links.Link)), rows)
        else:
            links.rewrite(tx.session, row["id"], rows, row["recorded_at"])
    if model.searchable or model.label:
        if not made:
            search.forget(tx.session, row["id"], row["recorded_at"])
        if here:
            apart = model.apart(tx.session, row)
            search.put(tx.session, [search.entry_of(model, row, apart)])


def _refuse_taken(tx: Tx, model: type[Versioned], row: Row) -> None:
    """Say which of the labels that must be unique is taken by what the writer may see.

    The index behind it tells markings apart: what is hidden takes no label from anybody.
    """
    t = tx.view.of(model)
    for label in ("slug", "ref"):
        if row.get(label) is None or row["deleted_at"] is not None:
            continue
        asked = {"label": row[label], "own": row["id"]}
        if label == "ref" and "alliance" in t.c:
            asked["within"] = row["alliance"]
        if tx.session.execute(_taken(t, label), asked).first():
            detail = f"{row[label]!r} is taken by another record"
            raise Conflict(
                f"/{label}: {detail}", errors=[{"pointer": f"/{label}", "detail": detail}]
            )
