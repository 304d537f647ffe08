"""Rounds by many at once: what was answered is kept or refused, and each step is taken once."""

from collections import Counter
from functools import partial

import pytest
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import (
    answer,
    everything,
    ids,
    make,
    make_alliance,
    make_consequence,
    open_round,
    read,
)
from tests.overtaking import overtaken

ANY = {"If-Match": "*"}


@pytest.fixture
def consequence(client: TestClient) -> str:
    """A consequence."""
    return str(make_consequence(client, make_alliance(client)["id"])["id"])


@pytest.fixture
def path(client: TestClient, consequence: str) -> str:
    """Where a round on it is."""
    alliance = read(client, f"consequences/{consequence}")["alliance"]
    return f"rounds/{open_round(client, alliance, [consequence])['id']}"


def test_an_answer_as_a_round_is_being_closed_is_kept_or_refused(
    client: TestClient, database: Database, consequence: str, path: str
) -> None:
    body = {"consequence": consequence, "probability": 0.3}
    said = partial(client.post, f"/v1/{path}/ratings", json=body)
    close = partial(client.post, f"/v1/{path}/close", json={})
    first, closed = overtaken(database, said, close)
    assert (first.status_code, closed.status_code) == (201, 201)
    assert closed.json()["closed_at"] > first.json()["effective_at"]
    make(client, f"{path}/reveal", {})
    assert ids(read(client, "ratings")) == [first.json()["id"]]

    alliance = read(client, f"consequences/{consequence}")["alliance"]
    other = f"rounds/{open_round(client, alliance, [consequence])['id']}"
    closed, late = overtaken(
        database,
        partial(client.post, f"/v1/{other}/close", json={}),
        partial(client.post, f"/v1/{other}/ratings", json=body),
    )
    assert (closed.status_code, late.status_code) == (201, 409)
    make(client, f"{other}/reveal", {})
    assert len(read(client, "ratings")["items"]) == 1


@pytest.mark.parametrize("step", ["close", "reveal"])
def test_of_two_who_take_a_step_at_once_one_does(
    client: TestClient, database: Database, consequence: str, path: str, step: str
) -> None:
    answer(client, path.removeprefix("rounds/"), consequence, 0.3)
    if step == "reveal":
        make(client, f"{path}/close", {})
    ask = partial(client.post, f"/v1/{path}/{step}", json={})
    first, second = overtaken(database, ask, ask)
    assert Counter([first.status_code, second.status_code]) == {201: 1, 409: 1}
    if step == "reveal":
        assert len(read(client, "ratings")["items"]) == 1
        told = read(client, "changes", type="round.revealed")["items"]
        assert len(told) == 1
        assert read(client, f"{path}/results")["items"][0]["pool"]["n"] == 1


def test_of_two_answers_at_once_the_later_stands(
    client: TestClient, database: Database, consequence: str, path: str
) -> None:
    asks = [
        partial(
            client.post, f"/v1/{path}/ratings", json={"consequence": consequence, "probability": p}
        )
        for p in (0.3, 0.4)
    ]
    first, second = overtaken(database, *asks)
    assert (first.status_code, second.status_code) == (201, 201)
    found = read(client, f"{path}/ratings")["items"]
    assert {one["id"]: one["status"] for one in found} == {
        first.json()["id"]: "replaced", second.json()["id"]: "sealed",
    }  # fmt: skip


def test_what_is_deleted_as_a_round_is_being_revealed_is_rated_or_left_out(
    client: TestClient, database: Database, consequence: str, path: str
) -> None:
    answer(client, path.removeprefix("rounds/"), consequence, 0.3)
    make(client, f"{path}/close", {})
    deleted, revealed = overtaken(
        database,
        partial(client.delete, f"/v1/consequences/{consequence}", headers=ANY),
        partial(client.post, f"/v1/{path}/reveal", json={}),
    )
    assert (deleted.status_code, revealed.status_code) == (204, 201)
    assert read(client, f"{path}/results")["left_out"][0]["answers"] == 1
    assert read(client, "ratings")["items"] == []


def test_a_rating_while_a_round_is_being_revealed_follows_what_it_revealed(
    client: TestClient, database: Database, consequence: str, path: str
) -> None:
    said = answer(client, path.removeprefix("rounds/"), consequence, 0.3)
    make(client, f"{path}/close", {})
    rated = partial(
        client.post, f"/v1/consequences/{consequence}/ratings", json={"probability": 0.6}
    )
    revealed, later = overtaken(
        database, partial(client.post, f"/v1/{path}/reveal", json={}), rated
    )
    assert (revealed.status_code, later.status_code) == (201, 201)
    assert later.json()["supersedes"] == said["id"]
    assert len({row["assessor"] for row in everything(client, "ratings")}) == 1


def test_what_is_answered_in_a_round_that_is_being_deleted_is_refused(
    client: TestClient, database: Database, consequence: str, path: str
) -> None:
    deleted, said = overtaken(
        database,
        partial(client.delete, f"/v1/{path}", headers=ANY),
        partial(
            client.post, f"/v1/{path}/ratings",
            json={"consequence": consequence, "probability": 0.3},
        ),
    )  # fmt: skip
    assert (deleted.status_code, said.status_code) == (204, 410)
