"""What differs between two editions, by what they hold, and whoever may see both."""

import csv
import io
import json
from itertools import pairwise
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.comparison.schemas import MOST
from tests import helpers
from tests.access.people import People
from tests.assessments.pact import LATER, THEN, make_pact
from tests.conftest import begin_with
from tests.helpers import Body, make, make_edition, patch, read
from tests.hostile.values import NOBODY

HELD = (
    "consequence", "ref", "title", "category", "kinds", "log_odds_move", "words_move", "before",
    "after", "changes", "claims", "claims_total",
)  # fmt: skip
"""What the comparison of two moments says of a consequence as well, in the same words."""
SHARED = ("kind", "record", "by", "effective_at", "probability", "status", "machine", "reason")

RESTING = ("ratings", "outcomes", "causes")


def diff(client: TestClient, one: Body, other: Body, **asked: Any) -> Body:
    return read(client, f"assessments/{one['id']}/diff", against=other["id"], **asked)


def by_ref(page: Body) -> dict[str, Body]:
    return {item["ref"]: item for item in page["items"]}


def same_moments(client: TestClient, one: Body, other: Body, **asked: Any) -> Body:
    """The comparison of the alliance at the moments of two editions, as was known then."""
    moments = {"from": one["as_of"], "known_from": one["known_at"]}
    moments |= {"to": other["as_of"], "known_to": other["known_at"]}
    return read(client, f"alliances/{one['alliance']}/diff", **moments, **asked)


def assert_agree(client: TestClient, one: Body, other: Body, **asked: Any) -> int:
    """Hold the comparison of two editions against that of their moments; how much differs."""
    found, whole = diff(client, one, other, **asked), same_moments(client, one, other, **asked)
    for name in ("from", "to", "known_from", "known_to", "method", "scale", "counts"):
        assert found[name] == whole[name], name
    records = read(client, f"assessments/{other['id']}")["content"]["records"]
    held = {row["id"] for kind in RESTING for row in records.get(kind, ())}
    assert len(found["items"]) == len(whole["items"])
    for mine, theirs in zip(found["items"], whole["items"], strict=True):
        assert {name: mine[name] for name in HELD} == {name: theirs[name] for name in HELD}
        every = [{name: act[name] for name in SHARED} for act in theirs["acts"]]
        for act in mine["acts"]:
            told = {name: act[name] for name in SHARED}
            if act["kind"] in {"outcome", "cause"}:
                assert act["by"] is None  # an edition leaves out who wrote things down
                told["by"] = next(each["by"] for each in every if each["record"] == act["record"])
            assert act["kind"] == "ended" or told in every
        lasting = [act["record"] for act in every if act["record"] in held]
        assert [act["record"] for act in mine["acts"] if act["kind"] != "ended"] == lasting
    return len(found["items"])


def test_the_editions_of_the_default_data_differ_as_their_moments_do(
    loaded_client: TestClient,
) -> None:
    made = read(loaded_client, "alliances/russia-dprk/assessments")["items"]
    assert len(made) == 3
    for one, other in (*pairwise(made), (made[0], made[2])):
        for scale in ("icd203", "phia"):
            assert assert_agree(loaded_client, one, other, scale=scale) > 5
    moved = diff(loaded_client, made[2], made[0], moved_min=1)
    assert moved["items"]
    assert all(abs(item["log_odds_move"]) >= 1 for item in moved["items"])
    reasons = [act["reason"] for item in moved["items"] for act in item["acts"]]
    assert all(reasons)
    assert sum(item["claims_total"] for item in moved["items"]) > 10


def make_editions(client: TestClient) -> Body:
    """Two editions, between which everything happens to consequences that can."""
    pact = make_pact(client)
    alliance, moved = pact["alliance"], pact["ids"]["consequences"]
    dropped = helpers.make_consequence(client, alliance, ref="F02")["id"]
    rests = helpers.make_consequence(client, alliance, ref="F03")["id"]
    ended = helpers.make_consequence(client, alliance, ref="F04")["id"]
    bob = helpers.make_assessor(client)["slug"]
    for key in (dropped, rests, ended):
        last = helpers.rate(client, key, bob, 0.2, effective_at="2023-02-01")["id"]
    first = make_edition(client, alliance, THEN)
    helpers.delete(client, f"consequences/{dropped}")
    withdrawal = {"reason": "I was wrong.", "effective_at": "2024-02-01"}
    make(client, f"ratings/{last}/withdraw", withdrawal)
    patch(client, f"consequences/{moved}", title="Reworded")
    helpers.make_consequence(client, alliance, ref="F05", effective_at="2024-02-01")
    found = {"status": "partly_occurred", "since": "2024-04-01", "note": "One of two."}
    outcome = helpers.make_outcome(client, moved, **found)["id"]
    speaker = helpers.make_actor(client)
    said = {"speaker": speaker["slug"], "effective_at": "2024-02-10", "ref": "C02"}
    claim = helpers.make_claim(client, alliance=alliance, **said)["id"]
    helpers.make_evidence(client, moved, claim, bearing="contradicts")
    second = make_edition(client, alliance, LATER)
    return {
        **pact, "first": first, "last": second, "claim": claim, "speaker": speaker["slug"],
        "outcome": outcome, "bob": bob, "rests": rests, "ended": last, "moved": moved,
    }  # fmt: skip


