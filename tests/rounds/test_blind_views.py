"""What anybody may see of a round doesn't change with what is sealed in it."""

from starlette.testclient import TestClient

from tests.access.people import Headers, People
from tests.helpers import Body, ids
from tests.rounds.sealed import opened, revealed, say


def test_who_answers_first_is_named_nowhere_until_the_reveal(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    now = opened(people, bob, stakes)
    for about, tlp in ((stakes[0], "AMBER"), (stakes[1], "CLEAR")):
        made = say(people, ann, now, about, 0.4, tlp=tlp)
        assert made["assessor"] == "ann"
    assert people.status("assessors/ann", people.admin) == 404
    assert people.status("assessors/ann", ann) == 404
    revealed(people, bob, now)
    found = people.read("assessors/ann", people.join("eve", "reader"))
    assert (found["tlp"], found["created_by"]) == ("CLEAR", "ann")
    assert len(ids(people.read("assessors", ann, slug="ann"))) == 1


def test_who_rated_meanwhile_is_the_same_assessor(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    now = opened(people, bob, stakes)
    first = say(people, ann, now, stakes[0], 0.4)
    plain = people.post(
        f"consequences/{stakes[1]['id']}/ratings", {"probability": 0.5, "tlp": "AMBER"}, ann
    )
    second = say(people, ann, now, stakes[1], 0.6)
    assert people.read("assessors/ann", ann)["tlp"] == "AMBER"
    revealed(people, bob, now)
    (found,) = people.read("assessors", ann, slug="ann")["items"]
    assert found["tlp"] == "CLEAR"
    for one in (first, second, plain):
        assert people.read(f"ratings/{one['id']}", ann)["assessor"] == "ann"
    assert people.read(f"consequences/{stakes[1]['id']}/judgement", ann)["n"] == 1


def test_a_strangers_hidden_record_of_that_name_is_left_alone(
    people: People, bob: Headers, stakes: list[Body]
) -> None:
    high = people.join("high", "editor", clearance="RED", groups=["board"])
    low = people.join("low")
    hidden = people.post(
        "assessors", {"slug": "low", "name": "Another", "tlp": "RED"}, high
    )["id"]  # fmt: skip
    now = opened(people, bob, stakes)
    said = say(people, low, now, stakes[0], 0.4)
    revealed(people, bob, now)
    assert people.read(f"assessors/{hidden}", high)["tlp"] == "RED"
    assert people.status(f"assessors/{hidden}", low) == 404
    assert people.read("assessors/low", low)["id"] != hidden
    assert people.read(f"ratings/{said['id']}", low)["assessor"] == "low"


def test_what_is_answered_above_a_reader_is_in_nothing_they_are_told(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    """Whoever reveals it, seeing them or not, reveals all; each reader sees what is theirs."""
    low = people.join("low")
    editor = people.join("editor", "editor", clearance="GREEN")
    now = opened(people, bob, stakes)
    mine = say(people, low, now, stakes[0], 0.2)
    above = [
        say(people, ann, now, stakes[0], 0.9, tlp="AMBER+STRICT"),
        say(people, bob, now, stakes[0], 0.8, tlp="AMBER", audience=["desk"]),
        say(people, bob, now, stakes[1], 0.8, tlp="AMBER", audience=["desk"]),
    ]
    for who, answered in ((low, 1), (editor, 1), (bob, 3), (ann, 3)):
        assert people.read(f"rounds/{now}", who)["answered"] == answered
    after = people.read("changes", low, limit=200)["items"][-1]["id"]
    revealed(people, editor, now)
    for who, n, answered in ((low, 1, 1), (editor, 1, 1), (bob, 3, 3), (ann, 3, 3)):
        result, other = people.read(f"rounds/{now}/results", who)["items"]
        assert (result["pool"]["n"], other["pool"]["n"]) == (n, int(n > 1))
        assert people.read(f"rounds/{now}", who)["answered"] == answered
    assert people.read(f"rounds/{now}/results", low)["items"][0]["pool"]["pools"]["linear"] == 0.2
    assert ids(people.read("ratings", low, round=now)) == [mine["id"]]
    assert set(ids(people.read("ratings", bob, round=now))) == {
        mine["id"], *(one["id"] for one in above),
    }  # fmt: skip
    seen = people.read("changes", low, after=after, limit=200)["items"]
    named = {event["record"]["id"] for event in seen}
    assert not named & {one["id"] for one in above}
    assert [e["type"] for e in seen].count("created") == 2  # the assessor and the rating


def test_an_answer_above_sight_replaces_none_in_sight(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    low = people.join("low")
    now = opened(people, bob, stakes[:1])
    say(people, ann, now, stakes[0], 0.3)
    say(people, ann, now, stakes[0], 0.9, tlp="AMBER+STRICT")
    assert people.read(f"rounds/{now}", low)["answered"] == 1
    revealed(people, bob, now)
    for who, point in ((low, 0.3), (bob, 0.9)):
        (result,) = people.read(f"rounds/{now}/results", who)["items"]
        assert (result["pool"]["n"], result["pool"]["pools"]["linear"]) == (1, point)


def test_only_who_gave_an_answer_replaces_it(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    now = opened(people, bob, stakes)
    said = say(people, ann, now, stakes[0], 0.91)
    people.post("assessors", {"slug": "ann", "name": "Ann"}, bob)
    for tlp in ("CLEAR", "AMBER"):
        body = {"consequence": stakes[0]["id"], "probability": 0.2, "assessor": "ann", "tlp": tlp}
        answer = people.client.post(f"/v1/rounds/{now}/ratings", json=body, headers=bob)
        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "The answer of ann was given by ann, who alone may replace it."
        )
    again = say(people, ann, now, stakes[0], 0.9)
    found = people.read(f"rounds/{now}/ratings", ann)["items"]
    assert [(one["id"], one["status"]) for one in found] == [
        (again["id"], "sealed"), (said["id"], "replaced"),
    ]  # fmt: skip
    # Nor does the assessor replace what an editor has written down.
    say(people, bob, now, stakes[1], 0.3, assessor="ann")
    body = {"consequence": stakes[1]["id"], "probability": 0.2}
    answer = people.client.post(f"/v1/rounds/{now}/ratings", json=body, headers=ann)
    assert (answer.status_code, "given by bob" in answer.json()["detail"]) == (409, True)
    say(people, bob, now, stakes[1], 0.4, assessor="ann")
    revealed(people, bob, now)
    results = people.read(f"rounds/{now}/results", bob)["items"]
    assert [one["pool"]["pools"]["linear"] for one in results] == [0.9, 0.4]


def test_an_answer_above_sight_keeps_nobody_from_answering(
    people: People, bob: Headers, stakes: list[Body]
) -> None:
    low = people.join("low")
    now = opened(people, bob, stakes)
    people.post("assessors", {"slug": "low", "name": "Low"}, low)
    say(people, bob, now, stakes[0], 0.9, assessor="low", tlp="AMBER+STRICT")
    say(people, low, now, stakes[0], 0.3)


def test_an_answer_is_marked_no_lower_than_the_round_unless_a_reason_is_said(
    client: TestClient, people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    now = opened(people, bob, stakes, tlp="AMBER", audience=["desk"])
    said = {"consequence": stakes[0]["id"], "probability": 0.4}
    path = f"/v1/rounds/{now}/ratings"
    low = people.join("low")
    assert client.post(path, json=said, headers=low).status_code == 404
    refused = client.post(path, json={**said, "tlp": "GREEN"}, headers=ann)
    assert refused.json()["errors"][0]["pointer"] == "/tlp"
    made = people.post(f"rounds/{now}/ratings", said, ann)
    assert (made["tlp"], made["audience"]) == ("AMBER", ["desk"])
    why = {**said, "tlp": "GREEN", "downgrade": "For all."}
    lower = people.post(f"rounds/{now}/ratings", why, ann)
    revealed(people, bob, now)
    assert people.read(f"ratings/{lower['id']}", ann)["tlp"] == "GREEN"
