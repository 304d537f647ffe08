"""Noticing that events were written, by this process or another, without asking for them."""

import threading
import time
from typing import Any

from app.kernel.db import Database
from app.kernel.events import CHANNEL

TICK = 0.1
"""Seconds between two looks at SQLite, which can't call; each takes microseconds."""


class Watch:
    """A connection of its own, beside the pool, that hears of writes. For one thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection: Any = None
        self.version = 0
        self.poked = threading.Event()
        database.listeners.append(self.poked.set)

    def wait(self, seconds: float) -> bool:
        """Wait until something was written, or for so long; say whether it was.

        Raises the driver's error when the database doesn't answer; the next call connects anew.
        """
        try:
            if self.connection is None:
                self._connect()
                return True  # nobody knows what was written before
            return self._hear(seconds) if self.database.is_postgres else self._look(seconds)
        except self.database.engine.dialect.loaded_dbapi.Error:
            self._disconnect()
            raise

    def close(self) -> None:
        """Give the connection back."""
        self.database.listeners.remove(self.poked.set)
        self._disconnect()

    def _connect(self) -> None:
        pooled = self.database.engine.raw_connection()
        self.connection = pooled.driver_connection
        pooled.detach()  # it leaves its place in the pool to the next
        if self.database.is_postgres:
            self.connection.autocommit = True
            self.connection.execute(f"LISTEN {CHANNEL}")

    def _disconnect(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def _hear(self, seconds: float) -> bool:
        return any(True for _ in self.connection.notifies(timeout=seconds, stop_after=1))

    def _look(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            own = self.poked.wait(TICK)
            self.poked.clear()
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            changed, self.version = version != self.version, version
            if own or changed:
                return True
        return False
