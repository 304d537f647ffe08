"""The client of tests: Starlette's, which hands a request to the application in one piece.

Starlette's own transport goes to and fro between threads nine times a request, so that answers can
be read as they come. Here they are read once they have ended, which takes a seventh of the CPU.
"""

from urllib.parse import unquote

import anyio
import httpx2
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message


class Client(TestClient):
    """HTTP against an application that runs in a loop of its own while the client is entered."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, raise_server_exceptions=False)
        self._transport: httpx2.BaseTransport = Whole(self)


class Whole(httpx2.BaseTransport):
    """Sends requests whole, and answers whole."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the application; one that broke off before its beginning is a 500."""
        assert self.client.portal is not None, "the client was not entered"
        body = request.read()
        start, parts = self.client.portal.call(self._ask, request, body)
        content = httpx2.ByteStream(b"" if request.method == "HEAD" else b"".join(parts))
        headers = list(start.get("headers", ()))
        return httpx2.Response(start["status"], headers=headers, stream=content, request=request)

    async def _ask(self, request: httpx2.Request, body: bytes) -> tuple[Message, list[bytes]]:
        path, _, query = request.url.raw_path.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "root_path": "",
            "scheme": request.url.scheme,
            "query_string": query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("testclient", 50000),
            "server": (request.url.host, request.url.port or 80),
            "state": self.client.app_state.copy(),
        }
        waiting = [body]
        start: Message = {"status": 500}
        parts: list[bytes] = []
        ended = anyio.Event()

        async def receive() -> Message:
            if waiting:
                return {"type": "http.request", "body": waiting.pop(), "more_body": False}
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                parts.append(bytes(message.get("body", b"")))
                if not message.get("more_body", False):
                    ended.set()

        try:
            await self.client.app(scope, receive, send)
        except Exception:  # noqa: BLE001 - a server writes it to its log, and goes on
            ended.set()
        return start, parts
