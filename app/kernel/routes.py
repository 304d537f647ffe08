"""The routes every resource has, made from its `Resource`.

The functions below are ordinary handlers; `_typed` gives each the concrete shapes of one resource,
so that FastAPI checks and documents them as if they had been written out.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from app.kernel import history, listing, merging, records
from app.kernel.db import Tx
from app.kernel.errors import Gone, Moved
from app.kernel.formats import JSON
from app.kernel.http import (
    Caller,
    IdempotencyKey,
    IfMatch,
    record_tag,
    require_version,
    written,
)
from app.kernel.ids import is_id
from app.kernel.listing import Listing
from app.kernel.parents import Key, Parent, inside
from app.kernel.reading import Reading, expand, present_stamp, sparse
from app.kernel.records import Row
from app.kernel.references import Reference
from app.kernel.resource import Resource
from app.kernel.responses import (
    CHANGE,
    LIST,
    MADE,
    MAKE,
    MERGE,
    READ,
    REMOVE,
    TABLES,
    TAG,
    UNCHANGED,
)
from app.kernel.schemas import MergeIn, Version, changes, merge, page_of
from app.kernel.types import QueryInt
from app.kernel.view import View


class VersionsQuery(BaseModel):
    """The parameters of a record's versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[
        QueryInt, Field(ge=1, le=listing.PAGE_LIMIT, description="Versions a page")
    ] = listing.PAGE
    cursor: Annotated[
        QueryInt | None, Field(ge=1, le=2**31 - 1, description="`next` of the page before")
    ] = None


VersionPage = page_of(Version)


def typed(
    handler: Callable[..., Any], parent: Parent | None = None, **shapes: Any
) -> Callable[..., Any]:
    """A handler with concrete annotations, and its parent's key in the place of `**under`."""
    signature = inspect.signature(handler)
    parameters = [
        parameter.replace(
            kind=inspect.Parameter.KEYWORD_ONLY,
            annotation=shapes.get(name, parameter.annotation),
            default=inspect.Parameter.empty if name in shapes else parameter.default,
        )
        for name, parameter in signature.parameters.items()
        if name != "under"
    ]
    if parent is not None:
        kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(parent.noun, kind, annotation=parent.key))
    handler.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return handler


def mount(
    router: APIRouter, resource: Resource, parent: Parent | None = None, *, writable: bool = True
) -> None:
    """Add the routes of a resource: list, create, read, change, delete, versions.

    What is never edited (`writable=False`) has no PATCH and no DELETE.
    """
    base = f"/{resource.kind}"
    if parent is not None:
        base = f"/{parent.kind}/{{{parent.noun}}}{base}"
    mount_list(router, resource, base, f"list_{resource.kind}", parent)
    mount_create(router, resource, base, f"create_{resource.noun}", parent)
    mount_single(router, resource, base, parent, writable=writable)


def mount_list(
    router: APIRouter,
    resource: Resource,
    base: str,
    name: str,
    parent: Parent | None = None,
    query: type[Listing] | None = None,
) -> None:
    """Add a list: GET of the plural. `query` is the model without what the path says already."""

    def handler(caller: Caller, query: Any, **under: str) -> Response:
        return Reading(caller, resource, query, parent, under).answer()

    router.get(
        base,
        operation_id=name,
        summary=f"List {resource.kind.replace('_', ' ')}{_beside('of', parent)}",
        response_model=resource.page_shape,
        responses={**LIST, **UNCHANGED, 200: TABLES},
    )(typed(handler, parent, query=Annotated[query or resource.query, Query()]))


def mount_create(
    router: APIRouter,
    resource: Resource,
    base: str,
    name: str,
    parent: Parent | None = None,
    accepts: type[BaseModel] | None = None,
) -> None:
    """Add the making of a record: POST to the plural.

    `accepts` is the shape without what the path says already.
    """

    def handler(
        caller: Caller,
        body: Any,
        idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
        **under: str,
    ) -> Response:
        with caller.write(body) as tx:
            fixed = {parent.noun: parent.of(under, tx.session)} if parent else {}
            row = resource.create(tx, body, **fixed)
            return caller.created(tx, answer_of(resource, tx, row), resource.address(row))

    router.post(
        base,
        operation_id=name,
        summary=f"Add {one(resource)}{_beside('to', parent)}",
        status_code=201,
        response_model=resource.answers,
        responses={**MAKE, 201: MADE},
    )(typed(handler, parent, body=accepts or resource.accepts))


