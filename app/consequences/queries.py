"""Reading consequences: each with outcome, cause and judgement, in one statement."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.orm import Session

from app.consequences import skill
from app.consequences.models import Cause, Consequence, Outcome
from app.consequences.schemas import Category, CauseStatus, OutcomeStatus
from app.domain import yardstick
from app.indicators import queries as indicators
from app.kernel.filters import (
    Given,
    Where,
    at_least,
    before,
    equals,
    ids_of,
    links_to,
    matches,
    refers,
)
from app.kernel.listing import Clocks, Listing, Selection, Single
from app.kernel.records import Row
from app.kernel.tables import Record
from app.kernel.types import Day, IdText, QueryBool, Ref, Reference
from app.kernel.view import View
from app.matrices.service import required
from app.ratings import assumptions, pooling
from app.ratings.models import RANKS
from app.ratings.pooling import JudgementFilters, Pooling, Weighing


class ConsequenceQuery(JudgementFilters, Weighing, Listing):
    """Filters of consequences, by what they are and by how they are judged."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "category": False,
        "ref": True,
        "resolves_on": True,
        "probability": True,
        "risk": True,
        "risk_level": True,
        "expected_impact": True,
        "impact": True,
        "n": False,
        "stale": False,
        "outcome": True,
        "last_rated_at": True,
        "review_by": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    category: Annotated[list[Category], equals("category")] = []
    affected: Annotated[list[Reference], links_to("actors", "consequences.affected")] = []
    part_of: Annotated[list[IdText], equals("part_of")] = []
    caused_by: Annotated[
        list[IdText], links_to("consequences", "consequences.caused_by.consequence")
    ] = []
    outcome: Annotated[
        list[OutcomeStatus],
        Field(
            description="Only where `outcome` is this; repeat it for any of several. `open` is also"
            " where nothing was found yet"
        ),
        Where(
            lambda s, given: _outcome_is(s.columns["outcome"], given),
            lambda values: {OPEN if OPEN in values else "": values},
        ),
    ] = []
    cause: Annotated[
        list[CauseStatus],
        Field(
            description="Only where `cause` is this; repeat it for any of several. Where nobody has"
            " asked for the cause yet there is none, and none that is `open`"
        ),
        equals("cause"),
    ] = []
    review_due: Annotated[
        QueryBool | None,
        Field(description="Whether something asks for a new judgement; `…/review` says what"),
        matches("review_due"),
    ] = None
    resolves_from: Annotated[Day | None, at_least("resolves_on")] = None
    resolves_to: Annotated[Day | None, before("resolves_on")] = None


OPEN = "open"


def _outcome_is(column: Any, given: Given) -> sa.ColumnElement[bool]:
    """What nothing was found of is as open as what was found to be open."""
    if OPEN in given.pieces:
        return sa.or_(column.in_(given.some(column, OPEN)), column.is_(None))
    found: sa.ColumnElement[bool] = column.in_(given.some(column))
    return found


class AllConsequencesQuery(ConsequenceQuery):
    """Filters of consequences of every alliance."""

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []


class PooledAt(Weighing, Clocks):
    """How to pool, and when."""


def pooling_of(query: Pooling) -> Weighing:
    """How to pool, as far as a query says it."""
    return Weighing(**query.model_dump(include=set(Weighing.model_fields), exclude_unset=True))


class ConsequenceSingle(Weighing, Single):
    """The parameters of the read of one consequence."""


def matrix_asked(session: Session, view: View, query: Any) -> Row | None:
    """The edition in use of the matrix a caller names. Raises Invalid where there is none."""
    if isinstance(query, Pooling) and "matrix" in query.model_fields_set:
        return required(session, view, query.matrix)
    return None


def skill_asked(session: Session, view: View, query: Any) -> Mapping[str, float]:
    """What assessors weigh by their scores, where a caller asks for that."""
    asked = isinstance(query, Weighing) and query.skill
    return skill.weights(session, view) if asked else {}


def is_common(query: Any) -> bool:
    """Whether many ask alike: nothing is looked up for it first, no number in it is one's own."""
    if isinstance(query, AllConsequencesQuery) and query.alliance:
        return False
    if isinstance(query, Weighing) and query.skill:
        return False
    if not isinstance(query, Pooling):
        return True
    own = query.half_life_days is not None or query.extremize not in {1.0, "auto"}
    return not own and "matrix" not in query.model_fields_set


