"""A migration that is killed leaves the old schema or the new one, and can be run again."""

import signal
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.migrations import head, migrate, revision
from tests.command import entente, started, succeeded
from tests.faults.load import assert_healthy
from tests.stores import Store

FIRST = "0001"


def stands_at(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = revision(connection)
    engine.dispose()
    return found


def test_a_killed_migration_can_be_run_again(blank_url: str, tmp_path: Path, seed: int) -> None:
    database = Database.of(Settings(database_url=blank_url))
    migrate(database.engine, FIRST)
    database.close()
    began = time.monotonic()
    whole = started(blank_url, "--help", cwd=tmp_path)
    whole.communicate()
    lasts = time.monotonic() - began
    process = started(blank_url, "migrate", cwd=tmp_path)
    time.sleep(lasts + 0.1 * (seed % 5))  # it has been at work for a moment, or has hardly begun
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert stands_at(blank_url) in {FIRST, head()}
    succeeded(entente(blank_url, "migrate"))
    assert stands_at(blank_url) == head()
    assert_healthy(blank_url)


def test_a_migration_killed_in_its_middle_changes_nothing(
    store: Store, blank_url: str, tmp_path: Path
) -> None:
    if store.name != "postgresql":
        pytest.skip("SQLite has nobody who could hold a migration up in its middle")
    database = Database.of(Settings(database_url=blank_url))
    migrate(database.engine, FIRST)
    with database.engine.connect() as holding:
        # The last of the tables that it changes: those before are changed by then.
        holding.execute(sa.text("LOCK TABLE sources IN ACCESS SHARE MODE"))
        process = started(blank_url, "migrate", cwd=tmp_path, busy_timeout_seconds="60")
        waiting = sa.text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 60
        with database.engine.connect() as watching:
            while not watching.execute(waiting).scalar_one():
                assert time.monotonic() < deadline
                watching.rollback()
                time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    database.close()
    assert stands_at(blank_url) == FIRST
    succeeded(entente(blank_url, "migrate"))
    assert_healthy(blank_url)