def mount_single(
    router: APIRouter,
    resource: Resource,
    base: str,
    parent: Parent | None = None,
    *,
    writable: bool = True,
) -> None:
    """Add the routes of one record: GET, PATCH, DELETE and its versions."""
    path = f"{base}/{{key}}"
    resource.path = f"{router.prefix}{base}"
    noun = resource.noun

    def read(caller: Caller, key: Key, query: Any, **under: str) -> Response:
        view: View = query.view
        shape = resource.answers_one or resource.answers
        names = listing.named(query.include, list(resource.expands), "include")
        fields = listing.named(query.fields, list(shape.model_fields), "fields")
        with caller.read() as session:
            record = resource.read(session, key, view, query)
            inside(session, record, parent, under, view)
            resource.enrich(session, record, view)
            expand(session, resource, view, [record], names)
        body = written(sparse(record, fields))
        return caller.answer(body, record["version"], now=present_stamp(view))

    router.get(
        path,
        operation_id=f"get_{noun}",
        summary=f"Read {one(resource)}",
        response_model=resource.answers_one or resource.answers,
        responses={**READ, **UNCHANGED, 200: TAG},
    )(typed(read, parent, query=Annotated[resource.single_query, Query()]))

    if writable:

        def change(
            caller: Caller, key: Key, body: Any, if_match: IfMatch = None, **under: str
        ) -> Response:
            with caller.write() as tx:
                before = records.find(tx.session, resource.model, key)
                inside(tx.session, before, parent, under)
                require_version(if_match, before["version"])
                patch = body.model_dump(mode="json", exclude_unset=True)
                shape = _validated(resource, merge(resource.patched(before, patch), patch))
                after = answer_of(resource, tx, resource.change(tx, before, shape))
            text = written(after)
            return Response(text, 200, {"ETag": record_tag(after["version"], text)}, JSON)

        router.patch(
            path,
            operation_id=f"update_{noun}",
            summary=f"Change {one(resource)} (JSON Merge Patch)",
            response_model=resource.answers,
            responses={**CHANGE, 200: TAG},
        )(typed(change, parent, body=resource.patch_shape))

        def remove(caller: Caller, key: Key, if_match: IfMatch = None, **under: str) -> Response:
            with caller.write() as tx:
                before = records.find(tx.session, resource.model, key)
                inside(tx.session, before, parent, under)
                require_version(if_match, before["version"])
                resource.remove(tx, before)
            return Response(status_code=204)

        router.delete(
            path,
            operation_id=f"delete_{noun}",
            summary=f"Delete {one(resource)}, keeping its versions",
            status_code=204,
            responses=REMOVE,
        )(typed(remove, parent))

    if resource.mergeable:
        _mount_merge(router, resource, path)

    def versions(
        caller: Caller, key: Key, query: Annotated[VersionsQuery, Query()], **under: str
    ) -> Response:
        with caller.read() as session:
            newest = _ever(session, resource, key)
            inside(session, newest, parent, under)
            rows = history.versions(
                session, resource.model, newest["id"], query.cursor or 2**31 - 1, query.limit + 1
            )
        items = [
            _version(resource, row, rows[index + 1] if index + 1 < len(rows) else None)
            for index, row in enumerate(rows[: query.limit])
        ]
        more = str(items[-1].version) if len(rows) > query.limit else None
        return caller.answer(written({"items": items, "next": more}))

    router.get(
        f"{path}/versions",
        operation_id=f"list_{noun}_versions",
        summary=f"Who changed {one(resource)}, when, and what",
        response_model=VersionPage,
        responses={**READ, **UNCHANGED, 200: TAG},
    )(typed(versions, parent))


def _mount_merge(router: APIRouter, resource: Resource, path: str) -> None:
    """Add the merging of a record into another, which stands for both."""
    noun = resource.noun

    def handler(
        caller: Caller,
        key: Key,
        body: MergeIn,
        idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
    ) -> Response:
        with caller.write(body) as tx:
            into = {"into": body.into}
            records.resolve(tx, [Reference("into", resource.kind)], into)
            row = records.find(tx.session, resource.model, key)
            standing = records.find(tx.session, resource.model, into["into"])
            merging.merge(tx, resource, row, standing)
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


def answer_of(resource: Resource, tx: Tx, row: records.Row) -> records.Row:
    """A record as it stands inside the transaction that writes it."""
    return resource.read(tx.session, row["id"], View(now=tx.now))


def _validated(resource: Resource, data: Any) -> Any:
    try:
        return resource.accepts.model_validate(data)
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(found, body=data) from None


def _ever(session: Session, resource: Resource, key: str) -> Row:
    """The newest version of a record that stands, was deleted or was merged into another."""
    try:
        return records.find(session, resource.model, key)
    except (Gone, Moved):
        found = history.versions(session, resource.model, key, 2**31 - 1, 1) if is_id(key) else []
        if not found:
            raise
        return found[0]


def _version(resource: Resource, row: records.Row, before: records.Row | None) -> Version:
    said = resource.said(row)
    earlier = resource.said(before) if before else {}
    return Version(
        version=row["version"],
        action=_action(row, before),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        superseded_at=row["superseded_at"],
        changes=changes(earlier, said),
        record=said,
    )


def _action(row: Row, before: Row | None) -> str:
    if row["merged_into"] is not None:
        return "merged"
    if row["deleted_at"] is not None:
        return "deleted"
    return "updated" if before else "created"


def article(noun: str) -> str:
    """A noun with its article, as a person reads it."""
    words = noun.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def one(resource: Resource) -> str:
    """One record of a resource, as a person reads it."""
    return resource.called or article(resource.noun)


def _beside(word: str, parent: Parent | None) -> str:
    return f" {word} {article(parent.noun)}" if parent else ""
