"""Reading rounds: how far they are, how many have answered, and what they came to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.orm import Session

from app.assessors.models import Assessor
from app.consequences.models import Consequence
from app.consequences.queries import words
from app.domain.moves import move
from app.domain.pooling import pool
from app.kernel.errors import Conflict
from app.kernel.filters import equals, links_to, refers
from app.kernel.listing import Clocks, Listing, Selection
from app.kernel.records import Row
from app.kernel.tables import Base, table_of
from app.kernel.types import IdText, QueryBool, Ref, Reference
from app.kernel.view import View, in_sight
from app.ratings.judgements import latest, opinion
from app.ratings.models import Rating
from app.ratings.pooling import Method
from app.ratings.service import ratings
from app.rounds.models import Round, SealedRating
from app.rounds.schemas import Status

INTERVAL = ("point", "low", "high")


class RoundQuery(Listing):
    """Filters of the rounds of one alliance."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "opened_at": False,
        "title": False,
        "ref": True,
    }
    default_sort: ClassVar[str] = "-opened_at"

    ref: Annotated[list[Ref], equals("ref")] = []
    status: Annotated[list[Status], equals("status")] = []
    after: Annotated[list[IdText], equals("after")] = []
    consequence: Annotated[list[IdText], links_to("consequences", "rounds.consequences")] = []


class AllRoundsQuery(RoundQuery):
    """Filters of the rounds of every alliance."""

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []


class ResultsQuery(Clocks):
    """How to pool the answers of a round, and when."""

    method: Annotated[Method, Field(description="The pool that is the headline")] = "log_odds"
    include_machine: Annotated[
        QueryBool, Field(description="Let answers by machines into the pools")
    ] = False


def stage(row: Row) -> Status:
    """How far a round is."""
    if row["closed_at"] is None:
        return "open"
    return "closed" if row["revealed_at"] is None else "revealed"


def selection(session: Session, view: View) -> Selection:
    """Rounds with the status they had at the moment."""
    t = view.of(Round)
    status = sa.case(
        (view.passed(t.c.revealed_at), "revealed"),
        (view.passed(t.c.closed_at), "closed"),
        else_="open",
    )
    columns: dict[str, Any] = {column.name: column for column in t.c}
    columns |= {"status": status, "effective_at": t.c.opened_at}
    return Selection(session, view, sa.select(t, status.label("status")), columns)


def there(session: Session, view: View, key: str) -> list[str]:
    """The consequences of a round that are there; none of a round that isn't."""
    t, c = view.of(Round), view.of(Consequence)
    asked = session.execute(sa.select(t.c.consequences).where(t.c.id == key)).scalar() or []
    found = set(session.execute(sa.select(c.c.id).where(c.c.id.in_(asked))).scalars())
    return [one for one in asked if one in found]


def answered(session: Session, view: View, rounds: Sequence[str]) -> Mapping[str, int]:
    """How many assessors had answered each round by the moment: one statement.

    Those whose answers, sealed or revealed, are in sight; of what an editor wrote down for another
    also the assessor, as known then. Who answers for themselves shows to whom the answer will:
    their record may have been made or shown only by the reveal.
    """
    s, r, a = table_of(SealedRating), View(view.eyes).of(Rating), view.of(Assessor)
    by = [clock for clock in (view.as_of, view.known_at) if clock is not None]
    sealed = (
        sa.select(s.c.round.label("round"), s.c.slug.label("slug"))
        .outerjoin(a, a.c.id == s.c.assessor)
        .where(
            s.c.round.in_(rounds),
            sa.or_(s.c.own, a.c.id.is_not(None)),
            *in_sight(s, view.eyes.markings),
            *(s.c.said_at <= clock for clock in by),
        )
    )
    said = [r.c.round.in_(rounds), *(r.c.effective_at <= clock for clock in by)]
    parts = [sealed, sa.select(r.c.round, a.c.slug).join(a, a.c.id == r.c.assessor).where(*said)]
    if view.known_at is not None:
        parts += [part.where(*said) for part in _by_the_reveal(view, r)]
    each = sa.union(*parts).subquery("answered")
    counted = sa.select(each.c.round, sa.func.count()).group_by(each.c.round)
    return {row[0]: row[1] for row in session.execute(counted)}


def _by_the_reveal(view: View, r: sa.FromClause) -> list[sa.Select[Any]]:
    """Ratings of rounds with their assessor's slug, as that stood when they were revealed."""
    table, twin = table_of(Assessor), Base.twins["assessors"]
    parts: list[sa.Select[Any]] = []
    for some in (table, twin):
        then = [
            some.c.id == r.c.assessor,
            some.c.deleted_at.is_(None),
            some.c.recorded_at <= r.c.created_at,
            *in_sight(some, view.eyes.markings),
        ]
        if some is twin:
            then.append(some.c.superseded_at > r.c.created_at)
        parts.append(sa.select(r.c.round, some.c.slug).join(some, sa.and_(*then)))
    return parts


