"""HTTP for the causal network, and for what is asked of it."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import Field

from app.consequences.queries import PooledAt, pooling_of, skill_asked
from app.kernel.formats import JSON
from app.kernel.http import Caller, written
from app.kernel.listing import Tabular
from app.kernel.parents import ALLIANCE, AllianceKey
from app.kernel.reading import asked_format, present_stamp, table
from app.kernel.responses import LIST, UNCHANGED, problems, series
from app.kernel.routing import ResourceRouter
from app.kernel.types import IdText
from app.network.model import Model, shown
from app.network.queries import Pooled, graph
from app.network.schemas import NetworkAnswer, NetworkNode, WhatIf, WhatIfAnswer
from app.network.sensitivity import sensitivity
from app.network.whatif import Question, what_if


class NetworkQuery(Tabular, PooledAt):
    """How to pool, when, in which format, and what to look at."""

    headline: Annotated[
        IdText | None,
        Field(description="Tell which single numbers move this consequence most"),
    ] = None


router = ResourceRouter(tags=["network"])


@router.get(
    "/alliances/{alliance}/network",
    operation_id="get_network",
    summary="Show what the consequences of an alliance make of each other as causes",
    response_model=NetworkAnswer,
    responses={
        **LIST,
        **problems(409),
        **UNCHANGED,
        200: series("The network; as tables its `nodes`"),
    },
)
def get_network(
    caller: Caller, alliance: AllianceKey, query: Annotated[NetworkQuery, Query()]
) -> Response:
    """Judged and derived probabilities, the causes between them, and what doesn't go together."""
    form = asked_format(caller, query.format)
    view, pooling = caller.view(query), pooling_of(query)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, view)
        pooled = Pooled(pooling, skill_asked(session, view, pooling))
        model = Model(graph(session, view, owner, pooled), {})
        found = {"as_of": view.moment, "method": pooling.method, **shown(model)}
        told = None
        if query.headline is not None:
            told = sensitivity(session, view, model, pooled, (query.headline, "?headline"))
    if form != "json":
        return table(caller, form, NetworkNode, found["nodes"])
    return caller.answer(written({**found, "sensitivity": told}), now=present_stamp(view))


@router.post(
    "/alliances/{alliance}/what-if",
    operation_id="ask_what_if",
    summary="Ask what would follow if things were otherwise; nothing is stored",
    response_model=WhatIfAnswer,
    responses=problems(400, 404, 409, 410, 413, 415, 422),
)
def ask_what_if(
    caller: Caller, alliance: AllianceKey, query: Annotated[PooledAt, Query()], body: WhatIf
) -> Response:
    """The network before and after, what moves, and what the evidence then comes to."""
    view, pooling = caller.view(query), pooling_of(query)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, view)
        worth = skill_asked(session, view, pooling)
        found = what_if(Question(session, view, owner, Pooled(pooling, worth), body))
    return Response(written(found), 200, {"Cache-Control": "no-store"}, JSON)
