"""Keys: who asks, what they may do, and since when no longer."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.openapi import operations
from app.kernel.types import now
from app.permissions import PERMISSIONS
from tests.access.people import People, bearer
from tests.command import entente, refused
from tests.helpers import make, make_actor, make_alliance, make_consequence, read


def test_without_a_key_the_service_is_open_on_this_machine(client: TestClient) -> None:
    me = read(client, "me")
    assert (me["open"], me["name"]) == (True, "local")
    make_actor(client)


def test_the_first_key_closes_it_to_everybody_else(client: TestClient) -> None:
    people = People(client)
    answer = client.get("/v1/actors")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert people.status("actors", people.admin) == 200
    assert people.read("me", people.admin)["open"] is False


def test_what_was_closed_stays_closed_when_no_key_is_left(
    client: TestClient, start: Callable[..., TestClient], database_url: str
) -> None:
    people = People(client)
    (key,) = people.read("keys", people.admin)["items"]
    assert entente(database_url, "key", "revoke", key["prefix"]).exit_code == 0
    assert people.status("actors", people.admin) == 401
    for service in (client, start()):
        assert service.get("/v1/actors").status_code == 401
    told = refused(entente(database_url, "serve", port="0", dataset="none"))
    assert told.startswith("Every key there was has expired or was revoked")
    assert told.endswith("entente key create NAME --role admin")
    made = entente(database_url, "key", "create", "chief")
    assert people.status("actors", bearer(made.stdout.strip())) == 200


def test_the_last_key_that_makes_others_is_not_lost_over_http(client: TestClient) -> None:
    people = People(client)
    people.join("eve", "editor")
    (key, _) = people.read("keys", people.admin)["items"]
    stale = {**people.admin, "If-Match": "*"}

    def tried() -> list[int]:
        answers = [
            client.patch("/v1/principals/chief", json={"role": "editor"}, headers=stale),
            client.patch(f"/v1/keys/{key['id']}", json={"scopes": ["read"]}, headers=stale),
            client.delete("/v1/principals/chief", headers=stale),
            client.delete(f"/v1/keys/{key['id']}", headers=stale),
        ]
        assert all("entente key create" in answer.json()["detail"] for answer in answers)
        return [answer.status_code for answer in answers]

    assert tried() == [409] * 4
    # Neither another's key that makes none, nor one's own that makes none, is a way in.
    people.key("chief", scopes=["read", "write"])
    people.post("principals", {"slug": "deputy", "name": "Deputy", "role": "admin"})
    assert tried() == [409] * 4
    people.patch("principals/chief", name="The chief")
    people.patch(f"keys/{key['id']}", name="renamed")
    deputy = people.key("deputy")
    assert client.delete(f"/v1/keys/{key['id']}", headers=stale).status_code == 204
    stale = {**deputy, "If-Match": "*"}
    assert client.delete("/v1/principals/deputy", headers=stale).status_code == 409
    assert client.delete("/v1/principals/chief", headers=stale).status_code == 204


def test_of_two_admins_who_delete_each_other_one_stays(client: TestClient) -> None:
    people = People(client)
    people.post("principals", {"slug": "deputy", "name": "Deputy", "role": "admin"})
    both = {"deputy": people.admin, "chief": people.key("deputy")}
    begin = threading.Barrier(2)

    def remove(other: str) -> int:
        begin.wait()
        headers = {**both[other], "If-Match": "*"}
        return client.delete(f"/v1/principals/{other}", headers=headers).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(remove, both))
    # The later one either comes as somebody no more, or would be the last.
    assert answers[0] == 204
    assert answers[1] in {401, 409}
    assert 200 in {people.status("me", who) for who in both.values()}


def test_who_makes_a_key_is_told_when_the_last_that_makes_others_ends(database_url: str) -> None:
    made = entente(database_url, "key", "create", "chief", "--role", "admin", "--days", "30")
    ends = (now() + timedelta(days=30)).date()
    assert f"The last key that makes others ends on {ends}" in made.stderr
    for arguments in (["chief"], ["ann", "--role", "reader", "--days", "1"]):
        made = entente(database_url, "key", "create", *arguments)
        assert made.exit_code == 0
        assert "ends on" not in made.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Bad Name", "--role", "admin"], "slug: must be lower-case letters"),
        (["ann", "--role", "admin", "--group", "no group!"], "groups/0: must be"),
        (["ann", "--role", "admin", "--name", "\u202e"], "name: holds a bidirectional control"),
    ],
)
def test_a_key_of_nobody_who_can_be_is_refused_in_a_line(
    database_url: str, arguments: list[str], words: str
) -> None:
    told = refused(entente(database_url, "key", "create", *arguments))
    assert told.startswith(words)
    assert "\n" not in told
    listed = entente(database_url, "key", "list")
    assert (listed.stdout, listed.stderr.startswith("There are no keys")) == ("", True)


def test_the_first_key_is_an_administrators(client: TestClient) -> None:
    make(client, "principals", {"slug": "reader", "name": "Reader"})
    answer = client.post("/v1/keys", json={"principal": "reader", "name": "first"})
    assert answer.status_code == 409
    assert "admin" in answer.json()["detail"]


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ent_12345678_no", "Basic dTpw", f"Bearer ent_{'0' * 8}_{'0' * 72}", "x"],
)
def test_what_is_no_key_is_refused(client: TestClient, header: str) -> None:
    People(client)
    answer = client.get("/v1/actors", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")


def test_a_key_is_shown_once_and_kept_as_a_hash(client: TestClient, database: Database) -> None:
    people = People(client)
    once = {**people.admin, "Idempotency-Key": "a-key"}
    body = {"principal": "chief", "name": "second"}
    first = client.post("/v1/keys", json=body, headers=once).json()
    again = client.post("/v1/keys", json=body, headers=once)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == {**first, "key": None}
    secret = first["key"].rsplit("_", 1)[1]
    shown = client.get(f"/v1/keys/{first['id']}", headers=people.admin).text
    versions = client.get(f"/v1/keys/{first['id']}/versions", headers=people.admin).text
    assert secret not in shown + versions
    with database.read() as session:
        for table in sa.inspect(session.connection()).get_table_names():
            assert secret not in str(
                session.execute(sa.select(sa.text("*")).select_from(sa.table(table))).all()
            )


def test_a_key_that_is_revoked_expired_or_orphaned_is_none(client: TestClient) -> None:
    people = People(client)
    reader = people.join("reader", "reader")
    other = people.key("reader")
    assert [people.status("actors", who) for who in (reader, other)] == [200, 200]
    (mine, theirs) = people.read("keys", people.admin, principal="reader")["items"]
    stale = {**people.admin, "If-Match": "*"}
    assert client.delete(f"/v1/keys/{mine['id']}", headers=stale).status_code == 204
    assert [people.status("actors", who) for who in (reader, other)] == [401, 200]
    assert theirs["prefix"] == other["Authorization"].removeprefix("Bearer ")[:12]
    assert client.delete("/v1/principals/reader", headers=stale).status_code == 204
    assert people.status("actors", other) == 401


def test_a_key_ends_when_it_expires(client: TestClient, database: Database) -> None:
    people = People(client)
    people.join("reader", "reader")
    soon = (now() + timedelta(days=1)).isoformat()
    key = people.key("reader", expires_at=soon)
    assert people.status("me", key) == 200
    past = {"past": now() - timedelta(seconds=1)}
    with database.engine.begin() as connection:
        stored = past if database.is_postgres else {"past": past["past"].replace(tzinfo=None)}
        sql = "UPDATE keys SET expires_at = :past WHERE expires_at IS NOT NULL"
        connection.execute(sa.text(sql).bindparams(sa.bindparam("past", type_=sa.DateTime)), stored)
    assert people.status("me", key) == 401
    answer = client.post(
        "/v1/keys",
        json={"principal": "reader", "name": "late", "expires_at": "2020-01-01T00:00:00Z"},
        headers=people.admin,
    )
    assert answer.json()["errors"][0]["pointer"] == "/expires_at"


def test_a_rotated_key_stays_good_beside_the_new_one_for_a_while(client: TestClient) -> None:
    people = People(client)
    old = people.join("reader", "reader")
    (key,) = people.read("keys", people.admin, principal="reader")["items"]
    fresh = people.post(f"keys/{key['id']}/rotate", {"overlap_hours": 1})
    assert [people.status("me", who) for who in (old, bearer(fresh["key"]))] == [200, 200]
    ends = people.read(f"keys/{key['id']}", people.admin)["expires_at"]
    assert ends is not None
    people.post(f"keys/{fresh['id']}/rotate", {"overlap_hours": 0})
    assert people.status("me", bearer(fresh["key"])) == 401


def test_a_key_does_no_more_than_its_scopes(client: TestClient) -> None:
    people = People(client)
    people.join("editor", "editor")
    key = people.key("editor", scopes=["read"])
    assert people.read("me", key)["permissions"] == ["read"]
    answer = client.post("/v1/actors", json={}, headers=key)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


def test_rights_follow_the_principal_at_once(client: TestClient) -> None:
    people = People(client)
    key = people.join("mover", "editor", clearance="AMBER")
    people.post("actors", {"slug": "a", "name": "A", "kind": "state", "tlp": "AMBER"})
    assert people.status("actors/a", key) == 200
    people.patch("principals/mover", role="reader", clearance="CLEAR")
    assert people.status("actors/a", key) == 404
    assert client.post("/v1/actors", json={}, headers=key).status_code == 403


def test_every_operation_needs_a_permission_and_no_other_is_named(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    there = {
        f"{method.upper()} {path.removeprefix('/v1')}" for path, method, _ in operations(document)
    }
    assert set(PERMISSIONS) == there


def test_who_reads_changes_nothing(client: TestClient) -> None:
    people = People(client)
    document = client.get("/openapi.json").json()
    reader = people.join("reader", "reader", clearance="RED")
    for path, method, operation in operations(document):
        url = re.sub(r"\{\w+\}", "0" * 8 + "-0000-7000-8000-" + "0" * 12, path)
        answer = client.request(method.upper(), url, headers=reader, json={})
        name = operation["operationId"]
        needed = PERMISSIONS[f"{method.upper()} {path.removeprefix('/v1')}"]
        if needed == "read":
            assert answer.status_code not in {401, 403}, name
        else:
            assert answer.status_code == 403, (name, needed)


def consequence(people: People) -> str:
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"})["id"]
    body = {"title": "It happens", "category": "military"}
    return str(people.post(f"alliances/{alliance}/consequences", body)["id"])


def rating(client: TestClient, key: str, headers: dict[str, str], **said: Any) -> Any:
    body = {"probability": 0.4, **said}
    return client.post(f"/v1/consequences/{key}/ratings", json=body, headers=headers)


def test_an_analyst_rates_as_nobody_else(client: TestClient) -> None:
    people = People(client)
    key = consequence(people)
    ann, bob = people.join("ann"), people.join("bob", assessor="team-b")
    mine = rating(client, key, ann).json()
    assert mine["assessor"] == "ann"
    assert rating(client, key, bob).json()["assessor"] == "team-b"
    assert rating(client, key, bob, assessor="ann").status_code == 403
    withdrawal = {"reason": "not mine"}
    path = f"/v1/ratings/{mine['id']}/withdraw"
    assert client.post(path, json=withdrawal, headers=bob).status_code == 403
    assert client.post(path, json=withdrawal, headers=ann).status_code == 201


def test_an_analyst_changes_what_they_made_and_an_editor_all(client: TestClient) -> None:
    people = People(client)
    ann, bob, eve = people.join("ann"), people.join("bob"), people.join("eve", "editor")
    body = {"slug": "x", "name": "X", "kind": "state"}
    assert client.post("/v1/actors", json=body, headers=ann).status_code == 201

    def change(who: dict[str, str], name: str) -> int:
        headers = {**who, "If-Match": "*"}
        return client.patch("/v1/actors/x", json={"name": name}, headers=headers).status_code

    assert [change(ann, "Y"), change(bob, "Z"), change(eve, "Q")] == [200, 403, 200]
    stale = {**bob, "If-Match": "*"}
    assert client.delete("/v1/actors/x", headers=stale).status_code == 403


def test_an_analyst_resolves_nothing(client: TestClient) -> None:
    people = People(client)
    key = consequence(people)
    body = {"status": "occurred", "since": "2024-01-01T00:00:00Z"}
    path = f"/v1/consequences/{key}/outcomes"
    assert client.post(path, json=body, headers=people.join("ann")).status_code == 403
    assert client.post(path, json=body, headers=people.join("eve", "editor")).status_code == 201


def test_a_machine_judges_only_where_it_is_allowed_and_says_so(client: TestClient) -> None:
    people = People(client)
    key = consequence(people)
    mute = people.join("mute-bot", machine=True)
    assert rating(client, key, mute).status_code == 403
    bot = people.join("rating-bot", machine=True, allowed=["rate"])
    made = rating(client, key, bot).json()
    assert made["machine"] is True
    assert people.read(f"consequences/{key}/judgement", people.admin)["n"] == 0


def test_a_cursor_is_good_for_who_was_given_it(client: TestClient) -> None:
    people = People(client)
    ann, bob = people.join("ann"), people.join("bob")
    for name in ("a", "b"):
        people.post("actors", {"slug": name, "name": name, "kind": "state"})
    cursor = people.read("actors", ann, limit=1)["next"]
    assert people.status("actors", ann, limit=1, cursor=cursor) == 200
    assert people.status("actors", bob, limit=1, cursor=cursor) == 400


def test_the_last_use_of_a_key_is_kept(client: TestClient) -> None:
    people = People(client)
    reader = people.join("reader", "reader")
    (key,) = people.read("keys", people.admin, principal="reader")["items"]
    assert key["last_used_at"] is None
    people.read("me", reader)
    (key,) = people.read("keys", people.admin, principal="reader")["items"]
    assert (key["last_used_at"] is not None, key["version"]) == (True, 1)


def test_helpers_of_open_stores_still_work(client: TestClient) -> None:
    assert make_consequence(client, make_alliance(client)["id"])["judgement"]["n"] == 0


def test_who_may_not_ask_is_told_nothing_of_the_request(client: TestClient) -> None:
    people = People(client)
    reader = people.join("reader", "reader")
    for path, content, media in (
        ("actors?sorted=yes", b"{}", "application/json"),
        ("actors", b"{", "application/json"),
        ("actors", b"x", "text/plain"),
    ):
        for who, status in (({}, 401), (reader, 403)):
            headers = {"Content-Type": media, **who}
            answer = client.post(f"/v1/{path}", content=content, headers=headers)
            assert answer.status_code == status, (path, answer.text)
    assert client.get("/healthz?sorted=yes").status_code == 422
