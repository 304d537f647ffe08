"""Rounds as a resource: opened, closed, revealed, and never back."""

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.kernel import events, records
from app.kernel.db import Tx
from app.kernel.errors import Conflict, Invalid
from app.kernel.listing import Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import Record, table_of
from app.kernel.types import Shape
from app.kernel.view import View
from app.rounds import queries, sealed
from app.rounds.models import Round as Table
from app.rounds.models import SealedRating
from app.rounds.queries import AllRoundsQuery, stage
from app.rounds.schemas import Round, RoundIn

REVEALED = "round.revealed"
STAGES = ("closed_at", "revealed_at")


class Rounds(Resource):
    """What a round asks about is said once: who has answered has answered that."""

    model = Table
    accepts = RoundIn
    answers = Round
    query = AllRoundsQuery
    noun = "round"
    makes = "Open a round of blind ratings"
    fixed = ("ref", "consequences", "after")
    expands = {"alliance": "alliance", "consequences": "consequences/*", "after": "after"}

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Rounds with the status they had at the moment."""
        return queries.selection(session, view)

    def present(self, row: Row, view: View) -> Row:
        """The wire shape: of its stages those it had reached by then."""
        return {**row, **{name: view.shown(row[name]) for name in STAGES}}

    def complete(self, session: Session, rows: list[Row], view: View) -> None:
        """Add how many had answered."""
        answered = queries.answered(session, view, [row["id"] for row in rows])
        for row in rows:
            row["answered"] = answered.get(row["id"], 0)

    def said(self, row: Row) -> Row:
        """What was said, and how far it was, for the list of versions."""
        return {**super().said(row), **{name: row[name] for name in STAGES}}

    def patched(self, row: Row, patch: Row) -> Row:  # noqa: ARG002 - the kernel's signature
        """What was said alone: how far it is, no patch says."""
        return super().said(row)

    def create(self, tx: Tx, shape: Shape, record_id: str = "", **fixed: Any) -> Row:
        """Open a round; where it names no consequences, on those of the round that it follows."""
        if isinstance(shape, RoundIn) and shape.after is not None and not shape.consequences:
            again = queries.there(tx.session, tx.view, shape.after)
            shape = shape.model_copy(update={"consequences": again})
        return super().create(tx, shape, record_id, **fixed)

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Open it on consequences of its alliance. Raises Invalid or Conflict."""
        if before is not None:
            return
        row["opened_at"] = tx.now
        if row["after"] is not None:
            last = records.find(tx.session, Table, row["after"], tx.view)
            if last["alliance"] != row["alliance"]:
                raise Invalid.at("/after", "is a round of another alliance")
            if stage(last) != "revealed":
                detail = f"is {stage(last)}: a round follows one that was revealed"
                errors = [{"pointer": "/after", "detail": detail}]
                raise Conflict(f"/after: {detail}", errors=errors)
        if not row["consequences"]:
            raise Invalid.at("/consequences", "is needed: none of the round before is left")
        t = tx.view.of(Record.kinds["consequences"])
        ours = sa.select(t.c.id).where(
            t.c.id.in_(row["consequences"]), t.c.alliance == row["alliance"]
        )
        mine = set(tx.session.execute(ours).scalars())
        for index, key in enumerate(row["consequences"]):
            if key not in mine:
                detail = "is not one of the consequences of this alliance"
                raise Invalid.at(f"/consequences/{index}", detail)

    def redacted(self, tx: Tx, row: Row) -> None:
        """What was answered and isn't revealed goes with it."""
        sealed.forget(tx, table_of(SealedRating).c.round == row["id"])

    def forget(self, tx: Tx, record: str) -> None:
        """What an assessor had said before goes with the rating it led to."""
        sealed.forget(tx, table_of(SealedRating).c.rating == record)


rounds = Rounds()


def close(tx: Tx, key: str) -> Row:
    """Let a round take no answers any more. Raises Conflict if it takes none."""
    row = records.take(tx, Table, key, "close")
    if row["closed_at"] is not None:
        raise Conflict(f"The round was closed on {row['closed_at']:%Y-%m-%dT%H:%M:%SZ}.")
    return records.change(tx, Table, row, {"closed_at": tx.now}, action="closed")


def reveal(tx: Tx, key: str) -> Row:
    """Let all answers of a closed round become ratings at once, whoever may see them.

    Raises Conflict where it is open, or was revealed.
    """
    asked = records.find(tx.session, Table, key, tx.view)["consequences"]
    there = sealed.keep(tx, asked, "change")
    row = records.take(tx, Table, key, "close")
    if row["closed_at"] is None:
        raise Conflict("The round is open: it is closed first.")
    if row["revealed_at"] is not None:
        raise Conflict(f"The round was revealed on {row['revealed_at']:%Y-%m-%dT%H:%M:%SZ}.")
    row = records.change(tx, Table, row, {"revealed_at": tx.now}, action="revealed")
    sealed.reveal(tx, row, there)
    events.note(tx, REVEALED, rounds.kind, row)
    return row
