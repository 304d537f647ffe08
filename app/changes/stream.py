"""A stream of events: first what the reader missed, then what happens, with signs of life."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import to_thread

from app.changes.hub import Hub, Reader, piece
from app.changes.queries import next_page
from app.kernel.events import Row

HEARTBEAT = 15.0
"""Seconds without an event after which a comment is sent: proxies close what says nothing."""
BEAT = b": still here\n\n"
PAGE = 200
OPENING = b"retry: 2000\n\n"
"""Clients that lose the stream wait so many milliseconds before they come back."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One reader's stream, from behind `after` on; from now on where that is empty."""

    hub: Hub
    reader: Reader
    after: str
    seconds: float
    """How long it may last; its client comes back with the last id it saw."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """What is to be sent, piece by piece; ends with the reader's rights, or when it is slow."""
        ends = time.monotonic() + self.seconds
        yield OPENING
        reader, after = self.reader, self.after
        while after and (rows := await self._missed(after)):
            yield b"".join(map(piece, rows))
            after = rows[-1]["id"]
            if len(rows) < PAGE:
                break
        reader.after = after
        newest = await self.hub.join(reader)
        try:
            while after and after < newest and (rows := await self._missed(after)):
                # What came meanwhile; the rest of it waits at the reader already.
                rows = [row for row in rows if row["id"] <= newest]
                yield b"".join(map(piece, rows))
                after = rows[-1]["id"] if len(rows) == PAGE else newest
            while (left := ends - time.monotonic()) > 0:
                text = await reader.next(min(HEARTBEAT, left))
                if text is None:
                    break
                if text or left > HEARTBEAT:
                    yield text or BEAT
        finally:
            self.hub.leave(reader)

    async def _missed(self, after: str) -> list[Row]:
        database, owner, wanted = self.hub.database, self.reader.owner, self.reader.wanted
        rows = await to_thread.run_sync(next_page, database, owner, wanted, after, PAGE)
        if rows is None:
            self.reader.end()
        return rows or []
