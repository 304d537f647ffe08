"""What was: tombstones, versions, and the store as it had been recorded at an instant."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_item,
    make_source,
    patch,
    read,
)


def test_a_deleted_record_is_gone_but_not_forgotten(client: TestClient) -> None:
    made = make_source(client)
    path = f"sources/{made['id']}"
    delete(client, path)
    response = client.get(f"/v1/{path}")
    assert (response.status_code, response.json()["type"]) == (410, "/problems/gone")
    assert client.get(f"/v1/sources/{made['slug']}").status_code == 410
    assert ids(read(client, "sources")) == []
    versions = read(client, f"{path}/versions")["items"]
    assert [version["action"] for version in versions] == ["deleted", "created"]
    assert versions[0]["superseded_at"] is None
    assert versions[1]["superseded_at"] == versions[0]["recorded_at"]
    assert read(client, path, known_at=made["recorded_at"]) == made


def test_a_deleted_label_can_be_used_again(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    first = make_item(client, alliance, ref="T1")
    taken = {"name": "Other", "kind": "goods", "ref": "T1"}
    response = client.post(f"/v1/alliances/{alliance}/items", json=taken)
    assert response.status_code == 409
    assert response.json()["errors"][0]["pointer"] == "/ref"
    delete(client, f"alliances/{alliance}/items/{first['id']}")
    assert client.post(f"/v1/alliances/{alliance}/items", json=taken).status_code == 201
    assert len(read(client, f"alliances/{alliance}/items", ref="T1")["items"]) == 1


def test_a_slug_that_is_taken_is_a_conflict(client: TestClient) -> None:
    first, second = make_actor(client), make_actor(client)
    response = client.post("/v1/actors", json={**FACE, "slug": first["slug"]})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (409, "/slug")
    response = client.patch(
        f"/v1/actors/{second['id']}", json={"slug": first["slug"]}, headers={"If-Match": "*"}
    )
    assert response.status_code == 409
    assert read(client, f"actors/{second['id']}") == second


FACE: Body = {"name": "Face", "kind": "person"}


def test_a_label_is_unique_in_its_alliance_only(client: TestClient) -> None:
    one, two = make_alliance(client)["id"], make_alliance(client)["id"]
    make_claim(client, ref="C1", alliance=one)
    make_claim(client, ref="C1", alliance=two)
    make_claim(client, ref="C1")
    body = {"statement": "So.", "modality": "asserted", "ref": "C1"}
    for alliance in (one, None):
        response = client.post("/v1/claims", json={**body, "alliance": alliance})
        assert response.status_code == 409


def test_versions_say_who_changed_what_and_when(client: TestClient) -> None:
    made = make_actor(client, name="One", aliases=["A"])
    path = f"actors/{made['id']}"
    second = patch(client, path, name="Two", aliases=[])
    delete(client, path)
    versions = read(client, f"{path}/versions")["items"]
    assert [version["version"] for version in versions] == [3, 2, 1]
    assert versions[1]["changes"] == [
        {"pointer": "/name", "before": "One", "after": "Two"},
        {"pointer": "/aliases", "before": ["A"], "after": []},
    ]
    assert versions[1]["recorded_at"] == second["recorded_at"]
    assert versions[1]["recorded_by"] == "local"
    assert versions[1]["record"]["name"] == "Two"
    assert versions[0]["changes"] == []
    created = {change["pointer"]: change["after"] for change in versions[2]["changes"]}
    assert created["/name"] == "One"


def test_versions_come_in_pages(client: TestClient) -> None:
    path = f"actors/{make_actor(client)['id']}"
    for number in range(2, 8):
        patch(client, path, name=f"Name {number}")
    found: list[int] = []
    following: str | None = f"/v1/{path}/versions?limit=3"
    cursors: list[str] = []
    while following is not None:
        response = client.get(following)
        page = response.json()
        found += [version["version"] for version in page["items"]]
        assert page["items"][0]["changes"], "the first of a page knows what came before it"
        following = response.links.get("next", {}).get("url")
        assert (following is None) == (page["next"] is None)
        cursors += [page["next"]] if page["next"] else []
    assert found == [7, 6, 5, 4, 3, 2, 1]
    other = f"actors/{make_actor(client)['id']}"
    lists = read(client, "actors", limit=1)["next"]
    for asked, cursor in ((path, "x"), (path, "3"), (other, cursors[0]), (path, lists)):
        assert client.get(f"/v1/{asked}/versions?cursor={cursor}").status_code == 400
    assert client.get(f"/v1/{path}/versions?limit=2&cursor={cursors[0]}").status_code == 200


def test_versions_of_nothing_are_not_found(client: TestClient) -> None:
    missing = "01890000-0000-7000-8000-000000000000"
    assert client.get(f"/v1/actors/{missing}/versions").status_code == 404
    assert client.get("/v1/actors/no-such/versions").status_code == 404
    assert client.get("/v1/actors/No_Slug").status_code == 404
    assert client.get("/v1/claims/no-such").status_code == 404


def test_versions_of_what_was_deleted_are_asked_for_by_its_id(client: TestClient) -> None:
    actor = make_actor(client)
    delete(client, f"actors/{actor['id']}")
    assert len(read(client, f"actors/{actor['id']}/versions")["items"]) == 2
    # The slug may be another's by now.
    assert client.get(f"/v1/actors/{actor['slug']}/versions").status_code == 410


def test_each_version_can_be_read_at_its_time(client: TestClient) -> None:
    shown = [make_actor(client, name="Name 1")]
    path = f"actors/{shown[0]['id']}"
    shown += [patch(client, path, name=f"Name {number}") for number in (2, 3)]
    for version in shown:
        assert read(client, path, known_at=version["recorded_at"]) == version
    slug = shown[0]["slug"]
    patch(client, path, slug="renamed")
    assert client.get(f"/v1/actors/{slug}").status_code == 404
    assert read(client, f"actors/{slug}", known_at=shown[1]["recorded_at"]) == shown[1]


def test_before_it_was_recorded_a_record_is_not_found_even_when_it_is_gone_now(
    client: TestClient,
) -> None:
    before = make_actor(client)["recorded_at"]
    made = make_actor(client)
    path = f"/v1/actors/{made['id']}"
    assert client.get(path, params={"known_at": before}).status_code == 404
    delete(client, f"actors/{made['id']}")
    assert client.get(path, params={"known_at": before}).status_code == 404
    assert client.get(path, params={"known_at": made["recorded_at"]}).status_code == 200
    assert client.get(path).status_code == 410


@pytest.mark.parametrize("clock", ["as_of", "known_at"])
@pytest.mark.parametrize(
    "time", ["yesterday", "2023-02-30", "20230101", "now", "infinity", "0001-01-01"]
)
def test_a_time_without_form_is_refused(client: TestClient, clock: str, time: str) -> None:
    for path in ("claims", "consequences", "alliances"):
        response = client.get(f"/v1/{path}", params={clock: time})
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, f"?{clock}")


def test_filters_and_text_run_in_the_past(client: TestClient) -> None:
    first, second = make_actor(client), make_actor(client)
    claim = make_claim(client, statement="Ships sailed.", about=[first["id"]], credibility=2)
    then = claim["recorded_at"]
    changed = patch(
        client, f"claims/{claim['id']}", statement="Trains left.", about=[second["id"]],
        credibility=5,
    )  # fmt: skip
    wanted = [claim["id"]]
    for params, past, present in (
        ({"about": first["id"]}, wanted, []),
        ({"about": second["slug"]}, [], wanted),
        ({"credibility_max": 2}, wanted, []),
        ({"q": "ships"}, wanted, []),
        ({"q": '"ships sailed"'}, wanted, []),
        ({"q": "shi*"}, wanted, []),
        ({"q": "trains"}, [], wanted),
        ({"q": "hips"}, [], []),
    ):
        assert ids(read(client, "claims", known_at=then, **params)) == past, params
        assert ids(read(client, "claims", **params)) == present, params
        later = read(client, "claims", known_at=changed["recorded_at"], **params)
        assert ids(later) == present, params
    delete(client, f"claims/{claim['id']}")
    assert ids(read(client, "claims", known_at=then, q="ships")) == wanted


def test_a_list_in_the_past_is_one_statement(client: TestClient, statements: list[str]) -> None:
    alliance = make_alliance(client)["id"]
    then = make_consequence(client, alliance)["recorded_at"]
    statements.clear()
    page = read(client, "consequences", known_at=then, as_of="2030-01-01", sort="-risk")
    assert (len(page["items"]), len(statements)) == (1, 1)


def test_a_parent_is_looked_for_in_the_past_too(client: TestClient) -> None:
    before = make_actor(client)["recorded_at"]
    alliance = make_alliance(client)
    then = make_item(client, alliance["id"])["recorded_at"]
    path = f"/v1/alliances/{alliance['slug']}/items"
    assert client.get(path, params={"known_at": before}).status_code == 404
    delete(client, f"alliances/{alliance['id']}")
    assert len(client.get(path, params={"known_at": then}).json()["items"]) == 1
