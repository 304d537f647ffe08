"""Reading indicators: each with its latest reading, and which readings ask for a new judgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.indicators.models import Indicator, Reading
from app.indicators.schemas import Direction, Status
from app.kernel.filters import at_least, before, equals, links_to, matches, refers
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.types import IdText, Instant, QueryBool, Ref, Reference
from app.kernel.view import View


class IndicatorQuery(Listing):
    """Filters of indicators; `status` and `crosses` are those of the latest reading."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "statement": False,
        "ref": True,
        "read_at": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []
    consequence: Annotated[list[IdText], equals("consequence")] = []
    direction: Annotated[list[Direction], equals("direction")] = []
    status: Annotated[list[Status], equals("status")] = []
    crosses: Annotated[QueryBool | None, matches("crosses")] = None


class ReadingQuery(Listing):
    """Filters of readings."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False, "effective_at": False}
    default_sort: ClassVar[str] = "effective_at"

    indicator: Annotated[list[IdText], equals("indicator")] = []
    consequence: Annotated[list[IdText], equals("consequence")] = []
    status: Annotated[list[Status], equals("status")] = []
    crosses: Annotated[QueryBool | None, matches("crosses")] = None
    claim: Annotated[list[IdText], links_to("claims", "readings.claims")] = []
    effective_from: Annotated[Instant | None, at_least("effective_at")] = None
    effective_to: Annotated[Instant | None, before("effective_at")] = None


HELD = ("id", "status", "crosses", "effective_at")


def selection(session: Session, view: View) -> Selection:
    """Indicators with their latest reading at the moment."""
    t, reading, newest = view.of(Indicator), view.of(Reading, "latest"), view.of(Reading, "newest")
    latest = (
        sa.select(newest.c.id)
        .where(newest.c.indicator == t.c.id, view.begun(newest.c.effective_at))
        .order_by(newest.c.effective_at.desc(), newest.c.id.desc())
        .limit(1)
        .correlate(t)
        .scalar_subquery()
    )
    shown = (reading.c[name].label(f"reading_{name}") for name in HELD)
    statement = sa.select(t, *shown).select_from(t.outerjoin(reading, reading.c.id == latest))
    columns: dict[str, Any] = {column.name: column for column in t.c}
    columns |= {
        "status": reading.c.status,
        "crosses": reading.c.crosses,
        "read_at": reading.c.effective_at,
    }
    return Selection(session, view, statement, columns)


def present(row: Mapping[str, Any]) -> Row:
    """An indicator as it is answered."""
    held = {name: row[f"reading_{name}"] for name in HELD}
    return {**row, "reading": held if held["id"] is not None else None}


@dataclass(frozen=True, slots=True)
class Answered:
    """What has been said of a consequence, which readings that came before it don't ask for."""

    consequence: sa.ColumnElement[Any]
    rated_at: sa.ColumnElement[Any]
    """When it was rated last; null: never."""
    resolved_at: sa.ColumnElement[Any]
    """When it was resolved, or found to be so again; null: it isn't."""
    against: sa.ColumnElement[Any]
    """Of what is resolved, the direction that speaks against that; null: either counts."""


def _crossing(
    view: View, answered: Answered
) -> tuple[sa.Join, sa.FromClause, sa.FromClause, list[sa.ColumnElement[bool]]]:
    """Readings that cross a threshold and are not answered."""
    r, i = view.of(Reading, "crossing"), view.of(Indicator, "watched")
    conditions = [
        r.c.consequence == answered.consequence,
        r.c.crosses.is_(True),
        view.begun(r.c.effective_at),
        view.begun(i.c.effective_at),
        _or_none(answered.rated_at, r.c.effective_at > answered.rated_at),
        _or_none(answered.resolved_at, r.c.effective_at > answered.resolved_at),
        _or_none(answered.against, i.c.direction == answered.against),
    ]
    return r.join(i, i.c.id == r.c.indicator), r, i, conditions


def _or_none(
    said: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    return sa.or_(said.is_(None), condition)


def crossed(view: View, answered: Answered) -> sa.ColumnElement[bool]:
    """Whether a threshold of a consequence was crossed, and nothing has answered that."""
    joined, _, _, conditions = _crossing(view, answered)
    return sa.exists(sa.select(sa.literal(1)).select_from(joined).where(*conditions))


def crossings(session: Session, view: View, answered: Answered) -> list[Row]:
    """The readings that `crossed` finds, the earliest first, with what their indicators watch."""
    joined, r, i, conditions = _crossing(view, answered)
    statement = (
        sa.select(r.c.id, r.c.indicator, r.c.effective_at, r.c.note, i.c.statement)
        .select_from(joined)
        .where(*conditions)
        .order_by(r.c.effective_at, r.c.id)
    )
    return [dict(row) for row in session.execute(statement).mappings()]