def selection(
    session: Session,
    view: View,
    query: Any,
    only: sa.Select[Any] | None = None,
    worth: Mapping[str, float] | None = None,
) -> Selection:
    """Consequences with what is held of them at the moment; `only` are ids to pool for.

    `worth` is what assessors weigh, where that has been asked for already.
    """
    weighed = skill_asked(session, view, query) if worth is None else worth
    if only is None:
        matrix_asked(session, view, query)
        if isinstance(query, AllConsequencesQuery) and query.alliance:
            t = view.of(Consequence, "pooled")
            owners = ids_of("alliances", query.alliance, view)
            only = sa.select(t.c.id).where(t.c.alliance.in_(owners))

    def narrowed(name: str, values: Any) -> Selection:
        t = view.of(Consequence, "pooled")
        chosen = sa.select(t.c.id).where(t.c[name].in_(values))
        return selection(session, view, query, chosen, weighed)

    c, outcome, cause = view.of(Consequence), view.of(Outcome), view.of(Cause)
    statement = (
        sa.select(c, *_finding(outcome, "outcome"), *_finding(cause, "cause"))
        .select_from(c)
        .outerjoin(outcome, _held(view, Outcome, outcome, c.c.id))
        .outerjoin(cause, _held(view, Cause, cause, c.c.id))
    )
    chosen = query if isinstance(query, Pooling) else Pooling()
    joined = pooling.join(statement, c.c.id, view, chosen, only, weighed)
    columns: dict[str, Any] = {column.name: column for column in c.c} | dict(joined.columns)
    columns |= {"outcome": outcome.c.status, "cause": cause.c.status}
    answered = answers(c.c.id, columns["last_rated_at"], outcome.c.status, outcome.c.effective_at)
    due = _due(view, chosen, answered, columns["stale"])
    columns["review_due"] = due
    statement = joined.statement.add_columns(due.label("review_due"))
    later = {
        "outcome_since": _since(view, Outcome, "outcome"),
        "cause_since": _since(view, Cause, "cause"),
    }
    made = not pooling.are_kept(view, chosen, weighed)
    return Selection(session, view, statement, columns, later, narrowed if made else None)


AGAINST = {"occurred": "down", "did_not_occur": "up", "annulled": "neither"}
"""Of what is resolved, the direction of the indicators that speak against that."""


def answers(
    consequence: sa.ColumnElement[Any],
    rated_at: sa.ColumnElement[Any],
    outcome: sa.ColumnElement[Any],
    found_at: sa.ColumnElement[Any],
) -> indicators.Answered:
    """What has been said of a consequence, from its newest rating and the outcome held."""
    against = sa.case(AGAINST, value=outcome)
    resolved_at = sa.case((against.is_not(None), found_at))
    return indicators.Answered(consequence, rated_at, resolved_at, against)


