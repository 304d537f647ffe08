"""Scoring sources: of the claims they carry, how many held, once something settles them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import CARRIED, taken_back
from app.claims.schemas import UNJUDGED
from app.consequences.resolution import Fate, fates
from app.domain.calibration import CURVE_FROM, wilson
from app.evidence.models import Evidence
from app.kernel import records
from app.kernel.filters import ids_of
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.types import Id
from app.kernel.view import View
from app.scores.schemas import Answer, SourceScoreQuery
from app.sources.models import Source
from app.sources.service import origins

RELATION = "claims.relations.claim:"
BEARS_OUT = {"supports": True, "denies": False, "contradicts": False, "retracts": False}
UNKNOWN = "F"
Origins = Mapping[str, tuple[str, str]]


def score_source(session: Session, key: str, view: View, query: SourceScoreQuery) -> Answer:
    """How many of the claims of a source held, by declared grade. Raises NotFound or Gone."""
    source = records.find(session, Source, key, view)
    t, ids = _carried(view, source["id"], query)
    names = ("id", "ref", "statement", "credibility", "effective_at", "carriers")
    statement = sa.select(*(t.c[name] for name in names)).where(t.c.id.in_(ids))
    order = statement.order_by(t.c.effective_at, t.c.id)
    claims = [dict(row) for row in session.execute(order).mappings()]
    by = _outcomes(session, view, ids)
    later = _later(session, view, ids)
    first = origins(session, view, _carriers(view, ids))
    settled: list[Row] = []
    verdicts: dict[str, str] = {}
    for claim in claims:
        settlers = _settlers(claim, source, by[claim["id"]], later[claim["id"]], first)
        verdict = _verdict(settlers)
        verdicts[claim["id"]] = verdict
        if settlers:
            settled.append(
                {
                    "claim": claim["id"],
                    **{name: claim[name] for name in ("ref", "statement")},
                    "grade": _grade(source, claim),
                    "said_at": claim["effective_at"],
                    "verdict": verdict,
                    "by": settlers,
                }
            )
    grades: defaultdict[str, list[str]] = defaultdict(list)
    for claim in claims:
        grades[_grade(source, claim)].append(verdicts[claim["id"]])
    found = _counted(verdicts.values())
    return {
        "as_of": view.moment,
        "source": source["slug"],
        "reliability": source["reliability"],
        **found,
        "by_grade": [{"grade": one, **_counted(grades[one])} for one in sorted(grades)],
        "settled": settled,
        "caveat": _caveat(found["held"] + found["not_held"]),
    }


def _carried(
    view: View, source: str, query: SourceScoreQuery
) -> tuple[sa.FromClause, sa.Select[Any]]:
    """The claims, and the ids of those the source carries at the moment."""
    t, link = view.of(Claim, "carried"), view.of(Link, "carrying")
    named = sa.select(link.c.owner).where(link.c.field == CARRIED, link.c.target == source)
    ids = sa.select(t.c.id).where(t.c.id.in_(named), view.begun(t.c.effective_at))
    if query.alliance:
        ids = ids.where(t.c.alliance.in_(ids_of("alliances", query.alliance, view)))
    return view.of(Claim), ids


def _outcomes(
    session: Session, view: View, ids: sa.Select[Any]
) -> defaultdict[str, list[tuple[Fate, str]]]:
    """What became of the consequences whose outcome each claim bears on, and how it bears."""
    e = view.of(Evidence)
    bearing = sa.and_(
        e.c.claim.in_(ids), e.c.bears_on == "outcome", e.c.bearing.in_(["supports", "contradicts"])
    )
    every = {
        fate.id: fate for fate in fates(session, view, sa.select(e.c.consequence).where(bearing))
    }
    found: defaultdict[str, list[tuple[Fate, str]]] = defaultdict(list)
    links = sa.select(e.c.claim, e.c.consequence, e.c.bearing).where(bearing).order_by(e.c.id)
    for claim, consequence, how in session.execute(links):
        if consequence in every:
            found[claim].append((every[consequence], how))
    return found


def _later(session: Session, view: View, ids: sa.Select[Any]) -> defaultdict[str, list[Row]]:
    """The claims that stand to each in a relation that may settle it; none that was taken back."""
    t, link = view.of(Claim, "later"), view.of(Link, "related")
    fields = [f"{RELATION}{kind}" for kind in BEARS_OUT]
    targets = ids.with_only_columns(sa.cast(ids.selected_columns[0], sa.String(60)))
    statement = (
        sa.select(
            link.c.target,
            link.c.field,
            *(t.c[name] for name in ("id", "credibility", "effective_at", "carriers")),
        )
        .join(t, t.c.id == link.c.owner)
        .where(
            link.c.field.in_(fields),
            link.c.target.in_(targets),
            view.begun(t.c.effective_at),
            sa.or_(link.c.field == f"{RELATION}retracts", ~taken_back(view, t.c.id)),
        )
        .order_by(t.c.effective_at, t.c.id, link.c.field)
    )
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in session.execute(statement).mappings():
        found[row["target"]].append({**row, "how": row["field"].removeprefix(RELATION)})
    return found


def _carriers(view: View, ids: sa.Select[Any]) -> sa.Select[Any]:
    """The ids of the sources that carry the claims, and those that stand in relation to them."""
    link, related = view.of(Link, "carrier"), view.of(Link, "relating")
    targets = ids.with_only_columns(sa.cast(ids.selected_columns[0], sa.String(60)))
    owners = sa.select(related.c.owner).where(
        related.c.field.in_([f"{RELATION}{kind}" for kind in BEARS_OUT]),
        related.c.target.in_(targets),
    )
    return sa.select(sa.cast(link.c.target, Id)).where(
        link.c.field == CARRIED, sa.or_(link.c.owner.in_(ids), link.c.owner.in_(owners))
    )


def _settlers(
    claim: Row,
    source: Row,
    outcomes: Iterable[tuple[Fate, str]],
    later: Iterable[Row],
    first: Origins,
) -> list[Row]:
    """What settles a claim: outcomes before retractions, retractions before other claims."""
    said = claim["effective_at"]
    found = [
        _settler("outcome", fate.id, fate.status, fate.since, fate.happened == (how == "supports"))
        for fate, how in outcomes
        if fate.happened is not None and fate.since is not None and said < fate.since
    ]
    if found:
        return sorted(found, key=lambda row: (row["at"], row["id"]))
    every = list(later)
    if taken := [row for row in every if row["how"] == "retracts"]:
        return [_by_claim(row) for row in taken]
    mine = _origins(claim, first)
    return [
        _by_claim(row)
        for row in every
        if row["effective_at"] > said
        and not _origins(row, first) & mine
        and _higher(row, _reliability(row, first), claim, source["reliability"])
    ]


def _by_claim(row: Row) -> Row:
    return _settler("claim", row["id"], row["how"], row["effective_at"], BEARS_OUT[row["how"]])


def _settler(kind: str, key: str, how: str, at: Any, held: bool) -> Row:  # noqa: FBT001 - the verdict
    verdict = "held" if held else "not_held"
    return {"kind": kind, "id": key, "how": how, "at": at, "verdict": verdict}


def _origins(claim: Row, first: Origins) -> set[str]:
    carriers = (carrier["source"] for carrier in claim["carriers"])
    return {first[source][0] for source in carriers if source in first}


def _reliability(claim: Row, first: Origins) -> str:
    """The best among its origins; F, which none is worse than, where it has none in sight."""
    carriers = (carrier["source"] for carrier in claim["carriers"])
    return min((first[source][1] for source in carriers if source in first), default=UNKNOWN)


def _higher(later: Row, reliability: str, claim: Row, declared: str) -> bool:
    """Whether a later claim has the higher grade: two axes, never added.

    It is judged on both, as good on both and better on one. What can't be judged of the other (F,
    6) comes behind everything that can.
    """
    if reliability == UNKNOWN or later["credibility"] == UNJUDGED:
        return False
    mine, theirs = (reliability, later["credibility"]), (declared, claim["credibility"])
    return mine != theirs and mine[0] <= theirs[0] and mine[1] <= theirs[1]


def _verdict(settlers: Sequence[Row]) -> str:
    said = {row["verdict"] for row in settlers}
    return "mixed" if len(said) > 1 else next(iter(said), "open")


def _grade(source: Row, claim: Row) -> str:
    return f"{source['reliability']}{claim['credibility']}"


def _counted(verdicts: Collection[str]) -> Row:
    counts = {
        name: sum(verdict == name for verdict in verdicts)
        for name in ("held", "not_held", "mixed", "open")
    }
    decided = counts["held"] + counts["not_held"]
    share = counts["held"] / decided if decided else None
    low, high = (None, None) if share is None else wilson(share, decided)
    return {
        "claims": len(verdicts),
        **counts,
        "share": share,
        "interval_low": low,
        "interval_high": high,
    }


def _caveat(n: int) -> str:
    if n == 0:
        return "No outcome and no later claim of a higher grade settles what it says."
    few = f"{n} settled: too few to grade a source by. " if n < CURVE_FROM else f"{n} settled. "
    return few + "What gets settled is no fair sample of what it says."
