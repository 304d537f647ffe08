"""Indicators and their readings: what would change our mind, read over time."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.access.people import People
from tests.helpers import (
    Body,
    delete,
    ids,
    make,
    make_alliance,
    make_claim,
    make_consequence,
    make_indicator,
    make_reading,
    patch,
    read,
)

SEARCHED = {"period": {"from": "2023-01-01", "to": "2023-06-30"}, "corpus": "The press."}


@pytest.fixture
def consequence(client: TestClient) -> str:
    """A consequence nobody watches yet."""
    return str(make_consequence(client, make_alliance(client)["id"])["id"])


def test_an_indicator_shows_its_latest_reading_on_any_day(
    client: TestClient, consequence: str
) -> None:
    made = make_indicator(client, consequence, ref="W1", collection="Weekly.")
    assert (made["direction"], made["threshold"], made["reading"]) == ("up", "Seen twice.", None)
    claim = make_claim(client)["id"]
    late = make_reading(
        client, made["id"], status="observed", claims=[claim], effective_at="2023-06-01",
        crosses=True,
    )  # fmt: skip
    early = make_reading(client, made["id"], effective_at="2023-02-01")
    days = (("2023-01-01", None), ("2023-03-01", early), (None, late))
    for day, held in days:
        asked = {"as_of": day} if day else {}
        for shown in (
            read(client, f"indicators/{made['id']}", **asked),
            *read(client, f"consequences/{consequence}/indicators", **asked)["items"],
            *read(client, "indicators", **asked)["items"],
        ):
            found = shown["reading"]
            assert found == (held and {name: held[name] for name in found}), day
    assert read(client, f"indicators/{made['id']}", known_at=made["recorded_at"])["reading"] is None
    path = f"indicators/{made['id']}/readings"
    assert ids(read(client, path)) == [early["id"], late["id"]]
    assert ids(read(client, path, as_of="2023-03-01")) == [early["id"]]
    delete(client, f"readings/{late['id']}")
    assert read(client, f"indicators/{made['id']}")["reading"]["id"] == early["id"]
    assert client.get(f"/v1/readings/{late['id']}").status_code == 410


def test_a_reading_says_what_it_rests_on(client: TestClient, consequence: str) -> None:
    indicator = make_indicator(client, consequence)["id"]
    path = f"/v1/indicators/{indicator}/readings"
    refused: list[tuple[Body, str]] = [
        ({"status": "absent"}, "/period"),
        ({"status": "absent", "period": SEARCHED["period"]}, "/corpus"),
        ({"status": "absent", "corpus": "The press."}, "/period"),
        ({"status": "observed"}, "/claims"),
        ({"status": "observed", "claims": ["01890000-0000-7000-8000-000000000000"]}, "/claims/0"),
        ({"status": "gone"}, "/status"),
        ({"status": "not_observed", "effective_at": "2199-01-01"}, "/effective_at"),
        ({"status": "not_observed", "date": {"date": "2199", "precision": "year"}},
         "/effective_at"),
    ]  # fmt: skip
    for body, pointer in refused:
        answer = client.post(path, json=body)
        assert answer.status_code == 422, body
        assert answer.json()["errors"][0]["pointer"] == pointer, body
    assert read(client, f"indicators/{indicator}/readings")["items"] == []
    absent = make_reading(client, indicator, status="absent", **SEARCHED)
    assert (absent["period"], absent["effective_at"]) == (
        SEARCHED["period"],
        "2023-06-30T00:00:00Z",
    )
    where = f"/v1/readings/{absent['id']}"
    match = {"If-Match": "*"}
    for change, pointer in (({"corpus": None}, "/corpus"), ({"status": "observed"}, "/claims")):
        answer = client.patch(where, json=change, headers=match)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    other = make_indicator(client, consequence)["id"]
    answer = client.patch(where, json={"indicator": other}, headers=match)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/indicator")
    dated = make_reading(client, indicator, date={"date": "2023-04", "precision": "month"})
    assert dated["effective_at"] == "2023-04-01T00:00:00Z"
    assert (
        patch(client, f"readings/{dated['id']}", note="Seen.")["effective_at"]
        == (dated["effective_at"])
    )
    now = make_reading(client, indicator)
    assert now["effective_at"] == now["recorded_at"]


def test_indicators_and_readings_are_found_by_what_they_say(client: TestClient) -> None:
    alliance = make_alliance(client)
    one, two = (make_consequence(client, alliance["id"])["id"] for _ in range(2))
    claim = make_claim(client)["id"]
    seen = make_indicator(client, one, ref="W1", statement="Zebra trains", direction="down")
    none = make(
        client,
        "indicators",
        {"consequence": two, "statement": "Ships", "direction": "up", "threshold": "Any."},
    )
    first = make_reading(client, seen["id"], status="observed", claims=[claim], crosses=True,
                         effective_at="2023-05-01")  # fmt: skip
    second = make(client, "readings", {"indicator": none["id"], "status": "absent", **SEARCHED})
    assert (second["consequence"], none["alliance"]) == (two, alliance["id"])

    def found(path: str, **params: Any) -> list[str]:
        return ids(read(client, path, **params))

    mine = {"alliance": alliance["slug"]}
    for params in ({"ref": "W1"}, {"consequence": one}, {"direction": "down"}, {"q": "zebra"},
                   {"status": "observed"}, {"crosses": "true"}):  # fmt: skip
        assert found("indicators", **mine, **params) == [seen["id"]], params
    assert found("indicators", **mine, sort="read_at") == [seen["id"], none["id"]]
    assert found("indicators", alliance="elsewhere") == []
    for params in ({"indicator": seen["id"]}, {"consequence": one}, {"claim": claim},
                   {"crosses": "true"}, {"status": "observed"},
                   {"effective_to": "2023-06-01"}):  # fmt: skip
        assert found("readings", **params) == [first["id"]], params
    assert found("readings", effective_from="2023-06-01") == [second["id"]]
    (shown,) = read(client, "readings", claim=claim, include="indicator,claims")["items"]
    assert ids({"items": shown["included"]["indicator"]}) == [seen["id"]]
    assert ids({"items": shown["included"]["claims"]}) == [claim]
    (hit,) = read(client, "search", q="zebra", type="indicators")["items"]
    assert client.get(hit["path"]).json()["id"] == seen["id"]
    taken = {"statement": "Other", "direction": "up", "threshold": "Any.", "ref": "W1"}
    for path, status in ((two, 409), (make_consequence(client, make_alliance(client)["id"])["id"],
                                      201)):  # fmt: skip
        answer = client.post(f"/v1/consequences/{path}/indicators", json=taken)
        assert answer.status_code == status, answer.text


def test_a_crossed_threshold_is_told_once(client: TestClient, consequence: str) -> None:
    made = make_indicator(client, consequence)
    claim = make_claim(client)["id"]
    said = {"status": "observed", "claims": [claim], "effective_at": "2023-05-01"}
    plain = make_reading(client, made["id"], **said)
    crossing = make_reading(client, made["id"], **said, crosses=True)
    patch(client, f"readings/{crossing['id']}", note="Again.")
    patch(client, f"readings/{plain['id']}", crosses=True)
    told = read(client, "changes", type="indicator.crossed")["items"]
    assert [event["data"] for event in told] == [
        {"reading": one["id"], "consequence": consequence} for one in (crossing, plain)
    ]
    for event in told:
        assert event["record"] == {"type": "indicators", "id": made["id"], "version": 1}
        assert event["alliance"] == made["alliance"]


def test_nothing_is_added_under_what_is_gone(client: TestClient, consequence: str) -> None:
    indicator = make_indicator(client, consequence)["id"]
    reading = make_reading(client, indicator)["id"]
    delete(client, f"consequences/{consequence}")
    body = {"status": "not_observed"}
    assert client.post(f"/v1/indicators/{indicator}/readings", json=body).status_code == 410
    assert client.get(f"/v1/consequences/{consequence}/indicators").status_code == 410
    assert read(client, f"readings/{reading}")["id"] == reading
    delete(client, f"indicators/{indicator}")
    assert client.post(f"/v1/indicators/{indicator}/readings", json=body).status_code == 410


def test_readings_go_up_with_what_they_stand_under_and_never_below(client: TestClient) -> None:
    people = People(client)
    low = people.join("low", "editor", clearance="GREEN")
    high = people.join("high", "editor", clearance="RED")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, high)["id"]
    war = {"title": "War", "category": "military"}
    consequence = people.post(f"alliances/{alliance}/consequences", war, high)["id"]
    sign = {"statement": "Trains", "direction": "up", "threshold": "Ten.", "tlp": "GREEN"}
    indicator = people.post(f"consequences/{consequence}/indicators", sign, high)["id"]
    where = f"indicators/{indicator}/readings"
    below = client.post(f"/v1/{where}", json={"status": "not_observed", "tlp": "CLEAR"},
                        headers=high)  # fmt: skip
    assert (below.status_code, below.json()["errors"][0]["pointer"]) == (422, "/tlp")
    reading = people.post(where, {"status": "not_observed"}, high)
    assert reading["tlp"] == "GREEN"
    hidden = people.post(where, {"status": "not_observed", "tlp": "AMBER"}, high)["id"]
    assert ids(people.read(where, low)) == [reading["id"]]
    assert people.read(f"indicators/{indicator}", low)["reading"]["id"] == reading["id"]
    assert people.read(f"indicators/{indicator}", high)["reading"]["id"] == hidden
    people.patch(f"consequences/{consequence}", high, tlp="AMBER")
    for path in (f"indicators/{indicator}", f"readings/{reading['id']}", where):
        assert people.status(path, low) == 404, path
    assert people.read(f"readings/{reading['id']}", high)["tlp"] == "AMBER"
    # An indicator may be let down, with the reason; its readings go on without the consequence.
    people.patch(f"indicators/{indicator}", high, tlp="CLEAR", downgrade="It is well known.")
    assert people.post(where, {"status": "not_observed"}, low)["tlp"] == "CLEAR"


def test_a_page_of_indicators_is_one_statement(
    client: TestClient, consequence: str, statements: list[str]
) -> None:
    for _ in range(3):
        made = make_indicator(client, consequence)["id"]
        make_reading(client, made)
        for path in (f"consequences/{consequence}/indicators", "readings", "ratings"):
            statements.clear()
            read(client, path)
            assert len(statements) == 1, path
