"""Reading factors: which assumptions are broken, and the filters of the list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.factors.models import Factor
from app.factors.schemas import Effect, Kind, Status
from app.kernel.filters import equals, links_to, state_is
from app.kernel.links import Link
from app.kernel.listing import Listing
from app.kernel.records import Row
from app.kernel.types import IdText, Ref
from app.kernel.view import View

BEARS_ON = "factors.bears_on.id"
STATUSES = "factors.statuses"


class FactorQuery(Listing):
    """Filters of factors."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "ref": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    effect: Annotated[list[Effect], equals("effect")] = []
    status: Annotated[list[Status], state_is(STATUSES)] = []
    claim: Annotated[list[IdText], links_to("claims", "factors.claims")] = []
    consequence: Annotated[list[IdText], links_to("consequences", BEARS_ON)] = []
    exchange: Annotated[list[IdText], links_to("exchanges", BEARS_ON)] = []
    item: Annotated[list[IdText], links_to("items", BEARS_ON)] = []


def broken(view: View) -> sa.Select[Any]:
    """The ids of the assumptions that are broken at the moment, as links have them: as text."""
    state, t = view.of(Link, "state"), view.of(Factor, "assumed")
    return (
        sa.select(sa.cast(t.c.id, sa.String(60)))
        .join(state, state.c.owner == t.c.id)
        .where(
            state.c.field == STATUSES,
            state.c.target == "broken",
            state.c.at <= view.moment,
            sa.or_(state.c.until.is_(None), state.c.until > view.moment),
        )
    )


def of(session: Session, view: View, ids: list[str]) -> dict[str, Row]:
    """Factors in sight by id, each with its status at the moment."""
    t = view.of(Factor)
    found = session.execute(sa.select(t).where(t.c.id.in_(ids))).mappings()
    rows = [dict(row) for row in found]
    return {row["id"]: {**row, "status": status(row, view.moment)} for row in rows}


def status(row: Mapping[str, Any], moment: datetime) -> Row | None:
    """The status of a row in force at an instant, if it has one."""
    begun = Factor.states[0].begun(row, moment)
    return dict(begun[-1]) if begun else None
