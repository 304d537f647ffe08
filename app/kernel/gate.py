"""How many requests may be under way, and who is refused before anything is done for them.

A service that takes everything answers nothing in time: beyond its places and a short line it
refuses at once. Reads that cost much and writes have a share of the places each, so that neither
keeps a plain read waiting; all of it lives in one event loop and needs no lock.
"""

import asyncio
import os
import re
from collections import deque

from app.kernel.errors import Overloaded
from app.kernel.intake import App, Receive, Scope, Send

PLACES_A_CORE = 2
PLACES_MORE = 2
"""Beside those of the cores, for requests that wait for the database or a slow reader."""
LINE = 16
"""How many may wait for each place."""
EXEMPT = frozenset({"/healthz", "/v1/changes/stream"})
"""What takes no place: the sign of life, and streams, which stay open and bound themselves."""
WALKS = frozenset({"/v1/search", "/v1/audit/verify"})
ANALYSES = (
    "/ach", "/brief", "/diff", "/history", "/lint", "/network", "/results", "/scores", "/verify",
    "/what-if",
)  # fmt: skip
"""What may cost many times what others cost, whatever is asked: paths, and how others end."""
_WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


class Places:
    """So many at a time; who comes when all are taken waits in line, though not for long."""

    def __init__(self, number: int, seconds: float) -> None:
        self.number = self.free = number
        self.seconds = seconds
        self.line: deque[asyncio.Future[None]] = deque()

    @property
    def full(self) -> bool:
        """Whether who comes now would be sent away."""
        return not self.free and len(self.line) >= LINE * self.number

    async def enter(self) -> None:
        """Take a place. Raises Overloaded when the line is full or the wait too long."""
        if self.free:
            self.free -= 1
            return
        if self.full:
            raise Overloaded
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self.line.append(turn)
        timer = loop.call_later(self.seconds, self._give_up, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self.line:
                self.line.remove(turn)
            elif not turn.cancelled():
                self.leave()  # the place came at the moment the client went
            raise
        finally:
            timer.cancel()

    def leave(self) -> None:
        """Give a place back: to the first in line."""
        while self.line:
            turn = self.line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self.line.remove(turn)
            turn.set_exception(Overloaded())


class Gate:
    """The places of a process, and the shares of those that could take all of them."""

    def __init__(self, number: int, seconds: float) -> None:
        self.all = Places(number, seconds)
        self.heavy = Places(max(1, number // 3), seconds)
        self.writes = Places(max(1, number // 2), seconds)

    @classmethod
    def of(cls, in_flight: int, pool_size: int, seconds: float) -> "Gate":
        """A gate of so many places; 0 takes what the cores and the connections can serve."""
        derived = min(pool_size, PLACES_A_CORE * (os.cpu_count() or 1) + PLACES_MORE)
        return cls(in_flight or derived, seconds)

    @property
    def in_flight(self) -> int:
        """Requests that are being served."""
        return self.all.number - self.all.free

    def door(self, scope: Scope) -> None:
        """Refuse, before the body is read, what would be sent away anyway."""
        if scope["path"] not in EXEMPT:
            share = self.share(scope)
            if self.all.full or (share and share.full):
                raise Overloaded

    def share(self, scope: Scope) -> Places | None:
        """The places that a request of this kind has to share."""
        # What is asked by POST, as it has a body, writes nothing.
        if scope["method"] in _WRITES and not scope["path"].endswith("/what-if"):
            return self.writes
        return self.heavy if heavy(scope) else None


class Room:
    """Serves a request once there is a place for it: its body is there by then."""

    def __init__(self, app: App, *, gate: Gate) -> None:
        self.app = app
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in EXEMPT:
            await self.app(scope, receive, send)
            return
        share = self.gate.share(scope)
        if share is None:
            await self._serve(scope, receive, send)
            return
        await share.enter()
        try:
            await self._serve(scope, receive, send)
        finally:
            share.leave()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.gate.all.enter()
        try:
            await self.app(scope, receive, send)
        finally:
            self.gate.all.leave()


_COSTLY = re.compile(rb"(?:^|&)(?:q|known_at|half_life_days|include_machine|skill|total|computed)=")
_TABLE = re.compile(rb"(?:^|&)format=(?:csv|ndjson)")
_LIMITED = re.compile(rb"(?:^|&)limit=")


def heavy(scope: Scope) -> bool:
    """Whether a read may cost many times what others cost, by what it asks for.

    Of lists: search and counts, the past, pools that aren't kept, contradictions that are looked
    for, and whole lists as tables. And analyses, which go through all there is of something.
    """
    path, query = scope["path"], scope["query_string"]
    if path in WALKS or path.endswith(ANALYSES):
        return True
    if path.count("/") % 2 or not path.startswith("/v1/"):
        return False  # one record, or a page of the documentation
    if query and _COSTLY.search(query):
        return True
    if query and _LIMITED.search(query):
        return False
    return bool(query and _TABLE.search(query)) or any(
        name == b"accept" and (b"csv" in value or b"ndjson" in value)
        for name, value in scope["headers"]
    )
