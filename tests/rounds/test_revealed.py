"""What the answers of a round become when it is revealed, and what they come to."""

from math import log

import pytest
from starlette.testclient import TestClient

from app.domain.pooling import METHODS, Opinion, pool
from tests.helpers import (
    answer,
    delete,
    everything,
    ids,
    make,
    make_assessor,
    make_assumption,
    open_round,
    patch,
    rate,
    read,
    reveal,
)
from tests.rounds.test_rounds import refused


def logit(p: float) -> float:
    return log(p / (1 - p))


# --- The reveal ---------------------------------------------------------------------------------


def test_a_revealed_answer_is_a_rating_dated_when_it_was_said(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    said = answer(client, asked, pair[0], 0.3, impact=4, confidence="high", rationale="Because.")
    assert read(client, f"consequences/{pair[0]}/judgement")["n"] == 0
    revealed = reveal(client, asked)["revealed_at"]
    rating = read(client, f"ratings/{said['id']}")
    assert rating["round"] == asked
    assert (rating["effective_at"], rating["recorded_at"]) == (said["effective_at"], revealed)
    assert (rating["created_by"], rating["assessor"], rating["status"]) == (
        "local", "local", "in_force",
    )  # fmt: skip
    assert (rating["impact"], rating["confidence"], rating["rationale"]) == (4, "high", "Because.")
    assert rating["risk_level"] is not None
    assert ids(read(client, "ratings", round=asked)) == [said["id"]]
    assert (
        read(client, "ratings", include="round")["items"][0]["included"]["round"][0]["id"] == asked
    )
    judged = read(client, f"consequences/{pair[0]}/judgement")
    assert (judged["n"], judged["probability"]["point"]) == (1, pytest.approx(0.3))
    assert ids(read(client, "search", q="because", type="ratings")) == [said["id"]]

    # Two clocks: it held since it was said, and nobody knew before it was revealed.
    path = f"consequences/{pair[0]}/judgement"
    assert read(client, path, as_of=said["effective_at"])["n"] == 1
    assert read(client, path, as_of=said["effective_at"], known_at=said["effective_at"])["n"] == 0
    assert read(client, path, known_at=revealed)["n"] == 1
    assert client.get(f"/v1/rounds/{asked}/ratings/{said['id']}").status_code == 404


def test_answers_take_their_place_among_plain_ratings_by_when_they_were_said(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    key, ann, bob = pair[0], *names[:2]
    first = rate(client, key, ann, 0.2)
    asked = open_round(client, alliance, pair)["id"]
    mine = answer(client, asked, key, 0.4, assessor=ann)["id"]
    his = answer(client, asked, key, 0.6, assessor=bob)["id"]
    later = rate(client, key, bob, 0.7)
    assert later["supersedes"] is None
    reveal(client, asked)
    found = {row["id"]: row for row in everything(client, f"consequences/{key}/ratings")}
    assert found[mine]["supersedes"] == first["id"]
    assert found[first["id"]]["status"] == "superseded"
    assert found[first["id"]]["ended_at"] == found[mine]["effective_at"]
    assert (found[his]["status"], found[his]["ended_at"]) == ("superseded", later["effective_at"])
    assert found[later["id"]]["supersedes"] == his
    assert read(client, f"consequences/{key}/judgement")["pools"]["linear"] == pytest.approx(0.55)
    # The pool of the round is that of its own ratings, whatever was rated since.
    (result, _) = read(client, f"rounds/{asked}/results")["items"]
    assert result["pool"]["pools"]["linear"] == pytest.approx(0.5)
    assert [one["status"] for one in result["answers"]] == ["in_force", "superseded"]


def test_a_reveal_is_told_after_all_that_it_makes(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    before = read(client, "changes", limit=200)["items"][-1]["id"]
    for name in names:
        answer(client, asked, pair[0], 0.3, assessor=name)
    make(client, f"rounds/{asked}/close", {})
    (closing,) = read(client, "changes", after=before)["items"]
    assert (closing["type"], closing["record"]["type"]) == ("updated", "rounds")
    make(client, f"rounds/{asked}/reveal", {})
    told = read(client, "changes", after=closing["id"])["items"]
    assert [event["type"] for event in told] == [
        "updated", *["created", "judgement.moved"] * 3, "round.revealed",
    ]  # fmt: skip
    last = told[-1]
    assert last["record"] == {"type": "rounds", "id": asked, "version": 3}
    assert (last["alliance"], last["data"]) == (alliance, None)
    assert ids(read(client, "changes", type="round.revealed")) == [last["id"]]


def test_answers_about_what_was_deleted_are_left_out_and_told_of(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    for name in names:
        answer(client, asked, pair[0], 0.3, assessor=name)
    mine = answer(client, asked, pair[0], 0.4)
    answer(client, asked, pair[1], 0.5)
    delete(client, f"consequences/{pair[0]}")
    reveal(client, asked)
    found = read(client, f"rounds/{asked}/results")
    assert [item["consequence"] for item in found["items"]] == [pair[1]]
    assert found["left_out"] == [{"consequence": pair[0], "answers": 4}]
    assert len(read(client, "ratings")["items"]) == 1
    (kept,) = read(client, f"rounds/{asked}/ratings")["items"]
    assert (kept["id"], kept["status"]) == (mine["id"], "left_out")
    assert read(client, f"rounds/{asked}")["answered"] == 4


def test_a_reveal_outlives_what_answers_named(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    """Answers were good when they were said: they become ratings, whatever was deleted since."""
    assumption = make_assumption(client, alliance)
    asked = open_round(client, alliance, pair)["id"]
    said = answer(
        client, asked, pair[0], 0.3, assessor=names[0], assumptions=[assumption["id"]]
    )["id"]  # fmt: skip
    mine = answer(client, asked, pair[1], 0.3)["id"]
    delete(client, f"alliances/{alliance}/factors/{assumption['id']}")
    delete(client, f"assessors/{names[0]}")
    reveal(client, asked)
    assert read(client, f"ratings/{said}")["assumptions"] == [assumption["id"]]
    assert read(client, f"ratings/{mine}")["assessor"] == "local"
    assert read(client, f"consequences/{pair[0]}/judgement")["n"] == 1


def test_what_is_raised_before_the_reveal_raises_the_answers(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    first, second = (answer(client, asked, key, 0.3)["id"] for key in pair)
    patch(client, f"consequences/{pair[0]}", tlp="AMBER+STRICT")
    patch(client, f"rounds/{asked}", tlp="GREEN", downgrade="So that all see it.")
    reveal(client, asked)
    assert read(client, f"ratings/{first}")["tlp"] == "AMBER+STRICT"
    assert read(client, f"ratings/{second}")["tlp"] == "GREEN"
    patch(client, f"rounds/{asked}", tlp="AMBER", downgrade="As before.")
    assert read(client, f"ratings/{second}")["tlp"] == "AMBER"


def test_a_deleted_round_is_never_revealed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    answer(client, asked, pair[0], 0.3)
    make(client, f"rounds/{asked}/close", {})
    delete(client, f"rounds/{asked}")
    refused(client, f"rounds/{asked}/reveal", {}, 410)
    for path in ("", "/ratings", "/results"):
        assert client.get(f"/v1/rounds/{asked}{path}").status_code == 410
    assert read(client, "ratings")["items"] == []


def test_a_revealed_round_that_is_deleted_leaves_its_ratings(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    said = answer(client, asked, pair[0], 0.3)["id"]
    reveal(client, asked)
    delete(client, f"rounds/{asked}")
    assert read(client, f"ratings/{said}")["round"] == asked
    assert read(client, f"consequences/{pair[0]}/judgement")["n"] == 1


# --- Results ------------------------------------------------------------------------------------


def test_results_are_there_once_the_round_is_revealed(
    client: TestClient, alliance: str, pair: list[str]
) -> None:
    path = f"rounds/{open_round(client, alliance, pair)['id']}"
    for step, word in (("close", "open"), ("reveal", "closed")):
        early = client.get(f"/v1/{path}/results")
        assert early.status_code == 409
        assert word in early.json()["detail"]
        make(client, f"{path}/{step}", {})
    found = read(client, f"{path}/results")
    assert [item["consequence"] for item in found["items"]] == pair
    assert [item["pool"]["n"] for item in found["items"]] == [0, 0]
    assert found["items"][0]["pool"]["probability"] is None
    assert (found["after"], found["left_out"]) == (None, [])


def test_a_pool_of_a_round_is_the_pool_of_its_ratings(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    rate(client, pair[0], make_assessor(client)["slug"], 0.99)
    points = (0.1, {"point": 0.4, "low": 0.2, "high": 0.5}, 0.5)
    made = [
        answer(client, asked, pair[0], point, assessor=name, impact=impact, rationale=f"By {name}.")
        for name, point, impact in zip(names, points, (2, 3, 5), strict=True)
    ]
    reveal(client, asked)
    for method in METHODS:
        found = read(client, f"rounds/{asked}/results", method=method)
        (result, nothing) = found["items"]
        opinions = [Opinion(one["id"], one["assessor"], **one["probability"], impact=one["impact"])
                    for one in made]  # fmt: skip
        wanted = pool(opinions, method)
        assert wanted is not None
        shown = result["pool"]
        assert found["method"] == method
        assert shown["n"] == 3
        assert shown["probability"] == pytest.approx(
            {"point": wanted.point, "low": wanted.low, "high": wanted.high}
        )
        assert shown["pools"] == pytest.approx(
            {"log_odds": wanted.log_odds, "linear": wanted.linear, "median": wanted.median}
        )
        assert shown["spread"]["log_odds_sd"] == pytest.approx(wanted.log_odds_sd)
        assert shown["dissent"] == {
            "rating": made[0]["id"], "assessor": names[0], "probability": 0.1,
            "rationale": f"By {names[0]}.",
        }  # fmt: skip
        assert (shown["impact"], shown["confidence"]) == (3, None)
        assert nothing["pool"]["n"] == 0
    # Pooled alone, these three are what the judgement would be of them.
    assert [one["rating"] for one in result["answers"]] == [one["id"] for one in made]
    assert [one["log_odds_move"] for one in result["answers"]] == [None] * 3
    assert result["before"] is None


def test_a_second_round_shows_how_the_pool_and_each_assessor_moved(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    key = pair[0]
    first = open_round(client, alliance, [key])["id"]
    for name, point in zip(names, (0.1, 0.3, 0.6), strict=True):
        answer(client, first, key, point, assessor=name)
    reveal(client, first)
    once = read(client, f"rounds/{first}/results")
    second = open_round(client, alliance, pair, after=first)["id"]
    newcomer = make_assessor(client)["slug"]
    for name, point in zip([*names[1:], newcomer], (0.4, 0.5, 0.45), strict=True):
        answer(client, second, key, point, assessor=name)
    answer(client, second, pair[1], 0.2, assessor=names[0])
    reveal(client, second)
    found = read(client, f"rounds/{second}/results")
    (mine, other) = found["items"]
    assert found["after"] == first
    assert mine["before"] == once["items"][0]["pool"]
    one, two = (mine[name]["probability"]["point"] for name in ("before", "pool"))
    assert mine["log_odds_move"] == pytest.approx(logit(two) - logit(one))
    moves = {row["assessor"]: row["log_odds_move"] for row in mine["answers"]}
    assert moves == {
        names[1]: pytest.approx(logit(0.4) - logit(0.3)),
        names[2]: pytest.approx(logit(0.5) - logit(0.6)),
        newcomer: None,
    }
    assert (other["before"]["n"], other["log_odds_move"]) == (0, None)
    # What came after changes nothing of what the first came to.
    assert read(client, f"rounds/{first}/results")["items"][0]["pool"] == once["items"][0]["pool"]


def test_a_withdrawn_rating_stays_in_the_pool_of_its_round(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    asked = open_round(client, alliance, pair)["id"]
    said = [answer(client, asked, pair[0], 0.3, assessor=name)["id"] for name in names]
    reveal(client, asked)
    make(client, f"ratings/{said[0]}/withdraw", {"reason": "A mistake."})
    (result, _) = read(client, f"rounds/{asked}/results")["items"]
    assert result["pool"]["n"] == 3
    assert sorted(one["status"] for one in result["answers"]) == [
        "in_force", "in_force", "withdrawn",
    ]  # fmt: skip
    assert read(client, f"consequences/{pair[0]}/judgement")["n"] == 2


def test_machines_stay_out_of_the_pools_of_a_round_unless_asked_for(
    client: TestClient, alliance: str, pair: list[str], names: list[str]
) -> None:
    robot = make_assessor(client, machine=True, agent="program", model="model")["slug"]
    asked = open_round(client, alliance, pair)["id"]
    sealed = answer(client, asked, pair[0], 0.9, assessor=robot)
    assert (sealed["machine"], sealed["agent"], sealed["model"]) == (True, "program", "model")
    answer(client, asked, pair[0], 0.2, assessor=names[0])
    assert read(client, f"rounds/{asked}")["answered"] == 2
    reveal(client, asked)
    assert read(client, f"ratings/{sealed['id']}")["machine"] is True
    path = f"rounds/{asked}/results"
    assert read(client, path)["items"][0]["pool"]["n"] == 1
    assert read(client, path, include_machine="true")["items"][0]["pool"]["n"] == 2
    assert read(client, f"consequences/{pair[0]}/judgement")["n"] == 1
