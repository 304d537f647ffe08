"""HTTP for consequences: the records, and the questions asked of them."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.consequences import judgement
from app.consequences import review as reviewing
from app.consequences.queries import ConsequenceQuery, PooledAt, pooling_of
from app.consequences.schemas import ConsequenceIn, JudgementDetail, Placed, Review, RiskMatrix
from app.consequences.service import causes, consequences, outcomes
from app.kernel.http import Caller, written
from app.kernel.listing import Clocks, Tabular
from app.kernel.parents import ALLIANCE, CONSEQUENCE, AllianceKey, ConsequenceKey
from app.kernel.reading import asked_format, present_stamp, table
from app.kernel.responses import LIST, READ, TAG, UNCHANGED, series
from app.kernel.routes import mount, mount_create, mount_list
from app.kernel.routing import ResourceRouter
from app.ratings.pooling import Pooling
from app.ratings.schemas import HistoryPage, HistoryPoint


class SeriesQuery(Tabular, Pooling, Clocks):
    """How to pool, until when, and in which format."""


class TableQuery(Tabular, PooledAt):
    """How to pool, when, and in which format."""


ANSWERS = {**READ, **UNCHANGED, 200: TAG}
UNDER = "/alliances/{alliance}/consequences"


router = ResourceRouter(tags=["consequences"])
mount_list(
    router, consequences, UNDER, "list_alliance_consequences", ALLIANCE, query=ConsequenceQuery
)
mount_create(
    router, consequences, UNDER, "create_alliance_consequence", ALLIANCE, accepts=ConsequenceIn
)
mount(router, consequences)
mount(router, outcomes, CONSEQUENCE, writable=False)
mount(router, causes, CONSEQUENCE, writable=False)

judgements = ResourceRouter(tags=["judgement"])


@judgements.get(
    "/consequences/{consequence}/judgement",
    operation_id="get_judgement",
    summary="Judge one consequence: each pool, weights, dissent, evidence balance",
    response_model=JudgementDetail,
    responses=ANSWERS,
)
def get_judgement(
    caller: Caller, consequence: ConsequenceKey, query: Annotated[PooledAt, Query()]
) -> Response:
    """What the assessors together held at the moment, and what went into it."""
    view = caller.view(query)
    with caller.read() as session:
        found = judgement.detail(session, consequence, view, pooling_of(query))
    # Days since the last rating pass by themselves; they aren't a change.
    days = f'"days_since_rated":{written(found["days_since_rated"])}' if not query.as_of else ""
    return caller.answer(written(found), now=present_stamp(view), passing=days)


@judgements.get(
    "/consequences/{consequence}/history",
    operation_id="get_judgement_history",
    summary="Follow the judgement of one consequence over time, flat, for charts",
    response_model=HistoryPage,
    responses={**LIST, **UNCHANGED, 200: series("The series")},
)
def get_judgement_history(
    caller: Caller, consequence: ConsequenceKey, query: Annotated[SeriesQuery, Query()]
) -> Response:
    """One item for each stretch of time in which the judgement stayed the same.

    None before the consequence began, if it says when that was.
    """
    form = asked_format(caller, query.format)
    with caller.read() as session:
        items = judgement.history(session, consequence, caller.view(query), pooling_of(query))
    if form != "json":
        return table(caller, form, HistoryPoint, items)
    return caller.answer(written({"items": items, "next": None}))


@judgements.get(
    "/consequences/{consequence}/review",
    operation_id="get_review",
    summary="Say whether one consequence is to be judged anew, and why",
    response_model=Review,
    responses=ANSWERS,
)
def get_review(
    caller: Caller, consequence: ConsequenceKey, query: Annotated[PooledAt, Query()]
) -> Response:
    """Thresholds crossed since the newest rating, broken assumptions, and dates that passed."""
    view = caller.view(query)
    with caller.read() as session:
        found = reviewing.review(session, consequence, view, pooling_of(query))
    return caller.answer(written(found), now=present_stamp(view))


@judgements.get(
    "/alliances/{alliance}/risk-matrix",
    operation_id="get_risk_matrix",
    summary="Place every consequence of an alliance in the risk matrix",
    response_model=RiskMatrix,
    responses={**LIST, **UNCHANGED, 200: series("The matrix; as CSV or NDJSON, its `items`")},
)
def get_risk_matrix(
    caller: Caller, alliance: AllianceKey, query: Annotated[TableQuery, Query()]
) -> Response:
    """Cells by likelihood and impact, each consequence with its interval."""
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, view)
        found = judgement.risk_matrix(session, owner, view, pooling_of(query))
    if form != "json":
        return table(caller, form, Placed, found["items"])
    return caller.answer(written(found), now=present_stamp(view))
