"""One record's whole life through HTTP, on both databases: what shows that the harness stands."""

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests import stores
from tests.helpers import make_actor, patch, read


def test_a_record_is_read_back_as_it_was_made(client: TestClient) -> None:
    made = make_actor(client, slug="dprk", name="North Korea", country_code="KP")
    assert read(client, "actors/dprk") == read(client, f"actors/{made['id']}") == made
    assert made["version"] == 1


def test_the_store_is_the_one_that_was_asked_for(
    client: TestClient, database: Database, store: stores.Store
) -> None:
    assert database.engine.dialect.name == store.name
    assert client.get("/readyz").status_code == 200


def test_no_test_sees_the_records_of_another(client: TestClient) -> None:
    assert read(client, "actors")["items"] == []


def test_a_change_needs_the_version_it_changes(client: TestClient) -> None:
    path = f"/v1/actors/{make_actor(client)['id']}"
    tag = client.get(path).headers["ETag"]
    assert client.patch(path, json={"name": "One"}).status_code == 428
    changed = client.patch(path, json={"name": "One"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    late = client.patch(path, json={"name": "Two"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"
    assert client.get(path).json()["name"] == "One"


def test_a_deleted_record_is_gone_and_keeps_its_versions(client: TestClient) -> None:
    made = make_actor(client)
    path = f"/v1/actors/{made['id']}"
    patch(client, f"actors/{made['id']}", name="Renamed")
    assert client.delete(path).status_code == 428
    assert client.delete(path, headers={"If-Match": "*"}).status_code == 204
    assert client.get(path).status_code == 410
    versions = read(client, f"actors/{made['id']}/versions")["items"]
    assert [version["action"] for version in versions] == ["deleted", "updated", "created"]


def test_a_list_is_one_statement(client: TestClient, statements: list[str]) -> None:
    for _ in range(5):
        make_actor(client)
    statements.clear()
    assert len(read(client, "actors")["items"]) == 5
    assert len(statements) == 1


def test_the_default_data_set_is_there_and_shared(loaded_client: TestClient) -> None:
    assert read(loaded_client, "alliances")["items"]
    refused = loaded_client.post(
        "/v1/actors", json={"slug": "mine", "name": "Mine", "kind": "state"}
    )
    assert refused.status_code >= 500, "tests must not write to what they share"


@pytest.mark.parametrize("name", ["first", "second"])
def test_the_default_data_set_can_be_changed_in_a_copy(
    filled_client: TestClient, name: str
) -> None:
    make_actor(filled_client, slug="only-here", name=name)
    assert read(filled_client, "actors/only-here")["name"] == name