def _due(
    view: View, chosen: Pooling, answered: indicators.Answered, stale: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Whether a consequence is to be judged anew (see `review`, which says why)."""
    shaken = assumptions.resting_on_broken(view, machines=chosen.include_machine)
    judged = sa.or_(stale, answered.consequence.in_(shaken))
    return sa.or_(sa.and_(answered.against.is_(None), judged), indicators.crossed(view, answered))


def outcome_held(session: Session, view: View, consequence: str) -> tuple[Any, Any]:
    """The status of the outcome held at the moment, and when that was found; None and None."""
    t = view.of(Outcome)
    held = _held(view, Outcome, t, sa.literal(consequence, t.c.consequence.type))
    row = session.execute(sa.select(t.c.status, t.c.effective_at).where(held)).one_or_none()
    return (None, None) if row is None else (row.status, row.effective_at)


def _held(
    view: View, model: type[Record], t: sa.FromClause, consequence: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Whether an entry is the one held at the moment: the latest, where markings hold several."""
    other = view.of(model, f"later_{t.description}")
    later = (
        sa.select(sa.literal(1))
        .where(
            other.c.consequence == t.c.consequence,
            view.holds(other),
            sa.tuple_(other.c.effective_at, other.c.id) > sa.tuple_(t.c.effective_at, t.c.id),
        )
        .correlate(t)
        .exists()
    )
    return sa.and_(t.c.consequence == consequence, view.holds(t), ~later)


def _finding(t: sa.FromClause, name: str) -> list[Any]:
    return [
        t.c[field].label(f"{name}_{field}")
        for field in ("id", "status", "confidence", "effective_at", "note")
    ]


def _since(view: View, model: type[Record], name: str) -> Callable[[Any], sa.ColumnElement[Any]]:
    """Since when what is held has been held, as it is shown of the rows of a page.

    That is the beginning of the run of entries that say the same: who finds again what was found
    bears it out. From the held one backwards, those are the ones without another status between.
    An entry that was replaced for its whole time says nothing.
    """

    def made(found: Any) -> sa.ColumnElement[Any]:
        t = view.of(model, f"{name}_run")
        place = sa.tuple_(t.c.effective_at, t.c.id)
        other = sa.case((t.c.status == found[f"{name}_status"], 0), else_=1)
        back = (
            sa.select(
                t.c.effective_at,
                sa.func.sum(other)
                .over(order_by=(t.c.effective_at.desc(), t.c.id.desc()))
                .label("others"),
            )
            .where(
                t.c.consequence == found.id,
                place <= sa.tuple_(found[f"{name}_effective_at"], found[f"{name}_id"]),
                sa.or_(t.c.ended_at.is_(None), t.c.ended_at > t.c.effective_at),
            )
            .correlate(found.id.table)
            .subquery(f"{name}_back")
        )
        begins = sa.func.min(back.c.effective_at, type_=back.c.effective_at.type)
        return sa.select(begins).where(back.c.others == 0).scalar_subquery()

    return made


def present(row: Row, view: View, method: str) -> Row:
    """A consequence as it is answered."""
    return {
        **row,
        "outcome": finding(row, "outcome"),
        "cause": finding(row, "cause"),
        "judgement": judgement(row, view, method),
        "review_due": bool(row["review_due"]),
    }


def finding(row: Row, name: str) -> Row | None:
    """The outcome or cause of a row, or None where nothing was found."""
    if row[f"{name}_status"] is None:
        return None
    return {
        "status": row[f"{name}_status"],
        "confidence": row[f"{name}_confidence"],
        "since": row[f"{name}_since"],
        "note": row[f"{name}_note"],
    }


_UNRATED = (
    "method", "probability", "words", "pools", "spread", "dissent", "impact", "confidence",
    "risk", "last_rated_at", "review_by", "stale",
)  # fmt: skip


def judgement(row: Row, view: View, method: str) -> Row:
    """The judgement of a row. Not rated is n = 0 and nothing else, never a made-up value."""
    if not row["j_n"]:
        return {"as_of": view.moment, "n": 0, **dict.fromkeys(_UNRATED)}
    point = row["j_probability"]
    return {
        "as_of": view.moment,
        "n": row["j_n"],
        "method": method,
        "probability": {
            "point": point,
            "low": min(row["j_probability_low"], point),
            "high": max(row["j_probability_high"], point),
        },
        "words": words(point),
        "pools": {name: row[f"j_pool_{name}"] for name in ("log_odds", "linear", "median")},
        "spread": {
            **{name: row[f"j_spread_{name}"] for name in ("min", "q1", "q3", "max")},
            "log_odds_sd": row["j_log_odds_sd"],
        },
        "dissent": _dissent(row),
        "impact": row["j_impact"],
        "confidence": None if row["j_confidence_rank"] is None else RANKS[row["j_confidence_rank"]],
        "risk": risk(row),
        "last_rated_at": row["j_last_rated_at"],
        "review_by": row["j_review_by"],
        "stale": bool(row["j_stale"]),
    }


def words(point: float) -> Row:
    """A probability in each yardstick's words."""
    phia = yardstick.render("phia", point)
    return {
        "icd203": yardstick.render("icd203", point).word,
        "phia": phia.word,
        "phia_exact": phia.exact,
    }


def _dissent(row: Row) -> Row | None:
    if row["j_dissent_rating"] is None:
        return None
    return {
        "rating": row["j_dissent_rating"],
        "assessor": row["j_dissent_assessor"],
        "probability": row["j_dissent_probability"],
        "rationale": row["j_dissent_rationale"],
    }


def risk(row: Row) -> Row | None:
    """The place of a row in the matrix, or None without impact or matrix."""
    level = row["j_risk_level"]
    if level is None:
        return None
    return {
        "level": level,
        "name": row["j_matrix_names"][level],
        "matrix": row["j_matrix_name"],
        "matrix_version": row["j_matrix_edition"],
        "expected_impact": row["j_probability"] * row["j_impact"],
    }
