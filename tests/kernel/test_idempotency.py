"""Idempotency-Key: one effect, however often the request is sent."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.access import LOCAL, Principal
from app.kernel.db import Database
from app.kernel.idempotency import Once
from tests.helpers import Body, ids, make_alliance, make_assessor, make_consequence, rate, read

ACTOR = {"slug": "once", "name": "Once", "kind": "state"}


def test_the_same_request_again_has_the_same_answer_and_no_effect(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = client.post("/v1/actors", json=ACTOR, headers=key)
    second = client.post("/v1/actors", json=ACTOR, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Location"] == second.headers["Location"]
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(read(client, "actors")["items"]) == 1


def test_the_first_answer_comes_back_whatever_became_of_the_record(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = client.post("/v1/actors", json=ACTOR, headers=key)
    path = f"/v1/actors/{first.json()['id']}"
    client.patch(path, json={"name": "Changed"}, headers={"If-Match": "*"})
    client.delete(path, headers={"If-Match": "*"})
    again = client.post("/v1/actors", json=ACTOR, headers=key)
    assert again.content == first.content
    assert client.get(path).status_code == 410


def test_the_answer_outlives_a_restart(
    client: TestClient, start: Callable[..., TestClient]
) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = client.post("/v1/actors", json=ACTOR, headers=key)
    again = start().post("/v1/actors", json=ACTOR, headers=key)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_form_of_the_body_does_not_matter_only_what_it_says(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1", "Content-Type": "application/json"}
    first = client.post(
        "/v1/actors", content=b'{"slug":"x","name":"X","kind":"state"}', headers=key
    )
    said = b'{ "kind": "state", "name": "X", "slug": "x" }'
    again = client.post("/v1/actors", content=said, headers=key)
    assert again.content == first.content


def test_another_body_under_the_key_is_refused(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    client.post("/v1/actors", json=ACTOR, headers=key)
    other = client.post("/v1/actors", json={**ACTOR, "name": "Other"}, headers=key)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert len(read(client, "actors")["items"]) == 1


def test_what_is_found_where_it_is_not_said_is_another_body_when_it_is_said(
    client: TestClient,
) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"], tlp="AMBER")["id"]
    path, key = f"/v1/consequences/{consequence}/ratings", {"Idempotency-Key": "a-1"}
    said = {"probability": 0.4, "assessor": make_assessor(client)["id"]}
    assert client.post(path, json=said, headers=key).json()["tlp"] == "AMBER"
    other = client.post(path, json={**said, "tlp": "CLEAR"}, headers=key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"


def test_a_key_belongs_to_its_path(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    assert client.post("/v1/actors", json=ACTOR, headers=key).status_code == 201
    source = {"slug": "once", "title": "Once"}
    assert client.post("/v1/sources", json=source, headers=key).status_code == 201
    one, two = make_alliance(client)["id"], make_alliance(client)["id"]
    item = {"name": "Shell", "kind": "materiel"}
    made = [
        client.post(f"/v1/alliances/{alliance}/items", json=item, headers=key)
        for alliance in (one, two)
    ]
    assert made[0].json()["id"] != made[1].json()["id"]


def test_a_key_is_kept_only_with_the_effect(client: TestClient) -> None:
    key = {"Idempotency-Key": "a-1"}
    assert client.post("/v1/actors", json={**ACTOR, "kind": "x"}, headers=key).status_code == 422
    refused = {**ACTOR, "affiliations": [{"actor": "nobody", "role": "none"}]}
    assert client.post("/v1/actors", json=refused, headers=key).status_code == 422
    assert client.post("/v1/actors", json=ACTOR, headers=key).status_code == 201


def test_a_conflict_is_not_kept(client: TestClient) -> None:
    taken = client.post("/v1/actors", json=ACTOR).json()
    key = {"Idempotency-Key": "a-1"}
    assert client.post("/v1/actors", json=ACTOR, headers=key).status_code == 409
    client.delete(f"/v1/actors/{taken['id']}", headers={"If-Match": "*"})
    assert client.post("/v1/actors", json=ACTOR, headers=key).status_code == 201


def test_a_withdrawal_can_be_sent_again(client: TestClient) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    rating = rate(client, consequence, make_assessor(client)["slug"], 0.5)
    path, key = f"/v1/ratings/{rating['id']}/withdraw", {"Idempotency-Key": "w"}
    first = client.post(path, json={"reason": "Wrong."}, headers=key)
    again = client.post(path, json={"reason": "Wrong."}, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.post(path, json={"reason": "Wrong."}).status_code == 409


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 256])
def test_a_key_without_form_is_refused(client: TestClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    response = client.post("/v1/actors", json=ACTOR, headers=headers)
    assert response.status_code in {400, 422}
    assert ids(read(client, "actors")) == []


def test_a_request_whose_first_one_still_runs_is_told_so(
    client: TestClient, database: Database
) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has one writer: the second waits for the first")
    body: Body = {
        "slug": "once", "name": "Once", "kind": "state", "tlp": "CLEAR", "ref": None,
        "alliance": None, "aliases": [], "country_code": None, "external_ids": {},
        "affiliations": [], "interest": None, "description": None,
    }  # fmt: skip
    first = Once.of("a-1", LOCAL, "POST", "/v1/actors", body)
    with database.write(Principal.owner("another")) as tx:
        first.begin(tx)
        response = client.post("/v1/actors", json=ACTOR, headers={"Idempotency-Key": "a-1"})
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/idempotency-in-progress"
    again = client.post("/v1/actors", json=ACTOR, headers={"Idempotency-Key": "a-1"})
    assert again.status_code == 201


def test_what_is_kept_holds_no_key_in_the_clear(client: TestClient, database: Database) -> None:
    client.post("/v1/actors", json=ACTOR, headers={"Idempotency-Key": "secret-key"})
    with database.read() as session:
        rows = session.execute(sa.text("SELECT * FROM stored_answers")).all()
    assert len(rows) == 1
    assert "secret-key" not in str(rows)
