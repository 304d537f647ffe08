"""Publishing: what an edition holds, how it is numbered, who is told, and what is refused."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests import helpers
from tests.access.people import People
from tests.assessments.pact import LATER, digest, make_pact, says
from tests.conftest import begin_with
from tests.helpers import Body, everything, ids, make_edition, patch, read
from tests.hostile.world import contents

STAMPS = {"created_by", "created_at", "recorded_by", "recorded_at"}
AUDITED = {"downgrade"}


prepared, pact = begin_with(make_pact)


def bare(document: Body) -> Body:
    return {name: document[name] for name in document.keys() - STAMPS - AUDITED}


def test_an_edition_holds_what_the_api_answers_of_that_day(client: TestClient, pact: Body) -> None:
    foreign = make_pact(client)
    edition = make_edition(client, pact["alliance"])
    found = read(client, f"assessments/{edition['id']}")
    records = found["content"]["records"]
    now = {"as_of": "2024-01-01", "known_at": edition["known_at"]}
    path = f"alliances/{pact['alliance']}/consequences"
    assert records["consequences"] == [bare(row) for row in everything(client, path, **now)]
    assert records["consequences"][0]["judgement"]["probability"]["point"] == pytest.approx(0.3)
    assert [row["id"] for row in records["ratings"]] == [pact["ids"]["ratings"]]
    for kind in ("claims", "sources"):
        assert records[kind] == [bare(read(client, f"{kind}/{pact['ids'][kind]}", **now))]
    assert [row["slug"] for row in records["assessors"]] == [pact["assessor"]]
    assert records["evidence"][0]["grade"] == "B2"
    assert records["matrices"][0]["name"] == "iso27005-5x5"
    assert not any(key in says(found["content"]) for key in foreign["ids"].values())
    assert digest(found["content"]) == found["statement"]["content"]
    assert digest(found["statement"]) == found["hash"] == edition["hash"]


def test_an_edition_holds_the_matrix_its_risks_were_read_from(
    client: TestClient, pact: Body
) -> None:
    helpers.make_matrix(client, name="iso27005-5x5", effective_at="2024-02-01")
    for day, number in (("2024-01-01", 1), (LATER, 2)):
        edition = read(client, f"assessments/{make_edition(client, pact['alliance'], day)['id']}")
        held = edition["content"]["records"]["matrices"]
        assert [row["matrix_version"] for row in held] == [number]


def test_what_comes_later_changes_no_edition(client: TestClient, pact: Body) -> None:
    first = make_edition(client, pact["alliance"])
    before = read(client, f"assessments/{first['id']}")
    helpers.make_consequence(client, pact["alliance"], ref="F02", effective_at="2023-02-01")
    patch(client, f"consequences/{pact['ids']['consequences']}", title="Another title")
    second = make_edition(client, pact["alliance"])
    assert read(client, f"assessments/{first['id']}") == before
    after = read(client, f"assessments/{second['id']}")["content"]["records"]["consequences"]
    assert [row["ref"] for row in after] == ["F01", "F02"]
    assert (second["number"], second["previous"]) == (2, first["hash"])


def test_each_alliance_and_marking_has_a_chain_of_its_own(client: TestClient, pact: Body) -> None:
    one, two = pact["alliance"], make_pact(client)["alliance"]
    made = [
        make_edition(client, one),
        make_edition(client, one, tlp="AMBER", audience=["desk"]),
        make_edition(client, one, tlp="AMBER"),
        make_edition(client, two),
        make_edition(client, one, LATER),
    ]
    assert [edition["number"] for edition in made] == [1, 1, 1, 1, 2]
    assert [edition["previous"] for edition in made] == [None] * 4 + [made[0]["hash"]]
    under = read(client, f"alliances/{one}/assessments", tlp="CLEAR")
    assert ids(under) == [made[0]["id"], made[4]["id"]]
    assert ids(read(client, "assessments", as_of="2024-02-01", alliance=two)) == [made[3]["id"]]
    assert ids(read(client, "assessments", as_of="2023-02-01")) == []


def test_an_edition_holds_nothing_above_its_level(client: TestClient) -> None:
    people = People(client)
    client.headers.update(people.admin)
    pact = make_pact(client)
    reader = people.join("reader", "reader", clearance="GREEN")
    assessor = helpers.make_assessor(client, tlp="AMBER")["slug"]
    consequence = pact["ids"]["consequences"]
    said: Body = {"impact": 1, "effective_at": "2023-07-01", "tlp": "AMBER"}
    helpers.rate(client, consequence, assessor, 0.9, rationale="Hush.", **said)
    helpers.make_claim(client, alliance=pact["alliance"], ref="C77", tlp="RED")
    green = make_edition(client, pact["alliance"], tlp="GREEN")
    amber = make_edition(client, pact["alliance"], tlp="AMBER")
    found = read(client, f"assessments/{green['id']}")["content"]
    assert not any(word in says(found) for word in ("Hush", "C77", assessor))
    seen = people.read(f"consequences/{consequence}", reader, as_of="2024-01-01")
    assert found["records"]["consequences"] == [bare(seen)]
    above = read(client, f"assessments/{amber['id']}")["content"]
    assert above["records"]["consequences"][0]["judgement"]["n"] == 2
    assert "Hush" in says(above)
    assert "C77" not in says(above)
    assert people.status(f"assessments/{amber['id']}", reader) == 404
    mine = people.read("assessments", reader)
    assert [row["number"] for row in mine["items"]] == [1]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"as_of": "2199-01-01"}, "/as_of"),
        ({"as_of": "soon"}, "/as_of"),
        ({"tlp": "PURPLE"}, "/tlp"),
        ({"tlp": "RED"}, "/tlp"),
        ({"tlp": "AMBER", "audience": ["others"]}, "/audience"),
        ({"tlp": "CLEAR"}, "/tlp"),
        ({"tlp": "CLEAR", "downgrade": "It is known."}, "/tlp"),
        ({"title": " "}, "/title"),
        ({"number": 3}, "/number"),
    ],
)
def test_what_is_refused_is_named_and_stores_nothing(
    client: TestClient, database: Database, said: Body, pointer: str
) -> None:
    people = People(client)
    editor = people.join("editor", "editor", clearance="AMBER", groups=["desk"])
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact", "tlp": "GREEN"})["slug"]
    before = contents(database)
    body = {"title": "Edition", "as_of": "2024-01-01", "tlp": "GREEN", **said}
    answer = client.post(f"/v1/alliances/{alliance}/assessments", json=body, headers=editor)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert untouched(contents(database)) == untouched(before)


def untouched(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without what every request leaves: when a key was used, and that one was refused."""
    return {name: rows for name, rows in found.items() if name not in {"keys", "audit"}}


