"""An alliance, two consequences of it and three assessors, for the tests of this folder."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import make_alliance, make_assessor, make_consequence


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance."""
    return str(make_alliance(client)["id"])


@pytest.fixture
def pair(client: TestClient, alliance: str) -> list[str]:
    """Two consequences of it."""
    return [make_consequence(client, alliance)["id"] for _ in "ab"]


@pytest.fixture
def names(client: TestClient) -> list[str]:
    """The slugs of three assessors."""
    return [make_assessor(client)["slug"] for _ in "abc"]
