"""Events: what has changed, written in the transaction that changes it, in one sequence for all.

The position of an event is its id, a UUIDv7 that is made while the writer holds the turn with the
sequence and greater than any before. The turn is taken as the last step of a transaction and held
through its commit, so events become visible in the order of their ids: who has seen an id never
finds a lower one later. Ids, unlike numbers, don't tell how many events a reader may not see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import BEFORE_COMMIT, Tx, is_postgres, take_last
from app.kernel.ids import ids_behind
from app.kernel.rights import marking_of
from app.kernel.tables import CALLER_LENGTH, Base, Record, table_of
from app.kernel.types import Id, Json, UtcDateTime, text_column
from app.kernel.view import View

Row = dict[str, Any]

TYPES: dict[str, str] = {
    "created": "A record was made",
    "updated": "A record has a new version",
    "deleted": "A record was deleted",
    "merged": "A record was merged into another, `data.into`",
    "redacted": "The content of a record was removed; drop what you keep of it",
    "judgement.moved": "The present judgement of a consequence moved",
    "claim.contested": "A claim is contested from now on, by the claim `data.by`",
    "consequence.resolved": "Its outcome is settled, or settled otherwise than it was",
    "indicator.crossed": "A reading crosses the threshold of an indicator: `data.reading`",
    "assumption.broken": "A key assumption is broken; ratings that name it need review",
    "round.revealed": "The answers of a blind round became ratings, all at once",
    "edition.published": "An edition of the judgement on an alliance was published",
    "webhook.disabled": "A webhook was disabled; only its owner is told",
}
"""Every type of event; a capability that has something to tell adds a line."""

CHANNEL = "entente_events"
"""Where PostgreSQL tells listeners that there are events."""
HOPS = 8
"""How far a record may stand from its alliance."""


class Event(Base):
    """One thing that happened. Thin: ids and numbers, never a name or a text."""

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_record", "record", "id"),
        sa.Index("ix_events_alliance", "alliance", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    type: Mapped[str] = mapped_column(text_column(40))
    time: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(text_column(40))
    record: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    alliance: Mapped[str | None] = mapped_column(Id)
    by: Mapped[str] = mapped_column(text_column(CALLER_LENGTH))
    data: Mapped[Any] = mapped_column(Json, nullable=True)
    recipient: Mapped[str | None] = mapped_column(text_column(CALLER_LENGTH))
    """The only one who is told; nobody in particular if it is null."""
    marking: Mapped[int]
    from_level: Mapped[int | None]
    to_level: Mapped[int | None]
    """The levels of the readers it is for, from one on and below the other; null is all."""
    sealed: Mapped[int | None]
    """The marking its record was given later: that, too, must be in a reader's sight."""


@dataclass(slots=True)
class Draft:
    """An event of a transaction under way. `owner` is where to look for what isn't known yet."""

    type: str
    kind: str
    record: str
    marking: int
    version: int | None = None
    alliance: str | None = None
    owner: tuple[str, str] | None = None
    data: Row | None = None
    recipient: str | None = None
    levels: tuple[int | None, int | None] = (None, None)


# --- Telling ------------------------------------------------------------------------------------


def note(
    tx: Tx,
    what: str,
    kind: str,
    row: Mapping[str, Any],
    data: Row | None = None,
    recipient: str | None = None,
) -> None:
    """Tell of a row that the transaction has written: everybody who may see it, or one alone."""
    alliance, owner = _within(kind, row)
    marking, version = marking_of(row), row["version"]
    tx.events.append(
        Draft(what, kind, row["id"], marking, version, alliance, owner, data, recipient)
    )


