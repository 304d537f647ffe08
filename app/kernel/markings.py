"""The markings in use: each level and audience once, under a number. None is ever changed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import Tx, insert_once
from app.kernel.errors import Invalid
from app.kernel.eyes import CLEAR, LEVELS, SPECIAL, Eyes, covers
from app.kernel.tables import Base, table_of

FIELDS = ("tlp", "audience", "marking")
"""The columns of a record that say how it is marked."""


class Marking(Base):
    """A level and the audience it names."""

    __tablename__ = "markings"
    __table_args__ = (sa.UniqueConstraint("tlp", "audience"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tlp: Mapped[str] = mapped_column(sa.String(12))
    audience: Mapped[str] = mapped_column(sa.Text)
    """The names as a JSON list, sorted."""


def number_of(session: Session, tlp: str, audience: Sequence[str]) -> int:
    """The number of a marking, given it here if it is new."""
    if not audience:
        return LEVELS.index(tlp) + CLEAR
    table = table_of(Marking)
    names = json.dumps(sorted(set(audience)), ensure_ascii=False)
    wanted = sa.select(table.c.id).where(table.c.tlp == tlp, table.c.audience == names)
    found = session.execute(wanted).scalar()
    if found is None:
        insert_once(session, table, {"tlp": tlp, "audience": names})
        found = session.execute(wanted).scalar_one()
    return int(found)


def every(session: Session) -> dict[int, tuple[str, list[str]]]:
    """Every marking in use by its number: the level, and the names, sorted."""
    rows = session.execute(sa.select(table_of(Marking)))
    return {row.id: (row.tlp, json.loads(row.audience)) for row in rows}


def eyes_of(
    session: Session, clearance: str, groups: Iterable[str], name: str, *, auditor: bool
) -> Eyes:
    """The eyes of a person: cleared up to a level, in some groups, named in some RED records."""
    table = table_of(Marking)
    level = min(LEVELS.index(clearance), SPECIAL - 1)
    plain = frozenset(range(CLEAR, CLEAR + level + 1))
    bare = Eyes(plain, level, frozenset(), clearance, frozenset(groups), name, auditor)
    named = session.execute(sa.select(table).where(table.c.audience != "[]"))
    addressed = frozenset(
        row.id for row in named if bare.cleared(row.tlp, json.loads(row.audience))
    )
    return replace(bare, markings=plain | addressed, addressed=addressed)


def eyes_at(session: Session, tlp: str, audience: Sequence[str], own: Eyes) -> Eyes:
    """The eyes of a marking: what everyone sees who sees it, as far as `own` eyes see that too."""
    seen, addressed = set[int](), set[int]()
    for row in session.execute(sa.select(table_of(Marking))):
        few = json.loads(row.audience)
        if covers((tlp, audience), (row.tlp, few)) and own.sees(row.id):
            seen.add(row.id)
            if few or row.tlp == LEVELS[-1]:
                addressed.add(row.id)
    level = min(LEVELS.index(tlp), SPECIAL - 1)
    return Eyes(frozenset(seen), level, frozenset(addressed), tlp)


@dataclass(frozen=True, slots=True)
class Named:
    """A record that another names: where, and how it is marked."""

    pointer: str
    tlp: str
    audience: Sequence[str]

    @property
    def marking(self) -> tuple[str, Sequence[str]]:
        """The level and its audience."""
        return self.tlp, self.audience


def settle(tx: Tx, row: dict[str, Any], named: Sequence[Named], *, said: bool) -> None:
    """Mark a row that is about to be written: `tlp`, `audience` and their number.

    Without a marking `said` it takes that of what it names. Raises Invalid where the writer
    couldn't see it, or where it would be marked below what it names without a reason.
    """
    if not said:
        row["tlp"], row["audience"] = _highest(named)
    if row["tlp"] == "RED" and tx.eyes.markings is not None:
        row["audience"] = sorted({*row["audience"], tx.eyes.name})
    if not tx.eyes.cleared(row["tlp"], row["audience"]):
        where = "/audience" if tx.eyes.cleared(row["tlp"], sorted(tx.eyes.groups)) else "/tlp"
        raise Invalid.at(where, "is a marking that you couldn't see yourself")
    own = (row["tlp"], row["audience"])
    for other in named:
        if not row["downgrade"] and not covers(own, other.marking):
            raise Invalid.at(
                "/tlp",
                f"is below that of what {other.pointer} names ({_words(other)}): take that, or"
                " say in `downgrade` why it may be",
            )
    row["marking"] = number_of(tx.session, *own)
    if not tx.eyes.sees(row["marking"]):
        # It is new: from now on there is one more that the writer may see.
        tx.caller = replace(tx.caller, eyes=tx.eyes.with_(row["marking"]))


def _highest(named: Sequence[Named]) -> tuple[str, Sequence[str]]:
    """The marking that covers all of what is named."""
    for other in named:
        if all(covers(other.marking, lower.marking) for lower in named):
            return other.marking
    if named:
        raise Invalid.at("/tlp", "must be said: what the record names is for different audiences")
    return LEVELS[0], []


def _words(other: Named) -> str:
    return f"{other.tlp} for {', '.join(other.audience)}" if other.audience else other.tlp
