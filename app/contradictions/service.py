"""Contradictions as a resource: the named ones, and those that follow from the claims."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import taken_back
from app.contradictions.models import Contradiction as Table
from app.contradictions.schemas import Contradiction, ContradictionIn, Kind, Opposition, Status
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.filters import equals, links_to, state_is
from app.kernel.links import Link
from app.kernel.listing import Listing
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import IdText, QueryBool, Ref
from app.kernel.view import View


class ContradictionQuery(Listing):
    """Filters of contradictions."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "ref": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    status: Annotated[list[Status], state_is("contradictions.statuses")] = []
    claim: Annotated[
        list[IdText], links_to("claims", "contradictions.side_a", "contradictions.side_b")
    ] = []
    computed: Annotated[
        QueryBool,
        Field(description="Instead: every claim of the alliance that stands against another"),
    ] = False


class Contradictions(Resource):
    """No claim stands on both sides."""

    model = Table
    accepts = ContradictionIn
    answers = Contradiction
    query = ContradictionQuery
    noun = "contradiction"
    expands = {"alliance": "alliance", "side_a": "side_a/*", "side_b": "side_b/*"}

    def present(self, row: Row, view: View) -> Row:
        """Add the status in force."""
        begun = Table.states[0].begun(row, view.moment)
        statuses = row["statuses"] if view.as_of is None else begun
        return {**row, "statuses": statuses, "status": begun[-1] if begun else None}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - the kernel's signature
        """Refuse a claim on both sides."""
        for index, claim in enumerate(row["side_b"]):
            if claim in row["side_a"]:
                raise Invalid.at(f"/side_b/{index}", "stands on the other side as well")


contradictions = Contradictions()


RELATION = "claims.relations.claim:{}"
"""The field of the link index in which claims of a relation stand."""
COMPUTED = {"computed", "as_of", "known_at", "limit", "cursor"}
"""What the computed ones can be asked; the rest is about the named ones."""


def refuse_of_computed(query: ContradictionQuery) -> None:
    """Refuse a parameter that computed contradictions don't have, rather than ignore it."""
    for name, field in type(query).model_fields.items():
        if name not in COMPUTED and getattr(query, name) != field.get_default():
            raise Invalid.at(f"?{name}", "isn't taken together with computed=true")


def oppositions(
    session: Session, view: View, alliance: str, limit: int, after: Sequence[Any] | None = None
) -> list[Opposition]:
    """Claims of an alliance that deny or contradict another, newest first, behind `after`."""
    link, claim, against = view.of(Link), view.of(Claim, "claim"), view.of(Claim, "against")
    fields = [RELATION.format(kind) for kind in ("denies", "contradicts")]
    statement = (
        sa.select(claim.c.id, against.c.id, link.c.field, link.c.at, taken_back(view, claim.c.id))
        .join(claim, claim.c.id == link.c.owner)
        .join(against, sa.cast(against.c.id, sa.String(60)) == link.c.target)
        .where(claim.c.alliance == alliance, link.c.field.in_(fields), link.c.at <= view.moment)
        .order_by(link.c.at.desc(), claim.c.id.desc(), against.c.id.desc(), link.c.field.desc())
        .limit(limit)
    )
    if after is not None:
        keys = (link.c.at, claim.c.id, against.c.id, link.c.field)
        values = (sa.literal(value, key.type) for key, value in zip(keys, after, strict=True))
        statement = statement.where(sa.tuple_(*keys) < sa.tuple_(*values))
    return [
        Opposition.model_validate(
            {
                "claim": one,
                "against": other,
                "relation": field.rsplit(":", 1)[1],
                "since": at,
                "retracted": bool(retracted),
            }
        )
        for one, other, field, at, retracted in session.execute(statement)
    ]
