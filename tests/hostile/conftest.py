"""A small world for each test of this folder."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import stores
from tests.client import Client
from tests.conftest import Served
from tests.document import document as documented
from tests.hostile.wire import Wire, wire_to
from tests.hostile.world import World, make_world

NAMED = "world-{}.json"
"""Where the ids of a world are written down, by the kind of database."""


@pytest.fixture(scope="session")
def world_template(store: stores.Store, served: Served, empty_template: str) -> str:
    """The URL of a database with one record of each kind; only to be copied."""

    def fill(url: str) -> None:
        with served.at(url) as database:
            with Client(served.app) as client:
                ids = make_world(client).ids
            database.close()
        (stores.place() / NAMED.format(store.name)).write_text(json.dumps(ids))

    return stores.template(store, "world", fill, empty_template)


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, store: stores.Store, empty_template: str
) -> Iterator[str]:
    """The URL of a database of the test's own; the world is in it if the test asks for that."""
    with_world = "world" in request.fixturenames
    url = store.lend(request.getfixturevalue("world_template") if with_world else empty_template)
    yield url
    store.take_back(url)


@pytest.fixture
def world(store: stores.Store, client: TestClient) -> World:
    """One record of each kind."""
    del client  # asked for since that is where it is
    return World(json.loads((stores.place() / NAMED.format(store.name)).read_text()))


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The OpenAPI document, as it is sent."""
    return documented("none")


@pytest.fixture
def wire(client: TestClient) -> Iterator[Wire]:
    """The application behind `client`, reached byte for byte."""
    with wire_to(client.app) as wire:
        yield wire
