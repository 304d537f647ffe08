"""Reading the timeline: a select a kind, all of the same columns, united in the database."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.actors.models import Actor
from app.alliances.models import Alliance
from app.assessors.models import Assessor
from app.claims.models import Claim
from app.consequences.models import Cause, Consequence, Finding, Outcome
from app.kernel.filters import at_least, before, equals
from app.kernel.links import Link, no_index
from app.kernel.listing import Rows, Selection, Span
from app.kernel.types import Id, Instant, Json, UtcDateTime
from app.kernel.view import View
from app.ratings.models import Rating
from app.timeline.schemas import Kind

COLUMNS: Mapping[str, Any] = {
    "id": sa.String(60),
    "kind": sa.String(12),
    "effective_at": UtcDateTime(),
    "alliance": Id(),
    "date": Json,
    "record": Id(),
    "consequence": Id(),
    "ref": sa.String(40),
    "title": sa.Text(),
    "by": sa.String(100),
    "status": sa.String(60),
    "probability": sa.Float(),
    "impact": sa.Integer(),
    "machine": sa.Boolean(),
    "reason": sa.Text(),
    "recorded_at": UtcDateTime(),
    "statuses": Json,
}
"""What each select has, by name and type; `statuses` is the history a status stands in."""


class TimelineQuery(Span, Rows):
    """Filters of the timeline."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "effective_at": False}
    default_sort: ClassVar[str] = "effective_at"

    from_: Annotated[
        Instant | None,
        Field(alias="from", description="Only what begins at this instant or later"),
        at_least("effective_at"),
    ] = None
    to: Annotated[
        Instant | None,
        Field(description="Only what begins earlier than this"),
        before("effective_at"),
    ] = None
    kind: Annotated[list[Kind], equals("kind")] = []


def _part(session: Session, view: View, kind: str, tables: sa.FromClause, **said: Any) -> Selection:
    """The select of one kind: what it says, and null for the rest."""
    text = sa.literal(f"{kind}:") + sa.cast(said["record"], sa.String(36))
    said = {"id": text, **said, "kind": sa.literal(kind, COLUMNS["kind"])}
    found = {
        name: sa.type_coerce(said[name], type_) if name in said else sa.cast(sa.null(), type_)
        for name, type_ in COLUMNS.items()
    }
    # Bare columns, that conditions on them may use an index, and what is never null is known to be.
    bare = {"id", "kind", "effective_at", "alliance"}
    columns = {name: said[name] if name in bare else found[name] for name in found}
    statement = sa.select(*(column.label(name) for name, column in found.items()))
    return Selection(session, view, statement.select_from(tables), columns)


def _claims(session: Session, view: View) -> Selection:
    t, speaker = view.of(Claim), view.of(Actor, "speaker")
    return _part(
        session,
        view,
        "claim",
        t.outerjoin(speaker, speaker.c.id == t.c.speaker),
        effective_at=t.c.effective_at,
        alliance=t.c.alliance,
        date=t.c.date,
        record=t.c.id,
        ref=t.c.ref,
        title=t.c.statement,
        by=speaker.c.slug,
        status=t.c.modality,
        reason=t.c.note,
        recorded_at=t.c.created_at,
    )


def _rated(view: View) -> tuple[sa.FromClause, dict[str, Any]]:
    """Ratings with their consequence and assessor, and what every entry about one says.

    They are gone through from the newest on; SQLite would sort all there are of an alliance. Of one
    without any it now passes those of all others, a tenth of a second for 100,000.
    """
    t, c, assessor = view.of(Rating), view.of(Consequence), view.of(Assessor)
    tables = t.join(c, c.c.id == no_index(t.c.consequence))
    tables = tables.outerjoin(assessor, assessor.c.id == t.c.assessor)
    said = {
        "alliance": c.c.alliance,
        "record": t.c.id,
        "consequence": t.c.consequence,
        "ref": c.c.ref,
        "title": c.c.title,
        "by": sa.func.coalesce(assessor.c.slug, sa.cast(t.c.assessor, sa.String(80))),
        "probability": t.c.point,
        "impact": t.c.impact,
        "machine": t.c.machine,
    }
    return tables, said | {"t": t}


def _ratings(session: Session, view: View) -> Selection:
    tables, said = _rated(view)
    t = said.pop("t")
    return _part(
        session,
        view,
        "rating",
        tables,
        effective_at=t.c.effective_at,
        reason=sa.func.coalesce(t.c.change_reason, t.c.rationale),
        recorded_at=t.c.created_at,
        **said,
    )


def _withdrawals(session: Session, view: View) -> Selection:
    tables, said = _rated(view)
    t = said.pop("t")
    part = _part(
        session,
        view,
        "withdrawal",
        tables,
        effective_at=t.c.withdrawn_at,
        reason=t.c.withdrawal_reason,
        recorded_at=t.c.recorded_at,
        **said,
    )
    taken_back = part.statement.where(t.c.withdrawn_at.is_not(None))
    return Selection(session, view, taken_back, part.columns)


def _findings(kind: str, model: type[Finding]) -> Callable[[Session, View], Selection]:
    def part(session: Session, view: View) -> Selection:
        t, c = view.of(model), view.of(Consequence)
        return _part(
            session,
            view,
            kind,
            t.join(c, c.c.id == t.c.consequence),
            effective_at=t.c.effective_at,
            alliance=c.c.alliance,
            record=t.c.id,
            consequence=t.c.consequence,
            ref=c.c.ref,
            title=c.c.title,
            by=t.c.created_by,
            status=t.c.status,
            reason=t.c.note,
            recorded_at=t.c.created_at,
        )

    return part


def _statuses(session: Session, view: View) -> Selection:
    t, link = view.of(Alliance), view.of(Link, "begun_status")
    mine = sa.and_(link.c.owner == t.c.id, link.c.field == "alliances.statuses")
    place = sa.cast(link.c.position, sa.String(10))
    return _part(
        session,
        view,
        "status",
        t.join(link, mine),
        id=sa.literal("status:") + sa.cast(t.c.id, sa.String(36)) + ":" + place,
        effective_at=link.c.at,
        alliance=t.c.id,
        record=t.c.id,
        title=t.c.name,
        status=link.c.target,
        recorded_at=t.c.recorded_at,
        statuses=t.c.statuses,
    )


PARTS: Mapping[Kind, Callable[[Session, View], Selection]] = {
    "claim": _claims,
    "rating": _ratings,
    "withdrawal": _withdrawals,
    "outcome": _findings("outcome", Outcome),
    "cause": _findings("cause", Cause),
    "status": _statuses,
}


class Kinds(BaseModel, frozen=True):
    """Which kinds of entries, in their order; none is all."""

    kind: tuple[Kind, ...] = ()


def kinds_of(query: BaseModel | None) -> Kinds:
    """The kinds that a query names."""
    named = getattr(query, "kind", ())
    return Kinds(kind=tuple(kind for kind in PARTS if kind in named))


def parts(session: Session, view: View, kinds: Kinds) -> list[Selection]:
    """A selection for each of some kinds, of the same columns."""
    return [make(session, view) for kind, make in PARTS.items() if kind in (kinds.kind or PARTS)]


def whole(session: Session, view: View, kinds: Kinds) -> Selection:
    """Entries of some kinds as one selection."""
    every = sa.union_all(*(part.begun for part in parts(session, view, kinds)))
    t = every.subquery("timeline")
    return Selection(session, view, sa.select(t), {name: t.c[name] for name in COLUMNS})
