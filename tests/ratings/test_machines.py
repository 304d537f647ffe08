"""Ratings by machines, and the place of a rating in the matrix."""

import pytest
from starlette.testclient import TestClient

from tests.conftest import begin_with
from tests.helpers import ids, make, make_assessor, rate, read
from tests.ratings.both import make_both, point, withdraw

prepared, both = begin_with(make_both)


def test_a_machine_stays_out_of_the_pool_unless_it_is_asked_for(
    client: TestClient, consequence: str, assessor: str
) -> None:
    machine = make_assessor(client, machine=True, agent="forecaster", model="m-1")["slug"]
    rate(client, consequence, assessor, 0.2)
    made = rate(client, consequence, machine, 0.9)
    assert (made["machine"], made["agent"], made["model"]) == (True, "forecaster", "m-1")
    assert point(client, consequence) == pytest.approx(0.2)
    found = read(client, f"consequences/{consequence}/judgement", include_machine=True)
    assert (found["n"], found["pools"]["linear"]) == (2, pytest.approx(0.55))
    assert {weight["machine"] for weight in found["weights"]} == {True, False}
    assert ids(read(client, "ratings", machine="true")) == [made["id"]]


def test_a_person_may_say_that_a_machine_made_the_rating(
    client: TestClient, consequence: str, assessor: str
) -> None:
    made = rate(client, consequence, assessor, 0.9, machine=True, agent="script", model="x")
    assert (made["machine"], made["agent"]) == (True, "script")
    assert point(client, consequence) is None


def test_the_risk_level_is_kept_with_the_edition_of_the_matrix(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.9, impact=5)
    assert (first["risk_level"], first["matrix"], first["matrix_version"]) == (4, "iso27005-5x5", 1)
    unplaced = rate(client, consequence, assessor, 0.9)
    assert unplaced["risk_level"] is unplaced["matrix"] is unplaced["matrix_version"] is None
    edition = read(client, "matrices")["items"][0]
    body = {"name": edition["name"], "cuts": edition["cuts"], "grid": [[0] * 5] * 5}
    assert make(client, "matrices", body)["matrix_version"] == 2
    second = rate(client, consequence, assessor, 0.9, impact=5)
    assert (second["risk_level"], second["matrix_version"]) == (0, 2)
    assert read(client, f"ratings/{first['id']}")["risk_level"] == 4


def test_a_rating_dated_back_before_a_withdrawal_is_what_was_withdrawn(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    withdraw(client, first, effective_at="2023-03-01")
    late = rate(client, consequence, assessor, 0.9, effective_at="2023-04-01")
    between = rate(client, consequence, assessor, 0.5, effective_at="2023-02-01")
    assert (between["status"], between["supersedes"]) == ("withdrawn", first["id"])
    assert between["ended_at"] == between["withdrawn_at"] == "2023-03-01T00:00:00Z"
    assert between["withdrawal_reason"] == "A mistake."
    found = read(client, f"ratings/{first['id']}")
    assert (found["status"], found["ended_at"]) == ("superseded", "2023-02-01T00:00:00Z")
    assert found["withdrawn_at"] is found["withdrawal_reason"] is None
    assert read(client, f"ratings/{late['id']}")["supersedes"] is None
    steps = read(client, f"consequences/{consequence}/history")["items"]
    assert [(step["time"][:10], step["probability"]) for step in steps] == [
        ("2023-01-01", pytest.approx(0.2)),
        ("2023-02-01", pytest.approx(0.5)),
        ("2023-03-01", None),
        ("2023-04-01", pytest.approx(0.9)),
    ]
    for day, value in (("2023-02-15", 0.5), ("2023-03-15", None)):
        found = read(client, f"consequences/{consequence}/judgement", as_of=day)
        assert found["n"] == (1 if value else 0)


def test_a_machine_that_follows_a_person_takes_their_rating_out_of_the_pool(
    client: TestClient, consequence: str, assessor: str
) -> None:
    other = make_assessor(client)["slug"]
    rate(client, consequence, other, 0.8, effective_at="2023-01-01")
    rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    rate(client, consequence, assessor, 0.4, effective_at="2023-02-01", machine=True)
    path = f"consequences/{consequence}/judgement"
    found = read(client, path)
    assert (found["n"], len(found["weights"])) == (1, 1)
    assert found["probability"]["point"] == pytest.approx(0.8)
    assert read(client, path, as_of="2023-01-15")["n"] == 2
    steps = read(client, f"consequences/{consequence}/history")["items"]
    assert [step["n"] for step in steps] == [2, 1]
    rate(client, consequence, assessor, 0.3, effective_at="2023-03-01")
    assert read(client, path)["n"] == 2
    rate(client, consequence, assessor, 0.3, effective_at="2023-04-01", machine=True)
    rate(client, consequence, assessor, 0.5, effective_at="2023-05-01", machine=True)
    assert read(client, path)["n"] == 1


def test_a_past_that_is_asked_for_knows_nothing_of_a_later_end(
    client: TestClient, consequence: str, assessor: str
) -> None:
    first = rate(client, consequence, assessor, 0.2, effective_at="2023-01-01")
    second = rate(client, consequence, assessor, 0.3, effective_at="2023-06-01")
    withdraw(client, second, effective_at="2024-01-01")
    fates = ("status", "ended_at", "withdrawn_at", "withdrawal_reason")
    for made, day in ((first, "2023-03-01"), (second, "2023-07-01")):
        alone = read(client, f"ratings/{made['id']}", as_of=day)
        (listed,) = (
            row for row in read(client, "ratings", as_of=day)["items"] if row["id"] == made["id"]
        )
        assert alone == listed
        assert [alone[name] for name in fates] == ["in_force", None, None, None]
    assert (
        client.get(f"/v1/ratings/{second['id']}", params={"as_of": "2023-03-01"}).status_code == 404
    )
