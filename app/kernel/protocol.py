"""HTTP/1.1 with an end to waiting: clients that send or read too slowly are cut off.

uvicorn waits for ever for the head of a request and for its body, and holds an answer as long as
nobody reads it; what is half open costs memory and, with threads behind it, stalls others.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.kernel.errors import BadRequest, HeadTooLarge, Problem, RequestTimeout
from app.kernel.formats import PROBLEM

LINGER_SECONDS = 1.0
"""How long an idle connection stays when the service stops: a request may be on its way."""

NO_HTTP = (
    "The request isn't HTTP/1.1. What isn't ASCII in its address must be percent-encoded, as UTF-8:"
    " `T%C3%BCrkiye`; curl does it with `-G --data-urlencode`."
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds, and how long a head may be, in bytes."""

    head: float = 10.0
    body: float = 30.0
    write: float = 30.0
    head_bytes: int = 32 * 1024


class Config(uvicorn.Config):
    """uvicorn's configuration, with our patience."""

    patience = Patience()


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, config: uvicorn.Config, *more: Any, **named: Any) -> None:
        super().__init__(config, *more, **named)
        self.patience = getattr(config, "patience", Config.patience)
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.head_open = True
        self.head_bytes = 0
        self.begun = False
        self.refused = False
        self.draining = False

    # --- Timers -----------------------------------------------------------------------------------

    def _wait(self, what: str) -> None:
        if what not in self.timers:
            seconds = getattr(self.patience, what)
            self.timers[what] = self.loop.call_later(seconds, self._late, what)

    def _came(self, what: str) -> None:
        timer = self.timers.pop(what, None)
        if timer is not None:
            timer.cancel()

    def _late(self, what: str) -> None:
        self.timers.pop(what, None)
        if what == "head" and self.begun and not self._answering():
            self._refuse(RequestTimeout("The head of the request wasn't whole in time."))
        elif what == "body" and not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._refuse(RequestTimeout("The body of the request wasn't whole in time."))
        elif what != "head" or not self._answering():
            # Nothing that would still be read can be said.
            self.transport.abort()

    def _answering(self) -> bool:
        # Before the first request there is no cycle.
        return not getattr(self.cycle, "response_complete", True)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's words say nothing
        """Refuse what is no HTTP, in the one form of problems."""
        self._refuse(BadRequest(NO_HTTP))

    def _refuse(self, problem: Problem) -> None:
        self.refused = True
        if self.transport.is_closing():
            return
        request_id = uuid4().hex
        body = json.dumps(
            {
                "type": f"/problems/{problem.slug}",
                "title": problem.title,
                "status": problem.status,
                "detail": problem.detail,
                "instance": "",
                "request_id": request_id,
                "errors": [],
            }
        )
        head = (
            f"content-type: {PROBLEM}\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\nx-content-type-options: nosniff\r\n"
            f"x-request-id: {request_id}\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[problem.status] + f"{head}{body}".encode())
        self.transport.close()

    # --- Connection -------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        for what in list(self.timers):
            self._came(what)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, and wait for the rest if that isn't all."""
        if self.refused:
            return
        if self.head_open:
            self.head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.begun:
            if self.head_bytes > self.patience.head_bytes:
                self._refuse(HeadTooLarge())
            else:
                self._wait("head")
        elif self._answering() and self.cycle.more_body:
            self._wait("body")

    def pause_writing(self) -> None:
        """The reader takes less than is written."""
        super().pause_writing()
        self._wait("write")

    def resume_writing(self) -> None:
        """The reader took most of it."""
        self._came("write")
        super().resume_writing()

    def shutdown(self) -> None:
        """End what is under way; an idle connection may still bring the request on its way."""
        self.draining = True
        if self._answering():
            super().shutdown()
        else:
            self.loop.call_later(LINGER_SECONDS, self._leave)

    def _leave(self) -> None:
        if not self._answering():
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: who offers another protocol is answered in this one."""

    # --- Parser -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.begun = True
        self.length = 0

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        self.length += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.length += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.begun = self.head_open = False
        self.head_bytes = 0
        self._came("head")
        if self.refused:
            return
        if self.length > self.patience.head_bytes:
            self._refuse(HeadTooLarge())
            return
        super().on_headers_complete()
        if self.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self.refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.head_open = True
        self._came("body")
        if not self.refused:
            super().on_message_complete()
