"""Merging: one record stands for both, and every name of the other leads to it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_contradiction,
    make_source,
    patch,
    read,
)


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
    asked = client.get("/v1/actors/one?fields=name&as_of=2023-09-10", follow_redirects=False)
    assert asked.headers["location"] == f"/v1/actors/{merged['two']}?fields=name&as_of=2023-09-10"
    found = client.get("/v1/actors/one", params={"fields": "name"}).json()
    assert found.keys() == {"id", "name"}


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


def test_what_says_the_same_of_both_says_it_once(client: TestClient) -> None:
    one, two, third = (make_actor(client)["id"] for _ in range(3))
    roles = [(one, "leader"), (two, "leader"), (two, "member"), (third, "leader")]
    affiliations = [{"actor": actor, "role": role} for actor, role in roles]
    body = make_actor(client, affiliations=affiliations)["id"]
    assert client.post(f"/v1/actors/{one}/merge", json={"into": two}).status_code == 201
    assert read(client, f"actors/{body}")["affiliations"] == affiliations[1:]


def test_carriers_of_a_merged_source_stay_where_they_are_in_different_places(
    client: TestClient,
) -> None:
    one, two = make_source(client)["id"], make_source(client)["id"]
    carriers = [
        {"source": one, "locator": {"page": "3"}},
        {"source": two, "locator": {"page": "3"}},
        {"source": one, "locator": {"page": "4"}},
        {"source": two},
        {"source": one},
    ]
    claim = make_claim(client, carriers=carriers)["id"]
    assert client.post(f"/v1/sources/{one}/merge", json={"into": two}).status_code == 201
    found = read(client, f"claims/{claim}")["carriers"]
    pages = [(row["source"], (row["locator"] or {}).get("page")) for row in found]
    assert pages == [(two, "3"), (two, "4"), (two, None)]


def test_members_that_are_one_are_one_for_the_time_of_both(client: TestClient) -> None:
    one, two, third = (make_actor(client)["id"] for _ in range(3))

    def member(actor: str, since: str | None, until: str | None) -> dict[str, Any]:
        return {"actor": actor, "role": None, "since": since, "until": until}

    def year(number: int) -> str:
        return f"20{number:02}-01-01T00:00:00Z"

    members = [
        member(two, year(10), year(12)),
        member(third, None, None),
        member(two, year(14), year(16)),
        member(one, year(11), year(15)),
        member(one, year(20), None),
        member(two, year(22), year(23)),
    ]
    alliance = make_alliance(client, members=members)["id"]
    assert client.post(f"/v1/actors/{one}/merge", json={"into": two}).status_code == 201
    assert read(client, f"alliances/{alliance}")["members"] == [
        member(two, year(10), year(16)),
        member(third, None, None),
        member(two, year(20), None),
    ]
    assert read(client, "alliances", as_of="2019-01-01")["items"][0]["id"] == alliance


@pytest.mark.parametrize(
    ("twice", "place"),
    [
        ([{"since": "2010-01-01"}, {"since": "2012-01-01"}], "/members/1/actor"),
        ([{}, {"until": "2012-01-01"}], "/members/1/actor"),
        ([{"until": "2012-01-01"}, {"since": "2012-01-01"}], None),
    ],
)
def test_a_member_is_one_once_at_a_time(
    client: TestClient, twice: list[dict[str, str]], place: str | None
) -> None:
    actor = make_actor(client)["id"]
    body = {"slug": "a", "name": "A", "members": [{"actor": actor, **entry} for entry in twice]}
    answer = client.post("/v1/alliances", json=body)
    assert answer.status_code == (422 if place else 201)
    assert place is None or answer.json()["errors"][0]["pointer"] == place


def test_what_a_list_names_already_is_refused(client: TestClient) -> None:
    actor, source = make_actor(client)["id"], make_source(client)["id"]
    alliance = make_alliance(client)["id"]
    cause = make_consequence(client, alliance)["id"]
    bodies: list[tuple[str, dict[str, Any], str]] = [
        (
            f"actors/{make_actor(client)['id']}",
            {"affiliations": [{"actor": actor, "role": "leader"}] * 2},
            "/affiliations/1/actor",
        ),
        (
            f"claims/{make_claim(client)['id']}",
            {"carriers": [{"source": source}] * 2},
            "/carriers/1/source",
        ),
        (
            f"consequences/{make_consequence(client, alliance)['id']}",
            {"caused_by": [{"consequence": cause}] * 2},
            "/caused_by/1/consequence",
        ),
    ]
    for path, body, place in bodies:
        answer = client.patch(f"/v1/{path}", json=body, headers={"If-Match": "*"})
        assert answer.status_code == 422, path
        assert [error["pointer"] for error in answer.json()["errors"]] == [place]


def test_one_claim_may_stand_at_several_states(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    claim = make_claim(client, alliance=alliance)["id"]
    made = make_contradiction(client, alliance)["id"]
    states = [
        {"status": "open", "since": "2023-01-01"},
        {"status": "closed_in_part", "since": "2023-02-01", "claims": [claim]},
        {"status": "closed", "since": "2023-03-01", "claims": [claim]},
    ]
    path = f"alliances/{alliance}/contradictions/{made}"
    assert patch(client, path, statuses=states)["version"] == 2
