"""Migrating: at once, interrupted, by an older version of the service, and back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from app.kernel.db import WRITING
from app.kernel.errors import Unavailable
from app.kernel.migrations import configuration, head, migrate, starting
from tests import stores
from tests.command import entente, refused, started
from tests.migrations.catalog import VERSION, catalog, opened

AT_ONCE = 2
MOST = 1000
"""More statements than all migrations have."""
STEP = 37
"""Not every one of them is tried: each takes a migration."""
TOLD = (
    "The database stands at revision 9999, which this version of the service doesn't know: a newer"
    " one has migrated it."
)


def matrices(engine: sa.Engine) -> int:
    """How many matrices there are: each run of the first migration would add one."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM matrices").scalar_one())


def versions(engine: sa.Engine) -> list[str]:
    """The revisions a database says it stands at."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION}")  # noqa: S608 - a constant
        return list(found.scalars())


# --- At once ------------------------------------------------------------------------------------


def test_processes_that_migrate_at_once_all_succeed_and_it_is_done_once(
    blank_url: str, tmp_path: Path
) -> None:
    running = [started(blank_url, "migrate", cwd=tmp_path) for _ in range(AT_ONCE)]
    for process in running:
        out, err = process.communicate()
        assert (process.returncode, out) == (0, f"The database stands at revision {head()}.\n"), err
    with opened(blank_url) as engine:
        assert (versions(engine), matrices(engine)) == ([head()], 1)


def test_a_database_may_be_named_by_a_uri(tmp_path: Path) -> None:
    with opened(f"sqlite:///file:{tmp_path}/own.db?uri=true") as engine:
        with starting(engine):
            migrate(engine)
        assert versions(engine) == [head()]


def test_threads_that_migrate_at_once_all_succeed_and_it_is_done_once(blank_url: str) -> None:
    together = Barrier(AT_ONCE)

    def run(_number: int) -> None:
        with opened(blank_url) as engine:
            together.wait(timeout=30)
            migrate(engine)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(run, range(AT_ONCE)))
    with opened(blank_url) as engine:
        assert (versions(engine), matrices(engine)) == ([head()], 1)


# --- Interrupted --------------------------------------------------------------------------------


class Interruption(Exception):  # noqa: N818 - what happens, not what is wrong
    """The end of a migration before its time."""


def test_an_interrupted_migration_leaves_the_database_as_it_was(blank_url: str) -> None:
    left = 0

    def interrupt(*_event: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Interruption

    with opened(blank_url) as engine:
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
        before = catalog(engine)
        sa.event.listen(engine, "after_cursor_execute", interrupt)
        tried = 0
        for number in range(1, MOST, STEP):
            left = number
            try:
                migrate(engine)
            except Interruption:
                assert catalog(engine) == before, number
                tried += 1
            else:
                break
        left = 0
        assert tried > 5
        assert (versions(engine), matrices(engine)) == ([head()], 1)


def test_a_migration_whose_end_is_lost_leaves_the_database_as_it_was(blank_url: str) -> None:
    def fail(_connection: sa.Connection) -> None:
        raise Interruption

    with opened(blank_url) as engine:
        sa.event.listen(engine, "commit", fail)
        with pytest.raises(Interruption):
            migrate(engine)
        sa.event.remove(engine, "commit", fail)
        assert catalog(engine) == {}
        migrate(engine)
        assert versions(engine) == [head()]


# --- Revisions nobody knows ---------------------------------------------------------------------


@pytest.fixture
def newer_url(database_url: str) -> str:
    """The URL of a database that a newer version of the service has migrated."""
    with opened(database_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION} SET version_num = '9999'")  # noqa: S608 - a constant
    return database_url


@pytest.mark.parametrize("arguments", [["migrate"], ["serve"], ["load"], ["export", "actors"]])
def test_a_database_of_a_newer_version_is_refused(newer_url: str, arguments: list[str]) -> None:
    assert refused(entente(newer_url, *arguments, port="0")).endswith(TOLD)
    with opened(newer_url) as engine:
        assert versions(engine) == ["9999"]


def test_a_database_that_a_newer_version_migrates_meanwhile_is_refused(newer_url: str) -> None:
    """Who waited for the other's migration to end finds out what it has made."""
    with opened(newer_url) as engine:
        before = catalog(engine)
        with pytest.raises(Unavailable) as refusal:
            migrate(engine)
        assert refusal.value.detail == TOLD
        assert (catalog(engine), versions(engine)) == (before, ["9999"])


# --- Back ---------------------------------------------------------------------------------------


def test_what_would_show_what_is_hidden_is_not_taken_back(
    store: stores.Store, loaded_template: str
) -> None:
    url = store.make(loaded_template)
    with opened(url) as engine:
        before = catalog(engine)
        with engine.connect() as plain:
            connection = plain.execution_options(**{WRITING: True})
            with (
                pytest.raises(RuntimeError, match="can't be taken back"),
                connection.begin() as transaction,
            ):
                command.downgrade(configuration(connection), "base")
            assert not transaction.is_active
        assert catalog(engine) == before
    store.drop(url)
