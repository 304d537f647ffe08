"""What is refused leaves a trace too, and holds nobody up."""

import logging
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from app.kernel import refusals
from app.kernel.access import Origin
from app.kernel.db import Database
from app.kernel.refusals import ALL, EACH, WAITING, Refusals
from tests.access.people import People, bearer
from tests.helpers import Body, everything

NOBODY = "0190a5b0-0000-7000-8000-000000000000"


@pytest.fixture
def people(client: TestClient) -> People:
    client.app.state.refusals.counts.clear()  # type: ignore[attr-defined]  # the tests share it
    return People(client)


def refused(people: People) -> list[Body]:
    people.client.headers = {**people.admin}
    found = everything(people.client, "audit", sort="id", action="refused")
    people.client.headers.clear()
    return found


def test_who_may_not_is_written_down_with_what_they_asked_for(people: People) -> None:
    reader = people.join("reader", "reader")
    body = {"slug": "one", "name": "One", "kind": "state"}
    assert people.client.post("/v1/actors", json=body, headers=reader).status_code == 403
    assert people.status("keys", reader) == 403
    assert people.status("audit", reader) == 403
    found = [(e["principal"], e["method"], e["route"], e["status"]) for e in refused(people)]
    assert found == [
        ("reader", "POST", "/v1/actors", 403),
        ("reader", "GET", "/v1/keys", 403),
        ("reader", "GET", "/v1/audit", 403),
    ]
    assert all(e["address"] == "testclient" and e["record"] is None for e in refused(people))


def test_who_is_nobody_is_written_down_without_a_name(people: People) -> None:
    people.status("actors", bearer("ent_wrong"))
    people.status("actors", {})
    found = [(e["principal"], e["path"], e["status"]) for e in refused(people)]
    assert found == [(None, "/v1/actors", 401)] * 2


def test_changing_what_is_not_theirs_is_refused_and_written_down(people: People) -> None:
    ann, bob = people.join("ann"), people.join("bob")
    made = people.post("actors", {"slug": "one", "name": "One", "kind": "state"}, ann)
    path = f"/v1/actors/{made['id']}"
    answer = people.client.delete(path, headers={**bob, "If-Match": "*"})
    assert answer.status_code == 403
    (entry,) = refused(people)
    assert (entry["principal"], entry["path"], entry["method"]) == ("bob", path, "DELETE")
    assert entry["request_id"] == answer.headers["x-request-id"]


def test_reading_what_is_hidden_is_no_refusal_and_changing_it_is_one(people: People) -> None:
    ann = people.join("ann", clearance="GREEN")
    hidden = people.post("actors", {"slug": "one", "name": "One", "kind": "state", "tlp": "AMBER"})[
        "id"
    ]
    for key in (hidden, NOBODY):
        assert people.status(f"actors/{key}", ann) == 404
        answer = people.client.delete(f"/v1/actors/{key}", headers={**ann, "If-Match": "*"})
        assert answer.status_code == 404
    found = [(e["path"], e["status"]) for e in refused(people)]
    assert found == [(f"/v1/actors/{hidden}", 404), (f"/v1/actors/{NOBODY}", 404)]


def test_stale_and_wrong_requests_are_no_refusals(people: People) -> None:
    made = people.post("actors", {"slug": "one", "name": "One", "kind": "state"})["id"]
    headers = {**people.admin, "If-Match": '"9"'}
    assert people.client.delete(f"/v1/actors/{made}", headers=headers).status_code == 412
    assert people.client.post("/v1/actors", json={}, headers=people.admin).status_code == 422
    assert people.client.post("/v1/nothing", json={}, headers=people.admin).status_code == 404
    assert refused(people) == []


def test_a_flood_of_one_address_is_summed_up(people: People) -> None:
    for _ in range(EACH + 5):
        people.status("actors", {})
    assert len(refused(people)) == EACH
    people.client.headers = {**people.admin}
    (more,) = everything(people.client, "audit", action="refused_more")
    assert (more["address"], more["path"], more["id"]) == ("testclient", None, EACH + 3)
    people.client.headers.clear()


def test_a_store_that_takes_nothing_keeps_nobody_waiting(
    people: People, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    reader = people.join("reader", "reader")
    people.status("me", reader)  # the last use of the key is kept now

    def fail(_connection: sa.Connection) -> None:
        raise OperationalError("BEGIN", {}, Exception("the disk is full"))

    with caplog.at_level(logging.WARNING, "entente"):
        sa.event.listen(database.engine, "commit", fail)
        assert people.status("keys", reader) == 403
        sa.event.remove(database.engine, "commit", fail)
    assert "isn't in the audit log: reader, Origin(route='/v1/keys'" in caplog.text
    assert refused(people) == []
    assert people.status("keys", reader) == 403
    assert len(refused(people)) == 1


@pytest.fixture
def alone(database: Database) -> Refusals:
    """The refusals of a process that has just begun."""
    return Refusals(database)


def test_addresses_together_have_a_bound_too(alone: Refusals) -> None:
    taken = sum(alone.take(Origin(), None, f"192.0.2.{number}") for number in range(ALL + 50))
    assert taken == ALL + 1
    assert [act.action for _, _, act in alone.waiting][-1] == "refused_more"


def test_a_new_minute_begins_anew(alone: Refusals, monkeypatch: pytest.MonkeyPatch) -> None:
    def clock(minute: int) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: 60.0 * minute)

    clock(1)
    assert sum(alone.take(Origin(), None, "here") for _ in range(30)) == EACH + 1
    clock(2)
    assert alone.take(Origin(), None, "here")


def test_no_more_than_so_many_wait(
    alone: Refusals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refusals, "ALL", WAITING + 10)
    with caplog.at_level(logging.WARNING, "entente"):
        taken = sum(alone.take(Origin(), None, str(number)) for number in range(WAITING + 2))
    assert taken == len(alone.waiting) == WAITING
    assert caplog.text.count("isn't in the audit log") == 2


def test_one_thread_writes_for_all(alone: Refusals) -> None:
    alone.take(Origin(), None, "here")
    with alone.writing:
        alone.write()
        assert len(alone.waiting) == 1
    alone.write()
    assert not alone.waiting
