"""Reads go to a standby only when it has seen everything, and nobody can tell the difference.

Two servers of the test's own, out of the wheel: a primary and its streaming standby.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app.kernel.config import Settings
from app.kernel.db import Database
from app.main import create_app
from tests.client import Client
from tests.command import entente, refused
from tests.helpers import make_actor, patch, read, unique
from tests.operate.postgres import TOOLS, Server, pair_of

PATIENCE = 60
"""Seconds, after which a standby that wasn't asked won't be."""

pytestmark = pytest.mark.skipif(TOOLS is None, reason="PostgreSQL's tools aren't here")


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Server, Server]]:
    """A migrated primary and its standby."""
    with pair_of() as found:
        yield found


@pytest.fixture
def worker(pair: tuple[Server, Server]) -> Iterator[Callable[[], TestClient]]:
    """Start workers of a service, each with connections of its own."""
    primary, standby = pair
    settings = Settings(
        database_url=primary.url, database_read_url=standby.url, dataset="none", pool_size=4
    )
    clients: list[TestClient] = []
    databases: list[Database] = []

    def start() -> TestClient:
        databases.append(Database.of(settings))
        client = Client(create_app(settings, databases[-1]))
        clients.append(client.__enter__())
        return clients[-1]

    yield start
    for client in clients:
        client.__exit__(None, None, None)
    for database in databases:
        database.close()


def replica_of(client: TestClient) -> Any:
    app: Any = client.app
    return app.state.database.replica


def test_reads_are_answered_by_the_standby(
    worker: Callable[[], TestClient],
) -> None:
    client = worker()
    make_actor(client)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(replica_of(client).engine, "before_cursor_execute", note)
    # On a busy machine the standby may be a moment behind: then the primary answers, as it should.
    deadline = time.monotonic() + PATIENCE
    while not any("FROM actors" in statement for statement in asked):
        assert time.monotonic() < deadline, "the standby is never asked"
        replica_of(client).resting = 0.0
        assert read(client, "actors")["items"]
    assert replica_of(client).resting == 0.0


def test_after_a_fault_of_the_standby_the_primary_answers(
    worker: Callable[[], TestClient],
) -> None:
    app: Any = worker().app
    database: Database = app.state.database
    deadline = time.monotonic() + PATIENCE
    asked: list[str] = []
    replica = database.replica
    assert replica is not None
    event.listen(replica.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    while "SELECT 1/0" not in asked:
        assert time.monotonic() < deadline, "the standby is never asked"
        replica.resting = 0.0
        with pytest.raises(DBAPIError), database.read() as session:
            session.execute(sa.text("SELECT 1/0"))
    assert replica.resting > 0
    with database.read() as session:
        assert session.execute(sa.text("SELECT pg_is_in_recovery()")).scalar() is False


def test_every_worker_shows_what_was_just_written(worker: Callable[[], TestClient]) -> None:
    one, two = worker(), worker()
    for _ in range(30):
        actor = make_actor(one)
        assert read(two, f"actors/{actor['slug']}")["version"] == 1
        patch(two, f"actors/{actor['slug']}", description="Changed.")
        assert read(one, f"actors/{actor['slug']}")["version"] == 2


def test_a_standby_that_is_behind_is_left_alone(
    pair: tuple[Server, Server], worker: Callable[[], TestClient]
) -> None:
    one, two = worker(), worker()
    pair[1].ask("SELECT pg_wal_replay_pause()")
    try:
        actor = make_actor(one)
        began = time.monotonic()
        for client in (one, two) * 5:
            assert read(client, f"actors/{actor['slug']}")["id"] == actor["id"]
        assert time.monotonic() - began < 5
        assert replica_of(two).resting > 0
        there = pair[1].ask("SELECT count(*) FROM actors WHERE slug = %s", actor["slug"])
        assert there == 0
    finally:
        pair[1].ask("SELECT pg_wal_replay_resume()")
    replica_of(two).resting = 0.0
    assert read(two, f"actors/{actor['slug']}")["id"] == actor["id"]


def test_a_standby_that_is_gone_is_not_missed(
    pair: tuple[Server, Server], worker: Callable[[], TestClient]
) -> None:
    client = worker()
    actor = make_actor(client)
    assert read(client, f"actors/{actor['slug']}")
    pair[1].stop()
    try:
        for _ in range(5):
            replica_of(client).resting = 0.0
            assert read(client, f"actors/{actor['slug']}")["id"] == actor["id"]
        replica_of(client).resting = 0.0
        make_actor(client, slug=unique("while-gone"))
    finally:
        pair[1].start()
    replica_of(client).resting = 0.0
    assert read(client, f"actors/{actor['slug']}")["id"] == actor["id"]


def test_the_doctor_and_the_metrics_know_the_standby(
    pair: tuple[Server, Server], worker: Callable[[], TestClient]
) -> None:
    assert 'pool_name="replica"' in worker().get("/metrics").text
    primary, standby = pair
    well = entente(primary.url, "doctor", database_read_url=standby.url, dataset="none")
    assert "replica" not in well.stdout
    same = entente(primary.url, "doctor", database_read_url=primary.url, dataset="none")
    assert "error: replica: is no standby" in same.stdout


def test_a_primary_of_another_kind_is_refused(pair: tuple[Server, Server]) -> None:
    told = refused(entente("sqlite:///unused.db", "migrate", database_read_url=pair[1].url))
    assert told == "ENTENTE_DATABASE_READ_URL needs a primary that is PostgreSQL."
