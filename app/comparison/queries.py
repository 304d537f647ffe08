"""Reading two states of an alliance, and what came in between: a constant number of statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session

from app.actors.models import Actor
from app.claims.models import Claim
from app.comparison.schemas import MOST, Kind
from app.consequences.models import Consequence
from app.consequences.service import consequences
from app.evidence.models import Evidence
from app.kernel.listing import Span, Tabular
from app.kernel.records import Row
from app.kernel.types import IdText, Instant, QueryFloat
from app.kernel.view import View
from app.ratings.pooling import Pooling
from app.ratings.schemas import Scale
from app.timeline import queries as timeline

ACTS = timeline.Kinds(kind=("rating", "withdrawal", "outcome", "cause"))


class Shown(Tabular):
    """What to show of what differs, and in whose words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: Annotated[Scale, Field(description="The yardstick of the words")] = "icd203"
    kind: Annotated[
        list[Kind],
        Field(description="Only what differs so; repeat it for any of several"),
    ] = []
    moved_min: Annotated[
        QueryFloat | None,
        Field(ge=0, le=100, description="Only moves of so much in log-odds or more, either way"),
    ] = None


class EditionDiffQuery(Shown):
    """Which edition to compare with, and what to show of it."""

    against: Annotated[
        IdText, Field(description="The id of the other edition, of the same alliance")
    ]


class DiffQuery(Shown, Pooling, Span):
    """Between which states to compare, by which pool and scale, and what to show of it."""

    from_: Annotated[
        Instant, Field(alias="from", description="The state in force at this instant, first")
    ]
    to: Annotated[
        Instant | None, Field(description="The state it is compared with; now, if it isn't given")
    ] = None
    known_at: Annotated[
        Instant | None,
        Field(description="What had been recorded here by this instant, for both states"),
    ] = None
    known_from: Annotated[
        Instant | None, Field(description="The same for the state at `from` alone")
    ] = None
    known_to: Annotated[
        Instant | None, Field(description="The same for the state at `to` alone")
    ] = None


@dataclass(frozen=True, slots=True)
class Between:
    """The newest of what came in between for one consequence, and how many there are."""

    rows: Sequence[Row] = ()
    total: int = 0


def state(session: Session, view: View, alliance: str, pooling: Pooling) -> dict[str, Row]:
    """Every consequence of an alliance with what is held of it at the moment, by id."""
    rows = consequences.among(session, view, "alliance", [alliance], pooling)
    return {row["id"]: row for row in rows}


def acts(session: Session, before: View, after: View, alliance: str) -> dict[str, Between]:
    """Ratings, withdrawals, outcomes and causes that came in between, by consequence."""
    found = timeline.whole(session, after, ACTS)
    t = found.columns
    came = _came(before, t["effective_at"], t["recorded_at"])
    return _newest(session, found.statement.where(t["alliance"] == alliance, came))


def claims(session: Session, before: View, after: View, alliance: str) -> dict[str, Between]:
    """Claims that came in between and bear on a consequence, by consequence."""
    t, claim = after.of(Evidence), after.of(Claim)
    speaker = after.of(Actor, "speaker")
    c = after.of(Consequence)
    statement = (
        sa.select(
            t.c.id,
            t.c.consequence,
            t.c.claim,
            t.c.bears_on,
            t.c.bearing,
            claim.c.ref,
            claim.c.statement,
            claim.c.effective_at,
            speaker.c.slug.label("speaker"),
        )
        .select_from(t.join(claim, claim.c.id == t.c.claim))
        .outerjoin(speaker, speaker.c.id == claim.c.speaker)
        .where(
            t.c.consequence.in_(sa.select(c.c.id).where(c.c.alliance == alliance)),
            after.begun(claim.c.effective_at),
            _came(before, claim.c.effective_at, claim.c.created_at, t.c.created_at),
        )
    )
    return _newest(session, statement)


def _came(before: View, effective_at: Any, *recorded_at: Any) -> sa.ColumnElement[bool]:
    """Whether something wasn't there before: it hadn't begun, or nobody had written it down."""
    came = [effective_at > before.moment]
    if before.known_at is not None:
        came += [at > before.known_at for at in recorded_at]
    return sa.or_(*came)


def _newest(session: Session, statement: sa.Select[Any]) -> dict[str, Between]:
    """The newest rows of each consequence, oldest first, and how many there are of each."""
    t = statement.subquery("between")
    order = (t.c.effective_at.desc(), t.c.id.desc())
    placed = sa.select(
        t,
        sa.func.row_number().over(partition_by=t.c.consequence, order_by=order).label("place"),
        sa.func.count().over(partition_by=t.c.consequence).label("of_all"),
    ).subquery("placed")
    newest = sa.select(placed).where(placed.c.place <= MOST).order_by(placed.c.place.desc())
    by_consequence: dict[str, list[Row]] = defaultdict(list)
    for row in session.execute(newest).mappings():
        by_consequence[row["consequence"]].append(dict(row))
    return {key: Between(rows, rows[0]["of_all"]) for key, rows in by_consequence.items()}
