"""Editions as a resource: published in one chain for each alliance and marking, never edited."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.assessments import keys, queries, seals, stored
from app.assessments.models import Assessment as Table
from app.assessments.models import EditionContent, EditionPart
from app.assessments.queries import AllAssessmentsQuery, Row, canonical
from app.assessments.schemas import Assessment, AssessmentDetail, AssessmentIn
from app.assessments.seals import FORM, SAID, Known, sha256
from app.kernel import events, markings, succession
from app.kernel.db import Tx, take_last, take_turn
from app.kernel.errors import Invalid
from app.kernel.listing import Selection
from app.kernel.resource import Resource
from app.kernel.tables import table_of
from app.kernel.types import instant_text
from app.kernel.view import View

PUBLISHED = "edition.published"


class Assessments(Resource):
    """What an edition holds is read and sealed in the transaction that publishes it."""

    model = Table
    accepts = AssessmentIn
    answers = Assessment
    answers_one = AssessmentDetail
    query = AllAssessmentsQuery
    noun = "assessment"
    called = "an edition"
    plural = "editions"
    makes = "Publish an edition of the judgement on an alliance, as of a day"
    expands = {"alliance": "alliance"}

    def selection(
        self,
        session: Session,
        view: View,
        query: Any = None,
    ) -> Selection:
        """Editions; `as_of` finds those that judge a day no later."""
        found = super().selection(session, view, query)
        columns = {**found.columns, "effective_at": found.columns["as_of"]}
        return Selection(session, view, found.statement, columns)

    def present(self, row: Row, view: View) -> Row:  # noqa: ARG002 - the kernel's signature
        """The row as it is, if it is one. Raises Broken."""
        stored.check(Table, row)
        return row

    def said(self, row: Row) -> Row:
        """What its publisher says of it, for the list of versions. Raises Broken."""
        stored.check(Table, row)
        return super().said(row)

    def enrich(self, session: Session, document: Row, view: View) -> None:  # noqa: ARG002 - the kernel's signature
        """Add what was signed, and what the edition holds. Raises Broken where it isn't that."""
        t = table_of(Table)
        (row,) = stored.rows(session, Table, t.c.id == document["id"])
        document["statement"], document["content"] = seals.opened(session, row, Known.of(session))

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - editions are only made
        """Make the edition: nobody else commits from when it is read until it is written."""
        key = keys.current(tx)
        take_last(tx)
        tx.begin()
        row["as_of"] = succession.dated(tx, row["as_of"], "/as_of")
        eyes = markings.eyes_at(tx.session, row["tlp"], row["audience"], tx.eyes)
        view = View(eyes, as_of=row["as_of"], known_at=tx.now, now=tx.now)
        found = queries.gathered(tx.session, view, row["alliance"])
        if "alliances" not in found:
            raise Invalid.at("/tlp", "is below the marking of the alliance: there is nothing at it")
        said = {name: row[name] for name in SAID}
        content = canonical({**said, "records": found})
        row |= _place(tx, row)
        statement = {
            "form": FORM,
            **{name: row[name] for name in ("id", "alliance", "number", "tlp", "previous")},
            "audience": sorted(row["audience"]),
            "as_of": instant_text(row["as_of"]),
            "known_at": instant_text(tx.now),
            "published_by": tx.by,
            "key": key["id"],
            "content": sha256(content),
        }
        sealed = canonical(statement)
        row |= {
            "known_at": tx.now,
            "statement": sealed.decode(),
            "hash": sha256(sealed),
            "key": key["id"],
            "signature": keys.sign(key, sealed),
        }
        held = {"assessment": row["id"], "content": content.decode()}
        tx.session.execute(sa.insert(table_of(EditionContent)).values(held))
        some = [{"assessment": row["id"], "record": part} for part in queries.parts(found)]
        tx.session.execute(sa.insert(table_of(EditionPart)), some)

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Tell who may see it that there is one more."""
        if before is None:
            data = {"number": row["number"], "as_of": instant_text(row["as_of"])}
            events.note(tx, PUBLISHED, self.kind, row, {**data, "hash": row["hash"]})

    def quoting(self, session: Session, record: str) -> Sequence[str]:
        """The editions that hold something of a record; none is being made meanwhile."""
        take_turn(session, keys.TURN)
        t = table_of(EditionPart)
        found = sa.select(t.c.assessment).where(t.c.record == record).order_by(t.c.assessment)
        return list(session.execute(found).scalars())

    def redacted(self, tx: Tx, row: Row) -> None:
        """What it held goes; its statement, which names that by its hash, stays."""
        for table in (table_of(EditionContent), table_of(EditionPart)):
            tx.session.execute(sa.delete(table).where(table.c.assessment == row["id"]))


assessments = Assessments()


def _place(tx: Tx, row: Row) -> Row:
    """The place behind the last edition of its chain, redacted ones counted."""
    t = table_of(Table)
    last = sa.select(t.c.number, t.c.hash).where(
        t.c.alliance == row["alliance"], t.c.chain == row["marking"]
    )
    found = tx.session.execute(last.order_by(t.c.number.desc()).limit(1)).one_or_none()
    return {
        "chain": row["marking"],
        "number": found.number + 1 if found else 1,
        "previous": found.hash if found else None,
    }