def note_change(tx: Tx, kind: str, before: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Tell what has become of a record, and close what was told of it to who may not see it now."""
    if row["merged_into"] != before["merged_into"]:
        note(tx, "merged", kind, row, {"into": row["merged_into"]})
    elif row["deleted_at"] != before["deleted_at"]:
        note(tx, "deleted", kind, row)
    else:
        note(tx, "updated", kind, row)
    if marking_of(row) != marking_of(before):
        table = table_of(Event)
        mine = sa.update(table).where(table.c.record == row["id"])
        tx.session.execute(mine.values(sealed=marking_of(row)))


def note_about(  # noqa: PLR0913, PLR0917 - an event is what it is, and for whom
    tx: Tx,
    what: str,
    kind: str,
    record: str,
    data: Row,
    because: Mapping[str, Any] | None,
    levels: tuple[int | None, int | None] = (None, None),
) -> None:
    """Tell of a record that another row, `because`, has an effect on: who sees that is told.

    Without such a row all are told who see the record, and are at one of the levels.
    """
    marking, owner = marking_of(because) if because else 0, (kind, record)
    tx.events.append(Draft(what, kind, record, marking, owner=owner, data=data, levels=levels))


def retell(
    session: Session, what: str, record: str, data: Row, since: datetime, until: datetime | None
) -> None:
    """Replace what was told of a record from an instant on: nobody is to read it any more."""
    t = table_of(Event)
    told = [t.c.record == record, t.c.type == what, t.c.time >= since]
    if until is not None:
        told.append(t.c.time <= until)
    session.execute(sa.update(t).where(*told).values(data=data))


# Made once: every write uses them, and making a statement costs as much as executing it.
_INSERT = sa.insert(table_of(Event))
_NEWEST = sa.select(Event.id).order_by(Event.id.desc()).limit(1).scalar_subquery()
_ASK = sa.select(_NEWEST)
_ASK_AND_TELL = sa.select(_NEWEST, sa.func.pg_notify(CHANNEL, ""))


def write(tx: Tx) -> None:
    """Write what is to be told of, as the last step of a transaction."""
    drafts: list[Draft] = tx.events
    if not drafts:
        return
    _complete(tx.session, drafts)
    take_last(tx)
    # A statement of its own: it sees what was committed while this writer waited for the turn.
    found = tx.session.execute(_ASK_AND_TELL if is_postgres(tx.session) else _ASK).first()
    newest = str(found[0] or "") if found else ""
    ids = ids_behind(newest, [draft.marking for draft in drafts])
    rows = [
        {
            "id": event,
            "type": draft.type,
            "time": tx.now,
            "kind": draft.kind,
            "record": draft.record,
            "version": draft.version or 1,
            "alliance": draft.alliance,
            "by": tx.by,
            "data": draft.data,
            "recipient": draft.recipient,
            "marking": draft.marking,
            "from_level": draft.levels[0],
            "to_level": draft.levels[1],
            "sealed": None,
        }
        for event, draft in zip(ids, drafts, strict=True)
    ]
    # One row alone goes as one: drivers take a detour for lists.
    tx.session.execute(_INSERT, rows if len(rows) > 1 else rows[0])


BEFORE_COMMIT.append(write)


def newest_id(session: Session) -> str:
    """The id of the newest event, whoever may see it; empty if there is none."""
    return str(session.execute(_ASK).scalar() or "")


# --- Where a record belongs ---------------------------------------------------------------------


def _within(kind: str, row: Mapping[str, Any]) -> tuple[str | None, tuple[str, str] | None]:
    """The alliance of a row; or, where it doesn't say, the record it stands under, which may."""
    if kind == "alliances":
        return row["id"], None
    if "alliance" in row:
        return row["alliance"], None
    if "target_type" in row:
        return None, (row["target_type"], row["target"])
    name, target = _owner_of(kind)
    return None, (target, row[name]) if name else None


@cache
def _owner_of(kind: str) -> tuple[str, str]:
    """The field by which a kind without an alliance names what it stands under, and its kind."""
    for reference in Record.kinds[kind].references if kind in Record.kinds else ():
        target = reference.target
        if not reference.is_list and isinstance(target, str):
            columns = table_of(Record.kinds[target]).c
            if "alliance" in columns and not columns["alliance"].nullable:
                return reference.path, target
    return "", ""


@cache
def _look(kind: str) -> sa.Select[Any]:
    """The select that finds where records of a kind belong, by their `keys`."""
    columns = table_of(Record.kinds[kind]).c
    names = {"id", "version", "marking", "alliance", "target_type", "target", _owner_of(kind)[0]}
    wanted = [column for column in columns if column.name in names]
    return sa.select(*wanted).where(columns.id.in_(sa.bindparam("keys", expanding=True)))


def _complete(session: Session, drafts: list[Draft]) -> None:
    """Find the alliance and the version that the writers didn't have at hand.

    One select a kind and hop, none where everything was at hand.
    """
    for _ in range(HOPS):
        waiting = sorted((d for d in drafts if d.owner), key=attrgetter("owner"))
        for kind, some in groupby(waiting, key=lambda d: d.owner[0]):  # type: ignore[index]  # it has one
            _look_up(session, kind, list(some))


def _look_up(session: Session, kind: str, drafts: list[Draft]) -> None:
    keys = sorted({draft.owner[1] for draft in drafts if draft.owner})
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(keys), 1000):
        rows = session.execute(_look(kind), {"keys": keys[start : start + 1000]}).mappings()
        found |= {row["id"]: dict(row) for row in rows}
    for draft in drafts:
        owner, draft.owner = draft.owner, None
        there = found.get(owner[1]) if owner else None
        if there is not None:
            if (kind, there["id"]) == (draft.kind, draft.record):
                draft.version = draft.version or there["version"]
                draft.marking = draft.marking or there["marking"]
            draft.alliance, draft.owner = _within(kind, there)


