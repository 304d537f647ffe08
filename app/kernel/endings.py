"""The routes by which a record ends: merged into another, or redacted."""

from fastapi import APIRouter
from fastapi.responses import Response

from app.kernel import merging, records, redaction
from app.kernel.errors import NotFound
from app.kernel.handlers import answer_of, one, typed
from app.kernel.http import Caller, IdempotencyKey
from app.kernel.parents import Key, Parent
from app.kernel.resource import Resource
from app.kernel.responses import MADE, MERGE
from app.kernel.schemas import MergeIn, Redacted, RedactIn


def mount_merge(router: APIRouter, resource: Resource, path: str) -> None:
    """Add the merging of a record into another, which stands for both."""
    noun = resource.noun

    def handler(
        caller: Caller,
        key: Key,
        body: MergeIn,
        idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
    ) -> Response:
        with caller.write(body) as tx:
            standing = merging.merge(tx, resource, key, body.into)
            document = answer_of(resource, tx, standing)
            return caller.created(tx, document, resource.address(standing))

    router.post(
        f"{path}/merge",
        operation_id=f"merge_{noun}",
        summary=f"Merge {one(resource)} into another, which stands for both",
        status_code=201,
        response_model=resource.answers,
        responses={**MERGE, 201: MADE},
    )(handler)


def mount_redact(router: APIRouter, resource: Resource, path: str, parent: Parent | None) -> None:
    """Add the removal of a record's content, which leaves a tombstone."""
    noun = resource.noun

    def handler(
        caller: Caller,
        key: Key,
        body: RedactIn,
        idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
        **under: str,
    ) -> Response:
        with caller.write(body) as tx:
            row = records.ever(tx.session, resource.model, key, tx.view)
            # What stood under a record that has gone holds content as well.
            if parent is not None and row[parent.noun] != parent.ever(under, tx.session, tx.view):
                raise NotFound
            left = redaction.redact(tx, resource, row, body.reason)
            answer = caller.created(tx, left, f"{resource.address(row)}/versions")
        caller.database.scrub()
        return answer

    router.post(
        f"{path}/redact",
        operation_id=f"redact_{noun}",
        summary=f"Remove the content of {one(resource)} everywhere, for legal reasons",
        status_code=201,
        response_model=Redacted,
        responses={**MERGE, 201: MADE},
    )(typed(handler, parent))
