"""A file of SQLite that others use at the same moment."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.kernel.config import Settings
from app.kernel.db import Database


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """A new file that somebody else is writing to."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE theirs (number)")
    try:
        yield other
    finally:
        other.close()


def mode_of(path: Path, seconds: float) -> str:
    database = Database.of(Settings(database_url=f"sqlite:///{path}", busy_timeout_seconds=seconds))
    try:
        with database.read() as session:
            mode: str = session.execute(sa.text("PRAGMA journal_mode")).scalar_one()
            return mode
    finally:
        database.close()


def test_who_finds_a_new_file_in_use_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with held(path) as other:
        threading.Timer(0.3, other.execute, ["COMMIT"]).start()
        assert mode_of(path, 30) == "wal"


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with held(path), pytest.raises(OperationalError, match="locked"):
        mode_of(path, 0.2)
