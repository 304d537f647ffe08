"""People with keys, for the tests of this folder."""

import pytest
from starlette.testclient import TestClient

from tests.access.people import WRITERS, Headers, People


@pytest.fixture
def people(client: TestClient) -> People:
    """The administrator, who lets others in."""
    return People(client)


@pytest.fixture
def writer(people: People) -> Headers:
    """Somebody who may see and mark anything."""
    return people.join("writer", **WRITERS)
