"""The routes every resource has, made from its `Resource`.

The functions below are ordinary handlers; `typed` gives each the concrete shapes of one resource,
so that FastAPI checks and documents them as if they had been written out.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.kernel import history, listing, records, redacted
from app.kernel.endings import mount_merge, mount_redact
from app.kernel.eyes import Eyes
from app.kernel.formats import JSON
from app.kernel.handlers import answer_of, article, one, typed
from app.kernel.http import (
    Caller,
    IdempotencyKey,
    IfMatch,
    record_tag,
    require_version,
    written,
)
from app.kernel.listing import Rows
from app.kernel.pages import fingerprint, read_cursor, write_cursor
from app.kernel.parents import Key, Parent, inside
from app.kernel.reading import Reading, expand, present_stamp, sparse
from app.kernel.records import Row
from app.kernel.resource import Listed, Resource
from app.kernel.responses import (
    CHANGE,
    LIST,
    MADE,
    MAKE,
    PAGE,
    READ,
    REMOVE,
    TABLES,
    TAG,
    UNCHANGED,
    VERSIONS,
)
from app.kernel.schemas import Version, changes, merge, page_of
from app.kernel.types import QueryInt
from app.kernel.view import View


class VersionsQuery(BaseModel):
    """The parameters of a record's versions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[
        QueryInt, Field(ge=1, le=listing.PAGE_LIMIT, description="Versions a page")
    ] = listing.PAGE
    cursor: Annotated[
        str | None,
        Field(max_length=listing.CURSOR_LENGTH, description="`next` of the page before, unchanged"),
    ] = None


VersionPage = page_of(Version)


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
    resource: Listed,
    base: str,
    name: str,
    parent: Parent | None = None,
    query: type[Rows] | None = None,
) -> None:
    """Add a list: GET of the plural. `query` is the model without what the path says already."""

    def handler(caller: Caller, query: Any, **under: str) -> Response:
        return Reading(caller, resource, query, parent, under).answer()

    router.get(
        base,
        operation_id=name,
        summary=f"List {resource.plural or resource.kind.replace('_', ' ')}{_beside('of', parent)}",
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
            fixed = {}
            if parent is not None:
                fixed[parent.noun] = parent.of(under, tx.session, tx.view, hold="name")
            row = resource.create(tx, body, **fixed)
            return caller.created(tx, answer_of(resource, tx, row), resource.address(row))

    router.post(
        base,
        operation_id=name,
        summary=resource.makes or f"Add {one(resource)}{_beside('to', parent)}",
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
        view = caller.view(query)
        shape = resource.answers_one or resource.answers
        names = listing.named(query.include, list(resource.expands), "include")
        fields = listing.named(query.fields, list(shape.model_fields), "fields")
        with caller.read() as session:
            record = resource.read(session, key, view, query)
            inside(session, record, parent, under, view)
            resource.enrich(session, record, view)
            expand(session, resource, view, [record], names)
        body = written(sparse(record, fields))
        return caller.answer(body, record, now=present_stamp(view))

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
                marked = bool({"tlp", "audience"} & body.model_fields_set)
                before = records.take(tx, resource.model, key, "close" if marked else "change")
                inside(tx.session, before, parent, under, tx.view)
                caller.owns(before)
                require_version(if_match, before)
                patch = body.model_dump(mode="json", exclude_unset=True)
                shape = _validated(resource, merge(resource.patched(before, patch), patch))
                after = answer_of(resource, tx, resource.change(tx, before, shape))
            text = written(after)
            return Response(text, 200, {"ETag": record_tag(after, text)}, JSON)

        router.patch(
            path,
            operation_id=f"update_{noun}",
            summary=f"Change {one(resource)} (JSON Merge Patch)",
            response_model=resource.answers,
            responses={**CHANGE, 200: TAG},
        )(typed(change, parent, body=resource.patch_shape))

        def remove(caller: Caller, key: Key, if_match: IfMatch = None, **under: str) -> Response:
            with caller.write() as tx:
                before = records.take(tx, resource.model, key, "close")
                inside(tx.session, before, parent, under, tx.view)
                caller.owns(before)
                require_version(if_match, before)
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
        mount_merge(router, resource, path)
    if resource.is_marked:
        mount_redact(router, resource, path, parent)

    _mount_versions(router, resource, path, parent)


def _mount_versions(
    router: APIRouter, resource: Resource, path: str, parent: Parent | None
) -> None:
    """Add the list of a record's versions, newest first."""

    def versions(
        caller: Caller, key: Key, query: Annotated[VersionsQuery, Query()], **under: str
    ) -> Response:
        bound = fingerprint(query, caller.scope)
        after = (
            read_cursor(query.cursor, bound, caller.secret) if query.cursor else [records.NEWEST]
        )
        with caller.read() as session:
            view = View(caller.eyes)
            newest = records.ever(session, resource.model, key, view)
            inside(session, newest, parent, under, view)
            gone = newest["deleted_at"] and redacted.when(session, newest["id"])
            rows = history.versions(
                session,
                resource.model,
                newest["id"],
                caller.eyes,
                after[0],
                query.limit + 1,
            )
        items = [
            _redacted(row)
            if gone
            else _version(
                resource, row, rows[index + 1] if index + 1 < len(rows) else None, caller.eyes
            )
            for index, row in enumerate(rows[: query.limit])
        ]
        more = None
        if len(rows) > query.limit:
            more = write_cursor([items[-1].version], bound, caller.secret)
        return caller.leads_on(caller.answer(written({"items": items, "next": more})), more)

    router.get(
        f"{path}/versions",
        operation_id=f"list_{resource.noun}_versions",
        summary=f"Who changed {one(resource)}, when, and what",
        response_model=VersionPage,
        responses={**VERSIONS, **UNCHANGED, 200: PAGE},
    )(typed(versions, parent))


def _validated(resource: Resource, data: Any) -> Any:
    try:
        return resource.accepts.model_validate(data)
    except ValidationError as error:
        found = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(found, body=data) from None


def _version(
    resource: Resource, row: records.Row, before: records.Row | None, eyes: Eyes
) -> Version:
    said = resource.told(row, eyes)
    earlier = resource.told(before, eyes) if before else {}
    return Version(
        version=row["version"],
        action=_action(row, before),
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        superseded_at=row["superseded_at"],
        changes=changes(earlier, said),
        record=said,
    )


def _redacted(row: records.Row) -> Version:
    """What is left of a version: that it was there, who wrote it, and when."""
    return Version(
        version=row["version"],
        action="redacted",
        recorded_by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        superseded_at=row["superseded_at"],
        changes=[],
        record={},
    )


def _action(row: Row, before: Row | None) -> str:
    if row["merged_into"] is not None:
        return "merged"
    if row["deleted_at"] is not None:
        return "deleted"
    return "updated" if before else "created"


def _beside(word: str, parent: Parent | None) -> str:
    return f" {word} {article(parent.noun)}" if parent else ""
