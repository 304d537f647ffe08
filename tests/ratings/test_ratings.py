"""Ratings: what may be said in one, and that it is never edited."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.conftest import begin_with
from tests.helpers import (
    Body,
    delete,
    ids,
    make,
    make_assessor,
    rate,
    read,
)
from tests.ratings.both import make_both, point, withdraw

prepared, both = begin_with(make_both)


def refused(client: TestClient, consequence: str, body: Body, status: int = 422) -> list[str]:
    response = client.post(f"/v1/consequences/{consequence}/ratings", json=body)
    assert response.status_code == status, response.text
    return [error["pointer"] for error in response.json()["errors"]]


# --- What is said ---------------------------------------------------------------------------------


def test_a_number_counts_as_its_own_interval(
    client: TestClient, consequence: str, assessor: str
) -> None:
    made = rate(client, consequence, assessor, 0.25)
    assert made["probability"] == {"point": 0.25, "low": 0.25, "high": 0.25}
    assert (made["scale"], made["word"]) == (None, None)
    assert made["assessor"] == assessor
    assert made["status"] == "in_force"
    assert made["ended_at"] is made["supersedes"] is None
    assert made["effective_at"] == made["recorded_at"]
    assert read(client, f"ratings/{made['id']}") == made


def test_an_interval_is_kept(client: TestClient, consequence: str, assessor: str) -> None:
    interval = {"point": 0.25, "low": 0.1, "high": 0.6}
    assert rate(client, consequence, assessor, interval)["probability"] == interval
    assert read(client, f"consequences/{consequence}/judgement")["probability"] == interval


@pytest.mark.parametrize(
    ("scale", "word", "expected"),
    [
        ("icd203", "likely", (0.675, 0.55, 0.80)),
        ("icd203", "Nearly  Certain", (0.97, 0.95, 0.99)),
        ("icd203", "remote", (0.03, 0.01, 0.05)),
        ("phia", "unlikely", (0.30, 0.25, 0.35)),
        ("phia", "remote chance", (0.025, 0.001, 0.05)),
        ("phia", "almost certain", (0.975, 0.95, 0.999)),
    ],
)
def test_a_word_becomes_the_middle_of_its_band(
    client: TestClient,
    consequence: str,
    assessor: str,
    scale: str,
    word: str,
    expected: tuple[float, float, float],
) -> None:
    made = rate(client, consequence, assessor, scale=scale, word=word)
    found = made["probability"]
    assert (found["point"], found["low"], found["high"]) == pytest.approx(expected)
    assert (made["scale"], made["word"]) == (scale, word)


def test_a_number_may_stand_beside_its_word(
    client: TestClient, consequence: str, assessor: str
) -> None:
    made = rate(client, consequence, assessor, 0.55, scale="icd203", word="likely")
    assert made["probability"]["point"] == 0.55
    assert made["word"] == "likely"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"probability": 0.3, "scale": "icd203", "word": "likely"}, "/probability"),
        ({"scale": "icd203", "word": "highly likely"}, "/word"),
        ({"scale": "icd203"}, "/word"),
        ({"word": "likely"}, "/scale"),
        ({}, "/probability"),
        ({"impact": 3}, "/probability"),
        (
            {"probability": 0.3, "effective_at": "2023-02-01", "review_by": "2023-02-01"},
            "/review_by",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    client: TestClient, consequence: str, body: Body, place: str
) -> None:
    assert refused(client, consequence, body) == [place]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"probability": 0}, "/probability"),
        ({"probability": 1}, "/probability"),
        ({"probability": 1.2}, "/probability"),
        ({"probability": "0.5"}, "/probability"),
        ({"probability": True}, "/probability"),
        ({"probability": {"point": 0.5, "low": 0.6, "high": 0.7}}, "/probability"),
        ({"probability": {"point": 0.5, "low": 0.1}}, "/probability"),
        ({"probability": 0.5, "impact": 6}, "/impact"),
        ({"probability": 0.5, "impact": "3"}, "/impact"),
        ({"probability": 0.5, "impact": 2.5}, "/impact"),
        ({"probability": 0.5, "confidence": "medium"}, "/confidence"),
        ({"probability": 0.5, "assessor": "nobody-here"}, "/assessor"),
        ({"probability": 0.5, "effective_at": "2199-01-01"}, "/effective_at"),
        ({"probability": 0.5, "scale": "kent", "word": "likely"}, "/scale"),
        ({"probability": 0.5, "machine": "yes"}, "/machine"),
    ],
)
def test_a_wrong_value_is_told_by_its_place(
    client: TestClient, consequence: str, body: Body, place: str
) -> None:
    assert refused(client, consequence, body)[0].startswith(place)


def test_nothing_is_rated_that_is_not_there(client: TestClient, consequence: str) -> None:
    missing = "01890000-0000-7000-8000-000000000000"
    assert refused(client, missing, {"probability": 0.5}, 404) == []
    delete(client, f"consequences/{consequence}")
    assert refused(client, consequence, {"probability": 0.5}, 410) == []
    body = {"probability": 0.5, "consequence": missing}
    response = client.post("/v1/ratings", json=body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/consequence")


def test_the_assessor_is_the_caller_unless_another_is_named(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = make(client, "ratings", {"consequence": consequence, "probability": 0.5})
    second = make(client, "ratings", {"consequence": consequence, "probability": 0.6})
    assert first["assessor"] == second["assessor"] == "local"
    assert second["supersedes"] == first["id"]
    assert [item["slug"] for item in read(client, "assessors")["items"]] == [assessor, "local"]


# --- Succession -----------------------------------------------------------------------------------


def test_second_rating_moves_the_pool(client: TestClient, consequence: str, assessor: str) -> None:
    first = rate(client, consequence, assessor, 0.3, effective_at="2023-01-01")
    second = rate(
        client, consequence, assessor, 0.8, effective_at="2023-02-01", change_reason="New report."
    )
    assert second["supersedes"] == first["id"]
    ended = read(client, f"ratings/{first['id']}")
    assert (ended["status"], ended["ended_at"]) == ("superseded", "2023-02-01T00:00:00Z")
    assert point(client, consequence) == pytest.approx(0.8)
    assert point(client, consequence, as_of="2023-01-15") == pytest.approx(0.3)
    assert point(client, consequence, as_of="2022-12-31") is None
    then = read(client, f"ratings/{first['id']}", as_of="2023-01-15")
    assert then["status"] == "in_force"
    assert read(client, f"consequences/{consequence}/judgement")["n"] == 1


def test_what_was_known_before_the_second_rating_is_unmoved(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.3, effective_at="2023-01-01")
    rate(client, consequence, assessor, 0.8, effective_at="2023-01-02")
    at = first["recorded_at"]
    assert point(client, consequence, known_at=at) == pytest.approx(0.3)
    assert read(client, f"ratings/{first['id']}", known_at=at) == first
    assert ids(read(client, "ratings", known_at=at)) == [first["id"]]


def test_a_back_dated_rating_takes_its_place(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    third = rate(client, consequence, assessor, 0.6, effective_at="2023-03-01")
    second = rate(client, consequence, assessor, 0.4, effective_at="2023-02-01")
    assert (second["status"], second["ended_at"]) == ("superseded", third["effective_at"])
    assert second["supersedes"] == first["id"]
    assert read(client, f"ratings/{third['id']}")["supersedes"] == second["id"]
    assert read(client, f"ratings/{first['id']}")["ended_at"] == second["effective_at"]
    assert point(client, consequence) == pytest.approx(0.6)
    assert point(client, consequence, as_of="2023-02-15") == pytest.approx(0.4)
    earlier = rate(client, consequence, assessor, 0.1, effective_at="2022-12-01")
    assert earlier["supersedes"] is None
    assert read(client, f"ratings/{first['id']}")["supersedes"] == earlier["id"]
    points = read(client, f"consequences/{consequence}/history")["items"]
    assert [item["probability"] for item in points] == pytest.approx([0.1, 0.2, 0.4, 0.6])


def test_of_two_ratings_at_one_instant_the_later_made_holds(
    client: TestClient, consequence: str, assessor: str
) -> None:
    at = "2023-01-01T12:00:00Z"
    made = [rate(client, consequence, assessor, p, effective_at=at) for p in (0.2, 0.4, 0.6)]
    assert [item["supersedes"] for item in made] == [None, made[0]["id"], made[1]["id"]]
    assert point(client, consequence, as_of=at) == pytest.approx(0.6)
    assert len(read(client, f"consequences/{consequence}/history")["items"]) == 1
    late = rate(client, consequence, assessor, 0.1, effective_at="2023-01-02")
    assert late["supersedes"] == made[2]["id"]


def test_a_rating_says_which_it_follows_or_is_refused(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.3)
    other = rate(client, consequence, make_assessor(client)["slug"], 0.4)
    body: Body = {"assessor": assessor, "probability": 0.5}
    assert refused(client, consequence, {**body, "supersedes": other["id"]}, 409) == ["/supersedes"]
    second = rate(client, consequence, assessor, 0.5, supersedes=first["id"])
    assert second["supersedes"] == first["id"]
    assert refused(client, consequence, {**body, "supersedes": first["id"]}, 409) == ["/supersedes"]
    missing = "01890000-0000-7000-8000-000000000000"
    assert refused(client, consequence, {**body, "supersedes": missing}) == ["/supersedes"]


def test_a_rating_is_never_edited(client: TestClient, consequence: str, assessor: str) -> None:
    path = f"/v1/ratings/{rate(client, consequence, assessor, 0.3)['id']}"
    for method in ("PATCH", "DELETE", "PUT"):
        body = None if method == "DELETE" else {"impact": 1}
        response = client.request(method, path, json=body, headers={"If-Match": "*"})
        assert response.status_code == 405, method
        assert response.json()["type"] == "/problems/method-not-allowed"
    assert client.get(path).json()["version"] == 1


def test_versions_show_the_number_and_how_it_ended(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.3, effective_at="2023-01-01")
    rate(client, consequence, assessor, 0.5, effective_at="2023-02-01")
    versions = read(client, f"ratings/{first['id']}/versions")["items"]
    assert versions[1]["record"]["probability"] == {"point": 0.3, "low": 0.3, "high": 0.3}
    changed = {change["pointer"]: change["after"] for change in versions[0]["changes"]}
    assert changed == {"/status": "superseded", "/ended_at": "2023-02-01T00:00:00Z"}


# --- Withdrawal -----------------------------------------------------------------------------------


def test_a_withdrawn_rating_leaves_the_pool(client: TestClient, consequence: str) -> None:
    one, two = (make_assessor(client)["slug"] for _ in "ab")
    first = rate(client, consequence, one, 0.2, effective_at="2023-01-01")
    rate(client, consequence, two, 0.8, effective_at="2023-01-01")
    known = read(client, f"consequences/{consequence}/judgement")
    gone = withdraw(client, first, effective_at="2023-02-01")
    assert (gone["status"], gone["withdrawal_reason"]) == ("withdrawn", "A mistake.")
    assert gone["withdrawn_at"] == gone["ended_at"] == "2023-02-01T00:00:00Z"
    assert gone["version"] == 2
    assert point(client, consequence) == pytest.approx(0.8)
    assert point(client, consequence, as_of="2023-01-15") == pytest.approx(0.5)
    before = read(client, f"consequences/{consequence}/judgement", known_at=first["recorded_at"])
    assert before["n"] == 1
    assert known["n"] == 2
    assert ids(read(client, "ratings", status="withdrawn")) == [first["id"]]
    assert read(client, f"ratings/{first['id']}", as_of="2023-01-15")["status"] == "in_force"


def test_a_consequence_whose_only_rating_was_withdrawn_is_not_rated(
    client: TestClient, consequence: str, assessor: str
) -> None:
    withdraw(client, rate(client, consequence, assessor, 0.2))
    judgement = read(client, f"consequences/{consequence}")["judgement"]
    assert judgement["n"] == 0
    assert {value for key, value in judgement.items() if key not in {"n", "as_of"}} == {None}


def test_a_rating_is_withdrawn_once_and_with_a_reason(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    assert withdraw(client, first, 422, reason=None)["errors"][0]["pointer"] == "/reason"
    assert withdraw(client, first, 422, reason=" ")["errors"][0]["pointer"] == "/reason"
    early = withdraw(client, first, 422, effective_at="2022-12-31")
    late = withdraw(client, first, 422, effective_at="2199-01-01")
    assert [problem["errors"][0]["pointer"] for problem in (early, late)] == ["/effective_at"] * 2
    withdraw(client, first)
    withdraw(client, first, 409)
    missing = {"id": "01890000-0000-7000-8000-000000000000"}
    withdraw(client, missing, 404)


def test_a_superseded_rating_cannot_be_withdrawn(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2)
    rate(client, consequence, assessor, 0.3)
    withdraw(client, first, 409)


def test_a_withdrawn_rating_is_not_superseded(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    withdraw(client, first, effective_at="2023-02-01")
    body: Body = {"assessor": assessor, "probability": 0.5, "supersedes": first["id"]}
    assert refused(client, consequence, body, 409) == ["/supersedes"]
    second = rate(client, consequence, assessor, 0.5, effective_at="2023-03-01")
    assert second["supersedes"] is None
    assert read(client, f"ratings/{first['id']}")["ended_at"] == "2023-02-01T00:00:00Z"
    steps = read(client, f"consequences/{consequence}/history")["items"]
    assert [(step["n"], step["probability"]) for step in steps] == [
        (1, pytest.approx(0.2)), (0, None), (1, pytest.approx(0.5)),
    ]  # fmt: skip


def test_a_rating_a_moment_ahead_of_the_clock_counts_like_one_of_now(
    client: TestClient, consequence: str, assessor: str
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    rate(client, consequence, assessor, 0.4, effective_at=soon)
    found = read(client, f"consequences/{consequence}/judgement")
    assert found["n"] == len(found["weights"])
