"""Filters, sparse fields, expansions and full text on lists."""

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    ids,
    make_actor,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_exchange,
    make_factor,
    make_item,
    make_source,
    patch,
    read,
)


def test_a_repeated_filter_means_any_of_them(client: TestClient) -> None:
    made = {kind: make_actor(client, kind=kind)["id"] for kind in ("state", "body", "person")}
    assert ids(read(client, "actors", kind="state")) == [made["state"]]
    assert ids(read(client, "actors", kind=["state", "person"])) == [made["state"], made["person"]]


def test_different_filters_must_all_hold(client: TestClient) -> None:
    both = make_actor(client, kind="state", interest="party")["id"]
    make_actor(client, kind="state", interest="observer")
    make_actor(client, kind="body", interest="party")
    assert ids(read(client, "actors", kind="state", interest="party")) == [both]


def test_a_reference_is_filtered_by_id_or_slug_or_both(client: TestClient) -> None:
    first, second = make_actor(client), make_actor(client)
    made = [
        make_claim(client, speaker=actor["id"], about=[actor["slug"]]) for actor in (first, second)
    ]
    one, two = (claim["id"] for claim in made)
    assert ids(read(client, "claims", speaker=first["slug"])) == [one]
    assert ids(read(client, "claims", speaker=first["id"])) == [one]
    assert set(ids(read(client, "claims", speaker=[first["slug"], second["id"]]))) == {one, two}
    assert ids(read(client, "claims", about=first["slug"])) == [one]
    assert set(ids(read(client, "claims", about=[first["slug"], second["id"]]))) == {one, two}
    assert ids(read(client, "claims", speaker="nobody-knows")) == []


