"""Evidence as a resource: claims for and against, each with grade and origins."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import opposed, taken_back
from app.claims.schemas import QueryGrade
from app.evidence.models import Evidence as Table
from app.evidence.schemas import Balance, Bearing, BearsOn, Degree, Evidence, EvidenceIn
from app.kernel.db import Tx
from app.kernel.errors import Conflict
from app.kernel.listing import Listing, Selection, at_most, equals, matches
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import IdText, QueryBool
from app.kernel.view import View
from app.sources.models import Source
from app.sources.service import origins


class EvidenceQuery(Listing):
    """Filters of evidence."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "said_at": False,
        "credibility": False,
    }
    default_sort: ClassVar[str] = "said_at"

    claim: Annotated[list[IdText], equals("claim")] = []
    bears_on: Annotated[list[BearsOn], equals("bears_on")] = []
    bearing: Annotated[list[Bearing], equals("bearing")] = []
    diagnosticity: Annotated[list[Degree], equals("diagnosticity")] = []
    relevance: Annotated[list[Degree], equals("relevance")] = []
    credibility_max: Annotated[QueryGrade | None, at_most("credibility")] = None
    contested: Annotated[QueryBool | None, matches("contested")] = None
    retracted: Annotated[QueryBool | None, matches("retracted")] = None


class EvidenceLinks(Resource):
    """A link shows only where its claim does."""

    model = Table
    accepts = EvidenceIn
    answers = Evidence
    query = EvidenceQuery
    noun = "evidence"
    called = "an evidence link"
    fixed = ("claim",)
    expands = {"claim": "claim", "consequence": "consequence"}

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Links with what their claims say."""
        t, claim = view.of(Table), view.of(Claim)
        flags = {
            "contested": opposed(view, t.c.claim),
            "retracted": taken_back(view, t.c.claim),
        }
        statement = (
            sa.select(
                t,
                claim.c.ref.label("claim_ref"),
                *(claim.c[name] for name in ("statement", "speaker", "modality", "basis")),
                claim.c.effective_at.label("said_at"),
                claim.c.credibility,
                claim.c.carriers,
                *(flag.label(name) for name, flag in flags.items()),
            )
            .join(claim, claim.c.id == t.c.claim)
            .where(view.begun(claim.c.effective_at))
        )
        columns: dict[str, Any] = {column.name: column for column in t.c} | flags
        columns |= {"said_at": claim.c.effective_at, "credibility": claim.c.credibility}
        return Selection(session, view, statement, columns)

    def complete(self, session: Session, rows: list[Row], view: View) -> None:
        """Add where each claim comes from: two statements a page."""
        used = {carrier["source"] for row in rows for carrier in row["carriers"]}
        first = origins(session, view, used)
        t = view.of(Source)
        graded = sa.select(t.c.id, t.c.reliability).where(t.c.id.in_(sorted(used)))
        grades = {source.id: source.reliability for source in session.execute(graded)}
        for row in rows:
            carriers = [carrier["source"] for carrier in row["carriers"]]
            row["origins"] = sorted({first[source] for source in carriers if source in first})
            row["reliability"] = min((grades[s] for s in carriers if s in grades), default=None)
            row["grade"] = (
                f"{row['reliability']}{row['credibility']}" if row["reliability"] else None
            )

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """A claim bears on the outcome once, and on the cause once."""
        t = View().of(Table)
        fixed = before or row
        key = {
            "claim": row["claim"],
            "consequence": fixed["consequence"],
            "bears_on": row["bears_on"],
        }
        statement = sa.select(t.c.id).where(
            t.c.id != row["id"], *(t.c[n] == v for n, v in key.items())
        )
        if tx.session.execute(statement.limit(1)).first():
            detail = f"bears on the {row['bears_on']} of this consequence already"
            raise Conflict(f"/claim: {detail}", errors=[{"pointer": "/claim", "detail": detail}])


evidence = EvidenceLinks()


def balance(session: Session, view: View, consequence: str) -> Balance:
    """The evidence on the outcome of a consequence at the moment, counted.

    Retracted claims count no more. Origins are counted, not documents: ten reprints are one.
    """
    selection = evidence.selection(session, view)
    statement = selection.statement.where(
        selection.columns["consequence"] == consequence,
        selection.columns["bears_on"] == "outcome",
    )
    rows = [dict(row) for row in session.execute(statement).mappings() if not row["retracted"]]
    evidence.complete(session, rows, view)

    def count(bearing: str) -> int:
        return sum(row["bearing"] == bearing for row in rows)

    return Balance(
        supports=count("supports"),
        contradicts=count("contradicts"),
        neutral=count("neutral"),
        contested=sum(bool(row["contested"]) for row in rows),
        origins_for=_origins(row for row in rows if row["bearing"] == "supports"),
        origins_against=_origins(row for row in rows if row["bearing"] == "contradicts"),
    )


def _origins(rows: Iterable[Row]) -> int:
    return len({origin for row in rows for origin in row["origins"]})
