"""Outcome and cause: apart, each with its history, never edited."""

import pytest
from starlette.testclient import TestClient

from tests.access.people import People
from tests.helpers import (
    Body,
    ids,
    make_alliance,
    make_cause,
    make_claim,
    make_consequence,
    make_outcome,
    read,
)


@pytest.fixture
def consequence(client: TestClient) -> str:
    """A consequence of which nothing is found yet."""
    return str(make_consequence(client, make_alliance(client)["id"])["id"])


def test_nothing_found_is_nothing_not_open(client: TestClient, consequence: str) -> None:
    found = read(client, f"consequences/{consequence}")
    assert found["outcome"] is found["cause"] is None


def test_outcome_and_cause_are_told_apart(client: TestClient, consequence: str) -> None:
    make_outcome(client, consequence, status="occurred", confidence="high", note="It flew.")
    make_cause(client, consequence, status="disputed", confidence="low", since="2024-01-01")
    found = read(client, f"consequences/{consequence}")
    assert found["outcome"] == {
        "status": "occurred", "confidence": "high", "since": "2023-09-10T00:00:00Z",
        "note": "It flew.",
    }  # fmt: skip
    assert found["cause"] == {
        "status": "disputed", "confidence": "low", "since": "2024-01-01T00:00:00Z", "note": None,
    }  # fmt: skip


@pytest.mark.parametrize("which", ["outcome", "cause"])
def test_a_finding_holds_until_the_next(client: TestClient, consequence: str, which: str) -> None:
    make, plural = (make_outcome, "outcomes") if which == "outcome" else (make_cause, "causes")
    last = "occurred" if which == "outcome" else "confirmed"
    first = make(client, consequence, status="open", since="2023-01-01")
    second = make(client, consequence, status=last, since="2023-06-01")
    path = f"consequences/{consequence}"

    def status(**clocks: str) -> str | None:
        finding = read(client, path, **clocks)[which]
        return str(finding["status"]) if finding else None

    assert status() == last
    assert status(as_of="2023-06-01") == last
    assert status(as_of="2023-05-31") == "open"
    assert status(as_of="2022-12-31") is None
    assert status(known_at=first["recorded_at"]) == "open"
    history = read(client, f"{path}/{plural}")["items"]
    assert ids({"items": history}) == [first["id"], second["id"]]
    assert [entry["ended_at"] for entry in history] == ["2023-06-01T00:00:00Z", None]
    assert ids(read(client, f"{path}/{plural}", status=last)) == [second["id"]]
    assert ids(read(client, f"{path}/{plural}", as_of="2023-05-31")) == [first["id"]]


def test_a_finding_can_be_back_dated_between_two(client: TestClient, consequence: str) -> None:
    make_outcome(client, consequence, status="open", since="2023-01-01")
    make_outcome(client, consequence, status="occurred", since="2023-06-01")
    between = make_outcome(client, consequence, status="partly_occurred", since="2023-03-01")
    assert between["ended_at"] == "2023-06-01T00:00:00Z"
    path = f"consequences/{consequence}"
    assert read(client, path, as_of="2023-04-01")["outcome"]["status"] == "partly_occurred"
    assert read(client, path, as_of="2023-02-01")["outcome"]["status"] == "open"
    assert read(client, path)["outcome"]["status"] == "occurred"


@pytest.mark.parametrize("which", ["outcome", "cause"])
def test_what_is_found_again_holds_since_it_was_found_first(
    client: TestClient, consequence: str, which: str
) -> None:
    make = make_outcome if which == "outcome" else make_cause
    status, other = ("occurred", "annulled") if which == "outcome" else ("confirmed", "refuted")
    path = f"consequences/{consequence}"

    def found(**clocks: str) -> tuple[str, str]:
        finding = read(client, path, **clocks)[which]
        (listed,) = read(client, "consequences", fields=which, **clocks)["items"]
        assert listed[which] == finding
        return finding["since"][:10], finding["note"]

    for day in ("2023-01-01", "2023-02-01"):
        make(client, consequence, status="open", since=day, note=day)
    assert found() == ("2023-01-01", "2023-02-01")
    for day in ("2023-03-01", "2023-04-01", "2023-05-01"):
        known = make(client, consequence, status=status, since=day, note=day)["recorded_at"]
    assert found() == ("2023-03-01", "2023-05-01")
    assert found(as_of="2023-04-15") == ("2023-03-01", "2023-04-01")
    assert found(as_of="2023-02-15") == ("2023-01-01", "2023-02-01")
    # What is replaced for all of its time breaks no run; what is found for a time between does.
    make(client, consequence, status=other, since="2023-04-15")
    make(client, consequence, status=status, since="2023-04-15")
    assert found() == ("2023-03-01", "2023-05-01")
    make(client, consequence, status=other, since="2023-04-20")
    assert found() == ("2023-05-01", "2023-05-01")
    assert found(as_of="2023-04-15")[0] == "2023-03-01"
    assert found(known_at=known) == ("2023-03-01", "2023-05-01")


