"""What tests ask for. Each test that reaches a database runs on SQLite and on PostgreSQL.

- `client`: HTTP against an empty store of the test's own; `database` and `settings` behind it
- `start`: further applications on the same store, for restarts and other settings
- `loaded_client`: HTTP against the default data set, shared and read-only
- `filled_client`: the same data in a store of the test's own, to be changed
- `prepare`: what all tests of a module begin with, made once; each has a copy behind `client`
- `both_clients`: an empty store of each kind in one test, for cases that cost more than answers
- `seed`: what random data come from
- `statements`: the SQL statements `client` causes, for tests that count them
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.dataset import loader
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.migrations import migrate
from app.main import create_app
from tests import stores
from tests.client import Client
from tests.document import document
from tests.helpers import counting

BACKENDS = ("sqlite", "postgresql")
REQUIRE_BROWSER = "TEST_REQUIRE_BROWSER"
POOL = 8
UNHURRIED: dict[str, Any] = {
    "rate_per_minute": 0,
    "rate_per_address_per_minute": 0,
    "queue_seconds": 60,
    "stream_seconds": 0.05,
    "deliver": False,
}
"""Tests ask more than people do, on busy machines; the limits have tests of their own. Streams
end by themselves, since test clients wait for that; nothing is done behind a test."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run, and let no setting of the machine reach a test."""
    if not hasattr(config, "workerinput"):
        stores.begin()
    for name in [name for name in os.environ if name.startswith("ENTENTE_")]:
        del os.environ[name]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    if not hasattr(config, "workerinput"):
        stores.end()
    # pytest goes through everything five times now, for what should have been closed: once will do.
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    """Don't look for garbage in what is loaded by now, nor after every few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def _settings(url: str, **changes: Any) -> Settings:
    given = {"database_url": url, "dataset": "none", "pool_size": POOL, **UNHURRIED, **changes}
    return Settings(**given)


def _started(url: str) -> None:
    settings = _settings(url)
    database = Database.of(settings)
    migrate(database.engine)
    with Client(create_app(settings, database)):  # which makes the keys of the service
        pass
    database.close()


def _filled(url: str) -> None:
    settings = Settings(database_url=url)
    database = Database.of(settings)
    assert loader.load_if_empty(settings, database)
    database.close()


def application(settings: Settings, database: Database) -> FastAPI:
    """An application that needn't make its document anew."""
    app = create_app(settings, database)
    app.openapi = lambda: document(settings.dataset)  # type: ignore[method-assign]  # as the service
    return app


class Served:
    """An application that one test after another takes to a database of its own.

    To make one and answer a first request takes 0.2 s, a hundred times what a copied database
    costs. Tests must therefore leave the application itself as it is; `start` makes others.
    """

    def __init__(self, store: stores.Store) -> None:
        self.url = sa.make_url(store.make(None))
        settings = _settings(self.url.render_as_string(hide_password=False))
        store.drop(settings.database_url)
        self.database = Database.of(settings)
        sa.event.listen(self.database.engine, "do_connect", self._redirect)
        self.app = application(settings, self.database)
        self.taken = False

    def _redirect(self, _dialect: Any, _record: Any, cargs: list[Any], cparams: Any) -> None:
        if "dbname" in cparams:
            cparams["dbname"] = self.url.database
        else:
            cargs[0] = self.url.database

    @contextmanager
    def at(self, url: str) -> Iterator[Database]:
        """Point the application at a database; it stays connected to the one it had last."""
        assert not self.taken, "the application leads to another database of this test"
        if sa.make_url(url) != self.url:
            self.database.close()
            self.url = sa.make_url(url)
        self.taken = True
        try:
            yield self.database
        finally:
            self.taken = False


