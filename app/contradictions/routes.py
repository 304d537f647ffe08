"""HTTP for contradictions."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.contradictions.schemas import OppositionPage
from app.contradictions.service import (
    RELATION,
    ContradictionQuery,
    contradictions,
    oppositions,
    refuse_of_computed,
)
from app.kernel.http import Caller
from app.kernel.listing import PAGE_LIMIT
from app.kernel.pages import fingerprint, read_cursor, write_cursor
from app.kernel.parents import ALLIANCE, AllianceKey
from app.kernel.reading import Reading
from app.kernel.responses import LIST, TABLES, UNCHANGED
from app.kernel.routes import mount_create, mount_single
from app.kernel.routing import ResourceRouter

BASE = "/alliances/{alliance}/contradictions"


router = ResourceRouter(tags=["contradictions"])


@router.get(
    BASE,
    operation_id="list_contradictions",
    summary="List contradictions, named or computed",
    response_model=contradictions.page_shape | OppositionPage,
    responses={**LIST, **UNCHANGED, 200: TABLES},
)
def list_contradictions(
    caller: Caller, alliance: AllianceKey, query: Annotated[ContradictionQuery, Query()]
) -> Response:
    """The named contradictions with their state then; `computed=true`: those of the claims."""
    under = {"alliance": alliance}
    if not query.computed:
        return Reading(caller, contradictions, query, ALLIANCE, under).answer()
    refuse_of_computed(query)
    view, size = caller.view(query), query.limit or PAGE_LIMIT
    bound = fingerprint(query, caller.scope)
    after = read_cursor(query.cursor, bound, caller.secret) if query.cursor else None
    with caller.read() as session:
        owner = ALLIANCE.of(under, session, view)
        found = oppositions(session, view, owner, size + 1, after)
    more = None
    if len(found) > size:
        last = found[size - 1]
        keys = [last.since, last.claim, last.against, RELATION.format(last.relation)]
        more = write_cursor(keys, bound, caller.secret)
    return caller.answer(OppositionPage(items=found[:size], next=more).model_dump_json())


mount_create(router, contradictions, BASE, "create_contradiction", ALLIANCE)
mount_single(router, contradictions, BASE, ALLIANCE)
