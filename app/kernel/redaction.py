"""Redacting a record: its content is removed from everything that holds some of it.

From the record and every version of it, the search index, the link index, the answers kept for
repeated requests, what its kind keeps beside it (texts, pools), and from annotations that quote it.
Left are a tombstone, the versions without content, and the hashes in the audit log: ids, numbers of
versions, times, who, and how it was marked. Records that name it go on naming its id.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa

from app.kernel import audit, events, idempotency, links, search
from app.kernel.db import Tx
from app.kernel.errors import Conflict
from app.kernel.eyes import EVERYTHING
from app.kernel.records import Row, ever
from app.kernel.redacted import Redaction
from app.kernel.resource import Resource
from app.kernel.tables import Base, Record, table_of
from app.kernel.types import Id, UtcDateTime, later
from app.kernel.view import View

KEPT = frozenset(
    {
        "id", "version", "created_by", "created_at", "recorded_by", "recorded_at", "deleted_at",
        "merged_into", "tlp", "audience", "marking",
    }
)  # fmt: skip
"""The columns of every record that stay."""


def redact(tx: Tx, resource: Resource, row: Row, reason: str) -> Row:
    """Remove the content of a record; once it is removed, this changes nothing.

    Answers what is left. Raises Conflict where it is being changed.
    """
    t = table_of(Redaction)
    wanted = sa.select(t).where(t.c.record == row["id"])
    there = tx.session.execute(wanted).mappings().one_or_none()
    if there is None:
        row = _redact(tx, resource, row, audit.text_hash(reason))
        search.tidy(tx.session)
        there = tx.session.execute(wanted).mappings().one()
    return {
        "id": row["id"],
        "type": resource.kind,
        "version": row["version"],
        "redacted_by": there["redacted_by"],
        "redacted_at": there["redacted_at"],
    }


def _redact(tx: Tx, resource: Resource, row: Row, reason: str) -> Row:
    table = table_of(resource.model)
    slugs = _slugs(tx, table, row["id"])
    new = {
        **row,
        **empty(resource.kind),
        "version": row["version"] + 1,
        "recorded_by": tx.by,
        "recorded_at": max(tx.now, later(row["recorded_at"])),
        "deleted_at": row["deleted_at"] or tx.now,
    }
    new = {column.name: new[column.name] for column in table.columns}
    _empty(tx, resource, row, new)
    links.erase(tx.session, row["id"])
    search.erase(tx.session, row["id"])
    idempotency.erase(tx.session, row["id"], slugs)
    made = {
        "record": row["id"], "kind": resource.kind, "redacted_by": tx.by, "redacted_at": tx.now,
    }  # fmt: skip
    tx.session.execute(sa.insert(table_of(Redaction)).values(made))
    about: dict[str, Any] = {"kind": resource.kind, "record": row["id"], "reason": reason}
    about |= {"version": new["version"], "before": audit.row_hash(resource.kind, row)}
    audit.note(tx, "redacted", **about, after=audit.row_hash(resource.kind, new))
    events.note(tx, "redacted", resource.kind, new)
    resource.redacted(tx, row)
    for other in Resource.known.values():
        other.forget(tx, row["id"])
        for record in other.quoting(tx.session, row["id"]):
            quoting = ever(tx.session, other.model, record, View(EVERYTHING))
            _redact(tx, other, quoting, reason)
    return new


def _empty(tx: Tx, resource: Resource, row: Row, new: Row) -> None:
    """Let a record and all its versions have no content, none of them in any view."""
    table, twin = table_of(resource.model), Base.twins[resource.kind]
    same = (table.c.id == row["id"], table.c.version == row["version"])
    done: Any = tx.session.execute(sa.update(table).where(*same).values(new))
    if done.rowcount != 1:
        raise Conflict("The record was changed at the same moment; ask again.")
    past = {column.name: row[column.name] for column in table.columns}
    past = {**past, **empty(resource.kind), "superseded_at": new["recorded_at"]}
    tx.session.execute(sa.insert(twin).values(past))
    ended = sa.func.coalesce(twin.c.deleted_at, sa.literal(tx.now, twin.c.deleted_at.type))
    tx.session.execute(
        sa.update(twin)
        .where(twin.c.id == row["id"])
        .values({**empty(resource.kind), "deleted_at": ended})
    )


@cache
def empty(kind: str) -> Row:
    """What the columns of content hold once there is none.

    Null where that may be, else nothing of their type; what names another record, or an instant,
    stays where it can't be null: it says where and when the record stood, and not what it said.
    """
    model = Record.kinds[kind]
    found: Row = {}
    for column in table_of(model).columns:
        if column.name in KEPT or column.name in model.stays:
            continue
        if column.nullable:
            found[column.name] = None
        elif not isinstance(column.type, Id | UtcDateTime):
            found[column.name] = _nothing(column.type)
    return found


def _nothing(kind: sa.types.TypeEngine[Any]) -> Any:
    return [] if isinstance(kind, sa.JSON) else kind.python_type()


def _slugs(tx: Tx, table: sa.Table, record: str) -> list[str]:
    """The slugs a record ever had: others are answered with them in the place of its id."""
    if "slug" not in table.c:
        return []
    twin = Base.twins[table.name]
    both = sa.union(*(sa.select(some.c.slug).where(some.c.id == record) for some in (table, twin)))
    return [slug for slug in tx.session.execute(both).scalars() if slug]
