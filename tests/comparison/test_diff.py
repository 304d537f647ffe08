"""What differs between two moments of an alliance, with who, when and why."""

import csv
import io
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.comparison.schemas import MOST
from tests.conftest import begin_with
from tests.helpers import (
    Body,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_evidence,
    make_outcome,
    patch,
    rate,
    read,
)

YEAR = {"from": "2023-01-01", "to": "2024-01-01"}


def make_moves(client: TestClient) -> Body:
    """Four consequences: one moves and is resolved, one is new, one rests, one isn't rated yet."""
    key = make_alliance(client)["id"]
    one, two = (make_assessor(client)["slug"] for _ in range(2))
    moved = make_consequence(client, key, ref="K01", title="=It moves")["id"]
    rate(client, moved, one, 0.5, impact=3, effective_at="2022-06-01")
    said = {"change_reason": "Seen twice.", "rationale": "It was seen."}
    rate(client, moved, one, 0.8, impact=4, effective_at="2023-06-01", **said)
    rate(client, moved, two, 0.8, rationale="I agree.", effective_at="2023-07-01")
    make_outcome(client, moved, status="occurred", since="2023-08-01", note="Shown.")
    speaker = make_actor(client)["slug"]
    claims = [
        make_claim(client, ref=ref, speaker=speaker, alliance=key, effective_at=day)["id"]
        for ref, day in (("C1", "2022-05-01"), ("C2", "2023-05-01"), ("C3", "2024-05-01"))
    ]
    for claim in claims:
        make_evidence(client, moved, claim)
    new = make_consequence(client, key, ref="K02", effective_at="2023-03-01")["id"]
    rests = make_consequence(client, key, ref="K03")["id"]
    rate(client, rests, one, 0.3, effective_at="2022-06-01")
    unrated = make_consequence(client, key, ref="K04")["id"]
    rate(client, unrated, one, 0.3, effective_at="2023-09-01")
    return {
        "path": f"alliances/{key}/diff", "moved": moved, "new": new, "rests": rests, "rater": one,
        "claim": claims[1], "speaker": speaker,
    }  # fmt: skip


prepared, alliance = begin_with(make_moves)


def by_ref(page: Body) -> dict[str, Body]:
    return {item["ref"]: item for item in page["items"]}


