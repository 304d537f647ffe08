"""Reading claims: filters, and when a claim is contested or retracted."""

from collections.abc import Collection, Iterable
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.claims.models import Claim as Table
from app.claims.schemas import UNJUDGED, Basis, Modality, QueryGrade
from app.kernel.filters import (
    Given,
    Where,
    at_least,
    at_most,
    before,
    driven,
    equals,
    links_to,
    matches,
    refers,
    way_of,
)
from app.kernel.links import Link, linked
from app.kernel.listing import Listing, Selection
from app.kernel.types import Instant, QueryBool, Ref, Reference
from app.kernel.view import View
from app.sources.models import Source
from app.sources.schemas import Reliability

ABOUT, CARRIED = "claims.about", "claims.carriers.source"
LEADING = {"about": ("actors", ABOUT), "source": ("sources", CARRIED)}
"""Filters whose links can lead a list: the kind they name, and the field of the links."""


OPPOSING = ("denies", "contradicts")


def opposed(
    view: View, claim: Any, besides: Collection[str] = (), *, each: bool = False
) -> sa.ColumnElement[bool]:
    """Whether an unretracted claim denies or contradicts the claim at the moment (rule 7).

    Claims that are named in `besides` don't count. `each` asks for one claim after another, as for
    a page, and not for all there are.
    """
    link = view.of(Link, "opposing")
    return _any(
        link.c.target == sa.cast(claim, sa.String(60)),
        link.c.field.in_([f"claims.relations.claim:{kind}" for kind in OPPOSING]),
        link.c.at <= view.moment,
        _there(view, link.c.owner, "opponent", each=each),
        ~taken_back(view, link.c.owner, each=each),
        *([link.c.owner.not_in(sorted(besides))] if besides else []),
        each=each,
    )


def taken_back(view: View, claim: Any, *, each: bool = False) -> sa.ColumnElement[bool]:
    """Whether a claim retracts the claim at the moment."""
    link = view.of(Link, "retracting")
    return _any(
        link.c.target == sa.cast(claim, sa.String(60)),
        link.c.field == "claims.relations.claim:retracts",
        link.c.at <= view.moment,
        _there(view, link.c.owner, "retractor", each=each),
        each=each,
    )


def judged(credibility: sa.ColumnElement[int]) -> sa.ColumnElement[Any]:
    """A credibility to compare by: null where it cannot be judged."""
    # Written out, as it stands in the indexes by it.
    unjudged = sa.literal_column(str(UNJUDGED), sa.Integer)
    return sa.func.nullif(credibility, unjudged, type_=sa.Integer)


def _there(view: View, claim: Any, name: str, *, each: bool) -> sa.ColumnElement[bool]:
    """Whether a claim is there for the reader.

    Not a join: of the past, SQLite would put the versions of every claim together for each.
    """
    return _any(view.of(Table, name).c.id == claim, each=each)


def _any(*conditions: sa.ColumnElement[bool], each: bool) -> sa.ColumnElement[bool]:
    """Whether there is a row. An EXISTS may be answered for all claims at once, a value can't."""
    found = sa.select(sa.literal(1)).where(*conditions)
    return found.limit(1).scalar_subquery().is_not(None) if each else sa.exists(found)


def claims_of(
    session: Session, view: View, ids: Collection[str], against: str
) -> list[dict[str, Any]]:
    """Claims by id, and those that stand against a claim."""
    t, link = view.of(Table), view.of(Link, "opposing")
    owners = sa.select(link.c.owner).where(
        link.c.target == against,
        link.c.field.in_([f"claims.relations.claim:{kind}" for kind in OPPOSING]),
    )
    wanted = sa.or_(t.c.id.in_(sorted(ids)), t.c.id.in_(owners))
    return [dict(row) for row in session.execute(sa.select(t).where(wanted)).mappings()]


def newly_contested(
    session: Session, view: View, claims: Iterable[str], by: Collection[str]
) -> list[str]:
    """Of some claims those that are contested, and wouldn't be without the claims in `by`."""
    t = view.of(Table)
    statement = sa.select(t.c.id).where(
        t.c.id.in_(sorted(claims)), opposed(view, t.c.id), ~opposed(view, t.c.id, by)
    )
    return list(session.execute(statement.order_by(t.c.id)).scalars())


def _carried_by_grade(s: Selection, given: Given) -> sa.ColumnElement[bool]:
    source = s.view.of(Source, "graded")
    of_grade = sa.select(sa.cast(source.c.id, sa.String(60))).where(
        source.c.reliability.in_(given.some(source.c.reliability))
    )
    return linked(s.view, CARRIED, s.columns["id"], of_grade)


class ClaimQuery(Listing):
    """Filters of claims."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "effective_at": False,
        "credibility": True,
        "ref": True,
    }
    default_sort: ClassVar[str] = "-effective_at"

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []
    ref: Annotated[list[Ref], equals("ref")] = []
    speaker: Annotated[list[Reference], refers("speaker", "actors")] = []
    about: Annotated[list[Reference], links_to("actors", ABOUT)] = []
    source: Annotated[list[Reference], links_to("sources", CARRIED)] = []
    modality: Annotated[list[Modality], equals("modality")] = []
    basis: Annotated[list[Basis], equals("basis")] = []
    credibility: Annotated[list[QueryGrade], equals("credibility_said")] = []
    credibility_min: Annotated[
        QueryGrade | None,
        Field(description="The best grade; 6 (cannot be judged) lies within no bounds"),
        at_least("credibility"),
    ] = None
    credibility_max: Annotated[
        QueryGrade | None,
        Field(description="The worst grade; 6 (cannot be judged) lies within no bounds"),
        at_most("credibility"),
    ] = None
    reliability: Annotated[
        list[Reliability],
        Field(description="Only where a source that carries it has this grade, a copy its own"),
        Where(_carried_by_grade),
    ] = []
    contested: Annotated[QueryBool | None, matches("contested")] = None
    retracted: Annotated[QueryBool | None, matches("retracted")] = None
    effective_from: Annotated[Instant | None, at_least("effective_at")] = None
    effective_to: Annotated[Instant | None, before("effective_at")] = None


def selection(session: Any, view: View, query: Any) -> Selection:
    """What a list of claims reads.

    Asked for one actor or one source, the list walks the link index, which holds the claims of
    each by date. Of the past it doesn't: there is no one index of what stood then.
    """
    t = view.of(Table)
    columns: dict[str, Any] = {column.name: column for column in t.c}
    columns |= {"credibility": judged(t.c.credibility), "credibility_said": t.c.credibility}
    columns |= {"contested": opposed(view, t.c.id), "retracted": taken_back(view, t.c.id)}
    later = {
        "contested": lambda found: opposed(view, found.id, each=True),
        "retracted": lambda found: taken_back(view, found.id, each=True),
    }
    found = Selection(session, view, sa.select(t), columns, later)
    lead, _ = leading(query)
    if lead is None or view.known_at is not None:
        return found
    return driven(found, lead.kind, lead.field, lead.way, LED)


LED = "led_by"


class Lead(BaseModel, frozen=True):
    """The links that lead a list: the kind they name, their field, and how what they name is found.

    Its key is a parameter.
    """

    kind: str
    field: str
    way: str


def leading(query: Any) -> tuple[Lead | None, str]:
    """The links that lead a list, if any do, and the key of what they name."""
    if isinstance(query, Lead):
        return query, ""
    if isinstance(query, ClaimQuery):
        for name, (kind, field) in LEADING.items():
            keys = getattr(query, name)
            if len(keys) == 1:
                return Lead(kind=kind, field=field, way=way_of(keys[0])), keys[0]
    return None, ""
