"""HTTP for webhooks."""

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from app.kernel.formats import JSON
from app.kernel.http import (
    Call,
    Caller,
    IdempotencyKey,
    IfMatch,
    record_tag,
    require_version,
    written,
)
from app.kernel.listing import PageQuery
from app.kernel.parents import Key
from app.kernel.responses import CHANGE, LIST, MADE, MAKE, READ, REMOVE, TAG, UNCHANGED
from app.kernel.routing import ResourceRouter
from app.kernel.schemas import Nothing, merge, patch_of
from app.webhooks import service
from app.webhooks.schemas import (
    Delivery,
    DeliveryPage,
    DeliveryQuery,
    RotateIn,
    Webhook,
    WebhookChange,
    WebhookIn,
    WebhookPage,
)
from app.webhooks.targets import Policy, Refused

WebhookPatch = patch_of(WebhookChange, "WebhookPatch")
WebhookKey = Annotated[str, Path(max_length=80, description="The id of the webhook")]


router = ResourceRouter(tags=["webhooks"])


def _looked_at(caller: Call, url: str) -> None:
    """Refuse an address that leads where the service may not send. Not inside a transaction."""
    settings = caller.settings
    try:
        Policy.of(settings.webhook_ports, settings.webhook_allow).look(url)
    except Refused as error:
        raise service.refuse_url(error) from None


@router.get(
    "/webhooks",
    operation_id="list_webhooks",
    summary="List your webhooks",
    response_model=WebhookPage,
    responses={**LIST, **UNCHANGED, 200: TAG},
)
def list_webhooks(caller: Caller, query: Annotated[PageQuery, Query()]) -> Response:
    """Those that the caller made, in the order they were made."""
    with caller.read() as session:
        rows = service.page(session, caller.caller.name, query.cursor, query.limit + 1)
    return _page(caller, [service.shown(row) for row in rows], query.limit)


def _page(caller: Call, shown: list[Any], limit: int) -> Response:
    items = shown[:limit]
    more = items[-1]["id"] if len(shown) > limit else None
    return caller.answer(written({"items": items, "next": more}))


@router.post(
    "/webhooks",
    operation_id="create_webhook",
    summary="Add a webhook; its secret is shown this once",
    status_code=201,
    response_model=Webhook,
    responses={**MAKE, 201: MADE},
)
def create_webhook(
    caller: Caller,
    body: WebhookIn,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
) -> Response:
    """Told of every event from now on that passes its filters and that the caller may see."""
    _looked_at(caller, body.url)
    with caller.write(body) as tx:
        row = service.create(tx, body)
        where = f"/v1/webhooks/{row['id']}"
        return caller.created(tx, service.shown(row, secret=True), where, kept=service.shown(row))


@router.get(
    "/webhooks/{key}",
    operation_id="get_webhook",
    summary="Read a webhook",
    response_model=Webhook,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def get_webhook(caller: Caller, key: Key) -> Response:
    """Its filters, and how it fares."""
    with caller.read() as session:
        row = service.find(session, caller.caller.name, key)
    return caller.answer(written(service.shown(row)), row)


@router.patch(
    "/webhooks/{key}",
    operation_id="update_webhook",
    summary="Change a webhook (JSON Merge Patch)",
    response_model=Webhook,
    responses={**CHANGE, 200: TAG},
)
def update_webhook(
    caller: Caller,
    key: Key,
    body: WebhookPatch,  # type: ignore[valid-type]  # the shape is made from another
    if_match: IfMatch = None,
) -> Response:
    """Also pauses it, and sets it going again."""
    patch: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)  # type: ignore[attr-defined]  # as above
    with caller.read() as session:
        row = service.find(session, caller.caller.name, key)
    require_version(if_match, row)
    try:
        shape = WebhookChange.model_validate(merge(service.said(row), patch))
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(found, body=patch) from None
    if "url" in patch:
        _looked_at(caller, shape.url)
    with caller.write() as tx:
        row = service.find(tx.session, tx.by, key)
        require_version(if_match, row)
        after = service.change(tx, row, shape, restart="status" in patch)
    text = written(service.shown(after))
    return Response(text, 200, {"ETag": record_tag(after, text)}, JSON)


