"""A small world for each test of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.hostile.wire import Wire, wire_to
from tests.hostile.world import World, make_world


@pytest.fixture
def world(client: TestClient) -> World:
    """One record of each kind."""
    return make_world(client)


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


@pytest.fixture
def wire(client: TestClient) -> Iterator[Wire]:
    """The application behind `client`, reached byte for byte."""
    with wire_to(client.app) as wire:
        yield wire