@cache
def served_on(name: str) -> Served:
    """The application of this process on a kind of database, with every statement it has built."""
    return Served(stores.store(name))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A database that each test of a module has a copy of, and what was made in it."""

    url: str
    made: Any = None


Prepare = Callable[[Callable[[TestClient], Any]], Prepared]


def begin_with(make: Callable[[TestClient], Any]) -> tuple[Any, Any]:
    """Two fixtures of a module all of whose tests begin with the same, made through HTTP once.

    The first is to be called `prepared`; the second is what was made, by any name.
    """

    @pytest.fixture(scope="module")
    def prepared(prepare: Prepare) -> Prepared:
        return prepare(make)

    @pytest.fixture
    def made(prepared: Prepared) -> Any:
        return prepared.made

    return prepared, made


# --- Stores and templates -----------------------------------------------------------------------


@pytest.fixture(scope="session", params=BACKENDS)
def store(request: pytest.FixtureRequest) -> stores.Store:
    """The kind of database."""
    return stores.store(request.param)


@pytest.fixture(scope="session")
def seed(store: stores.Store) -> int:
    """What random data come from: another on each kind of database; TEST_SEED adds to it."""
    return BACKENDS.index(store.name) + int(os.environ.get("TEST_SEED", "0"))


@pytest.fixture(scope="session")
def empty_template(store: stores.Store) -> str:
    """The URL of a database without records that a service was started on; only to be copied."""
    return stores.template(store, "empty", _started)


@pytest.fixture(scope="session")
def loaded_template(store: stores.Store, empty_template: str) -> str:
    """The URL of a database with the default data set; only to be copied."""
    return stores.template(store, "loaded", _filled, empty_template)


# --- An empty store for each test ---------------------------------------------------------------


@pytest.fixture
def blank_url(store: stores.Store) -> Iterator[str]:
    """The URL of a database that was never migrated."""
    url = store.make(None)
    yield url
    store.drop(url)


@pytest.fixture(scope="session")
def prepared(empty_template: str) -> Prepared:
    """What tests begin with: nothing. A module says something else by its own, with `prepare`."""
    return Prepared(empty_template)


@pytest.fixture
def database_url(store: stores.Store, prepared: Prepared) -> Iterator[str]:
    """The URL of a migrated database of the test's own."""
    url = store.lend(prepared.url)
    yield url
    store.take_back(url)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings that lead to the test's own database."""
    return _settings(database_url)


@pytest.fixture(scope="session")
def served(store: stores.Store) -> Served:
    """The application behind `client` and `filled_client`."""
    return served_on(store.name)


@pytest.fixture(scope="module")
def prepare(store: stores.Store, served: Served, empty_template: str) -> Iterator[Prepare]:
    """Make something through HTTP in a database that is only to be copied from then on."""
    with ExitStack() as stack:

        def prepared(make: Callable[[TestClient], Any]) -> Prepared:
            url = store.make(empty_template)
            stack.callback(store.drop, url)
            with served.at(url), Client(served.app) as client:
                made = make(client)
            served.database.close()
            return Prepared(url, made)

        yield prepared


@pytest.fixture
def database(served: Served, database_url: str) -> Iterator[Database]:
    """The store behind `client`."""
    with served.at(database_url) as database:
        yield database


@pytest.fixture
def client(served: Served, database: Database) -> Iterator[TestClient]:
    """HTTP against an empty store."""
    del database  # asked for so that the application leads there
    with Client(served.app) as client:
        yield client


@pytest.fixture
def start(database_url: str) -> Iterator[Callable[..., TestClient]]:
    """Start one more application on the same store, with changed settings."""
    with ExitStack() as stack:

        def started(**changes: object) -> TestClient:
            settings = _settings(database_url, **changes)
            database = Database.of(settings)
            stack.callback(database.close)
            return stack.enter_context(Client(application(settings, database)))

        yield started


@pytest.fixture
def statements(client: TestClient, database: Database) -> Iterator[list[str]]:
    """The SQL statements executed since; `clear()` begins anew."""
    del client  # what its start executes isn't counted
    with counting(database) as seen:
        yield seen


# --- The default data set -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def loaded_database(store: stores.Store, loaded_template: str) -> Iterator[Database]:
    """The store behind `loaded_client`."""
    url = store.make(loaded_template)
    database = Database.of(_settings(url))
    yield database
    database.close()
    store.drop(url)


@pytest.fixture(scope="session")
def loaded_client(loaded_database: Database) -> Iterator[TestClient]:
    """HTTP against the default data set. It is shared: a write fails."""
    engine = loaded_database.engine
    settings = _settings(engine.url.render_as_string(hide_password=False))
    with Client(application(settings, loaded_database)) as client:
        sa.event.listen(engine, "connect", _only_reads)
        sa.event.listen(engine, "begin", _only_reads_now)
        engine.dispose()
        yield client


def _only_reads(connection: object, _record: object) -> None:
    if not hasattr(connection, "read_only"):  # psycopg has it, which the service sets itself
        connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]  # sqlite3


def _only_reads_now(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        raw: Any = connection.connection.dbapi_connection
        raw.execute("SET TRANSACTION READ ONLY")


@pytest.fixture
def filled_client(
    store: stores.Store, served: Served, loaded_template: str
) -> Iterator[TestClient]:
    """HTTP against the default data set in a store of the test's own."""
    url = store.make(loaded_template)
    with served.at(url), Client(served.app) as client:
        yield client
    store.drop(url)


# --- Both kinds of database at once --------------------------------------------------------------


@pytest.fixture
def both_clients() -> Iterator[list[TestClient]]:
    """HTTP against an empty store of each kind, for what costs most to make and is sent to both."""
    with ExitStack() as stack:
        clients = list[TestClient]()
        for name in BACKENDS:
            store, served = stores.store(name), served_on(name)
            url = store.lend(stores.template(store, "empty", _started))
            stack.callback(store.take_back, url)
            stack.enter_context(served.at(url))
            clients.append(stack.enter_context(Client(served.app)))
        yield clients
