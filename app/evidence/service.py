"""Evidence as a resource: claims for and against, each with grade and origins."""

from collections.abc import Collection, Iterable, Sequence
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import OPPOSING, judged, opposed, taken_back
from app.claims.schemas import QueryGrade
from app.evidence.models import Evidence as Table
from app.evidence.schemas import Bearing, BearsOn, Degree, Evidence, EvidenceBalance, EvidenceIn
from app.kernel.db import Tx
from app.kernel.errors import Conflict
from app.kernel.filters import at_most, equals, matches
from app.kernel.links import Link
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import IdText, QueryBool
from app.kernel.view import View
from app.sources.service import origins


class EvidenceQuery(Listing):
    """Filters of evidence."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "said_at": False,
        "credibility": True,
    }
    default_sort: ClassVar[str] = "said_at"

    claim: Annotated[list[IdText], equals("claim")] = []
    bears_on: Annotated[list[BearsOn], equals("bears_on")] = []
    bearing: Annotated[list[Bearing], equals("bearing")] = []
    diagnosticity: Annotated[list[Degree], equals("diagnosticity")] = []
    relevance: Annotated[list[Degree], equals("relevance")] = []
    credibility_max: Annotated[
        QueryGrade | None,
        Field(description="The worst grade; 6 (cannot be judged) lies within no bounds"),
        at_most("credibility"),
    ] = None
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
        statement = sa.select(
            t,
            claim.c.ref.label("claim_ref"),
            *(claim.c[name] for name in ("statement", "speaker", "modality", "basis")),
            claim.c.effective_at.label("said_at"),
            claim.c.credibility,
            claim.c.carriers,
        ).join(claim, claim.c.id == t.c.claim)
        columns: dict[str, Any] = {column.name: column for column in t.c} | flags
        columns |= {"said_at": claim.c.effective_at, "credibility": judged(claim.c.credibility)}
        # A list leaves out what hadn't begun, and a link begins when its claim was said.
        columns["effective_at"] = claim.c.effective_at
        later = {
            "contested": lambda found: opposed(view, found.claim, each=True),
            "retracted": lambda found: taken_back(view, found.claim, each=True),
        }
        return Selection(session, view, statement, columns, later)

    def complete(self, session: Session, rows: list[Row], view: View) -> None:
        """Add where each claim comes from, and the grade of that: one statement a page.

        A reprint is graded by what it copies: whoever copies lends a communiqué nothing. A carrier
        whose original isn't in sight is an origin itself, and its own grade counts.
        """
        used = {carrier["source"] for row in rows for carrier in row["carriers"]}
        first = origins(session, view, used)
        for row in rows:
            carriers = [carrier["source"] for carrier in row["carriers"]]
            found = {first[source] for source in carriers if source in first}
            row["origins"] = sorted(origin for origin, _ in found)
            row["reliability"] = min((grade for _, grade in found), default=None)
            row["grade"] = (
                f"{row['reliability']}{row['credibility']}" if row["reliability"] else None
            )

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """A claim bears on the outcome once, and on the cause once."""
        t = tx.view.of(Table)
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


def balance(session: Session, view: View, consequence: str) -> EvidenceBalance:
    """The evidence on the outcome of a consequence at the moment, counted."""
    return balances(session, view, [consequence])[consequence]


def balances(
    session: Session, view: View, consequences: Collection[str]
) -> dict[str, EvidenceBalance]:
    """The same of several, in as many statements as of one.

    Retracted claims count no more. Origins are counted, not documents: ten reprints are one.
    """
    found = evidence.among(session, view, "consequence", sorted(consequences))
    rows = [row for row in found if row["bears_on"] == "outcome" and not row["retracted"]]
    evidence.complete(session, rows, view)
    of: dict[str, list[Row]] = {consequence: [] for consequence in consequences}
    for row in rows:
        of[row["consequence"]].append(row)
    return {consequence: _balance(some) for consequence, some in of.items()}


def resting_on(session: Session, view: View, claims: Collection[str]) -> list[str]:
    """The consequences whose evidence may be counted otherwise without some claims.

    Those they bear on; and those that claims bear on which they speak against or take back, or
    which speak against what they take back.
    """
    t, link, further = view.of(Table), view.of(Link, "near"), view.of(Link, "far")
    relations = [f"claims.relations.claim:{kind}" for kind in (*OPPOSING, "retracts")]
    near = sa.select(link.c.target).where(
        link.c.owner.in_(sorted(claims)), link.c.field.in_(relations)
    )
    far = sa.select(further.c.target).where(
        sa.cast(further.c.owner, sa.String(60)).in_(near), further.c.field.in_(relations)
    )
    claim = sa.cast(t.c.claim, sa.String(60))
    reached = sa.or_(t.c.claim.in_(sorted(claims)), claim.in_(near), claim.in_(far))
    return list(session.execute(sa.select(t.c.consequence).where(reached).distinct()).scalars())


def _balance(rows: Sequence[Row]) -> EvidenceBalance:
    def count(bearing: str) -> int:
        return sum(row["bearing"] == bearing for row in rows)

    return EvidenceBalance(
        supports=count("supports"),
        contradicts=count("contradicts"),
        neutral=count("neutral"),
        contested=sum(bool(row["contested"]) for row in rows),
        origins_for=_origins(row for row in rows if row["bearing"] == "supports"),
        origins_against=_origins(row for row in rows if row["bearing"] == "contradicts"),
    )


def _origins(rows: Iterable[Row]) -> int:
    return len({origin for row in rows for origin in row["origins"]})
