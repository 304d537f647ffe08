"""Alliances as a resource."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.alliances.models import Alliance as Table
from app.alliances.queries import AllianceQuery
from app.alliances.schemas import Alliance, AllianceDetail, AllianceIn, Counts
from app.exchanges.service import exchanges
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import Record
from app.kernel.types import parse_instant
from app.kernel.view import View


class Alliances(Resource):
    """Its status is whichever entry of the history holds at the moment."""

    model = Table
    accepts = AllianceIn
    answers = Alliance
    answers_one = AllianceDetail
    query = AllianceQuery
    noun = "alliance"
    expands = {"members": "members/*/actor"}

    def present(self, row: Row, view: View) -> Row:
        """Add the status in force; a past that is asked for shows nothing of what came after."""
        begun = Table.states[0].begun(row, view.moment)
        shown = {**row, "status": begun[-1] if begun else None}
        if view.as_of is not None:
            shown["statuses"] = begun
            shown["members"] = [
                member
                for member in row["members"]
                if member["since"] is None or parse_instant(member["since"]) <= view.as_of
            ]
        return shown

    def enrich(self, session: Session, document: Row, view: View) -> None:
        """Add the exchanges, and how many records of each kind stand under the alliance."""
        selection = exchanges.selection(session, view)
        mine = selection.statement.where(selection.columns["alliance"] == document["id"])
        rows = session.execute(mine.order_by(selection.columns["id"])).mappings()
        document["exchanges"] = exchanges.documents(session, [dict(row) for row in rows], view)
        document["counts"] = counts(session, view, document["id"])


alliances = Alliances()


def counts(session: Session, view: View, alliance: str) -> Row:
    """How many records of each kind stand under an alliance at the moment: one statement."""
    columns = []
    for kind in Counts.model_fields:
        t = view.of(Record.kinds[kind])
        statement = sa.select(sa.func.count()).where(t.c.alliance == alliance)
        if "effective_at" in t.c:
            statement = statement.where(view.begun(t.c.effective_at))
        columns.append(statement.scalar_subquery().label(kind))
    return dict(session.execute(sa.select(*columns)).mappings().one())
