"""HTTP for evidence, under its consequence."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.evidence.schemas import EvidencePage
from app.evidence.service import EvidenceQuery, balance, evidence
from app.kernel.http import Caller, written
from app.kernel.parents import CONSEQUENCE, ConsequenceKey
from app.kernel.reading import Reading
from app.kernel.responses import LIST, TABLES, UNCHANGED
from app.kernel.routes import mount_create, mount_single
from app.kernel.routing import ResourceRouter

BASE = "/consequences/{consequence}/evidence"


router = ResourceRouter(tags=["evidence"])


@router.get(
    BASE,
    operation_id="list_evidence",
    summary="List the claims for and against, with grades and independent origins",
    response_model=EvidencePage,
    responses={**LIST, **UNCHANGED, 200: TABLES},
)
def list_evidence(
    caller: Caller, consequence: ConsequenceKey, query: Annotated[EvidenceQuery, Query()]
) -> Response:
    """Every claim that bears on the consequence, and the balance of all of them."""
    under, view = {"consequence": consequence}, caller.view(query)

    return Reading(caller, evidence, query, CONSEQUENCE, under).answer(
        lambda session: (
            f',"balance":{written(balance(session, view, CONSEQUENCE.of(under, session, view)))}'
        )
    )


mount_create(router, evidence, BASE, "create_evidence", CONSEQUENCE)
mount_single(router, evidence, BASE, CONSEQUENCE)
