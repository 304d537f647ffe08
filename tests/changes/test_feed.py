"""The feed: what is told of what happens, in which order, to whom filters let it through."""

from math import log
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.events import Event
from app.kernel.ids import ids_behind, is_id
from app.kernel.tables import table_of
from tests import helpers
from tests.access.people import People
from tests.helpers import Body, read


def follow(client: TestClient, after: str = "", **params: Any) -> list[Body]:
    """Every event behind an id, page after page."""
    found: list[Body] = []
    while True:
        page = read(client, "changes", **({"after": after} if after else {}), **params)
        found += page["items"]
        if page["next"] is None:
            return found
        after = page["next"]


def told(events: list[Body]) -> list[tuple[str, str]]:
    """Types and kinds, in order."""
    return [(event["type"], event["record"]["type"]) for event in events]


def test_a_record_is_told_of_from_beginning_to_end(client: TestClient) -> None:
    alliance = helpers.make_alliance(client)["id"]
    item = helpers.make_item(client, alliance)
    path = f"alliances/{alliance}/items/{item['id']}"
    helpers.patch(client, path, name="Other")
    helpers.delete(client, path)
    one, *rest = follow(client)
    assert one["record"] == {"type": "alliances", "id": alliance, "version": 1}
    assert one["alliance"] == alliance
    assert told(rest) == [("created", "items"), ("updated", "items"), ("deleted", "items")]
    assert [event["record"]["version"] for event in rest] == [1, 2, 3]
    assert {event["alliance"] for event in rest} == {alliance}
    assert {event["by"] for event in rest} == {"local"}
    assert rest[0]["time"] == item["recorded_at"]
    assert "Other" not in str(rest)
    every = [event["id"] for event in (one, *rest)]
    assert every == sorted(set(every))
    assert all(map(is_id, every))


def test_a_change_that_changes_nothing_is_not_told_of(client: TestClient) -> None:
    actor = helpers.make_actor(client)
    helpers.patch(client, f"actors/{actor['id']}", name=actor["name"])
    assert told(follow(client)) == [("created", "actors")]


def test_nothing_is_told_of_what_was_rolled_back(client: TestClient) -> None:
    helpers.make_actor(client, slug="taken")
    taken = {"slug": "taken", "name": "A", "kind": "state"}
    assert client.post("/v1/actors", json=taken).status_code == 409
    assert len(follow(client)) == 1


def test_a_replayed_request_is_told_of_once(client: TestClient) -> None:
    body = {"slug": "one", "name": "One", "kind": "state"}
    for _ in range(2):
        answer = client.post("/v1/actors", json=body, headers={"Idempotency-Key": "a"})
        assert answer.status_code == 201
    assert told(follow(client)) == [("created", "actors")]


def test_a_merge_says_into_what(client: TestClient) -> None:
    one, other = helpers.make_actor(client), helpers.make_actor(client)
    claim = helpers.make_claim(client, speaker=one["id"])
    helpers.make(client, f"actors/{one['id']}/merge", {"into": other["id"]})
    events = follow(client, record=[one["id"], claim["id"]])
    assert sorted(told(events)) == [
        ("created", "actors"), ("created", "claims"), ("merged", "actors"), ("updated", "claims"),
    ]  # fmt: skip
    merged = next(event for event in events if event["type"] == "merged")
    assert merged["data"] == {"into": other["id"]}


def test_what_stands_under_a_record_is_of_its_alliance(client: TestClient) -> None:
    alliance = helpers.make_alliance(client)["id"]
    consequence = helpers.make_consequence(client, alliance)["id"]
    claim = helpers.make_claim(client)["id"]
    assessor = helpers.make_assessor(client)["slug"]
    evidence = helpers.make_evidence(client, consequence, claim)["id"]
    cause = helpers.make_cause(client, consequence)["id"]
    rating = helpers.rate(client, consequence, assessor, 0.3)["id"]
    note = helpers.annotate(client, "ratings", rating, "Why?")["id"]
    deeper = helpers.annotate(client, "annotations", note, "Because.")["id"]
    of = {event["record"]["id"] for event in follow(client, alliance=alliance)}
    assert of == {alliance, consequence, evidence, cause, rating, note, deeper}
    (lone,) = follow(client, record=claim)
    assert lone["alliance"] is None


