"""The worker: one task a process that finds what is due, and one for each webhook meanwhile.

Each webhook has a task of its own while something is sent to it, so none waits for another. Workers
of other processes and hosts keep off by the lease in the database.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from anyio import CancelScope, CapacityLimiter, to_thread

from app.delivery.sender import Sender
from app.delivery.store import Store
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.types import now
from app.webhooks.targets import Policy

log = logging.getLogger("entente")

T = TypeVar("T")
PRUNING = 3600.0
LOOK = 2.0
"""Seconds after which the worker looks for what other processes have written."""
THREADS = 4
"""How many of its questions the database is asked at once."""


class Worker:
    """Sends what webhooks are to be told."""

    def __init__(
        self, database: Database, settings: Settings, sender: Sender | None = None
    ) -> None:
        policy = Policy.of(settings.webhook_ports, settings.webhook_allow)
        self.database = database
        self.store = Store(database, settings)
        self.sender = sender or Sender(policy, settings.webhook_timeout_seconds)
        self.busy: dict[str, asyncio.Task[None]] = {}
        self.limiter = CapacityLimiter(THREADS)
        self.awake = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    async def run(self) -> None:
        """Work until cancelled; what is under way then is given back."""
        self.database.listeners.append(self._poke)
        pruned = 0.0
        try:
            while True:
                seconds = LOOK
                try:
                    seconds = await self._look()
                    if time.monotonic() - pruned > PRUNING:
                        await self._ask(self.store.prune)
                        pruned = time.monotonic()
                except sa.exc.SQLAlchemyError:
                    log.warning("webhooks can't be read; trying again", exc_info=True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self.awake.wait()
                self.awake.clear()
        finally:
            self.database.listeners.remove(self._poke)
            for task in self.busy.values():
                task.cancel()
            with CancelScope(shield=True):
                await asyncio.gather(*self.busy.values(), return_exceptions=True)
                await self.sender.close()

    def _poke(self) -> None:
        """Called by whichever thread has committed something."""
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.awake.set)

    async def _look(self) -> float:
        """Begin with what is due; answer when to look again."""
        for key in await self._ask(self.store.due):
            if key not in self.busy:
                task = asyncio.create_task(self._serve(key))
                self.busy[key] = task
                task.add_done_callback(partial(self._done, key))
        soonest = await self._ask(self.store.next_due)
        if soonest is None:
            return LOOK
        return min(LOOK, max(0.02, (soonest - now()).total_seconds()))

    def _done(self, key: str, _task: asyncio.Task[None]) -> None:
        del self.busy[key]
        self.awake.set()  # there may be more, or a time to wait for

    async def _ask(self, question: Callable[[], T]) -> T:
        """Ask the database in a thread; wait for it even when cancelled, since it goes on."""
        asking = asyncio.ensure_future(to_thread.run_sync(question, limiter=self.limiter))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            await asyncio.wait([asking])
            raise

    async def _serve(self, key: str) -> None:
        """Send a webhook what there is for it, in order, until nothing is left or it fails."""
        held = False
        try:
            job = await self._ask(partial(self.store.take, key))
            while job is not None:
                held = True
                headers = job.message.headers(job.secrets, now())
                result = await self.sender.send(job.url, headers, job.message.body)
                job = await self._ask(partial(self.store.settle, job, result))
        except sa.exc.SQLAlchemyError:
            log.warning("webhook %s can't be served; trying again", key, exc_info=True)
        finally:
            if held:
                with CancelScope(shield=True), suppress(sa.exc.SQLAlchemyError):
                    await self._ask(partial(self.store.release, key))
