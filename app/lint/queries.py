"""Reading what the rules look at: a constant number of statements, whatever the size."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.actors.models import Actor
from app.claims.models import Claim
from app.claims.queries import CARRIED
from app.consequences.models import Consequence
from app.consequences.service import consequences
from app.evidence.service import evidence
from app.factors.models import Factor
from app.factors.queries import status
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.types import Id
from app.kernel.view import View
from app.ratings.judgements import latest
from app.ratings.pooling import Pooling
from app.ratings.service import ratings
from app.sources.service import origins

LOWERS, BRAKE = "lowers", "brake"
FACTOR = ("id", "ref", "kind", "effect", "bears_on", "description", "statuses")


@dataclass(frozen=True, slots=True)
class Material:
    """An alliance as the rules see it, at one moment and for one reader."""

    consequences: Sequence[Row]
    evidence: Mapping[str, Sequence[Row]]
    """Of each consequence what bears on its outcome, less claims that were taken back."""
    origins: Mapping[str, str]
    """For each source that carries evidence, the one it goes back to."""
    parties: frozenset[str]
    """Actors that are party to it."""
    ratings: Mapping[str, Sequence[Row]]
    """Of each consequence the ratings in force, one an assessor."""
    factors: Sequence[Row]
    sourceless: Sequence[Row]
    """Claims that no source carries."""


def material(session: Session, view: View, alliance: str) -> Material:
    """Read an alliance for the rules: seven statements."""
    c = view.of(Consequence, "mine")
    mine = sa.select(c.c.id).where(c.c.alliance == alliance)
    parties = view.of(Actor)
    is_party = sa.select(parties.c.id).where(parties.c.interest == "party")
    return Material(
        consequences=_consequences(session, view, alliance),
        evidence=_evidence(session, view, mine),
        origins=_origins(session, view, mine),
        parties=frozenset(session.execute(is_party).scalars()),
        ratings=_ratings(session, view, mine),
        factors=_factors(session, view, alliance),
        sourceless=_sourceless(session, view, alliance),
    )


def _consequences(session: Session, view: View, alliance: str) -> list[Row]:
    selection = consequences.kept(session, view, Pooling()).within("alliance", [alliance])
    ordered = selection.begun.order_by(selection.columns["ref"], selection.columns["id"])
    return selection.rows(ordered)


def _evidence(session: Session, view: View, mine: sa.Select[tuple[str]]) -> dict[str, list[Row]]:
    selection = evidence.kept(session, view)
    t = selection.columns
    statement = selection.begun.where(t["consequence"].in_(mine), t["bears_on"] == "outcome")
    found: dict[str, list[Row]] = defaultdict(list)
    for row in selection.rows(selection.shown(statement.order_by(None))):
        if not row["retracted"]:
            found[row["consequence"]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row["claim_ref"] or "", row["claim"]))
    return found


def _origins(session: Session, view: View, mine: sa.Select[tuple[str]]) -> dict[str, str]:
    """The origins of every source that carries evidence, found by the link index."""
    selection = evidence.selection(session, view)
    claims = selection.statement.where(selection.columns["consequence"].in_(mine))
    link = view.of(Link, "carrying")
    carriers = sa.select(sa.cast(link.c.target, Id)).where(
        link.c.field == CARRIED,
        link.c.owner.in_(claims.with_only_columns(selection.columns["claim"])),
    )
    found = origins(session, view, carriers).items()
    return {source: origin for source, (origin, _) in found}


def _ratings(session: Session, view: View, mine: sa.Select[tuple[str]]) -> dict[str, list[Row]]:
    selection = ratings.selection(session, view)
    t = selection.columns
    held = sa.not_(sa.func.coalesce(view.passed(t["ended_at"]), sa.false()))
    statement = selection.begun.where(t["consequence"].in_(mine), held).order_by(t["id"])
    found: dict[str, list[Row]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        found[row["consequence"]].append(dict(row))
    return {key: latest(rows) for key, rows in found.items()}


def _factors(session: Session, view: View, alliance: str) -> list[Row]:
    t = view.of(Factor)
    columns = (t.c[name] for name in FACTOR)
    statement = sa.select(*columns).where(t.c.alliance == alliance).order_by(t.c.ref, t.c.id)
    rows = [dict(row) for row in session.execute(statement).mappings()]
    return [{**row, "status": status(row, view.moment)} for row in rows]


def _sourceless(session: Session, view: View, alliance: str) -> list[Row]:
    t, link = view.of(Claim), view.of(Link, "carrying")
    carried = sa.exists(
        sa.select(sa.literal(1)).where(link.c.owner == t.c.id, link.c.field == CARRIED)
    )
    statement = sa.select(t.c.id, t.c.ref).where(
        t.c.alliance == alliance,
        view.begun(t.c.effective_at),
        ~carried,
        # What was not found names the corpus searched instead.
        sa.func.coalesce(t.c.basis, "") != "negative_finding",
    )
    return [dict(row) for row in session.execute(statement.order_by(t.c.ref, t.c.id)).mappings()]
