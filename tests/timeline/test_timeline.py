"""The timeline: everything said, judged and found under an alliance, by its time."""

import csv
import io
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import (
    Body,
    everything,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_cause,
    make_claim,
    make_consequence,
    make_outcome,
    patch,
    rate,
    read,
)
from tests.plans import plan

STATUSES = [
    {"status": "reported", "since": "2023-01-01", "note": "By a paper."},
    {"status": "denied", "since": "2023-02-01"},
    {"status": "reported", "since": "2023-03-01", "note": "Again."},
]


@pytest.fixture
def alliance(client: TestClient) -> Body:
    """An alliance with one entry of each kind, and three statuses."""
    alliance = make_alliance(client, statuses=STATUSES)
    key = alliance["id"]
    consequence = make_consequence(client, key, ref="K01")["id"]
    speaker = make_actor(client, slug="voice")["slug"]
    make_claim(
        client,
        alliance=key,
        ref="C01",
        speaker=speaker,
        date={"date": "2023-01", "precision": "month"},
        effective_at="2023-01-15",
        modality="denied",
    )
    assessor = make_assessor(client, slug="rater")["slug"]
    said = {"rationale": "So it looks.", "impact": 3}
    rating = rate(client, consequence, assessor, 0.4, effective_at="2023-02-15", **said)
    body = {"reason": "Misread.", "effective_at": "2023-04-01"}
    make(client, f"ratings/{rating['id']}/withdraw", body)
    make_outcome(client, consequence, status="occurred", since="2023-03-15", note="Seen.")
    make_cause(client, consequence, status="disputed", since="2023-03-20")
    other = make_alliance(client, statuses=STATUSES[:1])["id"]
    make_claim(client, alliance=other, effective_at="2023-01-15")
    return {**alliance, "consequence": consequence, "rating": rating["id"]}


def path(alliance: Body) -> str:
    return f"alliances/{alliance['slug']}/timeline"


def test_everything_is_there_in_the_order_of_its_time(client: TestClient, alliance: Body) -> None:
    items = read(client, path(alliance))["items"]
    shown = [
        (item["effective_at"][:10], item["kind"], item["status"], item["by"], item["reason"])
        for item in items
    ]
    assert shown == [
        ("2023-01-01", "status", "reported", None, "By a paper."),
        ("2023-01-15", "claim", "denied", "voice", None),
        ("2023-02-01", "status", "denied", None, None),
        ("2023-02-15", "rating", None, "rater", "So it looks."),
        ("2023-03-01", "status", "reported", None, "Again."),
        ("2023-03-15", "outcome", "occurred", "local", "Seen."),
        ("2023-03-20", "cause", "disputed", "local", None),
        ("2023-04-01", "withdrawal", None, "rater", "Misread."),
    ]
    claim, rating = items[1], items[3]
    assert claim["date"] == {"date": "2023-01", "precision": "month", "inferred": False}
    assert (claim["ref"], claim["consequence"]) == ("C01", None)
    assert rating["consequence"] == alliance["consequence"]
    assert (rating["ref"], rating["probability"], rating["impact"]) == ("K01", 0.4, 3)
    assert rating["machine"] is False
    assert rating["record"] == alliance["rating"] == items[-1]["record"]
    assert len({item["id"] for item in items}) == len(items)


@pytest.mark.parametrize("sort", ["effective_at", "-effective_at", "id", "-id"])
def test_pages_join_without_a_gap_in_one_statement_each(
    client: TestClient, alliance: Body, statements: list[str], sort: str
) -> None:
    whole = read(client, path(alliance), sort=sort, total="true")
    assert whole["total"] == 8
    statements.clear()
    paged = everything(client, path(alliance), sort=sort, limit=1)
    assert paged == whole["items"]
    assert len(statements) == 8
    for _ in range(3):
        make_claim(client, alliance=alliance["id"])
    statements.clear()
    read(client, path(alliance), sort=sort, limit=200)
    assert len(statements) == 1


def test_filters_narrow_by_kind_and_time(client: TestClient, alliance: Body) -> None:
    def kinds(**said: Any) -> list[str]:
        return [item["kind"] for item in read(client, path(alliance), **said)["items"]]

    assert kinds(kind=["cause", "status"]) == ["status"] * 3 + ["cause"]
    span = {"from": "2023-02-15", "to": "2023-03-15"}
    assert kinds(**span) == ["rating", "status"]
    assert kinds(**span, kind="rating") == ["rating"]
    assert kinds(**{"from": "2023-03-20", "to": "2023-03-20"}) == []
    assert read(client, path(alliance), **span, total="true")["total"] == 2


def test_both_clocks_ask_the_past(client: TestClient, alliance: Body) -> None:
    before = read(client, path(alliance), as_of="2023-03-01")["items"]
    assert [item["kind"] for item in before] == ["status", "claim", "status", "rating", "status"]
    stamp = read(client, f"ratings/{alliance['rating']}")["recorded_at"]
    patch(client, f"alliances/{alliance['id']}", statuses=STATUSES[:1])
    make_claim(client, alliance=alliance["id"], effective_at="2023-01-02")
    then = read(client, path(alliance), known_at=stamp)["items"]
    assert [item["kind"] for item in then].count("status") == 3
    assert not {"outcome", "cause"} & {item["kind"] for item in then}
    assert [item["kind"] for item in then].count("claim") == 1
    now = read(client, path(alliance))["items"]
    assert [item["kind"] for item in now].count("status") == 1
    assert everything(client, path(alliance), known_at=stamp, limit=2) == then


def test_tables_have_a_row_an_entry(client: TestClient, alliance: Body) -> None:
    items = read(client, path(alliance))["items"]
    lines = client.get(f"/v1/{path(alliance)}?format=ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == items
    text = client.get(f"/v1/{path(alliance)}?format=csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kind"] for row in rows] == [item["kind"] for item in items]
    assert rows[1]["date.precision"] == "month"


def test_a_span_that_ends_before_it_begins_is_refused(client: TestClient, alliance: Body) -> None:
    asked = {"from": "2023-03-02", "to": "2023-03-01"}
    for which in ("timeline", "diff"):
        answer = client.get(f"/v1/alliances/{alliance['id']}/{which}", params=asked)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"pointer": "?from", "detail": "is later than `to`"}]
    twice = client.get(f"/v1/{path(alliance)}?from=2023-01-01&from=2023-01-02")
    assert twice.json()["errors"][0]["pointer"] == "?from"


def test_an_alliance_without_a_past_has_an_empty_timeline(client: TestClient) -> None:
    key = make_alliance(client)["id"]
    assert read(client, f"alliances/{key}/timeline") == {"items": [], "next": None}
    assert client.get("/v1/alliances/nowhere/timeline").status_code == 404


def test_the_newest_ratings_are_found_by_an_index(
    client: TestClient, database: Database, alliance: Body
) -> None:
    path = f"alliances/{alliance['id']}/timeline"
    found = plan(client, database, path, sort="-effective_at")
    assert "ix_ratings_newest" in found
    assert "ix_ratings_withdrawn" in found