# --- Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events somebody wants: any of the values of each filter; None is no filter."""

    types: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    alliances: frozenset[str] | None = None
    records: frozenset[str] | None = None

    @classmethod
    def of(
        cls,
        types: Iterable[str] = (),
        kinds: Iterable[str] = (),
        alliances: Iterable[str] | None = None,
        records: Iterable[str] = (),
    ) -> "Wanted":
        """A filter that names nothing is none; `alliances` alone may be known and be none."""
        return cls(
            frozenset(types) or None,
            frozenset(kinds) or None,
            None if alliances is None else frozenset(alliances),
            frozenset(records) or None,
        )

    def _filters(self) -> Iterable[tuple[str, frozenset[str]]]:
        named = {
            "type": self.types,
            "kind": self.kinds,
            "alliance": self.alliances,
            "record": self.records,
        }
        return ((name, values) for name, values in named.items() if values is not None)

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is wanted."""
        return all(row[name] in values for name, values in self._filters())

    def clauses(self, t: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """The same as SQL."""
        return [t.c[name].in_(sorted(values)) for name, values in self._filters()]


ALL = Wanted()


def read(
    session: Session, view: View, name: str, wanted: Wanted, after: str, limit: int
) -> list[Row]:
    """The next events behind an id that somebody of that name wants and may see, in order."""
    t = view.of(Event)
    statement = sa.select(t).where(
        sa.or_(t.c.recipient.is_(None), t.c.recipient == name),
        sa.or_(
            t.c.from_level.is_(None),
            sa.and_(t.c.from_level <= view.eyes.level, t.c.to_level > view.eyes.level),
        ),
        *wanted.clauses(t),
    )
    if after:
        statement = statement.where(t.c.id > after)
    statement = statement.order_by(t.c.id).limit(limit)
    return [dict(row) for row in session.execute(statement).mappings()]


def read_all(session: Session, after: str, limit: int) -> list[Row]:
    """The next events behind an id, whoever may see them: for who asks for each reader (`sees`)."""
    t = table_of(Event)
    statement = sa.select(t).where(t.c.id > after) if after else sa.select(t)
    rows = session.execute(statement.order_by(t.c.id).limit(limit)).mappings()
    return [dict(row) for row in rows]


def shown(row: Mapping[str, Any]) -> Row:
    """An event as it is told."""
    return {
        "id": row["id"],
        "type": row["type"],
        "time": row["time"],
        "record": {"type": row["kind"], "id": row["record"], "version": row["version"]},
        "alliance": row["alliance"],
        "by": row["by"],
        "data": row["data"],
    }