@pytest.mark.parametrize(
    "path", ["actors", "sources", "claims", "consequences", "ratings", "search"]
)
def test_an_unknown_parameter_is_refused(client: TestClient, path: str) -> None:
    response = client.get(f"/v1/{path}", params={"q": "x", "knid": "state"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "?knid"


def test_a_route_without_parameters_refuses_any(client: TestClient) -> None:
    made = make_actor(client)
    response = client.post(
        "/v1/actors?dry=true", json={"slug": "one-more", "name": "One", "kind": "state"}
    )
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?dry")
    response = client.delete(f"/v1/actors/{made['id']}?force=1", headers={"If-Match": "*"})
    assert response.status_code == 422


def test_a_value_that_is_not_one_of_the_list_is_refused(client: TestClient) -> None:
    response = client.get("/v1/actors", params={"kind": "planet"})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "?kind")


def test_fields_leaves_only_what_is_asked_and_the_id(client: TestClient) -> None:
    made = make_actor(client, description="Long.")
    page = read(client, "actors", fields="name,kind")
    assert page["items"] == [{key: made[key] for key in ("id", "name", "kind")}]
    assert client.get("/v1/actors", params={"fields": "name,oops"}).status_code == 422


def test_include_adds_what_a_record_names_in_two_statements(
    client: TestClient, statements: list[str]
) -> None:
    speaker, other = make_actor(client), make_actor(client)
    source = make_source(client)
    for _ in range(3):
        make_claim(
            client, speaker=speaker["id"], about=[other["id"], speaker["id"]],
            carriers=[{"source": source["id"]}],
        )  # fmt: skip
    statements.clear()
    page = read(client, "claims", include="speaker,about,sources")
    assert len(statements) == 4
    for claim in page["items"]:
        included = claim["included"]
        assert [actor["id"] for actor in included["speaker"]] == [speaker["id"]]
        assert [actor["id"] for actor in included["about"]] == [other["id"], speaker["id"]]
        assert included["sources"] == [source]


def test_include_works_with_fields_and_on_a_single_record(client: TestClient) -> None:
    actor = make_actor(client)
    claim = make_claim(client, speaker=actor["id"])
    page = read(client, "claims", include="speaker", fields="statement")
    assert set(page["items"][0]) == {"id", "statement", "included"}
    one = read(client, f"claims/{claim['id']}", include="speaker,relations")
    assert one["included"] == {"speaker": [actor], "relations": []}
    assert "included" not in read(client, f"claims/{claim['id']}")
    response = client.get("/v1/claims", params={"include": "speaker,enemies"})
    assert response.json()["errors"][0]["pointer"] == "?include"


def test_include_leaves_out_what_was_deleted(client: TestClient) -> None:
    actor = make_actor(client)
    make_claim(client, about=[actor["id"]])
    client.delete(f"/v1/actors/{actor['id']}", headers={"If-Match": "*"})
    assert read(client, "claims", include="about")["items"][0]["included"] == {"about": []}


def test_include_follows_references_of_different_kinds(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    targets = {
        "item": make_item(client, alliance),
        "exchange": make_exchange(client, alliance),
        "consequence": make_consequence(client, alliance),
    }
    bears_on = [{"type": name, "id": record["id"]} for name, record in targets.items()]
    make_factor(client, alliance, bears_on=bears_on)
    page = read(client, f"alliances/{alliance}/factors", include="bears_on,alliance")
    included = page["items"][0]["included"]
    assert [record["id"] for record in included["bears_on"]] == [
        record["id"] for record in targets.values()
    ]
    for name, record in targets.items():
        found = read(client, f"alliances/{alliance}/factors", **{name: record["id"]})
        assert len(found["items"]) == 1
    assert included["alliance"][0]["id"] == alliance


def test_what_an_evidence_link_names_is_included(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    consequence, claim = make_consequence(client, alliance), make_claim(client)
    make_evidence(client, consequence["id"], claim["id"])
    page = read(client, f"consequences/{consequence['id']}/evidence", include="claim,consequence")
    included = page["items"][0]["included"]
    assert [record["id"] for record in included["claim"]] == [claim["id"]]
    assert [record["id"] for record in included["consequence"]] == [consequence["id"]]


def test_full_text_narrows_a_list(client: TestClient) -> None:
    one = make_actor(client, name="Ministry of Defence", aliases=["MoD"])["id"]
    two = make_actor(client, name="Ministry of Trade", description="Defence of tariffs")["id"]
    assert ids(read(client, "actors", q="ministry")) == [one, two]
    assert ids(read(client, "actors", q="defence ministry")) == [one, two]
    assert ids(read(client, "actors", q='"ministry of defence"')) == [one]
    assert ids(read(client, "actors", q="mod")) == [one]
    assert ids(read(client, "actors", q="tarif*")) == [two]
    assert ids(read(client, "actors", q="ministry", kind="body")) == []
    assert ids(read(client, "actors", q="")) == []


def test_full_text_follows_changes_and_deletions(client: TestClient) -> None:
    made = make_actor(client, name="Before")["id"]
    patch(client, f"actors/{made}", name="Afterwards")
    assert ids(read(client, "actors", q="before")) == []
    assert ids(read(client, "actors", q="afterwards")) == [made]
    client.delete(f"/v1/actors/{made}", headers={"If-Match": "*"})
    assert ids(read(client, "actors", q="afterwards")) == []


def test_a_missing_parent_is_not_an_empty_list(client: TestClient) -> None:
    alliance = make_alliance(client)
    assert read(client, f"alliances/{alliance['slug']}/items")["items"] == []
    assert client.get("/v1/alliances/nowhere/items").status_code == 404
    make_item(client, alliance["id"])
    client.delete(f"/v1/alliances/{alliance['id']}", headers={"If-Match": "*"})
    assert client.get(f"/v1/alliances/{alliance['slug']}/items").status_code == 410
    assert client.get(f"/v1/alliances/{alliance['id']}/items").status_code == 410


def test_a_record_is_only_found_under_its_own_parent(client: TestClient) -> None:
    one, other = make_alliance(client)["id"], make_alliance(client)["id"]
    item = make_item(client, one)["id"]
    here, elsewhere = f"/v1/alliances/{one}/items/{item}", f"/v1/alliances/{other}/items/{item}"
    assert client.get(here).status_code == 200
    everything = {"If-Match": "*"}
    assert client.get(elsewhere).status_code == 404
    assert client.patch(elsewhere, json={"name": "x"}, headers=everything).status_code == 404
    assert client.delete(elsewhere, headers=everything).status_code == 404
    assert client.get(f"{elsewhere}/versions").status_code == 404
    assert client.get(here).json()["version"] == 1


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("claims", "limit=1&limit=2", "limit"),
        ("claims", "as_of=2020-01-01T00:00:00Z&as_of=2021-01-01T00:00:00Z", "as_of"),
        ("consequences", "matrix=own&ref=F1&matrix=own", "matrix"),
        ("search", "q=a&q=b", "q"),
        ("alliances/none/risk-matrix", "method=linear&method=median", "method"),
    ],
)
def test_a_parameter_of_one_value_is_given_once(
    client: TestClient, path: str, query: str, name: str
) -> None:
    response = client.get(f"/v1/{path}?{query}")
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error == {"pointer": f"?{name}", "detail": "is given more than once"}
    assert client.get("/v1/claims?credibility=1&credibility=2&ref=F1&ref=F2").status_code == 200
