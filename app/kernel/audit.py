"""The audit log: every act, in the transaction that does it, in one chain.

An entry holds who, from where, by which request, did what to which version of which record, with
hashes of the record before and after; never its content, a header or the text of a key. Its number
is one more than that before it, and its hash covers that of the one before: nothing can be taken
out, put in or changed without every later hash being wrong. The turn with the chain is taken as
the last step of a transaction (see `db.take_last`), so numbers have no gap.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Origin
from app.kernel.db import BEFORE_COMMIT, Database, Tx, take_last
from app.kernel.eyes import covers
from app.kernel.tables import APART, CALLER_LENGTH, Base, Versioned, table_of
from app.kernel.types import Id, UtcDateTime, text_column

Row = Mapping[str, Any]

ACTIONS: dict[str, str] = {
    "created": "A record was made",
    "updated": "A record has a new version",
    "deleted": "A record was deleted, and has a tombstone",
    "merged": "A record was merged into another",
    "withdrawn": "A rating was withdrawn",
    "published": "An edition was published",
    "answered": "A blind round was answered; what was said stays sealed, under a salted hash",
    "closed": "A blind round was closed",
    "revealed": "A blind round was revealed",
    "raised": "A record was marked so that nobody sees it who didn't before",
    "lowered": "A record was marked so that somebody may see it who didn't before",
    "downgraded": "A record was marked below what it names, for a reason",
    "redacted": "The content of a record was removed everywhere",
    "key_made": "A key was made",
    "key_rotated": "A key was rotated; another one was made for it",
    "key_revoked": "A key was revoked",
    "loaded": "A data set was loaded",
    "refused": "A request was refused",
    "refused_more": "More were refused from the address in that minute than are written one by one",
}
"""What can have been done; a capability that does something else adds a line."""

BEGINNING = "0" * 64
"""The hash before the first entry."""
BLOCK = 1000
"""Entries that are checked at a time."""


class Entry(Base):
    """One act, or one refusal. Never changed, never deleted: a trigger refuses it."""

    __tablename__ = "audit"
    __table_args__ = (
        sa.Index("ix_audit_record", "record", "number"),
        sa.Index("ix_audit_principal", "principal", "number"),
        sa.Index("ix_audit_time", "time", "number"),
    )

    number: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    principal: Mapped[str | None] = mapped_column(text_column(CALLER_LENGTH))
    address: Mapped[str | None] = mapped_column(text_column(60))
    request_id: Mapped[str | None] = mapped_column(text_column(128))
    method: Mapped[str | None] = mapped_column(text_column(10))
    route: Mapped[str | None] = mapped_column(text_column(200))
    path: Mapped[str | None] = mapped_column(text_column(300))
    action: Mapped[str] = mapped_column(text_column(20))
    kind: Mapped[str | None] = mapped_column(text_column(30))
    record: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int | None]
    before: Mapped[str | None] = mapped_column(sa.String(64))
    after: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.String(64))
    status: Mapped[int | None]
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


@dataclass(frozen=True, slots=True)
class Act:
    """An entry of a transaction under way, without its place in the chain."""

    action: str
    kind: str | None = None
    record: str | None = None
    version: int | None = None
    before: str | None = None
    after: str | None = None
    reason: str | None = None


# --- Hashes -------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """A value as JSON in one form: keys in order, no blanks, ASCII, times in UTC."""
    return _ENCODER.encode(value).encode()


def _plain(value: date) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat()


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain
)


def digest(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


@cache
def _hashed(kind: str) -> tuple[str, ...]:
    columns = table_of(Versioned.every[kind]).columns
    return tuple(column.name for column in columns if APART not in column.info)


def row_hash(kind: str, row: Row) -> str:
    """The hash of a version of a record: of every column but those kept past the versions."""
    return digest({name: row[name] for name in _hashed(kind)})


def text_hash(text: str) -> str:
    """The hash of a text, such as a reason, which may itself be what nobody is to read."""
    return hashlib.sha256(text.encode()).hexdigest()


def entry_hash(row: Row) -> str:
    """The hash of an entry: of every column but itself, so of the hash before it too."""
    return digest({name: value for name, value in row.items() if name != "hash"})


# --- Telling ------------------------------------------------------------------------------------


def note(tx: Tx, action: str, **about: Any) -> None:
    """Let an act stand in the log, once its transaction is committed."""
    tx.acts.append(Act(action, **about))


def note_created(tx: Tx, kind: str, row: Row) -> None:
    """Tell of a record that was made."""
    word = Versioned.every[kind].acts.get("created", "created")
    about: dict[str, Any] = {
        "kind": kind, "record": row["id"], "version": row["version"], "after": row_hash(kind, row),
    }  # fmt: skip
    note(tx, word, **about)
    if row.get("downgrade"):
        note(tx, "downgraded", **about, reason=text_hash(row["downgrade"]))


def note_change(tx: Tx, kind: str, before: Row, row: Row, action: str = "") -> None:
    """Tell what has become of a record: what was changed of it, how it was marked, and why."""
    about: dict[str, Any] = {
        "kind": kind, "record": row["id"], "version": row["version"],
        "before": row_hash(kind, before), "after": row_hash(kind, row),
    }  # fmt: skip
    words = [action] if action else list(_words(before, row))
    for word in words:
        note(tx, Versioned.every[kind].acts.get(word, word), **about)
    if row.get("downgrade") and row["downgrade"] != before["downgrade"]:
        note(tx, "downgraded", **about, reason=text_hash(row["downgrade"]))


_MARKED = {"tlp", "audience", "marking", "downgrade"}
_STAMPS = {"version", "recorded_by", "recorded_at"}


def _words(before: Row, row: Row) -> Iterable[str]:
    if row["merged_into"] != before["merged_into"]:
        yield "merged"
        return
    if row["deleted_at"] != before["deleted_at"]:
        yield "deleted"
        return
    marked = row.get("marking") != before.get("marking")
    if marked:
        new, old = ((some["tlp"], some["audience"]) for some in (row, before))
        yield "raised" if covers(new, old) else "lowered"
    if not marked or any(row[name] != before[name] for name in before.keys() - _MARKED - _STAMPS):
        yield "updated"


def write(tx: Tx) -> None:
    """Write what has been done, as the last step of the transaction that did it."""
    acts: list[Act] = tx.acts
    if acts:
        append(tx, acts, tx.by, tx.origin)


# Made once: every write uses them.
_NEWEST = sa.select(Entry.number, Entry.hash).order_by(Entry.number.desc()).limit(1)
_INSERT = sa.insert(table_of(Entry))


def append(tx: Tx, acts: Sequence[Act], principal: str | None, origin: Origin) -> None:
    """Put entries at the end of the chain."""
    take_last(tx)
    # A statement of its own: it sees what was committed while this writer waited for the turn.
    head = tx.session.execute(_NEWEST).first()
    number, previous = (head.number, head.hash) if head else (0, BEGINNING)
    rows: list[dict[str, Any]] = []
    for number, act in enumerate(acts, start=number + 1):  # noqa: B020 - counting goes on from it
        row: dict[str, Any] = {
            "number": number,
            "time": tx.now,
            "principal": principal,
            "address": origin.address or None,
            "request_id": origin.request_id or None,
            "method": origin.method or None,
            "route": origin.route or None,
            "path": origin.path or None,
            "action": act.action,
            "kind": act.kind,
            "record": act.record,
            "version": act.version,
            "before": act.before,
            "after": act.after,
            "reason": act.reason,
            "status": origin.status or None,
            "previous": previous,
        }
        row["hash"] = previous = entry_hash(row)
        rows.append(row)
    # One row alone goes as one: drivers take a detour for lists.
    tx.session.execute(_INSERT, rows if len(rows) > 1 else rows[0])


BEFORE_COMMIT.append(write)

# --- Checking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found."""

    checked: int
    first_broken: int | None
    head: str
    """The hash of the last entry that was looked at."""


def verify(database: Database, block: int = BLOCK) -> Verdict:
    """Walk along the chain, a block at a time, up to the first entry that doesn't fit."""
    t = table_of(Entry)
    number, previous = 0, BEGINNING
    while True:
        behind = sa.select(t).where(t.c.number > number).order_by(t.c.number).limit(block)
        with database.read() as session:
            rows = [dict(row) for row in session.execute(behind).mappings()]
        for row in rows:
            number += 1
            if not _fits(row, number, previous):
                return Verdict(number - 1, number, previous)
            previous = row["hash"]
        if len(rows) < block:
            return Verdict(number, None, previous)


def _fits(row: Row, number: int, previous: str) -> bool:
    return bool(
        row["number"] == number and row["previous"] == previous and row["hash"] == entry_hash(row)
    )
