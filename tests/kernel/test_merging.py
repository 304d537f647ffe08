"""Merging: one record stands for both, and every name of the other leads to it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.helpers import make_actor


@pytest.fixture
def merged(client: TestClient) -> dict[str, Any]:
    """Two actors found to be one, a third, and what named them."""
    one, two = make_actor(client, slug="one"), make_actor(client, slug="two")
    client.patch(
        "/v1/actors/two",
        json={"affiliations": [{"actor": "one", "role": "the same"}]},
        headers={"If-Match": "*"},
    )
    claim = client.post(
        "/v1/claims",
        json={
            "statement": "Said of both.",
            "modality": "asserted",
            "speaker": "one",
            "about": ["one", "two"],
        },
    ).json()
    answer = client.post("/v1/actors/one/merge", json={"into": "two"})
    assert answer.status_code == 201, answer.text
    return {"one": one["id"], "two": two["id"], "claim": claim["id"]}


def test_a_merged_record_leads_to_the_one_that_stands(
    client: TestClient, merged: dict[str, Any]
) -> None:
    for key in (merged["one"], "one"):
        answer = client.get(f"/v1/actors/{key}", follow_redirects=False)
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/actors/{merged['two']}"
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/actors/one").json()["id"] == merged["two"]


def test_what_named_the_merged_record_names_the_other(
    client: TestClient, merged: dict[str, Any]
) -> None:
    claim = client.get(f"/v1/claims/{merged['claim']}").json()
    assert claim["speaker"] == merged["two"]
    assert claim["about"] == [merged["two"]]
    assert claim["version"] == 2
    assert len(client.get("/v1/claims", params={"about": "two"}).json()["items"]) == 1


def test_the_one_that_stands_does_not_come_to_name_itself(
    client: TestClient, merged: dict[str, Any]
) -> None:
    assert client.get(f"/v1/actors/{merged['two']}").json()["affiliations"] == []


def test_the_merged_record_keeps_its_versions(client: TestClient, merged: dict[str, Any]) -> None:
    versions = client.get(f"/v1/actors/{merged['one']}/versions", follow_redirects=False)
    assert [version["action"] for version in versions.json()["items"]] == ["merged", "created"]


def test_a_copy_of_a_merged_source_is_no_copy_of_itself(client: TestClient) -> None:
    client.post("/v1/sources", json={"slug": "first", "title": "First"})
    client.post("/v1/sources", json={"slug": "copy", "title": "Copy", "derived_from": "first"})
    answer = client.post("/v1/sources/first/merge", json={"into": "copy"})
    assert answer.status_code == 201
    assert answer.json()["derived_from"] is None


@pytest.mark.parametrize(
    ("into", "status"), [("one", 422), ("unheard-of", 422), (None, 422), (7, 422)]
)
def test_a_senseless_merge_is_refused(client: TestClient, into: object, status: int) -> None:
    make_actor(client, slug="one")
    answer = client.post("/v1/actors/one/merge", json={"into": into})
    assert answer.status_code == status
    assert answer.json()["errors"][0]["pointer"] == "/into"
    assert client.get("/v1/actors/one").json()["version"] == 1
