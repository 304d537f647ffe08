"""A read replica that nobody can tell from the primary: it answers only when it has seen all.

Before a read the primary is asked for the position of its log, which takes no table, no lock and
no disk; the replica is used if it has replayed that far, or does so within a moment. So whoever
wrote sees what they wrote, whichever worker or host they come to next, and nobody goes back in
time from one request to the next. Otherwise the primary answers, and the replica rests a while.
"""

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

ALONE: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""A transaction of PostgreSQL that sees one instant, and changes nothing."""
PATIENCE = 0.05
"""Seconds a read waits for the replica to catch up."""
STEP = 0.002
REST = 1.0
"""Seconds for which a replica that was behind or gone isn't asked again."""

_POSITION = sa.text("SELECT pg_current_wal_flush_lsn()::text")
# NULL where nothing was ever replayed: on a server that is no standby.
_SEEN = sa.text("SELECT COALESCE(pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn), false)")


class Replica:
    """The second database, and whether it may be asked."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.resting = 0.0
        """Until when, by the monotonic clock."""

    def connection(self, primary: sa.Engine) -> sa.Connection | None:
        """A connection that sees everything acknowledged so far; None if the primary must do.

        It is the caller's to close.
        """
        if time.monotonic() < self.resting:
            return None
        with primary.execution_options(**ALONE).connect() as asked:
            position = asked.execute(_POSITION).scalar_one()
        try:
            with self.engine.execution_options(**ALONE).connect() as asked:
                seen = self._seen(asked, position)
            if seen:
                return self.engine.connect().execution_options(**SNAPSHOT)
        except (DBAPIError, PoolTimeout):
            pass
        self.rest()
        return None

    def _seen(self, connection: sa.Connection, position: str) -> bool:
        deadline = time.monotonic() + PATIENCE
        while not connection.execute(_SEEN, {"position": position}).scalar_one():
            if time.monotonic() > deadline:
                return False
            time.sleep(STEP)
        return True

    def rest(self) -> None:
        """Leave it alone for a while."""
        self.resting = time.monotonic() + REST
