"""Refusals in the audit log: who asked for what they may not have.

They are written in a transaction of their own, once the answer has left, by one thread at a time:
a store that is slow, broken or only to be read keeps nobody waiting for a refusal. Of one address
so many are written one by one in a minute, then one entry says that there were more.
"""

import logging
import threading
import time
from collections import deque
from dataclasses import replace

import sqlalchemy as sa

from app.kernel import audit
from app.kernel.access import Origin, Principal
from app.kernel.audit import Act
from app.kernel.db import Database

log = logging.getLogger("entente")

EACH = 10
"""Refusals of one address that are written one by one in a minute."""
ALL = 300
"""The same of all addresses together, in one process."""
MINUTE = 60
WAITING = 1000
"""Refusals that may wait to be written; more are only logged."""


class Refusals:
    """What is refused by a process, on its way into the audit log."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.minute = 0
        self.counts: dict[str, int] = {}
        self.waiting: deque[tuple[str | None, Origin, Act]] = deque()

    def take(self, origin: Origin, principal: str | None, counted: str) -> bool:
        """Take a refusal, counted under an address; whether there is something to write now."""
        action = self._action(counted)
        if action is None:
            return False
        if len(self.waiting) >= WAITING:
            log.warning("a refusal isn't in the audit log: %s", origin)
            return False
        if action == "refused_more":
            origin = replace(origin, request_id="", method="", route="", path="", status=0)
            principal = None
        self.waiting.append((principal, origin, Act(action)))
        return True

    def _action(self, counted: str) -> str | None:
        """What is to be written of one more: it, that there are more, or nothing."""
        with self.lock:
            minute = int(time.monotonic() // MINUTE)
            if minute != self.minute:
                self.minute, self.counts = minute, {}
            for name, most in ((counted, EACH), ("", ALL)):
                count = self.counts[name] = self.counts.get(name, 0) + 1
                if count > most:
                    return "refused_more" if count == most + 1 else None
        return "refused"

    def write(self) -> None:
        """Write what waits, unless somebody is at it: then it is written by them."""
        while self.waiting and self.writing.acquire(blocking=False):
            try:
                self._write([self.waiting.popleft() for _ in range(len(self.waiting))])
            finally:
                self.writing.release()

    def _write(self, taken: list[tuple[str | None, Origin, Act]]) -> None:
        try:
            with self.database.write(Principal.owner("service")) as tx:
                for principal, origin, act in taken:
                    audit.append(tx, [act], principal, origin)
        except (sa.exc.SQLAlchemyError, OSError):
            for principal, origin, _ in taken:
                log.warning("a refusal isn't in the audit log: %s, %s", principal, origin)


def is_refusal(status: int, method: str) -> bool:
    """Whether an answer is one: of what is hidden, 404, only where it was to be changed."""
    return status in {401, 403} or (status == 404 and method not in {"GET", "HEAD"})  # noqa: PLR2004 - statuses
