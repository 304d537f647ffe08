"""Webhooks as their owners keep them."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import events, records
from app.kernel.db import Tx
from app.kernel.errors import Conflict, Forbidden, Gone, Invalid, NotFound, PreconditionFailed
from app.kernel.ids import is_id, new_id
from app.kernel.references import Reference
from app.kernel.rights import principal_of
from app.kernel.tables import table_of
from app.webhooks import models
from app.webhooks.schemas import WebhookIn

Row = dict[str, Any]

MOST = 100
"""Webhooks an owner may have."""
TEST = "webhook.test"
_ALLIANCES = (Reference("alliances/*", "alliances"),)


def new_secret() -> str:
    """A secret as Standard Webhooks writes it: 256 random bits."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def find(session: Session, owner: str, key: str) -> Row:
    """A webhook of an owner's. Raises NotFound, also for what others have, or Gone."""
    t = table_of(models.Webhook)
    row = None
    if is_id(key):
        statement = sa.select(t).where(t.c.id == key, t.c.owner == owner)
        row = session.execute(statement).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no webhook {key!r}.")
    if row["deleted_at"] is not None:
        raise Gone("The webhook was deleted.")
    return dict(row)


def page(session: Session, owner: str, after: str | None, limit: int) -> list[Row]:
    """The webhooks of an owner, in the order they were made."""
    t = table_of(models.Webhook)
    statement = sa.select(t).where(t.c.owner == owner, t.c.deleted_at.is_(None))
    if after:
        statement = statement.where(t.c.id > after)
    rows = session.execute(statement.order_by(t.c.id).limit(limit)).mappings()
    return [dict(row) for row in rows]


def create(tx: Tx, shape: WebhookIn) -> Row:
    """Make a webhook that is told of everything from now on; the row holds its secret."""
    if principal_of(tx.session, tx.by) is None:
        raise Forbidden(
            "A webhook belongs to a principal with a key: a token's rights end with it."
        )
    if len(page(tx.session, tx.by, None, MOST)) == MOST:
        raise Conflict(f"You have {MOST} webhooks, and may have no more.")
    columns = table_of(models.Webhook).c
    row: Row = dict.fromkeys((column.name for column in columns), None)
    row |= _said(tx, shape)
    row |= {
        "id": new_id(),
        "version": 1,
        "owner": tx.by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "status": "active",
        "secret": new_secret(),
        "last_event": events.newest_id(tx.session) or None,
        "attempts": 0,
    }
    tx.session.execute(sa.insert(table_of(models.Webhook)).values(row))
    return row


def _said(tx: Tx, shape: WebhookIn) -> Row:
    said = shape.model_dump(mode="json")
    records.resolve(tx, _ALLIANCES, said)
    for name in ("types", "kinds", "records"):
        said[name] = list(dict.fromkeys(said[name]))
    return said


def change(tx: Tx, before: Mapping[str, Any], shape: WebhookIn, *, restart: bool) -> Row:
    """Change what a webhook is told. With `restart` it goes on where it stopped, or is paused."""
    said = _said(tx, shape)
    if restart:
        said |= {"reason": None, "failing_since": None, "attempts": 0, "due_at": None}
    else:
        del said["status"]
    return _write(tx, before, said)


def rotate(tx: Tx, before: Mapping[str, Any], hours: int) -> Row:
    """Give a webhook another secret; the one before signs beside it for a while."""
    values = {
        "secret": new_secret(),
        "previous_secret": before["secret"] if hours else None,
        "previous_secret_until": tx.now + timedelta(hours=hours) if hours else None,
    }
    return _write(tx, before, values)


def remove(tx: Tx, before: Mapping[str, Any]) -> None:
    """Delete a webhook with its secrets."""
    gone = {"deleted_at": tx.now, "secret": "", "previous_secret": None}
    _write(tx, before, {**gone, "previous_secret_until": None})


