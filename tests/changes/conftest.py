"""The application, byte for byte."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.hostile.wire import Wire, wire_to


@pytest.fixture
def wire(client: TestClient) -> Iterator[Wire]:
    """The application behind `client`, without a client."""
    with wire_to(client.app) as wire:
        yield wire
