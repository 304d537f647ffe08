"""The outermost layer: request ids, what bodies may look like, and no answer without a form.

Plain ASGI, so that a refused body costs little and is refused the same way on every path.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from time import perf_counter
from typing import Any, Protocol
from uuid import uuid4

from app.kernel import logs
from app.kernel.errors import BadRequest, Overloaded, Problem, TooLarge, UnsupportedMedia
from app.kernel.logs import ASKED

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Admit = Callable[[Scope], None]
"""Refuses a request by raising a Problem, before anything of it is read."""
Render = Callable[[Problem, str, str], tuple[int, list[tuple[bytes, bytes]], bytes]]

HEAD = "head"
"""Whether a request's state says that its answer is to be without a body."""


class Watch(Protocol):
    """Who is told of requests."""

    def began(self) -> None:
        """One has begun."""

    def ended(self, scope: Scope, status: int, seconds: float) -> None:
        """One has ended; status 0 where no answer was sent."""

    def overloaded(self, scope: Scope) -> None:
        """One that is still to end is refused, for there are too many."""


REFUSAL = "refusal"
"""Where a request's state holds what is wrong with its body."""
DEPTH = 32
DIGITS = 19

_REQUEST_ID = re.compile("[A-Za-z0-9._-]{1,128}")
_WITH_BODY = {"POST", "PATCH"}
_MEDIA = {
    "POST": ("application/json",),
    "PATCH": ("application/merge-patch+json", "application/json"),
}


class Intake:
    """Gives every request an id, reads and checks its body, and turns failures into problems."""

    def __init__(
        self,
        app: App,
        *,
        max_body_bytes: int,
        render: Render,
        watch: Watch,
        admit: Sequence[Admit] = (),
    ) -> None:
        self.app = app
        self.watch = watch
        self.admit = admit
        self.max_body_bytes = max_body_bytes
        self.render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        status, began = 0, perf_counter()
        self.watch.began()

        async def stamp(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        stamped: Send = stamp
        try:
            self._admit(scope)
            if scope["method"] == "HEAD":
                # A copy: the server counts the bytes of the body by the method it was asked by.
                scope, stamped = {**scope, "method": "GET", ASKED: "HEAD"}, _without_body(stamped)
                scope["state"][HEAD] = True
            if scope["method"] in _WITH_BODY:
                try:
                    body = await self._body(scope["method"], headers, receive)
                except Problem as problem:
                    # Said by the path, if it is one that takes a body (see `http.readable`).
                    scope["state"][REFUSAL] = problem
                    body = b"{}"
                receive = _again(body, receive)
            await self.app(scope, receive, stamped)
        except Problem as problem:
            await self._answer(problem, scope, request_id, stamped)
        except Exception:
            # An error that escapes would close the connection under the next innocent request.
            logs.log.exception("request failed", extra=logs.about(scope, logs.route_of(scope)))
            if status:
                raise
            await self._answer(Problem(), scope, request_id, stamped)
        finally:
            self.watch.ended(scope, status, perf_counter() - began)

    def _admit(self, scope: Scope) -> None:
        for admit in self.admit:
            admit(scope)

    async def _answer(self, problem: Problem, scope: Scope, request_id: str, send: Send) -> None:
        if isinstance(problem, Overloaded):
            self.watch.overloaded(scope)
        status, headers, body = self.render(problem, scope["path"], request_id)
        headers += [(k.lower().encode(), v.encode()) for k, v in problem.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _body(self, method: str, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self.max_body_bytes:
            raise TooLarge(f"The body may have {self.max_body_bytes} bytes.")
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise BadRequest("The body ended early.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self.max_body_bytes:
                raise TooLarge(f"The body may have {self.max_body_bytes} bytes.")
            chunks.append(chunk)
            if not message.get("more_body", False):
                break
        body = b"".join(chunks)
        if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
            raise UnsupportedMedia("A Content-Encoding isn't taken.")
        if not body:
            # None isn't taken as `{}`: pages of other origins may send it without asking first.
            said = "{} where there is nothing to say"
            raise BadRequest(f"The body is empty: send {_MEDIA[method][-1]}, {said}.")
        media, _, options = headers.get(b"content-type", b"").decode("latin-1").partition(";")
        charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", options, re.IGNORECASE)
        if media.strip().lower() not in _MEDIA[method] or (
            charset and charset[1].lower().replace("-", "") != "utf8"
        ):
            raise UnsupportedMedia(f"The body must be {' or '.join(_MEDIA[method])} in UTF-8.")
        check_json(body)
        return body


def _without_body(send: Send) -> Send:
    async def headers_only(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def check_json(body: bytes) -> Any:
    """Parse JSON strictly. Raises BadRequest for what RFC 8259 parsers disagree on."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body isn't UTF-8.") from None
    if not text.strip():
        raise BadRequest("The body is empty.")
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_int,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"The body isn't JSON: line {error.lineno}, column {error.colno}."
        ) from None


# Possessive, and content with a string that never ends: no text takes more than one look at each
# of its characters.
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _check_depth(text: str) -> None:
    depth = 0
    for token in _STRUCTURE.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > DEPTH:
                raise BadRequest(f"The body has more than {DEPTH} levels.")
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("An object in the body has the same key twice.")
    return found


def _constant(name: str) -> Any:
    raise BadRequest(f"{name} isn't a JSON number.")


def _int(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise BadRequest(f"A number in the body has more than {DIGITS} digits.")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise BadRequest("A number in the body is too large.")
    return value
