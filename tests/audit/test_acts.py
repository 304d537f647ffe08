"""Every act leaves a trace in the transaction that does it, and no content."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app.kernel import audit
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.tables import Versioned, table_of
from tests.access.people import People
from tests.helpers import (
    Body,
    delete,
    everything,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_source,
    patch,
    rate,
    read,
)


def log(client: TestClient, **params: Any) -> list[Body]:
    """The entries, oldest first."""
    return everything(client, "audit", sort="id", **params)


def acts(client: TestClient, **params: Any) -> list[str]:
    return [entry["action"] for entry in log(client, **params)]


def test_an_act_says_who_from_where_by_which_request_did_what(client: TestClient) -> None:
    answer = client.post(
        "/v1/actors?",
        json={"slug": "one", "name": "One", "kind": "state"},
        headers={"X-Request-Id": "abc"},
    )
    (entry,) = log(client)
    assert entry | {"time": "", "after": "", "hash": ""} == {
        "id": 1,
        "time": "",
        "principal": "local",
        "address": "testclient",
        "request_id": "abc",
        "method": "POST",
        "route": "/v1/actors",
        "path": "/v1/actors",
        "action": "created",
        "kind": "actors",
        "record": answer.json()["id"],
        "version": 1,
        "before": None,
        "after": "",
        "reason": None,
        "status": 201,
        "previous": audit.BEGINNING,
        "hash": "",
    }
    assert entry["time"] == answer.json()["recorded_at"]


def test_what_becomes_of_a_record_is_told_with_hashes_that_follow_each_other(
    client: TestClient,
) -> None:
    actor = make_actor(client)["id"]
    patch(client, f"actors/{actor}", name="Another")
    delete(client, f"actors/{actor}")
    found = log(client, record=actor)
    assert [(e["action"], e["version"], e["status"]) for e in found] == [
        ("created", 1, 201),
        ("updated", 2, 200),
        ("deleted", 3, 204),
    ]
    assert [e["route"] for e in found][1:] == ["/v1/actors/{key}"] * 2
    assert [e["before"] for e in found] == [None, *(e["after"] for e in found[:-1])]


def test_the_last_hash_of_a_record_is_that_of_its_row(loaded_database: Database) -> None:
    t = table_of(audit.Entry)
    with loaded_database.read() as session:
        after = {
            row.record: row.after for row in session.execute(sa.select(t).order_by(t.c.number))
        }
        checked = 0
        for kind, model in Versioned.every.items():
            for row in session.execute(sa.select(table_of(model))).mappings():
                if row["created_by"] != "service":  # the matrix comes with the schema
                    assert audit.row_hash(kind, dict(row)) == after[row["id"]], (kind, row["id"])
                    checked += 1
    assert checked > 100


def test_a_loaded_data_set_says_so_and_each_record_of_it_too(loaded_client: TestClient) -> None:
    (last,) = read(loaded_client, "audit", limit=1)["items"]
    assert (last["action"], last["principal"], last["route"]) == (
        "loaded",
        "loader",
        "entente load",
    )
    assert (last["method"], last["path"], last["address"], last["status"]) == (None,) * 4
    total = read(loaded_client, "audit", limit=1, total="true", action="created")["total"]
    assert total > 100


def test_a_change_that_changes_nothing_is_no_act(client: TestClient) -> None:
    actor = make_actor(client, name="One")["id"]
    patch(client, f"actors/{actor}", name="One")
    assert acts(client) == ["created"]


def test_a_repeated_request_is_one_act(client: TestClient) -> None:
    for _ in range(2):
        body = {"slug": "one", "name": "One", "kind": "state"}
        assert client.post("/v1/actors", json=body, headers={"Idempotency-Key": "k"}).is_success
    assert acts(client) == ["created"]


def test_merging_and_withdrawing_have_names_of_their_own(client: TestClient) -> None:
    one, two = make_actor(client)["id"], make_actor(client)["id"]
    claim = make_claim(client, speaker=one)["id"]
    make(client, f"actors/{one}/merge", {"into": two})
    assert acts(client, record=one) == ["created", "merged"]
    assert acts(client, record=claim) == ["created", "updated"]
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    ann = make_assessor(client)["slug"]
    first, second = (rate(client, consequence, ann, p)["id"] for p in (0.3, 0.4))
    make(client, f"ratings/{second}/withdraw", {"reason": "It was a mistake."})
    assert acts(client, record=first) == ["created", "updated"]
    assert acts(client, record=second) == ["created", "withdrawn"]


def test_raising_lowering_and_downgrading_are_acts_and_the_reason_is_a_hash(
    client: TestClient,
) -> None:
    actor = make_actor(client)["id"]
    patch(client, f"actors/{actor}", tlp="GREEN")
    patch(client, f"actors/{actor}", tlp="AMBER", audience=["desk"], name="Another")
    patch(client, f"actors/{actor}", audience=["desk", "other"])
    patch(client, f"actors/{actor}", tlp="CLEAR", audience=[])
    assert acts(client, record=actor) == [
        "created", "raised", "raised", "updated", "lowered", "lowered",
    ]  # fmt: skip
    source = make_source(client, tlp="RED")["id"]
    why = "The press has it."
    claim = make_claim(client, carriers=[{"source": source}], downgrade=why, tlp="GREEN")
    created, downgraded = log(client, record=claim["id"])
    assert (created["action"], created["reason"]) == ("created", None)
    assert (downgraded["action"], downgraded["reason"]) == ("downgraded", audit.text_hash(why))
    patch(client, f"claims/{claim['id']}", tlp="CLEAR", downgrade="All have it.")
    assert acts(client, record=claim["id"])[2:] == ["lowered", "downgraded"]
    assert why not in json.dumps(log(client))


def test_keys_are_made_rotated_and_revoked(client: TestClient) -> None:
    people = People(client)
    reader = people.join("reader", "reader")["Authorization"]
    client.headers = {**people.admin}
    first = read(client, "keys", principal="reader")["items"][0]["id"]
    second = make(client, f"keys/{first}/rotate", {})["id"]
    delete(client, f"keys/{second}")
    assert acts(client, record=first) == ["key_made", "key_rotated"]
    assert acts(client, record=second) == ["key_made", "key_revoked"]
    make(client, f"keys/{first}/rotate", {"overlap_hours": 720})
    assert acts(client, record=first) == ["key_made", "key_rotated", "key_rotated"]
    assert "principals" in {entry["kind"] for entry in log(client)}
    assert reader.split()[1] not in json.dumps(log(client))


def test_no_secret_and_no_body_is_in_it(client: TestClient, database: Database) -> None:
    people = People(client)
    key = people.admin["Authorization"].split()[1]
    actor = people.post("actors", {"slug": "one", "name": "Nobody Knows", "kind": "state"})
    headers = {**people.admin, "If-Match": "*"}
    client.patch(
        f"/v1/actors/{actor['id']}?key={key}&token=hush",
        json={"name": "Hidden Name"},
        headers={**headers, "X-Request-Id": key, "Cookie": "crumb=1"},
    )
    client.patch(f"/v1/actors/{actor['id']}", json={"name": "Hidden Name"}, headers=headers)
    for path in (f"actors/{key}", f"keys/{key.replace('_', '%5F')}", f"keys/%65{key[1:]}"):
        client.delete(f"/v1/{path}", headers={**headers, "X-Request-Id": key})
    client.get(f"/v1/keys/{key}?key={key}", headers={"Authorization": f"Bearer {key}x"})
    with database.read() as session:
        rows = session.execute(sa.select(table_of(audit.Entry))).mappings().all()
    assert {row["action"] for row in rows} == {"created", "key_made", "updated", "refused"}
    text = json.dumps([dict(row) for row in rows], default=str)
    assert "/v1/keys/ent_" in text
    for secret in (key, key[4:], key[12:40], "hush", "crumb", "Hidden", "Nobody", "Bearer"):
        assert secret not in text, secret


def test_an_act_that_cannot_be_logged_does_not_happen(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_row: object) -> str:
        raise RuntimeError

    monkeypatch.setattr(audit, "entry_hash", broken)
    body = {"slug": "one", "name": "One", "kind": "state"}
    assert client.post("/v1/actors", json=body).status_code == 500
    monkeypatch.undo()
    assert read(client, "actors")["items"] == []
    assert client.post("/v1/actors", json=body).status_code == 201
    assert [entry["id"] for entry in log(client)] == [1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET principal = 'nobody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE number = 1",
        "{replace}",
    ],
)
def test_the_database_refuses_to_change_the_log(
    client: TestClient, database: Database, statement: str
) -> None:
    make_actor(client)
    make_actor(client)
    before = log(client)
    sqlite = database.engine.dialect.name == "sqlite"
    replace = "INSERT OR REPLACE INTO audit SELECT * FROM audit" if sqlite else "TRUNCATE audit"
    with (
        pytest.raises(DBAPIError, match="only added to"),
        database.write(Principal.owner("mallory")) as tx,
    ):
        tx.session.execute(sa.text(statement.format(replace=replace)))
    assert log(client) == before


def test_acts_of_several_applications_on_one_store_stand_in_one_chain(
    client: TestClient, start: Callable[..., TestClient]
) -> None:
    for who in (client, start(), client):
        make_actor(who)
    found = log(client)
    assert [entry["id"] for entry in found] == [1, 2, 3]
    assert [e["previous"] for e in found[1:]] == [e["hash"] for e in found[:-1]]


def test_writers_at_once_make_one_chain_without_a_gap(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: make_actor(client), range(24)))
    assert [entry["id"] for entry in log(client)] == list(range(1, 25))
    assert read(client, "audit/verify")["intact"]
