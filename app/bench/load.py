"""A client that costs little: prepared requests over a few kept connections, one after another."""

import asyncio
import http.client
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
BLOCK = 1 << 18
GOOD = (b"200", b"201")


class LoadError(Exception):
    """A server doesn't answer as it should."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `target` is path and query."""

    target: str
    method: str = "GET"
    body: bytes = b""

    @property
    def wire(self) -> bytes:
        """The request as it is sent."""
        head = f"{self.method} {self.target} HTTP/1.1\r\nhost: bench\r\n"
        if self.body:
            head += f"content-type: application/json\r\ncontent-length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each answer, and how long all of them took."""

    times: tuple[float, ...]
    seconds: float


def ask(port: int, request: Request) -> Answer:
    """Ask once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        connection.request(
            request.method,
            request.target,
            request.body or None,
            {"content-type": "application/json"} if request.body else {},
        )
        response = connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


def stream(port: int, request: Request) -> tuple[float, int]:
    """Read a long answer without keeping it: (seconds, lines)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        begun = time.perf_counter()
        connection.request(request.method, request.target)
        response = connection.getresponse()
        lines = 0
        while block := response.read(BLOCK):
            lines += block.count(b"\n")
        return time.perf_counter() - begun, lines
    finally:
        connection.close()


def press(port: int, requests: Sequence[Request], seconds: float, connections: int) -> Measured:
    """Send the requests in turn for so long; each connection waits for an answer before the next.

    Raises LoadError when an answer isn't the one wanted, or none comes.
    """
    return asyncio.run(_press(port, [request.wire for request in requests], seconds, connections))


async def _press(port: int, wires: Sequence[bytes], seconds: float, connections: int) -> Measured:
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    until = begun + seconds
    turns = itertools.cycle(wires)
    lines: list[_Line] = []
    for _ in range(connections):
        _, line = await loop.create_connection(lambda: _Line(turns, until), "127.0.0.1", port)
        lines.append(line)
    await asyncio.gather(*(line.done for line in lines))
    took = time.perf_counter() - begun
    return Measured(tuple(itertools.chain.from_iterable(line.times for line in lines)), took)


class _Line(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, turns: Iterator[bytes], until: float) -> None:
        self.turns = turns
        self.until = until
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.head = b""
        self.missing = 0
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            self.head += data
            end = self.head.find(HEAD_END)
            if end < 0:
                return
            at = self.head.find(LENGTH, 0, end + 2)
            if self.head[9:12] not in GOOD or at < 0:
                self._fail(self.head[:600].decode("latin-1"))
                return
            at += len(LENGTH)
            length = int(self.head[at : self.head.index(b"\r", at)])
            self.missing = length - (len(self.head) - end - len(HEAD_END))
            self.head = b""
        if not self.missing:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was closed ({exc})")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(LoadError(why))
            self.transport.close()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(next(self.turns))

    def _answered(self) -> None:
        now = time.perf_counter()
        self.times.append(now - self.sent)
        if now < self.until:
            self._send()
        elif not self.done.done():
            self.done.set_result(None)
            self.transport.close()
