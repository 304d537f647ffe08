"""Answers while they are sealed: said, replaced, shown to their assessor, and revealed.

They are no records: no event, search entry, version or link tells of them. The audit log has who
answered when, with a hash that is salted, so that nobody can guess what was said.
"""

import secrets
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.assessors.service import (
    assessor_named,
    assessor_of_before,
    intended_assessor,
    own_slug,
)
from app.kernel import audit, idempotency, markings, records
from app.kernel.access import Principal
from app.kernel.db import Hold, Tx, held
from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.eyes import EVERYTHING, narrows
from app.kernel.ids import is_id, new_id
from app.kernel.records import Row
from app.kernel.tables import Record, table_of
from app.kernel.view import in_sight
from app.ratings.schemas import RatingFields
from app.ratings.service import ratings
from app.rounds.models import Round, SealedRating
from app.rounds.queries import INTERVAL, stage
from app.rounds.schemas import AnswerIn

KIND = "sealed_ratings"
SERIES = ("round", "consequence", "slug", "marking")
"""An answer replaces that of the same assessor and marking: a hidden one replaces none in sight."""


def keep(tx: Tx, consequences: Sequence[str], hold: Hold) -> dict[str, Row]:
    """Keep consequences from other writers; answers those that are there, whoever may see them.

    Before a round, as those do who mark an alliance anew: no two wait crosswise.
    """
    t = table_of(Record.kinds["consequences"])
    wanted = sa.select(t.c.id, t.c.deleted_at, *(t.c[name] for name in markings.FIELDS))
    wanted = wanted.where(t.c.id.in_(consequences)).order_by(t.c.id)
    rows = tx.session.execute(held(wanted, hold)).mappings().all()
    return {row["id"]: dict(row) for row in rows if row["deleted_at"] is None}


def answer(tx: Tx, key: str, shape: AnswerIn) -> Row:
    """Seal an answer to a round. Raises Conflict where that takes none any more, and Invalid.

    Conflict, too, where another has given the assessor's answer: what is sealed nobody could miss.
    It is marked and examined as a rating would be that names the round.
    """
    keep(tx, [shape.consequence], "name")
    asked = records.take(tx, Round, key, "change")
    if stage(asked) != "open":
        raise Conflict(f"The round is {stage(asked)}, and takes no answers any more.")
    row = {**ratings.columns(shape), "round": asked["id"], "effective_at": tx.now}
    row["assessor"] = assessor_named(tx, row["assessor"])
    named = records.resolve(tx, ratings.names, row)
    if row["consequence"] not in asked["consequences"]:
        raise Invalid.at("/consequence", "is not among those the round asks about")
    markings.settle(tx, row, named, said="tlp" in shape.model_fields_set)
    own = row["assessor"] is None
    assessor = intended_assessor(tx, row)
    ratings.examine(tx, row)
    same = {name: row[name] for name in ("machine", "agent", "model")}
    sealed = {
        "id": new_id(),
        "round": asked["id"],
        "consequence": row["consequence"],
        "assessor": assessor and assessor["id"],
        "slug": assessor["slug"] if assessor else own_slug(tx.caller),
        "own": own,
        "machine": tx.caller.machine,
        "content": shape.model_copy(update=same).model_dump(mode="json"),
        "salt": secrets.token_hex(32),
        **{name: row[name] for name in markings.FIELDS},
        "created_by": tx.by,
        "said_at": tx.now,
        "replaced_at": None,
        "rating": None,
    }
    t = table_of(SealedRating)
    _refuse_anothers(tx, sealed)
    standing = [t.c.replaced_at.is_(None), *(t.c[name] == sealed[name] for name in SERIES)]
    tx.session.execute(sa.update(t).where(*standing).values(replaced_at=tx.now))
    tx.session.execute(sa.insert(t).values(sealed))
    audit.note(
        tx, "answered", kind=KIND, record=sealed["id"], version=1, after=audit.digest(sealed)
    )
    return sealed


def _refuse_anothers(tx: Tx, row: Row) -> None:
    """Refuse an answer where somebody else's for the same assessor stands, however it is marked.

    Only one in sight: of those above it, who answers is told nothing.
    """
    t = table_of(SealedRating)
    found = sa.select(t.c.created_by).where(
        t.c.replaced_at.is_(None),
        t.c.created_by != row["created_by"],
        *(t.c[name] == row[name] for name in SERIES if name != "marking"),
        *in_sight(t, tx.eyes.markings),
    )
    by = tx.session.execute(found.order_by(t.c.id).limit(1)).scalar()
    if by is not None:
        raise Conflict(f"The answer of {row['slug']} was given by {by}, who alone may replace it.")


