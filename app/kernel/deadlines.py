"""No statement takes for ever: neither one that is at work, nor one that nobody answers.

PostgreSQL ends a slow statement itself (`statement_timeout`). A server that is frozen, or gone
behind a network that swallows what is sent, ends nothing: then the client stops waiting and drops
the connection. SQLite works in this process and asks now and then whether to go on.
"""

import sqlite3
import time
from collections.abc import Callable
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

GRACE_SECONDS = 2.0
"""How much longer than the server the client waits: the server's own answer tells more."""
PING_SECONDS = 5.0
"""How long a connection that stood idle may take to say that it is still there."""
OPCODES = 500_000
"""Steps of SQLite's machine between two looks at the clock, some tens of milliseconds."""
UNTIL = "entente_until"


def connect_args(seconds: float) -> dict[str, Any]:
    """What libpq is told when it connects; without a limit only a dead line is noticed."""
    limited: dict[str, Any] = {
        "connect_timeout": max(2, ceil(min(PING_SECONDS, seconds or PING_SECONDS))),
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
    }
    if seconds:
        limited["tcp_user_timeout"] = int((seconds + GRACE_SECONDS) * 1000)
    return limited


def server_options(seconds: float) -> str:
    """What PostgreSQL is told; 0 means that it sets no limit."""
    statement = ceil(seconds * 1000)
    return (
        f"-c statement_timeout={statement} -c idle_in_transaction_session_timeout={2 * statement}"
    )


def too_slow(error: DBAPIError) -> bool:
    """Whether the database ended a statement for the time it took."""
    found = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return found in {"57014", "SQLITE_INTERRUPT"}


def guard(engine: sa.Engine, seconds: float) -> None:
    """Let no statement of an engine take longer; 0 lets all of them."""
    if not seconds:
        return
    if engine.dialect.name == "sqlite":
        _guard_sqlite(engine, seconds)
    else:
        _guard_postgres(engine, seconds)


def _guard_sqlite(engine: sa.Engine, seconds: float) -> None:
    def connected(connection: sqlite3.Connection, record: Any) -> None:
        info = record.info
        connection.set_progress_handler(lambda: time.monotonic() > info.get(UNTIL, 1e300), OPCODES)

    def begun(connection: sa.Connection, *_statement: Any) -> None:
        connection.info[UNTIL] = time.monotonic() + seconds

    event.listen(engine, "connect", connected)
    event.listen(engine, "before_cursor_execute", begun)


def _guard_postgres(engine: sa.Engine, seconds: float) -> None:
    used, idle = seconds + GRACE_SECONDS, min(PING_SECONDS, seconds)

    def connected(connection: Any, record: Any) -> None:
        # Every exchange with the server goes through `wait`: statements, BEGIN, COMMIT and pings.
        record.info[UNTIL] = idle
        connection.wait = _impatient(connection, record.info)

    def lent(_connection: Any, record: Any, _proxy: Any) -> None:
        record.info[UNTIL] = used

    def returned(_connection: Any, record: Any) -> None:
        record.info[UNTIL] = idle

    event.listen(engine, "connect", connected)
    event.listen(engine, "checkout", lent)
    event.listen(engine, "checkin", returned)


def _impatient(connection: Any, info: dict[str, float]) -> Callable[..., Any]:
    """A `wait` that drops the connection when the server says nothing for too long."""
    plain = connection.wait

    def wait(exchange: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        if timeout is not None:
            # Who says how long is ready to hear nothing, as one that listens for notices.
            return plain(exchange, interval, timeout)
        patience = info[UNTIL]
        begun = time.monotonic()
        try:
            return plain(exchange, interval, patience)
        except Exception:
            if time.monotonic() - begun >= patience:
                connection.close()  # the answer may still come, and would be taken for the next
            raise

    return wait
