"""HTTP for changes."""

from contextlib import aclosing
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import Header, Query
from fastapi.responses import Response, StreamingResponse

from app.changes import queries
from app.changes.hub import Hub, Reader
from app.changes.schemas import ChangesFilter, ChangesPage, ChangesQuery
from app.changes.stream import Stream
from app.kernel import events
from app.kernel.errors import Unavailable
from app.kernel.http import Call, Caller, written
from app.kernel.intake import HEAD, Receive, Scope, Send
from app.kernel.responses import SEARCH, TAG, UNCHANGED
from app.kernel.routing import ResourceRouter
from app.kernel.types import IdText
from app.kernel.view import View

PATIENCE = 30.0
"""Seconds a reader may take to receive a piece."""
AGAIN = {"Retry-After": "5"}


router = ResourceRouter(tags=["changes"])


@router.get(
    "/changes",
    operation_id="list_changes",
    summary="Follow what changes, in one sequence",
    response_model=ChangesPage,
    responses={**SEARCH, **UNCHANGED, 200: TAG},
)
def list_changes(caller: Caller, query: Annotated[ChangesQuery, Query()]) -> Response:
    """The events behind `after`, in an order in which no earlier one turns up later."""
    with caller.read() as session:
        view = View(caller.eyes)
        asked = queries.wanted(session, view, query)
        after = query.after or ""
        rows = events.read(session, view, caller.caller.name, asked, after, query.limit + 1)
    shown = [events.shown(row) for row in rows[: query.limit]]
    more = shown[-1]["id"] if len(rows) > query.limit else None
    return caller.answer(written({"items": shown, "next": more}))


class EventStream(StreamingResponse):
    """Pieces as they come, until the client goes, or takes too long to receive one."""

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; whoever reads nothing is cut off rather than waited for."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["state"].get(HEAD):
            await send({"type": "http.response.body", "body": b""})
            return
        async with anyio.create_task_group() as group:
            group.start_soon(_gone, receive, group.cancel_scope)
            body: Any = self.body_iterator
            async with aclosing(body) as pieces:
                async for piece in pieces:
                    message = {"type": "http.response.body", "body": piece, "more_body": True}
                    with anyio.move_on_after(PATIENCE) as patience:
                        await send(message)
                    if patience.cancelled_caught:
                        group.cancel_scope.cancel()
                        return
            await send({"type": "http.response.body", "body": b""})
            group.cancel_scope.cancel()


async def _gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


@router.get(
    "/changes/stream",
    operation_id="stream_changes",
    summary="Be told of changes as they happen (server-sent events)",
    response_class=Response,
    responses={
        **SEARCH,
        200: {
            "description": (
                "An event each, its `id` for `Last-Event-ID`, its type as `event`, the rest as"
                " JSON in `data`; comments while nothing happens"
            ),
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def stream_changes(
    caller: Caller,
    query: Annotated[ChangesFilter, Query()],
    last_event_id: Annotated[
        IdText | None,
        Header(
            alias="Last-Event-ID",
            description="The last event received, sent by clients that come back; before `after`",
        ),
    ] = None,
) -> Response:
    """Events from now on, or from behind the last one seen; ends when the reader's rights do."""
    hub: Hub = caller.request.app.state.hub
    if hub.full:
        raise Unavailable("There are as many streams as this process takes.", headers=AGAIN)
    reader = await to_thread.run_sync(_reader, caller, query)
    after = last_event_id or query.after or ""
    stream = Stream(hub, reader, after, caller.settings.stream_seconds)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventStream(stream.pieces(), headers=headers)


def _reader(caller: Call, query: ChangesFilter) -> Reader:
    with caller.read() as session:
        view = View(caller.eyes)
        return Reader(caller.caller, view, queries.wanted(session, view, query))
