"""Loads that meet: one after the other, and the second finds what the first wrote."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.dataset.files import ORDER
from app.dataset.loader import load
from app.kernel.db import Database
from tests.dataset.tiny import TINY, records, write


def test_two_may_load_at_once(database: Database, tmp_path: Path) -> None:
    found = records()
    found["claims"] += [{**TINY["claims"], "ref": f"C{number:02}"} for number in range(3, 30)]
    size = sum(map(len, found.values()))
    write(tmp_path, found)
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: load(database, tmp_path), range(2)))
    assert sorted(report.created for report in reports) == [0, size]
    assert sorted(report.unchanged for report in reports) == [0, size]


def test_a_load_that_waited_for_another_finds_what_that_wrote(
    database: Database, tmp_path: Path
) -> None:
    """The first began earlier and has its turn later (SQLite has one writer anyhow)."""
    write(tmp_path, records())
    waiting, go = threading.Event(), threading.Event()

    def hold(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "advisory" in statement and not waiting.is_set():
            waiting.set()
            go.wait(30)

    sa.event.listen(database.engine, "before_cursor_execute", hold)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(load, database, tmp_path)
        while not (waiting.is_set() or first.done()):
            time.sleep(0.01)
        reports = [load(database, tmp_path)]
        go.set()
        reports.append(first.result())
    sa.event.remove(database.engine, "before_cursor_execute", hold)
    assert sorted(report.unchanged for report in reports) == [0, len(ORDER) + 1]
    assert not any(report.changed for report in reports)