# --- Shown to their assessor --------------------------------------------------------------------


def page(session: Session, who: Principal, asked: str, after: str | None, limit: int) -> list[Row]:
    """The answers of the caller's own assessor to a round, newest first."""
    t = table_of(SealedRating)
    statement = sa.select(t).where(*_own(t, who, asked))
    if after:
        statement = statement.where(t.c.id < after)
    rows = session.execute(statement.order_by(t.c.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]


def find(session: Session, who: Principal, asked: str, key: str) -> Row:
    """One of them. Raises NotFound, also for what others answered and what was revealed."""
    t = table_of(SealedRating)
    if is_id(key):
        statement = sa.select(t).where(t.c.id == key, *_own(t, who, asked))
        row = session.execute(statement).mappings().one_or_none()
        if row is not None:
            return dict(row)
    raise NotFound(f"There is no sealed answer {key!r} of yours in this round.")


def _own(t: sa.Table, who: Principal, asked: str) -> list[sa.ColumnElement[bool]]:
    mine = [t.c.round == asked, t.c.slug == own_slug(who)]
    return [*mine, *in_sight(t, who.eyes.markings)]


def shown(row: Row, *, revealed: bool = False) -> Row:
    """An answer as it is shown; `revealed` is whether its round was."""
    said = AnswerIn.model_validate(row["content"])
    status = "left_out" if revealed else "sealed"
    status = status if row["replaced_at"] is None else "replaced"
    names = ("id", "round", "consequence", "created_by", "replaced_at", "tlp", "audience")
    return {
        **{name: row[name] for name in names},
        "version": 1 if status == "sealed" else 2,
        "assessor": row["slug"],
        "probability": {name: said.interval[name] for name in INTERVAL},
        "effective_at": row["said_at"],
        "status": status,
        "machine": said.machine,
        **{name: getattr(said, name) for name in (*RatingFields.model_fields, "downgrade")},
    }


# --- Revealed -----------------------------------------------------------------------------------


def reveal(tx: Tx, asked: Row, consequences: Mapping[str, Row]) -> None:
    """Let what stands sealed become ratings, dated when it was said, each by who said it.

    As if they rated now what they said then. What is about a consequence that has gone stays.
    """
    t = table_of(SealedRating)
    standing = sa.select(t).where(
        t.c.round == asked["id"],
        t.c.replaced_at.is_(None),
        t.c.consequence.in_(sorted(consequences)),
    )
    ordered = standing.order_by(t.c.consequence, t.c.said_at, t.c.id)
    who = tx.caller
    for found in tx.session.execute(ordered).mappings().all():
        tx.caller = Principal(
            found["created_by"], EVERYTHING, assessor=found["slug"], machine=found["machine"]
        )
        above = [consequences[found["consequence"]], asked]
        if not found["own"]:
            above.append(_assessor(tx, found["assessor"]))
        row = _as_rating(dict(found), above)
        if found["own"]:
            row["assessor"] = assessor_of_before(tx, row)["id"]
        ratings.enter(tx, row)
        series = [t.c[name] == found[name] for name in SERIES]
        tx.session.execute(sa.update(t).where(*series).values(rating=found["id"]))
        tx.session.execute(sa.delete(t).where(t.c.id == found["id"]))
    tx.caller = who


def _assessor(tx: Tx, key: str) -> Row:
    t = table_of(Record.kinds["assessors"])
    return dict(tx.session.execute(sa.select(t).where(t.c.id == key)).mappings().one())


def _as_rating(found: Row, above: Sequence[Row]) -> Row:
    """The columns of the rating that an answer becomes, raised with what it stands under."""
    said = AnswerIn.model_validate(found["content"])
    row = {
        **ratings.columns(said),
        **{name: found[name] for name in ("id", "round", "assessor", *markings.FIELDS)},
        "effective_at": found["said_at"],
        "supersedes": None,
    }
    for other in above:
        own, higher = (row["tlp"], row["audience"]), (other["tlp"], other["audience"])
        if not row["downgrade"] and narrows(higher, own):
            row |= {name: other[name] for name in markings.FIELDS}
    return row


def forget(tx: Tx, which: sa.ColumnElement[bool]) -> None:
    """Remove answers, and what is kept of them for repeated requests."""
    t = table_of(SealedRating)
    for key in tx.session.execute(sa.select(t.c.id).where(which)).scalars().all():
        idempotency.erase(tx.session, key, [])
    tx.session.execute(sa.delete(t).where(which))
