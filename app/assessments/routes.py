"""HTTP for editions: publishing, reading, verifying, and briefs; and the keys that sign them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from app.assessments import keys, markdown, pdf, states, stored, verifying
from app.assessments.brief import Brief
from app.assessments.queries import AssessmentQuery
from app.assessments.schemas import AssessmentIn, SigningKey, SigningKeyIn, SigningKeys, Verdict
from app.assessments.service import assessments
from app.kernel.errors import Broken
from app.kernel.formats import wanted_format
from app.kernel.http import Caller, IdempotencyKey, written
from app.kernel.parents import ALLIANCE, AssessmentKey, Key
from app.kernel.policy import policy
from app.kernel.responses import LIST, MADE, MAKE, READ, TAG, UNCHANGED, problems
from app.kernel.routes import mount_create, mount_list, mount_single
from app.kernel.routing import ResourceRouter
from app.kernel.view import View
from app.ratings.schemas import Scale

BASE = "/assessments"
UNDER = "/alliances/{alliance}/assessments"
FORMS = {"md": "text/markdown", "html": "text/html", "pdf": "application/pdf"}
BRIEF = {
    "description": "The brief",
    **TAG,
    "content": {media: {"schema": {"type": "string"}} for media in FORMS.values()},
}


class BriefQuery(BaseModel):
    """The parameters of a brief."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Annotated[
        Literal["md", "html", "pdf"] | None,
        Field(description="Instead of the Accept header; `pdf` needs the extra of that name"),
    ] = None
    scale: Annotated[Scale, Field(description="Whose words of likelihood are used")] = "icd203"


class SealedRoute(APIRoute):
    """A route that says of an edition that can't be read that it is broken."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # awaited is all that is asked of it
        """The handler, in the one place where all that is read passes."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            with stored.reading():
                return await handle(request)

        return told


router = ResourceRouter(tags=["assessments"], route_class=SealedRoute)
mount_list(router, assessments, UNDER, "list_alliance_assessments", ALLIANCE, query=AssessmentQuery)
mount_create(router, assessments, UNDER, "publish_assessment", ALLIANCE, accepts=AssessmentIn)


@router.get(
    f"{BASE}/keys",
    operation_id="list_signing_keys",
    summary="List the public keys that editions are or were signed with",
    response_model=SigningKeys,
    responses={**LIST, **UNCHANGED, 200: TAG},
)
def list_signing_keys(caller: Caller) -> Response:
    """The one that signs first. A key that was rotated goes on verifying what it signed."""
    with caller.read() as session:
        items = [_shown(row) for row in keys.every(session)]
    return caller.answer(written({"items": items}))


@router.post(
    f"{BASE}/keys",
    operation_id="rotate_signing_key",
    summary="Let a new key sign editions; the one before only verifies",
    status_code=201,
    response_model=SigningKey,
    responses={**MAKE, 201: MADE},
)
def rotate_signing_key(
    caller: Caller,
    body: SigningKeyIn,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
) -> Response:
    """The private half of the one before is deleted; it endorses the new one."""
    with caller.write(body) as tx:
        fresh = _shown(keys.rotate(tx))
        answer = caller.created(tx, fresh, f"/v1{BASE}/keys/{fresh['id']}")
    caller.database.scrub()
    return answer


@router.get(
    f"{BASE}/keys/{{key}}",
    operation_id="get_signing_key",
    summary="Read a public key that editions are or were signed with",
    response_model=SigningKey,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def get_signing_key(caller: Caller, key: Key) -> Response:
    """Also of a key that signs no more."""
    with caller.read() as session:
        found = _shown(keys.find(session, key))
    return caller.answer(written(found), found)


mount_list(router, assessments, BASE, "list_assessments")
mount_single(router, assessments, BASE, writable=False)


@router.get(
    f"{BASE}/{{assessment}}/verify",
    operation_id="verify_assessment",
    summary="Verify an edition: content, fields, signature and chain",
    response_model=Verdict,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def verify_assessment(caller: Caller, assessment: AssessmentKey) -> Response:
    """Also of an edition that was redacted: its statement stays, and what it held is named gone."""
    with caller.read() as session:
        found = verifying.verify(session, assessment, View(caller.eyes))
    return caller.answer(written(found))


@router.get(
    f"{BASE}/{{assessment}}/brief",
    operation_id="get_brief",
    summary="Read an edition as a brief: Markdown, HTML to print, or PDF",
    response_class=Response,
    responses={**READ, **problems(406), **UNCHANGED, 200: BRIEF},
)
def get_brief(
    caller: Caller, assessment: AssessmentKey, query: Annotated[BriefQuery, Query()]
) -> Response:
    """Key judgements first, then what changed since the edition before, dissent and evidence."""
    form = wanted_format(caller.request.headers.get("accept", "*/*"), query.format, FORMS, ())
    if form == "pdf":
        pdf.required()
    view = View(caller.eyes)
    with caller.read() as session:
        state = states.state_of(session, assessment, view)
        before = states.state_before(session, state.edition, view)
    brief = Brief(state, before, query.scale)
    blocks = brief.blocks()
    if form == "pdf":
        # Its tag is that of what it is typeset from: who has it needs no typesetting.
        answer = caller.answer(json.dumps([asdict(block) for block in blocks]), media=FORMS[form])
        if answer.status_code == Response().status_code:
            whole = pdf.typeset(brief.title, brief.marking, blocks)
            headers = {name: answer.headers[name] for name in ("etag", "cache-control", "vary")}
            answer = Response(whole, 200, headers, FORMS[form])
        return answer
    text = markdown.written(blocks)
    if form == "html":
        page = markdown.page(brief.title, brief.marking, text)
        answer = caller.answer(page, media=f"{FORMS[form]}; charset=utf-8")
        answer.headers["Content-Security-Policy"] = policy(page)
        return answer
    return caller.answer(text, media=f"{FORMS[form]}; charset=utf-8")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A key as it is told: never its private half. Raises Broken where the public one is none."""
    try:
        public = bytes.fromhex(row["public"])
    except ValueError:
        raise Broken(f"The public half of the key {row['id']} was changed; it is none.") from None
    x = urlsafe_b64encode(public).decode().rstrip("=")
    names = ("id", "made_at", "retired_at", "endorsed_by", "endorsement")
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": row["id"]}
    version = 1 if row["retired_at"] is None else 2
    return {**{name: row[name] for name in names}, "version": version, "jwk": jwk}
