"""Checks of what follows one upon the other: the audit log, and the sequence of changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import audit
from app.kernel.events import Event, newest_id
from app.kernel.ids import is_id
from app.kernel.tables import Versioned, table_of
from app.kernel.types import now
from app.operate.patient import AHEAD, Finding, Patient, blocks, few
from app.webhooks.models import Webhook

SEVEN = 7
"""The version of the UUIDs that positions are."""
VERSIONS = ("created", "updated", "deleted", "merged", "redacted")
"""The events that tell of a version; others tell of what happened to a record as it stood."""


def audit_chain(patient: Patient) -> Iterator[Finding]:
    """Every entry of the audit log has its number, and the hash of all before it."""
    found = audit.verify(patient.database)
    if found.first_broken is not None:
        what = f"doesn't fit; the {found.checked} before it do, up to {found.head}"
        yield Finding("audit_chain", what, f"audit {found.first_broken}")


def audited_records(patient: Patient) -> Iterator[Finding]:
    """Each record is as the last act upon it left it: nothing was written past the service."""
    with patient.database.read() as session:
        yield from few(_unaudited(session))


def _unaudited(session: Session) -> Iterator[Finding]:
    t = table_of(audit.Entry)
    acts = t.c.after.is_not(None)
    for kind, model in Versioned.every.items():
        table = table_of(model)
        for rows in blocks(session, table):
            mine = t.c.record.in_([row["id"] for row in rows])
            last = sa.select(sa.func.max(t.c.number)).where(mine, acts).group_by(t.c.record)
            ends = sa.select(t.c.record, t.c.after).where(t.c.number.in_(last))
            left = {row.record: row.after for row in session.execute(ends)}
            for row in rows:
                # What migrations brought along, or wrote before there was a log, has no act.
                if left.get(row["id"], "") not in {"", audit.row_hash(kind, row)}:
                    what = "isn't what the last act upon it left"
                    yield Finding("audited_records", what, f"{kind} {row['id']}")
        gone = sa.select(t.c.record).where(
            t.c.kind == kind, acts, t.c.record.not_in(sa.select(table.c.id))
        )
        for record in session.execute(gone.distinct().order_by(t.c.record)).scalars():
            yield Finding("audited_records", "was written and isn't there", f"{kind} {record}")


def change_sequence(patient: Patient) -> Iterator[Finding]:
    """The versions of each record are told of in order and without a gap, up to the newest.

    Positions are ids (see `kernel.events`), so none is there twice; each must be one that later
    events come behind, and no webhook may stand at one that was never given.
    """
    with patient.database.read() as session:
        yield from few(_misplaced(session))
        yield from few(_untold(session))


def _misplaced(session: Session) -> Iterator[Finding]:
    t, hooks = table_of(Event), table_of(Webhook)
    # As the database orders them, the odd ones are at the ends, or don't look like the others.
    text = sa.cast(t.c.id, sa.String(60))
    odd = sa.or_(text.not_like("________-____-7___-____-____________"), text != sa.func.lower(text))
    newest = newest_id(session)
    ends = [newest] if newest else []
    for event in [*session.execute(sa.select(t.c.id).where(odd).order_by(t.c.id)).scalars(), *ends]:
        if not is_id(event) or UUID(event).version != SEVEN:
            yield Finding("change_sequence", "is no position", f"events {event}")
        elif _time_of(event) > now() + AHEAD:
            what = f"its position is of {_time_of(event).isoformat()}, which is yet to come"
            yield Finding("change_sequence", what, f"events {event}")
    ahead = hooks.c.last_event > newest if newest else hooks.c.last_event.is_not(None)
    for hook in session.execute(sa.select(hooks.c.id).where(ahead).order_by(hooks.c.id)).scalars():
        what = "stands behind the newest event, and would pass over those to come"
        yield Finding("change_sequence", what, f"webhooks {hook}")


def _time_of(event: str) -> datetime:
    """When a position was given, by the clock of who gave it."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=UUID(event).int >> 80)


def _untold(session: Session) -> Iterator[Finding]:
    t = table_of(Event)
    before: Any = sa.func.lag(t.c.version).over(partition_by=t.c.record, order_by=t.c.id)
    told = (
        sa.select(t.c.record, t.c.kind, t.c.version, before.label("before"))
        .where(t.c.type.in_(VERSIONS))
        .subquery("told")
    )
    back = sa.func.max(sa.case((told.c.version < told.c.before, 1), else_=0))
    each = (
        sa.select(
            told.c.record,
            told.c.kind,
            sa.func.min(told.c.version).label("first"),
            sa.func.max(told.c.version).label("last"),
            sa.func.count(told.c.version.distinct()).label("n"),
            back.label("back"),
        )
        .group_by(told.c.record, told.c.kind)
        .subquery("each")
    )
    for kind, model in Versioned.every.items():
        table = table_of(model)
        wrong = (
            sa.select(each.c.record, each.c.back)
            .join(table, table.c.id == each.c.record)
            .where(
                each.c.kind == kind,
                sa.or_(
                    each.c.back == 1,
                    each.c.n != each.c.last - each.c.first + 1,
                    each.c.last != table.c.version,
                ),
            )
        )
        for record, turned in session.execute(wrong.order_by(each.c.record)):
            what = "its versions aren't told of in order" if turned else "a version isn't told of"
            yield Finding("change_sequence", what, f"{kind} {record}")
