"""The hub: one thread a process fetches new events once, and all streams are told by it."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from anyio import to_thread
from pydantic_core import to_json

from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.events import Row, Wanted, newest_id, read_all, shown
from app.kernel.rights import sees, view_now
from app.kernel.view import View
from app.kernel.watch import Watch

log = logging.getLogger("entente")

MOST = 5000
"""Streams a process takes."""
ROOM = 1000
"""Events a stream may have waiting; with more it is dropped."""
BATCH = 500
TURN = 0.5
"""Seconds the thread listens before it looks whether it is to end."""
LOOK = 5.0
"""Seconds after which it looks for events, and at everyone's rights, though nothing was heard."""


def piece(row: Row) -> bytes:
    """An event as it is written to a stream."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (
        row["id"].encode(),
        row["type"].encode(),
        to_json(shown(row)),
    )


class Reader:
    """One stream: what its owner wants and may see, and what is still to be sent to it."""

    def __init__(self, owner: Principal, view: View, wanted: Wanted) -> None:
        self.owner = owner
        self.view = view
        self.wanted = wanted
        self.after = ""
        """The last event that was sent or passed over before it joined the others."""
        self.waiting: deque[bytes] = deque()
        self.ended = False
        self.awake = asyncio.Event()

    def takes(self, row: Mapping[str, Any]) -> bool:
        """Whether an event is for this reader."""
        mine = row["recipient"] in {None, self.owner.name}
        new = row["id"] > self.after
        return new and mine and self.wanted.takes(row) and sees(self.view, row)

    def give(self, text: bytes) -> None:
        """Let a piece wait to be sent; end where too many do."""
        if len(self.waiting) >= ROOM:
            self.end()
        elif not self.ended:
            self.waiting.append(text)
            self.awake.set()

    def end(self) -> None:
        """Send nothing more."""
        self.ended = True
        self.waiting.clear()
        self.awake.set()

    async def next(self, seconds: float) -> bytes | None:
        """What is to be sent now, in one piece; empty after so long; None at the end."""
        if not self.waiting and not self.ended:
            self.awake.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self.awake.wait()
            except TimeoutError:
                return b""
        if self.ended:
            return None
        text = b"".join(self.waiting)
        self.waiting.clear()
        return text


class Hub:
    """All streams of a process. Lives on the event loop; the thread only reads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.readers: set[Reader] = set()
        self.owners: frozenset[Principal] = frozenset()
        self.newest = ""
        """Up to here every reader has been told."""
        self.closed = False
        self.starting = asyncio.Lock()
        self.thread: threading.Thread | None = None
        self.loop = asyncio.get_running_loop()

    @property
    def full(self) -> bool:
        """Whether no more streams are taken."""
        return self.closed or len(self.readers) >= MOST

    async def join(self, reader: Reader) -> str:
        """Tell a reader of every event from now on; answers the id of the last one before."""
        async with self.starting:
            if self.thread is None:
                self.newest = await to_thread.run_sync(self._newest)
                self._add(reader)
                self.thread = threading.Thread(
                    target=self._run, args=(self.newest,), name="changes", daemon=True
                )
                self.thread.start()
            else:
                self._add(reader)
        return self.newest

    def _add(self, reader: Reader) -> None:
        self.readers.add(reader)
        if self.closed:
            reader.end()
        self.owners = frozenset(one.owner for one in self.readers)

    def leave(self, reader: Reader) -> None:
        """Tell a reader no more."""
        self.readers.discard(reader)
        self.owners = frozenset(one.owner for one in self.readers)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        for reader in self.readers:
            reader.end()

    async def closed_down(self) -> None:
        """Wait until the thread has ended."""
        self.close()
        if self.thread is not None:
            await to_thread.run_sync(self.thread.join)

    def _tell(self, rows: Sequence[Row], views: Mapping[Principal, View | None]) -> None:
        told = [(row, piece(row)) for row in rows]
        for reader in list(self.readers):
            view = views.get(reader.owner, reader.view)
            if view is None:
                reader.end()
                continue
            reader.view = view
            for row, text in told:
                if reader.takes(row):
                    reader.give(text)
        if rows:
            self.newest = rows[-1]["id"]

    # --- The thread -------------------------------------------------------------------------------

    def _newest(self) -> str:
        with self.database.read() as session:
            return newest_id(session)

    def _run(self, newest: str) -> None:
        watch = Watch(self.database)
        failures = (sa.exc.SQLAlchemyError, self.database.engine.dialect.loaded_dbapi.Error)
        looked = 0.0
        try:
            while not self.closed:
                try:
                    if watch.wait(TURN) or time.monotonic() - looked > LOOK:
                        looked = time.monotonic()
                        newest = self._look(newest)
                except failures:
                    log.warning("the events can't be read; trying again", exc_info=True)
                    time.sleep(1)
        finally:
            watch.close()

    def _look(self, newest: str) -> str:
        while True:
            with self.database.read() as session:
                views = {owner: view_now(session, owner) for owner in self.owners}
                rows = read_all(session, newest, BATCH)
            self.loop.call_soon_threadsafe(self._tell, rows, views)
            newest = rows[-1]["id"] if rows else newest
            if len(rows) < BATCH:
                return newest
