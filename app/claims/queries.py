"""Reading claims: filters, and when a claim is contested or retracted."""

from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from app.claims.models import Claim as Table
from app.claims.schemas import Basis, Modality, QueryGrade
from app.kernel.ids import is_id
from app.kernel.links import Link
from app.kernel.listing import (
    Listing,
    Selection,
    Where,
    at_least,
    at_most,
    before,
    equals,
    links_to,
    matches,
    refers,
)
from app.kernel.tables import Record
from app.kernel.types import Instant, QueryBool, Ref, Reference
from app.kernel.view import View
from app.sources.models import Source
from app.sources.schemas import Reliability

ABOUT = "claims.about"
DRIVEN = "about is driven by the link index"


def opposed(view: View, claim: Any) -> sa.ColumnElement[bool]:
    """Whether an unretracted claim denies or contradicts the claim at the moment (rule 7)."""
    link, other = view.of(Link, "opposing"), view.of(Table, "opponent")
    return sa.exists(
        sa.select(sa.literal(1)).where(
            link.c.target == sa.cast(claim, sa.String(60)),
            link.c.field.in_(
                ["claims.relations.claim:denies", "claims.relations.claim:contradicts"]
            ),
            link.c.at <= view.moment,
            other.c.id == link.c.owner,
            ~taken_back(view, link.c.owner),
        )
    )


def taken_back(view: View, claim: Any) -> sa.ColumnElement[bool]:
    """Whether a claim retracts the claim at the moment."""
    link, other = view.of(Link, "retracting"), view.of(Table, "retractor")
    return sa.exists(
        sa.select(sa.literal(1)).where(
            link.c.target == sa.cast(claim, sa.String(60)),
            link.c.field == "claims.relations.claim:retracts",
            link.c.at <= view.moment,
            other.c.id == link.c.owner,
        )
    )


def _about(s: Selection, keys: list[str]) -> sa.ColumnElement[bool]:
    if DRIVEN in s.columns:
        return sa.true()
    return links_to("actors", ABOUT).predicate(s, keys)


def _carried_by_grade(s: Selection, grades: list[str]) -> sa.ColumnElement[bool]:
    link, source = s.view.of(Link, "carrying"), s.view.of(Source, "carrier")
    return sa.exists(
        sa.select(sa.literal(1)).where(
            link.c.owner == s.columns["id"],
            link.c.field == "claims.carriers.source",
            sa.cast(source.c.id, sa.String(60)) == link.c.target,
            source.c.reliability.in_(grades),
        )
    )


class ClaimQuery(Listing):
    """Filters of claims."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "effective_at": False,
        "credibility": False,
        "ref": True,
    }
    default_sort: ClassVar[str] = "-effective_at"

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []
    ref: Annotated[list[Ref], equals("ref")] = []
    speaker: Annotated[list[Reference], refers("speaker", "actors")] = []
    about: Annotated[list[Reference], Where(_about)] = []
    source: Annotated[list[Reference], links_to("sources", "claims.carriers.source")] = []
    modality: Annotated[list[Modality], equals("modality")] = []
    basis: Annotated[list[Basis], equals("basis")] = []
    credibility: Annotated[list[QueryGrade], equals("credibility")] = []
    credibility_min: Annotated[QueryGrade | None, at_least("credibility")] = None
    credibility_max: Annotated[QueryGrade | None, at_most("credibility")] = None
    reliability: Annotated[list[Reliability], Where(_carried_by_grade)] = []
    contested: Annotated[QueryBool | None, matches("contested")] = None
    retracted: Annotated[QueryBool | None, matches("retracted")] = None
    effective_from: Annotated[Instant | None, at_least("effective_at")] = None
    effective_to: Annotated[Instant | None, before("effective_at")] = None


def selection(session: Any, view: View, query: Any) -> Selection:
    """What a list of claims reads.

    Asked for one actor at present, the list walks the link index, which holds each actor's claims
    by date: a page costs the same however many claims there are and however deep it lies.
    """
    t = view.of(Table)
    flags = {"contested": opposed(view, t.c.id), "retracted": taken_back(view, t.c.id)}
    statement = sa.select(t, *(flag.label(name) for name, flag in flags.items()))
    columns: dict[str, Any] = {column.name: column for column in t.c} | flags
    about = query.about if isinstance(query, ClaimQuery) else []
    if len(about) == 1 and view == View(now=view.now):
        link = view.of(Link, "about_link")
        target: Any = about[0]
        if not is_id(target):
            actors = view.of(Record.kinds["actors"], "actor_named")
            named = sa.select(sa.cast(actors.c.id, sa.String(60))).where(actors.c.slug == target)
            target = named.scalar_subquery()
        statement = statement.join(link, link.c.owner == t.c.id).where(
            link.c.field == ABOUT, link.c.target == target
        )
        columns |= {"effective_at": link.c.at, "id": link.c.owner, DRIVEN: True}
    return Selection(session, view, statement, columns)
