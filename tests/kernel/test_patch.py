"""JSON Merge Patch (RFC 7396): fields left out stay, null takes away, objects merge."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    make,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_source,
    patch,
    read,
)


def refused(client: TestClient, path: str, body: object) -> list[str]:
    """The places a refused change is told to be wrong in."""
    response = client.patch(f"/v1/{path}", json=body, headers={"If-Match": "*"})
    assert response.status_code == 422, response.text
    return [error["pointer"] for error in response.json()["errors"]]


def test_fields_left_out_stay(client: TestClient) -> None:
    made = make_actor(client, description="Long.", aliases=["A", "B"], interest="party")
    changed = patch(client, f"actors/{made['id']}", name="New")
    moved = {"name", "version", "recorded_at"}
    assert {key for key in made if made[key] != changed[key]} == moved
    assert (changed["name"], changed["version"]) == ("New", 2)
    assert changed["created_at"] == made["created_at"] < changed["recorded_at"]


def test_null_takes_a_value_away(client: TestClient) -> None:
    made = make_actor(client, description="Long.", aliases=["A"], country_code="KP")
    path = f"actors/{made['id']}"
    changed = patch(client, path, description=None, aliases=None, country_code=None)
    assert changed["description"] is changed["country_code"] is None
    assert changed["aliases"] == []
    assert read(client, path) == changed


def test_null_cannot_take_what_must_be_there(client: TestClient) -> None:
    path = f"actors/{make_actor(client)['id']}"
    assert refused(client, path, {"name": None, "kind": None}) == ["/name", "/kind"]
    assert read(client, path)["version"] == 1


@pytest.mark.parametrize("kind", ["actors", "annotations"])
def test_null_opens_no_record_to_everybody(client: TestClient, kind: str) -> None:
    path = f"actors/{make_actor(client, tlp='RED', audience=['ann'])['id']}"
    if kind == "annotations":
        target = {"type": "actors", "id": path.split("/")[1]}
        note = {"target": target, "motivation": "commenting", "body": "Really?"}
        path = f"annotations/{make(client, kind, note)['id']}"
    assert refused(client, path, {"tlp": None}) == ["/tlp"]
    assert refused(client, path, {"audience": None}) == ["/audience"]
    found = read(client, path)
    assert (found["tlp"], found["audience"], found["version"]) == ("RED", ["ann"], 1)


def test_an_object_is_changed_in_part(client: TestClient) -> None:
    published = {"date": "2023-09", "precision": "month", "inferred": False}
    path = f"sources/{make_source(client, published=published)['id']}"
    changed = patch(client, path, published={"inferred": True})
    assert changed["published"] == {**published, "inferred": True}
    changed = patch(client, path, published={"date": "2023-09-10", "precision": "day"})
    assert changed["published"] == {"date": "2023-09-10", "precision": "day", "inferred": True}
    assert refused(client, path, {"published": {"precision": "year"}}) == ["/published/date"]
    assert refused(client, path, {"published": {"date": None}}) == ["/published/date"]
    assert patch(client, path, published=None)["published"] is None


def test_a_named_member_of_a_mapping_is_taken_away_by_null(client: TestClient) -> None:
    path = f"actors/{make_actor(client, external_ids={'wikidata': 'Q1', 'stix': 's'})['id']}"
    changed = patch(client, path, external_ids={"wikidata": None, "opensanctions": "o"})
    assert changed["external_ids"] == {"stix": "s", "opensanctions": "o"}
    assert refused(client, path, {"external_ids": {"Wiki Data": "x"}})


def test_a_period_is_changed_in_part(client: TestClient) -> None:
    period = {"from": "2023-01-01", "to": "2023-02-01"}
    claim = make_claim(client, modality="not_observed", period=period, corpus="Two newspapers")
    assert claim["period"] == period
    changed = patch(client, f"claims/{claim['id']}", period={"to": "2023-03-01"})
    assert changed["period"] == {"from": "2023-01-01", "to": "2023-03-01"}


def test_a_list_is_replaced_whole(client: TestClient) -> None:
    path = f"actors/{make_actor(client, aliases=['A', 'B'])['id']}"
    assert patch(client, path, aliases=["C"])["aliases"] == ["C"]


def test_a_list_of_objects_is_replaced_whole(client: TestClient) -> None:
    actors = [make_actor(client)["id"] for _ in range(2)]
    members = [{"actor": actor, "role": "giver", "since": "2023-01-01"} for actor in actors]
    path = f"alliances/{make_alliance(client, members=members)['id']}"
    changed = patch(client, path, members=[{"actor": actors[1]}])
    assert changed["members"] == [{"actor": actors[1], "role": None, "since": None, "until": None}]


@pytest.mark.parametrize("kind", ["actors", "sources", "claims", "alliances", "consequences"])
def test_a_change_that_changes_nothing_keeps_the_version(client: TestClient, kind: str) -> None:
    actor = make_actor(client, aliases=["A"], external_ids={"stix": "x"})
    alliance = make_alliance(
        client,
        members=[{"actor": actor["id"], "since": "2023-01-01"}],
        statuses=[{"status": "reported", "since": "2023-01-01"}],
    )
    source = make_source(
        client, published={"date": "2023", "precision": "year"}, text="Held.", derived_from=None
    )
    claim = make_claim(
        client, alliance=alliance["id"], speaker=actor["id"], about=[actor["id"]],
        carriers=[{"source": source["id"], "locator": {"paragraph": 3}}],
        effective_at="2023-01-01", date={"date": "2023", "precision": "year"},
    )  # fmt: skip
    consequence = make_consequence(
        client, alliance["id"], affected=[actor["id"]], resolves_on="2024-01-01", base_rate=0.1,
        effective_at="2023-01-01",
    )  # fmt: skip
    made: dict[str, Body] = {
        "actors": actor, "sources": source, "claims": claim, "alliances": alliance,
        "consequences": consequence,
    }  # fmt: skip
    path = f"{kind}/{made[kind]['id']}"
    assert patch(client, path)["version"] == 1
    own = {
        "id", "version", "created_by", "created_at", "recorded_by", "recorded_at", "status",
        "contested", "retracted", "outcome", "cause", "judgement", "review_due",
        "exchanges", "counts",
    }  # fmt: skip
    said = {key: value for key, value in made[kind].items() if key not in own}
    assert patch(client, path, **said)["version"] == 1
    assert len(read(client, f"{path}/versions")["items"]) == 1


def test_a_field_that_is_not_there_is_refused(client: TestClient) -> None:
    path = f"actors/{make_actor(client)['id']}"
    assert refused(client, path, {"nmae": "x"}) == ["/nmae"]
    assert refused(client, path, {"version": 9}) == ["/version"]


def test_a_wrong_value_is_told_by_its_place(client: TestClient) -> None:
    actor = make_actor(client)
    path = f"actors/{actor['id']}"
    assert refused(client, path, {"kind": "planet"}) == ["/kind"]
    body = {"affiliations": [{"actor": "nobody", "role": "x"}]}
    assert refused(client, path, body) == ["/affiliations/0/actor"]
    body = {"affiliations": [{"actor": actor["id"], "role": "x"}]}
    assert refused(client, path, body) == ["/affiliations/0/actor"]


def test_the_media_type_of_a_patch_is_its_own_or_json(client: TestClient) -> None:
    path = f"/v1/actors/{make_actor(client)['id']}"
    for media, status in (
        ("application/merge-patch+json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/json-patch+json", 415),
        ("text/plain", 415),
    ):
        headers = {"If-Match": "*", "Content-Type": media}
        response = client.patch(path, content=b'{"name": "N"}', headers=headers)
        assert response.status_code == status, media


def test_what_is_fixed_cannot_be_changed(client: TestClient) -> None:
    one, other = make_alliance(client)["id"], make_alliance(client)["id"]
    consequence = make_consequence(client, one)["id"]
    assert refused(client, f"consequences/{consequence}", {"alliance": other}) == ["/alliance"]
    assert patch(client, f"consequences/{consequence}", alliance=one)["version"] == 1


def test_a_change_may_name_records_by_slug(client: TestClient) -> None:
    actor, claim = make_actor(client), make_claim(client)
    changed = patch(client, f"claims/{claim['id']}", speaker=actor["slug"], about=[actor["slug"]])
    assert (changed["speaker"], changed["about"]) == (actor["id"], [actor["id"]])
    assert patch(client, f"claims/{claim['id']}", speaker=actor["id"])["version"] == 2