@router.delete(
    "/webhooks/{key}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    status_code=204,
    responses=REMOVE,
)
def delete_webhook(caller: Caller, key: Key, if_match: IfMatch = None) -> Response:
    """Nothing is sent any more, and its secrets are forgotten."""
    with caller.write() as tx:
        row = service.find(tx.session, tx.by, key)
        require_version(if_match, row)
        service.remove(tx, row)
    return Response(status_code=204)


@router.post(
    "/webhooks/{key}/rotate",
    operation_id="rotate_webhook",
    summary="Give a webhook a new secret, shown this once",
    status_code=201,
    response_model=Webhook,
    responses={**MAKE, 201: MADE},
)
def rotate_webhook(
    caller: Caller,
    key: Key,
    body: RotateIn,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - as above
) -> Response:
    """For the hours of overlap both secrets sign, so that receivers can change over."""
    with caller.write(body) as tx:
        row = service.rotate(tx, service.find(tx.session, tx.by, key), body.overlap_hours)
        where = f"/v1/webhooks/{row['id']}"
        return caller.created(tx, service.shown(row, secret=True), where, kept=service.shown(row))


@router.post(
    "/webhooks/{key}/test",
    operation_id="test_webhook",
    summary="Send a test to a webhook",
    status_code=201,
    response_model=Delivery,
    responses={**MAKE, 201: MADE},
)
def send_test(
    caller: Caller,
    key: Key,
    body: Nothing,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - as above
) -> Response:
    """It is sent at once, beside the order of events; `Location` tells what came of it."""
    with caller.write(body) as tx:
        webhook = service.find(tx.session, tx.by, key)
        return _sent(caller, tx, service.ask_test(tx, webhook))


def _sent(caller: Call, tx: Any, row: service.Row) -> Response:
    tx.wakes = True
    where = f"/v1/webhooks/{row['webhook']}/deliveries/{row['id']}"
    return caller.created(tx, service.shown_delivery(row), where)


@router.get(
    "/webhooks/{webhook}/deliveries",
    operation_id="list_deliveries",
    summary="List what was sent to a webhook, and what became of it",
    response_model=DeliveryPage,
    responses={**LIST, **UNCHANGED, 200: TAG},
)
def list_deliveries(
    caller: Caller, webhook: WebhookKey, query: Annotated[DeliveryQuery, Query()]
) -> Response:
    """Newest first; `state=dead` are those that were given up."""
    with caller.read() as session:
        owner = service.find(session, caller.caller.name, webhook)["id"]
        rows = service.deliveries(session, owner, query.state, query.cursor, query.limit + 1)
    return _page(caller, [service.shown_delivery(row) for row in rows], query.limit)


@router.get(
    "/webhooks/{webhook}/deliveries/{key}",
    operation_id="get_delivery",
    summary="Read what became of one delivery",
    response_model=Delivery,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def get_delivery(caller: Caller, webhook: WebhookKey, key: Key) -> Response:
    """Its state, and what the last attempt came to."""
    with caller.read() as session:
        owner = service.find(session, caller.caller.name, webhook)["id"]
        row = service.delivery(session, owner, key)
    tried = {"id": row["id"], "version": row["attempts"] + 1}
    return caller.answer(written(service.shown_delivery(row)), tried)


@router.post(
    "/webhooks/{webhook}/deliveries/{key}/replay",
    operation_id="replay_delivery",
    summary="Send one delivery again",
    status_code=201,
    response_model=Delivery,
    responses={**MAKE, 201: MADE},
)
def replay_delivery(
    caller: Caller,
    webhook: WebhookKey,
    key: Key,
    body: Nothing,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - as above
) -> Response:
    """Once and at once, beside the order of events; with the same `webhook-id` as before."""
    with caller.write(body) as tx:
        owner = service.find(tx.session, tx.by, webhook)["id"]
        return _sent(caller, tx, service.replay(tx, service.delivery(tx.session, owner, key)))