prepared, pact = begin_with(make_editions)


def test_two_editions_differ_by_what_they_hold_with_who_and_why(
    client: TestClient, pact: Body
) -> None:
    found = diff(client, pact["last"], pact["first"])
    assert (found["from_edition"], found["to_edition"]) == (pact["first"]["id"], pact["last"]["id"])
    assert found["from"] == pact["first"]["as_of"]
    assert found["counts"] == {"new": 1, "dropped": 1, "modified": 1, "moved": 2}
    items = by_ref(found)
    assert sorted(items) == ["F01", "F02", "F04", "F05"]
    moved = items["F01"]
    assert moved["kinds"] == ["modified", "moved"]
    assert moved["log_odds_move"] == pytest.approx(1.6945957)
    assert (moved["before"]["word"], moved["after"]["word"]) == ("unlikely", "likely")
    assert [change["pointer"] for change in moved["changes"]] == ["/title", "/outcome"]
    assert (moved["version_before"], moved["version_after"]) == (1, 2)
    rating, outcome = moved["acts"]
    assert (rating["kind"], rating["record"], rating["by"], rating["reason"]) == (
        "rating", pact["second"], pact["assessor"], "The second report.",
    )  # fmt: skip
    assert rating["effective_at"] == "2024-03-01T00:00:00Z"
    assert (outcome["kind"], outcome["record"]) == ("outcome", pact["outcome"])
    assert (outcome["status"], outcome["reason"]) == ("partly_occurred", "One of two.")
    (claim,) = moved["claims"]
    assert (claim["claim"], claim["ref"]) == (pact["claim"], "C02")
    assert (claim["speaker"], claim["bearing"]) == (pact["speaker"], "contradicts")
    assert items["F02"]["kinds"] == ["dropped"]
    assert (items["F02"]["after"], items["F02"]["version_after"], items["F02"]["acts"]) == (
        None, None, [],
    )  # fmt: skip
    assert (items["F05"]["kinds"], items["F05"]["version_before"]) == (["new"], None)
    (ended,) = items["F04"]["acts"]
    assert (ended["kind"], ended["record"], ended["by"]) == ("ended", pact["ended"], pact["bob"])
    assert (ended["probability"], ended["effective_at"], ended["reason"]) == (0.2, None, None)
    assert (items["F04"]["before"]["n"], items["F04"]["after"]["n"]) == (1, 0)
    assert assert_agree(client, pact["first"], pact["last"]) == 4


def test_it_is_told_forwards_whichever_edition_is_asked(client: TestClient, pact: Body) -> None:
    assert diff(client, pact["first"], pact["last"]) == diff(client, pact["last"], pact["first"])
    early = make_edition(client, pact["alliance"], "2023-02-15")
    back = diff(client, early, pact["last"])
    assert (back["from_edition"], back["to_edition"]) == (early["id"], pact["last"]["id"])
    again = make_edition(client, pact["alliance"], LATER)
    same = diff(client, again, pact["last"])
    assert (same["from_edition"], same["items"]) == (pact["last"]["id"], [])
    itself = diff(client, pact["last"], pact["last"])
    assert (itself["items"], set(itself["counts"].values())) == ([], {0})


def test_what_comes_later_changes_no_comparison(
    client: TestClient, pact: Body, statements: list[str]
) -> None:
    path = f"/v1/assessments/{pact['last']['id']}/diff?against={pact['first']['id']}"
    before = client.get(path)
    asked = len(statements)
    helpers.rate(client, pact["rests"], pact["bob"], 0.9, effective_at="2024-03-01")
    patch(client, f"consequences/{pact['moved']}", title="Once more")
    helpers.delete(client, f"claims/{pact['claim']}")
    after = client.get(path)
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])
    again = client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert again.status_code == 304
    statements.clear()
    client.get(path)
    assert len(statements) <= asked
    assert not any("consequences" in said for said in statements)