# --- Results ------------------------------------------------------------------------------------


def results(session: Session, found: Row, view: View, query: ResultsQuery) -> Row:
    """What a round came to, from the ratings of it that a reader may see.

    Raises Conflict unless it had been revealed by the moment.
    """
    if found["status"] != "revealed":
        raise Conflict(f"The round is {found['status']}: it has results once it is revealed.")
    before = _in_sight(session, view, found["after"])
    said = _said(session, view, [found["id"], *([before] if before else [])], query)
    t = view.of(Consequence)
    asked = sa.select(t.c.id, t.c.ref, t.c.title).where(t.c.id.in_(found["consequences"]))
    there = {row["id"]: row for row in session.execute(asked).mappings()}
    items: list[Row] = []
    for key in found["consequences"]:
        if key in there:
            mine, theirs = said.get((found["id"], key), []), said.get((before, key), [])
            now = _pool(mine, query.method)
            then = _pool(theirs, query.method) if before else None
            items.append(
                {
                    "consequence": key,
                    "ref": there[key]["ref"],
                    "title": there[key]["title"],
                    "pool": now,
                    "before": then,
                    "log_odds_move": _move(then and then["probability"], now["probability"]),
                    "answers": _answers(mine, theirs),
                }
            )
    return {
        "as_of": view.moment,
        "round": found["id"],
        "title": found["title"],
        "after": before,
        "method": query.method,
        "items": items,
        "left_out": _left_out(session, view, found),
    }


def _in_sight(session: Session, view: View, key: str | None) -> str | None:
    t = view.of(Round)
    return session.execute(sa.select(t.c.id).where(t.c.id == key)).scalar() if key else None


def _said(
    session: Session, view: View, rounds: list[str], query: ResultsQuery
) -> Mapping[tuple[str | None, str], list[Row]]:
    """The ratings of rounds, by round and consequence: of each assessor the latest in sight."""
    chosen = ratings.kept(session, view).within("round", list(rounds))
    statement = chosen.begun.order_by(chosen.columns["id"])
    if not query.include_machine:
        statement = statement.where(sa.not_(chosen.columns["machine"]))
    every: defaultdict[tuple[str | None, str], list[Row]] = defaultdict(list)
    for row in chosen.rows(statement):
        every[row["round"], row["consequence"]].append(row)
    return {key: latest(rows) for key, rows in every.items()}


def _pool(rows: Sequence[Row], method: Method) -> Row:
    found = pool([opinion(row) for row in rows], method)
    if found is None:
        names = ("probability", "words", "pools", "spread", "dissent", "impact", "confidence")
        return {"n": 0, **dict.fromkeys(names)}
    dissent = next((row for row in rows if row["id"] == found.dissent), None)
    return {
        "n": found.n,
        "probability": {name: getattr(found, name) for name in INTERVAL},
        "words": words(found.point),
        "pools": {name: getattr(found, name) for name in ("log_odds", "linear", "median")},
        "spread": {
            name: getattr(found, name) for name in ("min", "q1", "q3", "max", "log_odds_sd")
        },
        "dissent": dissent
        and {
            "rating": dissent["id"],
            "assessor": dissent["assessor_slug"],
            "probability": dissent["point"],
            "rationale": dissent["rationale"],
        },
        "impact": found.impact,
        "confidence": found.confidence,
    }


def _answers(mine: Sequence[Row], theirs: Sequence[Row]) -> list[Row]:
    """What each assessor said, beside what the same one said before."""
    then = {row["assessor"]: {name: row[name] for name in INTERVAL} for row in theirs}
    shown: list[Row] = []
    for row in sorted(mine, key=lambda row: (row["assessor_slug"], row["id"])):
        probability = {name: row[name] for name in INTERVAL}
        before = then.get(row["assessor"])
        same = ("impact", "confidence", "rationale", "effective_at", "machine", "status")
        shown.append(
            {
                "rating": row["id"],
                "assessor": row["assessor_slug"],
                "probability": probability,
                "before": before,
                "log_odds_move": _move(before, probability),
                **{name: row[name] for name in same},
            }
        )
    return shown


def _move(before: Mapping[str, float] | None, after: Mapping[str, float] | None) -> float | None:
    return move(before["point"], after["point"]) if before and after else None


def _left_out(session: Session, view: View, found: Row) -> list[Row]:
    """How many answers in sight are still sealed, by the consequence that was deleted."""
    s, a = table_of(SealedRating), view.of(Assessor)
    number = sa.func.count(sa.distinct(s.c.slug))
    statement: Any = (
        sa.select(s.c.consequence, number.label("answers"))
        .outerjoin(a, a.c.id == s.c.assessor)
        .where(
            s.c.round == found["id"],
            s.c.replaced_at.is_(None),
            sa.or_(s.c.own, a.c.id.is_not(None)),
            *in_sight(s, view.eyes.markings),
        )
        .group_by(s.c.consequence)
        .order_by(s.c.consequence)
    )
    return [dict(row) for row in session.execute(statement).mappings()]
