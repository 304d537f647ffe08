"""Two requests, of which the second is sent while the first has yet to commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import sqlalchemy as sa

from app.kernel.db import Database

Ask = Callable[[], Any]
PATIENCE = 30
HEAD_START = 0.3
"""Seconds in which the second does what it can without the first: answer, or begin to wait."""


def overtaken(database: Database, first: Ask, second: Ask) -> tuple[Any, Any]:
    """The answers to both. The first has written everything when the second is sent."""
    at_the_door, go = Event(), Event()

    def hold(_connection: sa.Connection) -> None:
        if not at_the_door.is_set():
            at_the_door.set()
            go.wait(PATIENCE)

    sa.event.listen(database.engine, "commit", hold)
    try:
        with ThreadPoolExecutor(2) as threads:
            one = threads.submit(first)
            assert at_the_door.wait(PATIENCE)
            two = threads.submit(second)
            wait([two], HEAD_START)
            go.set()
            return one.result(PATIENCE), two.result(PATIENCE)
    finally:
        go.set()
        sa.event.remove(database.engine, "commit", hold)