def test_a_judgement_that_moved_says_how_far_who_and_why(
    client: TestClient, alliance: Body
) -> None:
    found = read(client, alliance["path"], **YEAR)
    assert (found["from"], found["to"]) == ("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
    assert found["counts"] == {"new": 1, "dropped": 0, "modified": 1, "moved": 2}
    items = by_ref(found)
    assert sorted(items) == ["K01", "K02", "K04"]
    moved = items["K01"]
    assert moved["kinds"] == ["modified", "moved"]
    assert (moved["log_odds_move"], moved["words_move"]) == (pytest.approx(1.3862944), 2)
    before, after = moved["before"], moved["after"]
    assert (before["word"], after["word"]) == ("roughly even chance", "very likely")
    assert (before["probability"]["point"], after["n"]) == (pytest.approx(0.5), 2)
    assert (before["risk_level"], after["risk_level"]) == (2, 4)
    assert (before["outcome"], after["outcome"]) == (None, "occurred")
    (change,) = moved["changes"]
    assert (change["pointer"], change["before"]) == ("/outcome", None)
    assert (change["after"]["status"], change["after"]["note"]) == ("occurred", "Shown.")
    assert [(act["kind"], act["effective_at"][:10], act["reason"]) for act in moved["acts"]] == [
        ("rating", "2023-06-01", "Seen twice."),
        ("rating", "2023-07-01", "I agree."),
        ("outcome", "2023-08-01", "Shown."),
    ]
    assert moved["acts"][0]["by"] == alliance["rater"]
    (claim,) = moved["claims"]
    assert (claim["claim"], claim["ref"]) == (alliance["claim"], "C2")
    assert (claim["speaker"], claim["bearing"]) == (alliance["speaker"], "supports")
    assert (items["K02"]["kinds"], items["K02"]["before"]) == (["new"], None)
    assert items["K04"]["log_odds_move"] is None


def test_filters_choose_what_is_shown_and_not_what_is_counted(
    client: TestClient, alliance: Body
) -> None:
    def shown(**said: Any) -> list[str]:
        found = read(client, alliance["path"], **YEAR, **said)
        assert found["counts"]["moved"] == 2
        return sorted(by_ref(found))

    assert shown(kind="new") == ["K02"]
    assert shown(kind=["new", "modified"]) == ["K01", "K02"]
    assert shown(moved_min=1.38) == ["K01"]
    assert shown(moved_min=1.39) == []
    assert shown(moved_min=0, kind="moved") == ["K01"]


def test_the_words_are_those_of_the_scale_asked_for(client: TestClient, alliance: Body) -> None:
    item = by_ref(read(client, alliance["path"], **YEAR, scale="phia"))["K01"]
    assert (item["before"]["word"], item["after"]["word"]) == (
        "realistic possibility", "highly likely",
    )  # fmt: skip
    assert item["words_move"] == 2


def test_what_was_reworded_or_deleted_shows_by_what_was_known(
    client: TestClient, alliance: Body
) -> None:
    known = read(client, f"consequences/{alliance['rests']}")["recorded_at"]
    late = read(client, "ratings", limit=1, sort="-created_at")["items"][0]["recorded_at"]
    patch(client, f"consequences/{alliance['rests']}", title="Other words")
    client.delete(f"/v1/consequences/{alliance['new']}", headers={"If-Match": "*"})
    make_evidence(client, alliance["rests"], make_claim(client, effective_at="2021-01-01")["id"])
    day = {"from": "2024-01-01", "to": "2024-01-01"}
    assert read(client, alliance["path"], **day)["items"] == []
    assert read(client, alliance["path"], **day, known_at=late)["items"] == []
    found = read(client, alliance["path"], **day, known_from=late)
    assert found["counts"] == {"new": 0, "dropped": 1, "modified": 1, "moved": 0}
    item = by_ref(found)["K03"]
    (change,) = item["changes"]
    assert (change["pointer"], change["after"]) == ("/title", "Other words")
    assert item["changed_by"] == "local"
    assert item["claims_total"] == 1  # old, and written down in between
    assert by_ref(found)["K02"]["after"] is None
    turned = read(client, alliance["path"], **day, known_at=known, known_from="2000-01-01")
    assert set(turned["counts"]) == {"new", "dropped", "modified", "moved"}
    assert turned["counts"]["new"] == len(turned["items"]) == 3


def test_a_comparison_is_five_statements_whatever_its_size(
    client: TestClient, alliance: Body, statements: list[str]
) -> None:
    read(client, alliance["path"], **YEAR)
    assert len(statements) == 5
    for number in range(MOST + 2):
        at = f"2023-10-01T00:{number:02}:00Z"
        rate(client, alliance["rests"], alliance["rater"], 0.3, effective_at=at)
        make_consequence(client, alliance["path"].split("/")[1])
    statements.clear()
    item = read(client, alliance["path"], **YEAR)["items"]
    assert len(statements) == 5
    assert "K03" not in by_ref({"items": item})  # rated the same: it didn't move
    rate(client, alliance["rests"], alliance["rater"], 0.4, effective_at="2023-11-01")
    rests = by_ref(read(client, alliance["path"], **YEAR))["K03"]
    assert (len(rests["acts"]), rests["acts_total"]) == (MOST, MOST + 3)
    assert rests["acts"][-1]["probability"] == 0.4


def test_tables_have_a_row_an_item(client: TestClient, alliance: Body) -> None:
    items = read(client, alliance["path"], **YEAR)["items"]
    asked = {**YEAR, "format": "ndjson"}
    lines = client.get(f"/v1/{alliance['path']}", params=asked).text.splitlines()
    assert [json.loads(line) for line in lines] == items
    text = client.get(f"/v1/{alliance['path']}", params={**YEAR, "format": "csv"}).text
    row = next(row for row in csv.DictReader(io.StringIO(text)) if row["ref"] == "K01")
    assert (row["title"], row["kinds"]) == ("'=It moves", "modified; moved")
    assert float(row["before.probability.point"]) == pytest.approx(0.5)
    assert row["after.outcome"] == "occurred"


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "?from"),
        ({"from": "2024-01-01", "to": "2023-01-01"}, "?from"),
        ({"from": "2200-12-31"}, "?from"),
        ({"from": "2023-01-01", "moved_min": "-0.1"}, "?moved_min"),
        ({"from": "2023-01-01", "moved_min": "NaN"}, "?moved_min"),
        ({"from": "2023-01-01", "kind": "old"}, "?kind"),
        ({"from": "2023-01-01", "scale": "none"}, "?scale"),
        ({"from": "2023-01-01", "as_of": "2023-01-01"}, "?as_of"),
        ({"from_": "2023-01-01"}, "?from"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused_by_name(
    client: TestClient, alliance: Body, asked: dict[str, str], pointer: str
) -> None:
    answer = client.get(f"/v1/{alliance['path']}", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_both_ends_of_the_calendar_are_compared(client: TestClient, alliance: Body) -> None:
    first, last = "1800-01-01", "2200-12-31T23:59:59.999999Z"
    found = read(client, alliance["path"], **{"from": first, "to": last})
    assert found["counts"] == {"new": 1, "dropped": 0, "modified": 1, "moved": 3}
    for known in ("known_at", "known_from", "known_to"):
        read(client, alliance["path"], **{"from": first, "to": last, known: last})
    early = client.get(f"/v1/{alliance['path']}", params={"from": first, "known_at": first})
    assert early.status_code == 404
    assert read(client, alliance["path"], **{"from": first, "to": first})["items"] == []


def test_an_answer_about_the_present_has_a_tag_that_stays(
    client: TestClient, alliance: Body
) -> None:
    one, two = (client.get(f"/v1/{alliance['path']}?from=2023-01-01") for _ in range(2))
    assert one.headers["etag"] == two.headers["etag"]
    make(client, f"consequences/{alliance['rests']}/ratings", {"probability": 0.9})
    assert (
        client.get(f"/v1/{alliance['path']}?from=2023-01-01").headers["etag"]
        != (one.headers["etag"])
    )