def test_a_judgement_that_moves_is_told_of(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    one, other = (helpers.make_assessor(client)["slug"] for _ in range(2))
    first = helpers.rate(client, consequence, one, 0.2)
    helpers.rate(client, consequence, one, 0.3, effective_at="2023-01-01")  # the past moves alone
    helpers.rate(client, consequence, other, 0.5)
    helpers.make(client, f"ratings/{first['id']}/withdraw", {"reason": "A mistake."})
    events = follow(client, type="judgement.moved")
    assert {(e["record"]["type"], e["record"]["id"]) for e in events} == {
        ("consequences", consequence)
    }
    began, joined, left = (event["data"] for event in events)
    assert began["before"] is None
    assert began["after"] == {"n": 1, "probability": pytest.approx(0.2)}
    assert began["log_odds_move"] is None
    assert joined["before"] == began["after"]
    assert joined["after"]["n"] == 2
    assert joined["log_odds_move"] == pytest.approx(log(4) / 2)
    assert left["after"] == {"n": 1, "probability": pytest.approx(0.5)}
    now = read(client, f"consequences/{consequence}/judgement")
    assert now["probability"]["point"] == pytest.approx(left["after"]["probability"])


def test_the_last_rating_that_goes_leaves_no_judgement(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    rating = helpers.rate(client, consequence, helpers.make_assessor(client)["slug"], 0.2)
    helpers.make(client, f"ratings/{rating['id']}/withdraw", {"reason": "A mistake."})
    moved = follow(client, type="judgement.moved")[-1]["data"]
    assert (moved["after"], moved["log_odds_move"]) == (None, None)


def test_a_claim_is_contested_once_and_again_when_the_denial_stands_again(
    client: TestClient,
) -> None:
    claim = helpers.make_claim(client)["id"]

    def against(kind: str, key: str) -> str:
        made: str = helpers.make_claim(client, relations=[{"kind": kind, "claim": key}])["id"]
        return made

    denial = against("denies", claim)
    contradiction = against("contradicts", claim)  # contested already
    takes_back = [against("retracts", denial), against("retracts", contradiction)]
    assert not read(client, f"claims/{claim}")["contested"]
    helpers.delete(client, f"claims/{takes_back[0]}")
    helpers.patch(client, f"claims/{takes_back[1]}", relations=[])  # contested already
    events = follow(client, type="claim.contested")
    assert [(e["record"]["id"], e["data"]["by"]) for e in events] == [(claim, denial)] * 2
    assert read(client, f"claims/{claim}")["contested"]


def test_a_relation_added_later_contests_too(client: TestClient) -> None:
    claim, other = helpers.make_claim(client)["id"], helpers.make_claim(client)["id"]
    for kind in ("supports", "denies", "contradicts"):
        helpers.patch(client, f"claims/{other}", relations=[{"kind": kind, "claim": claim}])
    assert len(follow(client, type="claim.contested")) == 1


def test_an_outcome_in_force_resolves(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    helpers.make_outcome(client, consequence)
    outcome = helpers.make_outcome(client, consequence, status="occurred", since="2024-01-01")
    helpers.make_outcome(client, consequence, status="annulled", since="2023-12-01")  # before it
    (event,) = follow(client, type="consequence.resolved")
    assert event["record"]["id"] == consequence
    assert event["data"] == {
        "outcome": outcome["id"], "status": "occurred", "since": "2024-01-01T00:00:00Z",
    }  # fmt: skip


def test_what_is_found_again_or_in_part_resolves_nothing(client: TestClient) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    for month, status in enumerate(
        ("open", "partly_occurred", "occurred", "occurred", "did_not_occur", "open", "annulled"), 1
    ):
        helpers.make_outcome(client, consequence, status=status, since=f"2024-0{month}-01")
    helpers.make_outcome(client, consequence, status="annulled", since="2024-07-01")  # in its place
    events = follow(client, type="consequence.resolved")
    assert [(event["data"]["status"], event["data"]["since"][5:7]) for event in events] == [
        ("occurred", "03"), ("did_not_occur", "05"), ("annulled", "07"),
    ]  # fmt: skip


def test_who_sees_a_resolution_is_told_whatever_is_hidden_from_them(client: TestClient) -> None:
    people = People(client)
    low, high = people.join("low", "reader"), people.join("high", "editor", clearance="RED")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, high)["id"]
    body = {"title": "It happens", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", body, high)["id"]
    for month, tlp in enumerate(("GREEN", "AMBER", "CLEAR", "GREEN"), 1):
        entry = {"status": "occurred", "since": f"2024-0{month}-01T00:00:00Z", "tlp": tlp}
        people.post(f"consequences/{key}/outcomes", entry, high)
    asked = {"type": "consequence.resolved"}
    for who, months in ((low, ["03"]), (high, ["01", "03"])):
        events = people.read("changes", who, **asked)["items"]
        assert [event["data"]["since"][5:7] for event in events] == months


def test_the_default_data_are_told_of(loaded_client: TestClient) -> None:
    events = follow(loaded_client, limit=200)
    kinds = {event["type"] for event in events}
    assert {"created", "judgement.moved", "claim.contested", "consequence.resolved"} <= kinds
    contested = {e["record"]["id"] for e in events if e["type"] == "claim.contested"}
    claims = helpers.everything(loaded_client, "claims", contested=True, limit=200)
    assert contested >= {claim["id"] for claim in claims}


def test_filters_are_any_of_their_values_and_all_of_them(client: TestClient) -> None:
    here, there = helpers.make_alliance(client), helpers.make_alliance(client)
    item = helpers.make_item(client, here["id"])
    helpers.make_item(client, there["id"])
    helpers.make_actor(client)
    helpers.delete(client, f"alliances/{here['id']}/items/{item['id']}")
    both: Any = {"alliance": [here["slug"], there["id"]]}
    assert len(follow(client, **both)) == 5
    assert len(follow(client, **both, kind="items")) == 3
    assert len(follow(client, kind=["items", "actors"])) == 4
    assert len(follow(client, kind=["items", "actors"], type=["deleted", "merged"])) == 1
    assert follow(client, alliance="no-such-alliance") == []


def test_a_page_ends_where_the_next_begins(client: TestClient) -> None:
    for _ in range(5):
        helpers.make_actor(client)
    every = [event["id"] for event in follow(client)]
    first = read(client, "changes", limit=3)
    assert [event["id"] for event in first["items"]] == every[:3]
    assert first["next"] == every[2]
    rest = read(client, "changes", limit=2, after=first["next"])
    assert [event["id"] for event in rest["items"]] == every[3:]
    assert rest["next"] is None
    assert read(client, "changes", after=every[-1]) == {"items": [], "next": None}


def test_who_has_the_newest_is_told_so(client: TestClient) -> None:
    helpers.make_actor(client)
    answer = client.get("/v1/changes")
    same = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/v1/changes", headers=same).status_code == 304
    helpers.make_actor(client)
    assert client.get("/v1/changes", headers=same).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [("after", "1"), ("type", "moved"), ("kind", "claim"), ("record", "a"), ("limit", "0"),
     ("cursor", "a")],
)  # fmt: skip
def test_what_is_no_filter_is_refused(client: TestClient, name: str, value: str) -> None:
    for path in ("/v1/changes", "/v1/changes/stream"):
        answer = client.get(path, params={name: value})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"?{name}"


def test_an_event_for_one_reaches_nobody_else(client: TestClient, database: Database) -> None:
    helpers.make_actor(client)
    helpers.make_actor(client)
    t = table_of(Event)
    with database.write(Principal.owner("test")) as tx:
        first = sa.select(sa.func.min(sa.cast(t.c.id, sa.String))).scalar_subquery()
        mine = sa.cast(t.c.id, sa.String) == first
        tx.session.execute(sa.update(t).where(mine).values(recipient="somebody"))
    assert len(follow(client)) == 1


def test_a_write_tells_in_one_insert(client: TestClient, statements: list[str]) -> None:
    consequence = helpers.make_consequence(client, helpers.make_alliance(client)["id"])["id"]
    assessor = helpers.make_assessor(client)["slug"]
    statements.clear()
    helpers.rate(client, consequence, assessor, 0.3)
    assert len([one for one in statements if "INSERT INTO events" in one]) == 1
    assert len(follow(client, type=["created", "judgement.moved"], record=consequence)) == 2


def test_ids_of_one_instant_are_in_order_within_each_group_and_grow() -> None:
    last = ""
    for _ in range(50):
        ids = ids_behind(last, "abaabb")
        assert min(ids) > last
        assert len({one[:18] for one in ids}) == 1  # nothing but chance tells them apart
        for group in ([0, 2, 3], [1, 4, 5]):
            mine = [ids[index] for index in group]
            assert mine == sorted(mine)
        last = max(ids)
    ahead = "ffffffff-0000-7000-8000-000000000000"
    assert ids_behind(ahead, "a")[0] > ahead
