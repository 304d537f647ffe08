"""Requests as they come over the wire, byte for byte: no client puts them right on the way."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.types import ASGIApp, Message

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


PEDANTRY = re.compile(
    "(Input|String|List|Value|Dictionary|Tuple) should|Field required|Extra inputs|Value error"
)
"""How pydantic talks: of inputs and strings, which no person who asks has heard of."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def media(self) -> str:
        """The type of the body."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Wire:
    """A way to an application, without a client and several times as fast as one."""

    app: ASGIApp
    portal: BlockingPortal
    given: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request."""

    def send(
        self,
        method: str,
        target: str | bytes,
        body: bytes | Sequence[bytes] = b"",
        headers: Mapping[str, str | bytes] | None = None,
        *,
        cut: bool = False,
    ) -> Answer:
        """Send a request; a body may come in pieces, and be cut off after the last."""
        chunks = [body] if isinstance(body, bytes) else list(body)
        asked = partial(self._send, method, target, chunks, headers or {}, cut=cut)
        return self.portal.call(asked)

    def say(self, method: str, target: str, body: Any, **headers: str) -> Answer:
        """Send a body as JSON, lone surrogates and all; a change is of whatever version."""
        media = MERGE_PATCH if method.upper() == "PATCH" else JSON
        given = {"content-type": media, "if-match": "*"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, target, json.dumps(body).encode(), given)

    async def _send(
        self,
        method: str,
        target: str | bytes,
        chunks: list[bytes],
        headers: Mapping[str, str | bytes],
        *,
        cut: bool,
    ) -> Answer:
        raw = target.encode("latin-1") if isinstance(target, str) else target
        path, _, query = raw.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method.upper(),
            "scheme": "http",
            # As uvicorn reads a path.
            "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
                for name, value in {"host": "test", **self.given, **headers}.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        waiting = list(chunks)
        sent: list[Message] = []

        async def receive() -> Message:
            if not waiting:
                return {"type": "http.disconnect"}
            chunk = waiting.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": cut or bool(waiting)}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, *rest = sent
        found = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Answer(start["status"], found, b"".join(part.get("body", b"") for part in rest))


@contextmanager
def wire_to(app: ASGIApp, **given: str) -> Iterator[Wire]:
    """A way to an application that has started, with headers of every request."""
    # One loop for all requests: its threads stay, as they do in a service.
    with start_blocking_portal() as portal:
        yield Wire(app, portal, given)