def disable(tx: Tx, row: Mapping[str, Any], reason: str) -> Row:
    """Tell a webhook nothing more, and its owner why."""
    after = _write(tx, row, {"status": "disabled", "reason": reason, "due_at": None})
    events.note(tx, "webhook.disabled", "webhooks", after, {"reason": reason}, row["owner"])
    return after


def _write(tx: Tx, before: Mapping[str, Any], values: Row) -> Row:
    t = table_of(models.Webhook)
    values = {**values, "version": before["version"] + 1, "updated_at": tx.now}
    same = [t.c.id == before["id"], t.c.version == before["version"], t.c.deleted_at.is_(None)]
    done: Any = tx.session.execute(sa.update(t).where(*same).values(values))
    if done.rowcount != 1:
        raise PreconditionFailed
    return {**before, **values}


def shown(row: Mapping[str, Any], *, secret: bool = False) -> Row:
    """A webhook as it is answered: its secret only where it was made just now."""
    names = (
        "id", "version", "created_at", "updated_at", "url", "description", "types", "kinds",
        "alliances", "records", "threshold", "status", "reason", "failing_since", "last_event",
        "previous_secret_until",
    )  # fmt: skip
    return {**{name: row[name] for name in names}, "secret": row["secret"] if secret else None}


def said(row: Mapping[str, Any]) -> Row:
    """The part of a webhook that its owner says, for a patch to be applied to."""
    found = {name: row[name] for name in WebhookIn.model_fields}
    return {**found, "status": "paused" if row["status"] == "paused" else "active"}


# --- Deliveries ---------------------------------------------------------------------------------


def deliveries(
    session: Session, webhook: str, states: Sequence[str], before: str | None, limit: int
) -> list[Row]:
    """The deliveries of a webhook, newest first."""
    t = table_of(models.Delivery)
    statement = sa.select(t).where(t.c.webhook == webhook)
    if states:
        statement = statement.where(t.c.state.in_(states))
    if before:
        statement = statement.where(t.c.id < before)
    rows = session.execute(statement.order_by(t.c.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]


def delivery(session: Session, webhook: str, key: str) -> Row:
    """A delivery of a webhook. Raises NotFound."""
    t = table_of(models.Delivery)
    if is_id(key):
        statement = sa.select(t).where(t.c.id == key, t.c.webhook == webhook)
        row = session.execute(statement).mappings().one_or_none()
        if row is not None:
            return dict(row)
    raise NotFound(f"There is no delivery {key!r} of this webhook.")


def ask_test(tx: Tx, webhook: Mapping[str, Any]) -> Row:
    """Let a test be sent to a webhook, whatever its filters and its status are."""
    row: Row = dict.fromkeys((column.name for column in table_of(models.Delivery).c), None)
    row |= {
        "id": new_id(),
        "webhook": webhook["id"],
        "type": TEST,
        "state": "waiting",
        "attempts": 0,
        "created_at": tx.now,
    }
    tx.session.execute(sa.insert(table_of(models.Delivery)).values(row))
    return row


def replay(tx: Tx, row: Mapping[str, Any]) -> Row:
    """Let a delivery be tried once more, beside the order of the others."""
    if row["state"] == "failed":
        raise Conflict("It is being tried again anyway, in its order.")
    t = table_of(models.Delivery)
    tx.session.execute(sa.update(t).where(t.c.id == row["id"]).values(state="waiting"))
    return {**row, "state": "waiting"}


def shown_delivery(row: Mapping[str, Any]) -> Row:
    """A delivery as it is answered."""
    names = (
        "id", "event", "type", "state", "attempts", "status", "reason", "took_ms", "created_at",
        "tried_at",
    )  # fmt: skip
    return {**{name: row[name] for name in names}, "version": row["attempts"] + 1}


def refuse_url(error: ValueError) -> Invalid:
    """The problem of an address that isn't one to send to."""
    return Invalid.at("/url", str(error))