def test_filters_scale_and_tables_are_those_of_every_comparison(
    client: TestClient, pact: Body
) -> None:
    one, other = pact["last"], pact["first"]
    assert sorted(by_ref(diff(client, one, other, kind="new"))) == ["F05"]
    assert sorted(by_ref(diff(client, one, other, kind=["new", "dropped"]))) == ["F02", "F05"]
    assert sorted(by_ref(diff(client, one, other, moved_min=1.6))) == ["F01"]
    assert diff(client, one, other, moved_min=1.7)["items"] == []
    phia = by_ref(diff(client, one, other, scale="phia"))["F01"]
    assert phia["after"]["word"] == "likely or probable"
    path = f"/v1/assessments/{one['id']}/diff"
    asked = {"against": other["id"], "format": "ndjson"}
    lines = client.get(path, params=asked).text.splitlines()
    items = diff(client, one, other)["items"]
    assert [json.loads(line) for line in lines] == items
    text = client.get(path, params=asked, headers={"Accept": "text/csv"}).text
    assert text == "\n".join(lines) + "\n"  # the parameter goes before the header
    table = client.get(path, params={**asked, "format": "csv"}).text
    row = next(row for row in csv.DictReader(io.StringIO(table)) if row["ref"] == "F01")
    assert (row["after.outcome"], row["kinds"]) == ("partly_occurred", "modified; moved")


def test_the_newest_of_many_acts_are_shown_and_all_are_counted(client: TestClient) -> None:
    pact = make_pact(client)
    first = make_edition(client, pact["alliance"], THEN)
    for number in range(MOST + 2):
        at = f"2024-02-01T00:00:{number:02}.5Z"
        who = helpers.make_assessor(client)["slug"]
        helpers.rate(client, pact["ids"]["consequences"], who, 0.6, effective_at=at)
    second = make_edition(client, pact["alliance"], LATER)
    (item,) = diff(client, second, first)["items"]
    assert (len(item["acts"]), item["acts_total"]) == (MOST, MOST + 3)
    assert item["acts"][-1]["record"] == pact["second"]
    days = [act["effective_at"] for act in item["acts"][:-1]]
    assert days == sorted(days)
    assert days[0].startswith("2024-02-01T00:00:03")


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "?against"),
        ({"against": "F01"}, "?against"),
        ({"against": "00dc6acf-af60-7bfc-a55b-6ef185a2b75"}, "?against"),
        ({"against": NOBODY, "scale": "mine"}, "?scale"),
        ({"against": NOBODY, "kind": "old"}, "?kind"),
        ({"against": NOBODY, "moved_min": "-1"}, "?moved_min"),
        ({"against": NOBODY, "as_of": "2023-01-01"}, "?as_of"),
        ({"against": NOBODY, "method": "linear"}, "?method"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    client: TestClient, pact: Body, asked: dict[str, str], pointer: str
) -> None:
    answer = client.get(f"/v1/assessments/{pact['last']['id']}/diff", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_edition_that_is_not_there_is_said_not_to_be(client: TestClient) -> None:
    alliance = make_pact(client)["alliance"]
    one, other, gone = (make_edition(client, alliance) for _ in range(3))
    make(client, f"assessments/{gone['id']}/redact", {"reason": "By order."})
    for mine, theirs, status in (
        (one["id"], NOBODY, 404),
        (NOBODY, one["id"], 404),
        (gone["id"], one["id"], 410),
        (one["id"], gone["id"], 410),
        (one["id"], other["id"], 200),
    ):
        answer = client.get(f"/v1/assessments/{mine}/diff", params={"against": theirs})
        assert answer.status_code == status
    foreign = make_edition(client, make_pact(client)["alliance"])
    answer = client.get(f"/v1/assessments/{one['id']}/diff", params={"against": foreign["id"]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "?against", "detail": "is an edition of another alliance"}
    ]


def test_only_who_sees_both_editions_is_told_how_they_differ(client: TestClient) -> None:
    people = People(client)
    client.headers.update(people.admin)
    pact = make_pact(client)
    reader = people.join("reader", "reader", clearance="GREEN")
    helpers.rate(
        client,
        pact["ids"]["consequences"],
        helpers.make_assessor(client, tlp="AMBER")["slug"],
        0.9,
        rationale="Hush.",
        effective_at="2023-07-01",
        tlp="AMBER",
    )
    clear, later = (make_edition(client, pact["alliance"], day) for day in (THEN, LATER))
    amber = make_edition(client, pact["alliance"], THEN, tlp="AMBER")
    (item,) = diff(client, clear, amber)["items"]
    assert (item["before"]["n"], item["after"]["n"]) == (1, 2)
    assert [act["reason"] for act in item["acts"]] == ["Hush."]
    # Told forwards, so what only the AMBER one holds has ended in a later CLEAR one.
    (item,) = diff(client, amber, later)["items"]
    assert [act["kind"] for act in item["acts"]] == ["ended", "rating"]
    seen = people.read(f"assessments/{later['id']}/diff", reader, against=clear["id"])
    assert "Hush" not in json.dumps(seen)
    nobody = people.client.get(
        f"/v1/assessments/{clear['id']}/diff", params={"against": NOBODY}, headers=reader
    ).json()
    for one, other in ((clear, amber), (amber, clear)):
        path = f"/v1/assessments/{one['id']}/diff"
        hidden = client.get(path, params={"against": other["id"]}, headers=reader).json()
        assert hidden["detail"].replace(amber["id"], NOBODY) == nobody["detail"]
        assert hidden["status"] == 404
