"""Actors and assessors: who speaks, who acts, who is affected, who rates."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import Body, ids, make_actor, make_alliance, make_assessor, patch, read


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"country_code": "XX"}, "/country_code"),
        ({"country_code": "kp"}, "/country_code"),
        ({"country_code": "PRK"}, "/country_code"),
        ({"kind": "country"}, "/kind"),
        ({"interest": "none"}, "/interest"),
        ({"slug": "with space"}, "/slug"),
        ({"slug": "a" * 81}, "/slug"),
        ({"name": "two\nlines"}, "/name"),
        ({"name": "x" * 301}, "/name"),
        ({"external_ids": {"Wiki": "x"}}, "/external_ids"),
        ({"affiliations": [{"actor": "nobody", "role": "x"}]}, "/affiliations/0/actor"),
        ({"alliance": "nowhere"}, "/alliance"),
        ({"ref": "a b"}, "/ref"),
    ],
)
def test_a_wrong_value_is_told_by_its_place(client: TestClient, said: Body, place: str) -> None:
    response = client.post("/v1/actors", json={"slug": "a", "name": "A", "kind": "state", **said})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(place)


def test_an_unrecognised_state_needs_no_country_code(client: TestClient) -> None:
    made = make_actor(client, name="Transnistria")
    assert made["country_code"] is None


def test_text_is_kept_in_one_form(client: TestClient) -> None:
    made = make_actor(client, name="  A\u030alesund ", aliases=["Zoe\u0308"])
    assert (made["name"], made["aliases"]) == ("Ålesund", ["Zoë"])


def test_actors_belong_to_others_but_not_to_themselves(client: TestClient) -> None:
    body = make_actor(client, kind="body")
    member = make_actor(client, affiliations=[{"actor": body["slug"], "role": "member"}])
    assert ids(read(client, "actors", affiliated_to=body["slug"])) == [member["id"]]
    assert ids(read(client, "actors", affiliated_to=[body["id"], member["id"]])) == [member["id"]]
    found = read(client, f"actors/{member['slug']}", include="affiliations,alliance")["included"]
    assert ids({"items": found["affiliations"]}) == [body["id"]]
    response = client.patch(
        f"/v1/actors/{body['id']}", headers={"If-Match": "*"},
        json={"affiliations": [{"actor": body["slug"], "role": "itself"}]},
    )  # fmt: skip
    assert response.json()["errors"][0]["pointer"] == "/affiliations/0/actor"


def test_actors_are_found_by_what_they_are(client: TestClient) -> None:
    alliance = make_alliance(client)
    one = make_actor(client, alliance=alliance["slug"], ref="A1", country_code="KP",
                     interest="party", slug="one", name="B")["id"]  # fmt: skip
    two = make_actor(client, name="A", slug="two")["id"]
    for params, found in (
        ({"alliance": alliance["id"]}, [one]),
        ({"ref": "A1"}, [one]),
        ({"slug": ["one", "two"]}, [one, two]),
        ({"country_code": "KP"}, [one]),
        ({"interest": ["party", "observer"]}, [one]),
        ({"sort": "name"}, [two, one]),
        ({"sort": "-slug"}, [two, one]),
    ):
        assert ids(read(client, "actors", **params)) == found, params


def test_what_an_assessor_is_is_said_once(client: TestClient) -> None:
    made = make_assessor(client, machine=True, agent="bot", model="m")
    path = f"/v1/assessors/{made['slug']}"
    for change in ({"machine": False}, {"slug": "other"}):
        response = client.patch(path, json=change, headers={"If-Match": "*"})
        place = f"/{next(iter(change))}"
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, place)
    assert patch(client, f"assessors/{made['slug']}", name="New")["machine"] is True
    person = make_assessor(client)
    assert ids(read(client, "assessors", machine="true")) == [made["id"]]
    assert ids(read(client, "assessors", machine="false")) == [person["id"]]
    assert ids(read(client, "assessors", slug=person["slug"])) == [person["id"]]
