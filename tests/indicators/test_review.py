"""What asks for a new judgement: thresholds crossed, assumptions broken, dates passed."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.access.people import People
from tests.helpers import (
    Body,
    break_assumption,
    delete,
    ids,
    make,
    make_alliance,
    make_assessor,
    make_assumption,
    make_claim,
    make_consequence,
    make_factor,
    make_indicator,
    make_outcome,
    make_reading,
    patch,
    rate,
    read,
)


@pytest.fixture
def alliance(client: TestClient) -> str:
    """An alliance."""
    return str(make_alliance(client)["id"])


@pytest.fixture
def consequence(client: TestClient, alliance: str) -> str:
    """A consequence nobody rated."""
    return str(make_consequence(client, alliance)["id"])


def reasons(client: TestClient, consequence: str, **params: Any) -> list[Body]:
    """Why a consequence is due, after a look whether everything says the same of it."""
    found = read(client, f"consequences/{consequence}/review", **params)
    one = read(client, f"consequences/{consequence}", **params)
    listed = [
        consequence in ids(read(client, "consequences", review_due=flag, **params))
        for flag in ("true", "false")
    ]
    due: bool = found["due"]
    assert listed == [due, not due]
    assert one["review_due"] is due is bool(found["reasons"])
    assert found["consequence"] == consequence
    items: list[Body] = found["reasons"]
    return items


def crossing(client: TestClient, indicator: str, day: str, **said: Any) -> Body:
    """A reading that crosses the threshold."""
    claims = [make_claim(client)["id"]]
    return make_reading(client, indicator, status="observed", crosses=True, claims=claims,
                        effective_at=day, **said)  # fmt: skip


def test_a_crossed_threshold_is_due_until_somebody_rates_anew(
    client: TestClient, consequence: str
) -> None:
    ann = make_assessor(client)["slug"]
    rate(client, consequence, ann, 0.3, effective_at="2023-01-01")
    indicator = make_indicator(client, consequence, statement="Trains cross")
    make_reading(client, indicator["id"], effective_at="2023-02-01")
    assert reasons(client, consequence) == []
    before = read(client, f"consequences/{consequence}/review")["as_of"]
    made = crossing(client, indicator["id"], "2023-03-01", note="Ten trains.")
    why = {
        "kind": "indicator_crossed", "id": indicator["id"], "reading": made["id"],
        "title": "Trains cross", "since": "2023-03-01T00:00:00Z", "note": "Ten trains.",
        "ratings": None,
    }  # fmt: skip
    assert reasons(client, consequence) == [why]
    assert reasons(client, consequence, as_of="2023-02-28") == []
    assert reasons(client, consequence, as_of="2023-03-01") == [why]
    assert reasons(client, consequence, known_at=before) == []
    rate(client, consequence, ann, 0.6, effective_at="2023-04-01")
    assert reasons(client, consequence) == []
    assert reasons(client, consequence, as_of="2023-03-15") == [why]
    crossing(client, indicator["id"], "2023-03-15")
    assert reasons(client, consequence) == []
    again = crossing(client, indicator["id"], "2023-05-01")
    assert [reason["reading"] for reason in reasons(client, consequence)] == [again["id"]]
    patch(client, f"readings/{again['id']}", crosses=False)
    assert reasons(client, consequence) == []
    patch(client, f"readings/{again['id']}", crosses=True)
    delete(client, f"indicators/{indicator['id']}")
    assert reasons(client, consequence) == []


def test_a_crossing_nobody_has_judged_since_is_due_also_where_nobody_ever_did(
    client: TestClient, consequence: str
) -> None:
    late = make_indicator(client, consequence)["id"]
    early = make_indicator(client, consequence, effective_at="2023-01-01")["id"]
    second = crossing(client, late, "2023-05-01")["id"]
    first = crossing(client, early, "2023-04-01")["id"]
    assert [reason["reading"] for reason in reasons(client, consequence)] == [first, second]
    machine = make_assessor(client, machine=True)["slug"]
    rate(client, consequence, machine, 0.4, effective_at="2023-06-01")
    assert len(reasons(client, consequence)) == 2
    assert reasons(client, consequence, include_machine="true") == []


def test_a_broken_assumption_lists_every_rating_that_names_it(
    client: TestClient, alliance: str, consequence: str
) -> None:
    assumed, other = (make_assumption(client, alliance) for _ in range(2))
    ann, bob = (make_assessor(client)["slug"] for _ in range(2))
    named = {"assumptions": [assumed["id"], other["id"]]}
    old = rate(client, consequence, ann, 0.2, effective_at="2023-01-01", **named)["id"]
    held = rate(client, consequence, ann, 0.3, effective_at="2023-02-01", **named)["id"]
    rate(client, consequence, bob, 0.4, effective_at="2023-02-01", assumptions=[other["id"]])
    assert ids(read(client, "ratings", assumption=assumed["id"], sort="id")) == [old, held]
    assert reasons(client, consequence) == []
    before = read(client, f"consequences/{consequence}/review")["as_of"]
    claim = make_claim(client)["id"]
    after = break_assumption(client, assumed, "2023-03-01", claims=[claim], note="Trains came.")
    assert after["status"] == {
        "status": "broken", "since": "2023-03-01T00:00:00Z", "claims": [claim],
        "note": "Trains came.",
    }  # fmt: skip
    why = {
        "kind": "assumption_broken", "id": assumed["id"], "reading": None,
        "title": assumed["title"], "since": "2023-03-01T00:00:00Z", "note": "Trains came.",
        "ratings": [held],
    }  # fmt: skip
    assert reasons(client, consequence) == [why]
    assert reasons(client, consequence, as_of="2023-02-15") == []
    assert reasons(client, consequence, known_at=before) == []
    path = f"consequences/{consequence}/ratings"
    for where in (path, "ratings"):
        assert ids(read(client, where, needs_review="true")) == [held]
        assert held not in ids(read(client, where, needs_review="false"))
        assert ids(read(client, where, needs_review="true", as_of="2023-02-15")) == []
        assert ids(read(client, where, needs_review="true", known_at=before)) == []
    assert read(client, f"ratings/{held}")["needs_review"] is True
    assert read(client, f"ratings/{old}")["needs_review"] is False
    rate(client, consequence, ann, 0.7, effective_at="2023-04-01")
    assert reasons(client, consequence) == []
    assert reasons(client, consequence, as_of="2023-03-15") == [why]
    (event,) = read(client, "changes", type="assumption.broken")["items"]
    assert (event["record"]["id"], event["alliance"]) == (assumed["id"], alliance)


def test_an_assumption_may_hold_again_and_is_listed_by_its_state(
    client: TestClient, alliance: str, consequence: str
) -> None:
    assumed = make_assumption(client, alliance)
    ann = make_assessor(client)["slug"]
    rate(client, consequence, ann, 0.3, effective_at="2023-01-01", assumptions=[assumed["id"]])
    path = f"alliances/{alliance}/factors"
    history = [
        {"status": "holds", "since": "2023-06-01"},
        {"status": "broken", "since": "2023-03-01", "note": "So it seemed."},
    ]
    made = patch(client, f"{path}/{assumed['id']}", statuses=history)
    assert [entry["status"] for entry in made["statuses"]] == ["broken", "holds"]
    # It holds again by now: nothing is broken from now on, and nothing is told.
    assert read(client, "changes", type="assumption.broken")["items"] == []
    for day, status in (("2023-02-01", None), ("2023-04-01", "broken"), ("2023-07-01", "holds")):
        found = read(client, f"{path}/{assumed['id']}", as_of=day)
        assert (found["status"] and found["status"]["status"]) == status
        assert all(entry["since"][:10] <= day for entry in found["statuses"])
        broken = ids(read(client, path, status="broken", as_of=day))
        assert broken == ([assumed["id"]] if status == "broken" else [])
        assert len(reasons(client, consequence, as_of=day)) == len(broken)


def test_only_an_assumption_is_broken_or_named_and_a_break_says_why(
    client: TestClient, alliance: str, consequence: str
) -> None:
    driver, assumed = make_factor(client, alliance), make_assumption(client, alliance)
    broken = {"status": "broken", "since": "2023-01-01"}
    refused: list[tuple[Body, list[Body], str]] = [
        (driver, [{**broken, "note": "So."}], "/statuses"),
        (assumed, [broken], "/statuses/0/note"),
        (assumed, [{**broken, "note": "So.", "since": "2199-01-01"}], "/statuses/0/since"),
        (assumed, [{**broken, "note": "So."}, {**broken, "status": "holds"}], "/statuses"),
    ]
    for factor, statuses, pointer in refused:
        answer = client.patch(
            f"/v1/alliances/{alliance}/factors/{factor['id']}",
            json={"statuses": statuses},
            headers={"If-Match": "*"},
        )
        assert answer.status_code == 422, statuses
        assert answer.json()["errors"][0]["pointer"] == pointer
    path = f"/v1/consequences/{consequence}/ratings"
    for named, pointer in (
        ([assumed["id"], driver["id"]], "/assumptions/1"),
        ([consequence], "/assumptions/0"),
        ([assumed["id"], assumed["id"]], "/assumptions/1"),
    ):
        answer = client.post(path, json={"probability": 0.5, "assumptions": named})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert read(client, "ratings")["items"] == []


def test_a_date_that_passed_is_a_reason_too(client: TestClient, consequence: str) -> None:
    ann, bob = (make_assessor(client)["slug"] for _ in range(2))
    due = rate(client, consequence, ann, 0.3, effective_at="2023-01-01", review_by="2023-06-01")
    rate(client, consequence, bob, 0.3, effective_at="2023-01-01", review_by="2199-01-01")
    assert reasons(client, consequence, as_of="2023-05-01") == []
    assert reasons(client, consequence) == [
        {
            "kind": "stale", "id": None, "reading": None, "title": None,
            "since": "2023-06-01T00:00:00Z", "note": None, "ratings": [due["id"]],
        }
    ]  # fmt: skip


def test_what_is_resolved_is_due_only_where_a_sign_speaks_against_it(
    client: TestClient, alliance: str, consequence: str
) -> None:
    ann, assumed = make_assessor(client)["slug"], make_assumption(client, alliance)
    rate(client, consequence, ann, 0.3, effective_at="2023-01-01", review_by="2023-06-01",
         assumptions=[assumed["id"]])  # fmt: skip
    signs = {
        way: make_indicator(client, consequence, direction=way)["id"] for way in ("up", "down")
    }
    break_assumption(client, assumed, "2023-02-01")
    crossing(client, signs["up"], "2023-03-01")
    every = ["assumption_broken", "indicator_crossed", "stale"]

    def kinds(**clocks: str) -> list[str]:
        return [reason["kind"] for reason in reasons(client, consequence, **clocks)]

    assert kinds() == every
    make_outcome(client, consequence, status="partly_occurred", since="2023-07-01")
    assert kinds() == every
    make_outcome(client, consequence, status="occurred", since="2023-08-01")
    assert kinds() == []
    assert kinds(as_of="2023-07-15") == every
    crossing(client, signs["up"], "2023-09-01")
    assert kinds() == []
    against = crossing(client, signs["down"], "2023-09-02")["id"]
    assert [reason["reading"] for reason in reasons(client, consequence)] == [against]
    make_outcome(client, consequence, status="occurred", since="2023-10-01")
    assert kinds() == []
    make_outcome(client, consequence, status="did_not_occur", since="2023-11-01")
    crossing(client, signs["down"], "2023-12-01")
    assert kinds() == []
    against = crossing(client, signs["up"], "2023-12-02")["id"]
    assert [reason["reading"] for reason in reasons(client, consequence)] == [against]
    make_outcome(client, consequence, status="annulled", since="2023-12-03")
    for sign in signs.values():
        crossing(client, sign, "2023-12-04")
    assert kinds() == []
    make_outcome(client, consequence, status="open", since="2023-12-05")
    assert sorted(set(kinds())) == every


def test_what_is_out_of_sight_asks_for_nothing(client: TestClient) -> None:
    people = People(client)
    low = people.join("low", clearance="GREEN")
    high = people.join("high", "editor", clearance="RED")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, high)["id"]
    war = {"title": "War", "category": "military"}
    consequence = people.post(f"alliances/{alliance}/consequences", war, high)["id"]
    assumed = people.post(
        f"alliances/{alliance}/factors",
        {"title": "Peace", "kind": "key_assumption", "effect": "lowers"},
        high,
    )
    rating = {"probability": 0.4, "effective_at": "2023-01-01", "assumptions": [assumed["id"]]}
    people.post(f"consequences/{consequence}/ratings", rating, low)
    path = f"consequences/{consequence}/review"
    quiet = people.read(path, low, as_of="2023-06-01")
    sign = {"statement": "Trains", "direction": "up", "threshold": "Ten."}
    indicator = people.post(f"consequences/{consequence}/indicators", sign, high)["id"]
    claim = people.post("claims", {"statement": "Trains.", "modality": "asserted"}, high)["id"]
    seen = {"status": "observed", "crosses": True, "claims": [claim]}
    seen |= {"effective_at": "2023-03-01", "tlp": "AMBER"}
    people.post(f"indicators/{indicator}/readings", seen, high)
    assert people.read(path, low, as_of="2023-06-01") == quiet
    assert people.read(f"consequences/{consequence}", low)["review_due"] is False
    assert people.read("changes", low, type="indicator.crossed")["items"] == []
    assert people.read(f"consequences/{consequence}", high)["review_due"] is True
    assert len(people.read("changes", high, type="indicator.crossed")["items"]) == 1
    # A break that is told to who may see it alone raises the factor, and nobody below is told.
    broken = [{"status": "broken", "since": "2023-02-01", "note": "War."}]
    where = f"alliances/{alliance}/factors/{assumed['id']}"
    people.patch(where, high, statuses=broken, tlp="AMBER")
    assert people.read(path, low, as_of="2023-06-01") == quiet
    assert people.read("changes", low, type="assumption.broken")["items"] == []
    assert people.read("ratings", low, needs_review="true")["items"] == []
    people.patch(where, high, tlp="CLEAR")
    (why,) = people.read(path, low, as_of="2023-06-01")["reasons"]
    assert (why["kind"], why["id"]) == ("assumption_broken", assumed["id"])


def test_a_redacted_rating_names_nothing(client: TestClient, alliance: str) -> None:
    consequence = make_consequence(client, alliance)["id"]
    assumed = make_assumption(client, alliance)
    ann = make_assessor(client)["slug"]
    named = {"assumptions": [assumed["id"]], "effective_at": "2023-01-01"}
    rating = rate(client, consequence, ann, 0.3, **named)["id"]
    break_assumption(client, assumed, "2023-02-01")
    assert len(reasons(client, consequence)) == 1
    make(client, f"ratings/{rating}/redact", {"reason": "By order."})
    assert reasons(client, consequence) == []
    assert read(client, "ratings", assumption=assumed["id"])["items"] == []