def test_a_run_of_findings_is_broken_for_who_sees_what_breaks_it(client: TestClient) -> None:
    people = People(client)
    low, high = people.join("low", "reader"), people.join("high", "editor", clearance="RED")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, high)["id"]
    body = {"title": "It happens", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", body, high)["id"]
    path = f"consequences/{key}/outcomes"
    for day, said in (("03", {}), ("04", {"status": "annulled", "tlp": "RED"}), ("05", {})):
        entry = {"status": "occurred", "since": f"2023-{day}-01T00:00:00Z", **said}
        people.post(path, entry, high)
    for who, since in ((low, "2023-03-01"), (high, "2023-05-01")):
        found = people.read(f"consequences/{key}", who)["outcome"]
        assert (found["status"], found["since"][:10]) == ("occurred", since)


def test_a_finding_at_the_same_instant_takes_the_place_of_the_first(
    client: TestClient, consequence: str
) -> None:
    for status in ("open", "did_not_occur", "annulled"):
        make_outcome(client, consequence, status=status, since="2023-01-01")
    assert read(client, f"consequences/{consequence}")["outcome"]["status"] == "annulled"
    found = read(client, f"consequences/{consequence}", as_of="2023-01-01")
    assert found["outcome"]["status"] == "annulled"


def test_a_finding_is_of_now_unless_dated_and_never_of_later(
    client: TestClient, consequence: str
) -> None:
    made = make_outcome(client, consequence, since=None)
    assert made["since"] == made["recorded_at"]
    response = client.post(
        f"/v1/consequences/{consequence}/outcomes", json={"status": "open", "since": "2199-01-01"}
    )
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/since")


def test_a_finding_rests_on_claims_that_are_there(client: TestClient, consequence: str) -> None:
    claim = make_claim(client)["id"]
    made = make_outcome(client, consequence, claims=[claim])
    path = f"consequences/{consequence}/outcomes"
    page = read(client, path, include="claims")["items"]
    assert ids({"items": page[0]["included"]["claims"]}) == [claim] == made["claims"]
    missing = "01890000-0000-7000-8000-000000000000"
    for claims, pointer in (([claim, missing], "/claims/1"), ([claim, claim], "/claims/1")):
        response = client.post(f"/v1/{path}", json={"status": "open", "claims": claims})
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("plural", ["outcomes", "causes"])
def test_a_finding_is_never_edited(client: TestClient, consequence: str, plural: str) -> None:
    body = {"status": "open", "since": "2023-01-01"}
    made = client.post(f"/v1/consequences/{consequence}/{plural}", json=body).json()
    path = f"/v1/consequences/{consequence}/{plural}/{made['id']}"
    for method in ("PATCH", "DELETE"):
        response = client.request(
            method, path, json={"note": "x"} if method == "PATCH" else None,
            headers={"If-Match": "*"},
        )  # fmt: skip
        assert response.status_code == 405
    client.post(f"/v1/consequences/{consequence}/{plural}", json={**body, "since": "2023-02-01"})
    versions = client.get(f"{path}/versions").json()["items"]
    assert versions[0]["changes"] == [
        {"pointer": "/ended_at", "before": None, "after": "2023-02-01T00:00:00Z"}
    ]
    assert versions[1]["record"]["since"] == "2023-01-01T00:00:00Z"


def test_consequences_are_filtered_and_sorted_by_what_was_found(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    made: dict[str, str] = {}
    for status in ("occurred", "annulled", "open"):
        made[status] = make_consequence(client, alliance)["id"]
        make_outcome(client, made[status], status=status, since="2023-06-01")
    made["none"] = make_consequence(client, alliance)["id"]
    make_cause(client, made["none"], status="refuted")
    path = f"alliances/{alliance}/consequences"
    assert ids(read(client, path, outcome=["occurred", "annulled"])) == [
        made["occurred"],
        made["annulled"],
    ]
    assert ids(read(client, path, outcome="occurred", as_of="2023-01-01")) == []
    assert ids(read(client, path, cause="refuted")) == [made["none"]]
    order = [made[name] for name in ("annulled", "occurred", "open", "none")]
    assert ids(read(client, path, sort="outcome")) == order
    order = [made[name] for name in ("open", "occurred", "annulled", "none")]
    assert ids(read(client, path, sort="-outcome")) == order


def test_what_nothing_was_found_of_is_open(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    made = {name: make_consequence(client, alliance)["id"] for name in ("none", "open", "over")}
    make_outcome(client, made["open"], status="open", since="2023-06-01")
    make_outcome(client, made["over"], status="occurred", since="2023-06-01")
    for status, name in (("open", "open"), ("confirmed", "over")):
        make_cause(client, made[name], status=status)
    path = f"alliances/{alliance}/consequences"
    page = read(client, path, outcome="open", total="true")
    assert ids(page) == [made["none"], made["open"]]
    assert page["total"] == 2
    assert [item["outcome"] and item["outcome"]["status"] for item in page["items"]] == [
        None,
        "open",
    ]
    assert ids(read(client, path, outcome=["open", "occurred"])) == list(made.values())
    assert ids(read(client, path, outcome="open", as_of="2023-01-01")) == list(made.values())
    assert ids(read(client, path, outcome="open", sort="-outcome")) == [made["open"], made["none"]]
    # A cause is a question only once somebody has asked it.
    assert ids(read(client, path, cause="open")) == [made["open"]]


def test_a_finding_is_read_under_its_own_consequence(client: TestClient, consequence: str) -> None:
    other = make_consequence(client, make_alliance(client)["id"])["id"]
    made: Body = make_outcome(client, consequence)
    assert client.get(f"/v1/consequences/{consequence}/outcomes/{made['id']}").json() == made
    assert client.get(f"/v1/consequences/{other}/outcomes/{made['id']}").status_code == 404
