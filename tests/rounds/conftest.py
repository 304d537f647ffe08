"""Alliances, consequences and those who judge them, for the tests of this folder."""

import pytest
from starlette.testclient import TestClient

from tests.access.people import Headers, People
from tests.helpers import Body, make_alliance, make_assessor, make_consequence


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


@pytest.fixture
def people(client: TestClient) -> People:
    return People(client)


@pytest.fixture
def bob(people: People) -> Headers:
    """Who opens rounds."""
    return people.join("bob", "editor", clearance="AMBER+STRICT", groups=["desk"])


@pytest.fixture
def ann(people: People) -> Headers:
    """Who answers them."""
    return people.join("ann", clearance="AMBER+STRICT", groups=["desk"])


@pytest.fixture
def stakes(people: People, bob: Headers) -> list[Body]:
    """Two consequences of an alliance."""
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, bob)["id"]
    path = f"alliances/{alliance}/consequences"
    titles = ("The river freezes", "The bridge falls")
    return [people.post(path, {"title": title, "category": "military"}, bob) for title in titles]
