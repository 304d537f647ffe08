"""What there is to send, and what came of it: the worker's side of the tables of webhooks."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery import message
from app.delivery.message import Message
from app.delivery.sender import GONE, Result
from app.kernel import events
from app.kernel.access import Principal
from app.kernel.config import Settings
from app.kernel.db import Database, Tx
from app.kernel.ids import new_id
from app.kernel.rights import view_of
from app.kernel.tables import table_of
from app.kernel.types import now
from app.kernel.view import View
from app.webhooks import service
from app.webhooks.models import Delivery, Webhook

Row = dict[str, Any]

BATCH = 50
"""Events read at a time in search of one that passes the threshold."""
KEPT = timedelta(days=30)
"""How long the log keeps what was delivered."""
LONGEST = 3600.0
"""Seconds between two attempts at most, unless the receiver asks for more."""
PATIENCE = 86_400.0
"""Seconds that a receiver may ask for."""
BY = "webhooks"


@dataclass(frozen=True, slots=True)
class Job:
    """The next message for a webhook, whose lease is held meanwhile."""

    webhook: str
    url: str
    secrets: tuple[str, ...]
    message: Message


@dataclass(slots=True)
class Store:
    """One worker's way to the webhooks."""

    database: Database
    settings: Settings
    name: str = field(default_factory=new_id)
    """Who holds a lease."""
    passed: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of each webhook (in a version) up to which event nothing more is for it."""

    @property
    def lease(self) -> timedelta:
        """How long a lease lasts: longer than any attempt."""
        return timedelta(seconds=30 + 2 * self.settings.webhook_timeout_seconds)

    def due(self) -> list[str]:
        """The webhooks for which there may be something to send now."""
        t, d = table_of(Webhook), table_of(Delivery)
        moment = now()
        waiting = sa.select(d.c.webhook).where(d.c.state == "waiting").distinct()
        ready = sa.or_(t.c.due_at.is_(None), t.c.due_at <= moment)
        statement = sa.select(t.c.id, t.c.version, t.c.last_event, t.c.id.in_(waiting)).where(
            t.c.deleted_at.is_(None),
            sa.or_(t.c.lease_until.is_(None), t.c.lease_until < moment),
            sa.or_(sa.and_(t.c.status == "active", ready), t.c.id.in_(waiting)),
        )
        with self.database.read() as session:
            newest = events.newest_id(session)
            rows = session.execute(statement).all()
        return [
            key
            for key, version, last, asked in rows
            if asked or max(last or "", self._passed(key, version)) < newest
        ]

    def next_due(self) -> datetime | None:
        """When the next attempt is to be made that waits for its time."""
        t = table_of(Webhook)
        soonest = sa.func.min(t.c.due_at, type_=t.c.due_at.type)
        statement = sa.select(soonest).where(
            t.c.status == "active", t.c.deleted_at.is_(None), t.c.due_at > now()
        )
        with self.database.read() as session:
            found: datetime | None = session.execute(statement).scalar()
        return found

    def _passed(self, key: str, version: int) -> str:
        known, event = self.passed.get(key, (0, ""))
        return event if known == version else ""

    # --- Taking -----------------------------------------------------------------------------------

    def take(self, key: str) -> Job | None:
        """What is to be sent to a webhook next, with its lease; None if there is nothing.

        Looks first and takes the lease only then, so that events it doesn't want cost no write.
        """
        with self.database.read() as session:
            newest = events.newest_id(session)
            row = self._row(session, key)
            if row is None:
                return None
            view = view_of(session, row["owner"])
            if view is not None and self._next(session, row, view) is None:
                self.passed[key] = (row["version"], newest)
                return None
        t = table_of(Webhook)
        with self.database.write(Principal.owner(BY)) as tx:
            free = sa.or_(t.c.lease_until.is_(None), t.c.lease_until < tx.now)
            held = {"lease_by": self.name, "lease_until": tx.now + self.lease}
            done: Any = tx.session.execute(sa.update(t).where(t.c.id == key, free).values(held))
            row = self._row(tx.session, key) if done.rowcount == 1 else None
            return None if row is None else self._job(tx, row)

    def _row(self, session: Session, key: str, *, lock: bool = False) -> Row | None:
        t = table_of(Webhook)
        statement = sa.select(t).where(t.c.id == key, t.c.deleted_at.is_(None))
        if lock:
            statement = statement.with_for_update()
        row = session.execute(statement).mappings().one_or_none()
        return None if row is None else dict(row)

    def _job(self, tx: Tx, row: Row) -> Job | None:
        """The next message, by what its owner may see at this moment."""
        view = view_of(tx.session, row["owner"])
        if view is None:
            service.disable(tx, row, "its owner is gone, or may see nothing any more")
            return None
        found = self._next(tx.session, row, view)
        if found is None:
            return None
        if isinstance(found, str):
            d = table_of(Delivery)
            lost = {"state": "dead", "reason": "its event isn't in its owner's sight any more"}
            tx.session.execute(sa.update(d).where(d.c.id == found).values(lost))
            return None
        return Job(row["id"], row["url"], _secrets(row, tx.now), found)

    def _next(self, session: Session, row: Row, view: View) -> Message | str | None:
        """The next message; the id of a delivery whose event can't be sent; or None."""
        source = self.settings.public_url
        d = table_of(Delivery)
        asked = sa.select(d).where(d.c.webhook == row["id"], d.c.state == "waiting")
        waiting = session.execute(asked.order_by(d.c.id).limit(1)).mappings().one_or_none()
        if waiting is not None and waiting["event"] is None:
            return message.of_test(dict(waiting), source)
        if waiting is not None:
            t = view.of(events.Event)
            same = sa.select(t).where(t.c.id == waiting["event"])
            event = session.execute(same).mappings().one_or_none()
            again = str(waiting["id"])
            return again if event is None else message.of_event(dict(event), source, again)
        ready = row["due_at"] is None or row["due_at"] <= now()
        following = self._event(session, row, view) if row["status"] == "active" and ready else None
        return None if following is None else message.of_event(following, source)

    def _event(self, session: Session, row: Row, view: View) -> Row | None:
        """The first event behind the last one that passes the filters."""
        wanted = events.Wanted.of(
            row["types"], row["kinds"], row["alliances"] or None, row["records"]
        )
        after = max(row["last_event"] or "", self._passed(row["id"], row["version"]))
        while found := events.read(session, view, row["owner"], wanted, after, BATCH):
            for event in found:
                if _moves(event, row["threshold"]):
                    return event
            after = found[-1]["id"]
        return None

    # --- Settling ---------------------------------------------------------------------------------

    def settle(self, job: Job, result: Result) -> Job | None:
        """Keep what came of an attempt; what is to be sent next, if anything."""
        with self.database.write(Principal.owner(BY)) as tx:
            row = self._row(tx.session, job.webhook, lock=True)
            if row is None or row["lease_by"] != self.name:
                return None
            sent = job.message
            if sent.delivery is not None:
                self._log(tx, row, sent, result, "delivered" if result.delivered else "dead")
            elif not self._settle_event(tx, row, sent, result):
                return None
            fresh = self._row(tx.session, job.webhook)
            return None if fresh is None else self._job(tx, fresh)

    def _settle_event(self, tx: Tx, row: Row, sent: Message, result: Result) -> bool:
        attempts = row["attempts"] + 1
        since = row["failing_since"] or tx.now
        given_up = attempts >= self.settings.webhook_attempts
        state = "delivered" if result.delivered else "dead" if given_up else "failed"
        self._log(tx, row, sent, result, state)
        if result.delivered:
            values: Row = {"attempts": 0, "failing_since": None, "due_at": None}
        else:
            wait = self._wait(1 if given_up else attempts, result)
            values = {"attempts": attempts, "failing_since": since, "due_at": tx.now + wait}
        if result.delivered or given_up:
            values |= {"last_event": sent.event, "attempts": 0}
        values["lease_until"] = tx.now + self.lease
        t = table_of(Webhook)
        tx.session.execute(sa.update(t).where(t.c.id == row["id"]).values(values))
        longest = timedelta(hours=self.settings.webhook_disable_hours)
        if result.status == GONE:
            service.disable(tx, {**row, **values}, "the receiver answered 410 Gone")
        elif not result.delivered and tx.now - since >= longest:
            service.disable(tx, {**row, **values}, f"nothing got through since {since:%Y-%m-%d}")
        return result.delivered

    def _wait(self, attempts: int, result: Result) -> timedelta:
        base = self.settings.webhook_retry_seconds * 2.0 ** min(attempts - 1, 30)
        # Half of it by chance, so that those that failed together don't come back together.
        wait = min(base, LONGEST) * (0.5 + random.random() / 2)  # noqa: S311 - no secret
        return timedelta(seconds=max(wait, min(result.retry_after, PATIENCE)))

    def _log(self, tx: Tx, row: Row, sent: Message, result: Result, state: str) -> None:
        d = table_of(Delivery)
        values: Row = {
            "state": state,
            "status": result.status,
            "reason": result.reason or None,
            "took_ms": round(result.took * 1000),
            "tried_at": tx.now,
        }
        mine = d.c.id == sent.delivery if sent.delivery else d.c.event == sent.event
        there = sa.update(d).where(d.c.webhook == row["id"], mine)
        done: Any = tx.session.execute(there.values(**values, attempts=d.c.attempts + 1))
        if done.rowcount == 0:
            fresh = {"id": new_id(), "webhook": row["id"], "event": sent.event, "type": sent.type}
            fresh |= {"created_at": tx.now, "attempts": 1}
            tx.session.execute(sa.insert(d).values({**values, **fresh}))

    def prune(self) -> None:
        """Forget what was delivered long ago; dead letters stay."""
        d = table_of(Delivery)
        old = sa.and_(d.c.state == "delivered", d.c.tried_at < now() - KEPT)
        with self.database.write(Principal.owner(BY)) as tx:
            tx.session.execute(sa.delete(d).where(old))

    def release(self, key: str) -> None:
        """Give the lease of a webhook back."""
        t = table_of(Webhook)
        mine = sa.update(t).where(t.c.id == key, t.c.lease_by == self.name)
        with self.database.write(Principal.owner(BY)) as tx:
            tx.session.execute(mine.values(lease_by=None, lease_until=None))


def _secrets(row: Mapping[str, Any], moment: datetime) -> tuple[str, ...]:
    """The secrets that sign at a moment, the new one first."""
    before, until = row["previous_secret"], row["previous_secret_until"]
    return (row["secret"], before) if before and until > moment else (row["secret"],)


def _moves(event: Mapping[str, Any], threshold: float | None) -> bool:
    """Whether an event isn't a move of a judgement too small to be told of."""
    if threshold is None or event["type"] != "judgement.moved":
        return True
    move = event["data"]["log_odds_move"]
    return move is None or abs(move) >= threshold