def test_editors_publish_and_admins_rotate(client: TestClient) -> None:
    people = People(client)
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"})["slug"]
    analyst, editor = people.join("analyst"), people.join("editor", "editor")
    path, body = f"/v1/alliances/{alliance}/assessments", {"title": "E", "as_of": "2024-01-01"}
    assert client.post(path, json=body, headers=analyst).status_code == 403
    assert client.post(path, json=body, headers=editor).status_code == 201
    assert client.post("/v1/assessments/keys", json={}, headers=editor).status_code == 403


def test_who_may_see_an_edition_is_told_of_it_once(client: TestClient, pact: Body) -> None:
    said = {"title": "Once", "as_of": "2024-01-01"}
    path = f"/v1/alliances/{pact['alliance']}/assessments"
    key = {"Idempotency-Key": "one"}
    first = client.post(path, json=said, headers=key)
    again = client.post(path, json=said, headers=key)
    assert first.json() == again.json()
    assert first.headers["location"] == f"/v1/assessments/{first.json()['id']}"
    (event,) = read(client, "changes", type="edition.published")["items"]
    assert event["record"] == {"type": "assessments", "id": first.json()["id"], "version": 1}
    as_of, seal = "2024-01-01T00:00:00Z", first.json()["hash"]
    assert event["data"] == {"number": 1, "as_of": as_of, "hash": seal}
    assert event["alliance"] == pact["ids"]["alliances"]
    (act,) = read(client, "audit", action="published")["items"]
    assert act["record"] == first.json()["id"]


def test_an_edition_can_be_searched_annotated_exported_and_not_changed(
    client: TestClient, pact: Body
) -> None:
    edition = make_edition(client, pact["alliance"], title="The harbour edition")
    path = f"/v1/assessments/{edition['id']}"
    assert [row["id"] for row in read(client, "search", q="harbour")["items"]] == [edition["id"]]
    note = helpers.annotate(client, "assessments", edition["id"], "See the second paragraph.")
    assert note["target"]["id"] == edition["id"]
    table = client.get("/v1/assessments?format=csv").text
    assert edition["hash"] in table
    assert client.patch(path, json={"title": "X"}, headers={"If-Match": "*"}).status_code == 405
    assert client.delete(path, headers={"If-Match": "*"}).status_code == 405
    only = read(client, f"assessments/{edition['id']}", fields="statement")
    assert only.keys() == {"id", "statement"}
    known = read(client, "assessments", known_at=edition["created_at"])
    assert ids(known) == [edition["id"]]


def test_the_default_data_have_three_editions(loaded_client: TestClient) -> None:
    path = "alliances/russia-dprk/assessments"
    made = read(loaded_client, path)["items"]
    days = ["2023-09-10", "2024-07-01", "2026-02-27"]
    assert [edition["as_of"][:10] for edition in made] == days
    assert [edition["number"] for edition in made] == [1, 2, 3]
    for edition in made:
        found = read(loaded_client, f"assessments/{edition['id']}")
        listed = read(loaded_client, f"{path[:-12]}/consequences", as_of=edition["as_of"])["items"]
        held = found["content"]["records"]
        assert held["consequences"] == [bare(row) for row in listed]
        claims = everything(loaded_client, "claims", as_of=edition["as_of"], limit=200)
        assert len(held["claims"]) == len(claims)
        status = read(loaded_client, f"assessments/{edition['id']}/verify")["status"]
        assert status == "intact"


def test_the_same_data_have_the_same_hash_whenever_they_are_published(
    filled_client: TestClient,
) -> None:
    path = "alliances/russia-dprk/assessments"
    last = read(filled_client, path)["items"][-1]
    said = {name: last[name] for name in ("title", "note", "tlp", "as_of")}
    again = helpers.make(filled_client, path, said)
    seals = [read(filled_client, f"assessments/{one['id']}")["statement"] for one in (last, again)]
    assert seals[0]["content"] == seals[1]["content"]
    assert (again["number"], again["previous"]) == (4, last["hash"])
