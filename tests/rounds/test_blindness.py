"""Nobody is told what is sealed: not the admin, not who opened the round, by no question at all."""

import re
from typing import Any

from starlette.testclient import TestClient

from app.kernel import audit
from app.kernel.db import Database
from tests.access.people import Headers, People
from tests.access.told import asked, dealt_out, questions, told
from tests.helpers import (
    Body,
    answer,
    ids,
    make,
    make_alliance,
    make_assessor,
    make_consequence,
    open_round,
    read,
    reveal,
)
from tests.hostile.world import contents
from tests.rounds.sealed import opened, revealed, say

ADMINISTERED = ("/v1/principals", "/v1/me")
ANSWERED = re.compile(r'"answered":\d+')
NOBODY = "00000000-0000-7000-8000-000000000000"
WORD = "Xyzzyquux"


# --- While it is sealed -------------------------------------------------------------------------


def without_number(answers: dict[str, Any]) -> dict[str, Any]:
    """Answers less the number of those who have answered, where it is told."""
    found: dict[str, Any] = {}
    for path, (status, headers, body) in answers.items():
        masked = ANSWERED.sub("", body)
        kept = headers if masked == body else {**headers, "etag": None}
        found[path] = (status, kept, masked)
    return found


def test_no_answer_to_anybody_else_changes_by_what_is_sealed(
    client: TestClient,
    people: People,
    bob: Headers,
    ann: Headers,
    stakes: list[Body],
    seed: int,
) -> None:
    others = {
        "chief": people.admin,
        "dan": people.join("dan", clearance="RED", groups=["desk"]),
    }
    claim = people.post("claims", {"statement": "The signal.", "modality": "asserted"}, bob)
    plain = people.post(
        f"consequences/{stakes[0]['id']}/ratings", {"probability": 0.4}, others["dan"]
    )
    before = opened(people, people.admin, stakes)
    say(people, others["dan"], before, stakes[0], 0.6)
    revealed(people, people.admin, before)
    now = opened(people, people.admin, stakes, after=before)
    mine = say(people, others["dan"], now, stakes[0], 0.7)
    made = {
        "alliances": [stakes[0]["alliance"]],
        "consequences": [one["id"] for one in stakes],
        "claims": [claim["id"]],
        "ratings": [plain["id"], mine["id"]],
        "rounds": [before, now],
        "assessors": ids(people.read("assessors", bob)),
    }
    every = dealt_out(questions(client, made, plain["recorded_at"]), seed)
    every = list(dict.fromkeys([*every, *ADMINISTERED]))
    # As a table, or in another order, a list says what it says anyway.
    paths = [
        path for path in every if not path.endswith(("sort=-id", "format=csv&as_of=2024-06-01"))
    ]
    # Each of the two asks one half of it, and on the other database the other.
    first_half, second_half = (
        list(dict.fromkeys([*paths[(seed + half) % 2 :: 2], f"/v1/rounds/{now}"]))
        for half in range(2)
    )
    halves = {"chief": first_half, "dan": second_half}

    def everything() -> dict[str, Any]:
        answers = {name: told(client, who, halves[name]) for name, who in others.items()}
        return answers | {f"{name}?": asked(client, who, made) for name, who in others.items()}

    empty = everything()
    said = [
        {"consequence": one["id"], "probability": 0.9, "rationale": "The harbour.", "tlp": tlp}
        for one in stakes
        for tlp in ("CLEAR", "AMBER+STRICT")
    ]
    sealed = [people.post(f"rounds/{now}/ratings", body, ann) for body in said]
    first = everything()
    for name in others:
        one, two = empty[name], first[name]
        assert without_number(one) == without_number(two), name
        assert empty[f"{name}?"] == first[f"{name}?"]
        assert '"answered":1' in one[f"/v1/rounds/{now}"][2]
        assert '"answered":2' in two[f"/v1/rounds/{now}"][2]

    # Once somebody has answered, nothing at all changes by what they say, or say instead.
    for body in said:
        changed = {**body, "probability": 0.1, "impact": 5, "confidence": "high"}
        sealed.append(people.post(f"rounds/{now}/ratings", changed, ann))
    assert told(client, people.admin, halves["chief"]) == first["chief"]

    for who in others.values():
        for one in sealed:
            for path in ("ratings", f"rounds/{now}/ratings", f"rounds/{before}/ratings"):
                theirs, none = (
                    client.get(f"/v1/{path}/{key}", headers=who) for key in (one["id"], NOBODY)
                )
                assert theirs.status_code == 404
                same = theirs.json()["detail"].replace(one["id"], NOBODY)
                assert same == none.json()["detail"]
    assert len(people.read(f"rounds/{now}/ratings", ann)["items"]) == 8
    assert people.status(f"rounds/{now}/results", ann) == 409
    people.post(f"rounds/{now}/close", {})
    for who in (*others.values(), ann):
        assert people.status(f"rounds/{now}/results", who) == 409
    assert ids(people.read(f"rounds/{now}/ratings", others["dan"])) == [mine["id"]]
    assert people.read(f"rounds/{now}/ratings", people.admin)["items"] == []


def test_an_open_service_shows_what_its_caller_answered_as_local_alone(
    client: TestClient,
) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    now = open_round(client, alliance, [consequence])["id"]
    other = answer(client, now, consequence, 0.3, assessor=make_assessor(client)["slug"])
    mine = answer(client, now, consequence, 0.4)
    assert ids(read(client, f"rounds/{now}/ratings")) == [mine["id"]]
    assert client.get(f"/v1/rounds/{now}/ratings/{other['id']}").status_code == 404
    assert read(client, f"rounds/{now}")["answered"] == 2


def test_the_log_has_who_answered_when_and_no_hash_that_can_be_guessed(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    now = opened(people, bob, stakes)
    made = [say(people, ann, now, stakes[0], 0.4) for _ in "ab"]
    found = people.read("audit", people.admin, action="answered", sort="id")["items"]
    assert [(e["principal"], e["kind"], e["record"], e["status"]) for e in found] == [
        ("ann", "sealed_ratings", one["id"], 201) for one in made
    ]
    assert found[0]["path"] == f"/v1/rounds/{now}/ratings"
    hashes = {entry["after"] for entry in found}
    assert len(hashes) == 2
    assert not hashes & {audit.digest(one) for one in made}
    revealed(people, bob, now)
    steps = people.read("audit", people.admin, record=now, sort="id")["items"]
    assert [entry["action"] for entry in steps] == ["created", "closed", "revealed"]
    assert people.read("audit/verify", people.admin)["intact"]


# --- Who may ------------------------------------------------------------------------------------


def test_who_opens_closes_and_reveals_are_editors_and_who_rates_answers(
    client: TestClient, people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    eve = people.join("eve", "reader")
    robot = people.join("robot", machine=True)
    rater = people.join("rater", machine=True, allowed=["rate"])
    now = opened(people, bob, stakes)
    body = {"title": "Mine", "consequences": [stakes[0]["id"]]}
    sent = {**ann, "If-Match": "*"}
    for path in (f"alliances/{stakes[0]['alliance']}/rounds", f"rounds/{now}/close",
                 f"rounds/{now}/reveal"):  # fmt: skip
        assert client.post(f"/v1/{path}", json=body, headers=ann).status_code == 403
    assert client.patch(f"/v1/rounds/{now}", json={"title": "X"}, headers=sent).status_code == 403
    assert client.delete(f"/v1/rounds/{now}", headers=sent).status_code == 403
    said = {"consequence": stakes[0]["id"], "probability": 0.4}
    for who, status in ((eve, 403), (robot, 403), (rater, 201), (ann, 201)):
        found = client.post(f"/v1/rounds/{now}/ratings", json=said, headers=who)
        assert found.status_code == status, found.text
    another = {**said, "assessor": "rater"}
    revealed(people, bob, now)
    again = opened(people, bob, stakes)
    found = client.post(f"/v1/rounds/{again}/ratings", json=another, headers=ann)
    assert found.status_code == 403
    assert people.post(f"rounds/{again}/ratings", another, bob)["assessor"] == "rater"
    assert len(people.read(f"rounds/{again}/ratings", rater)["items"]) == 1


def test_a_machine_that_reveals_makes_no_machine_of_who_answered(
    people: People, bob: Headers, ann: Headers, stakes: list[Body]
) -> None:
    robot = people.join("robot", "editor", machine=True)
    rater = people.join("rater", machine=True, allowed=["rate"])
    now = opened(people, bob, stakes)
    said = say(people, ann, now, stakes[0], 0.4)
    other = say(people, rater, now, stakes[0], 0.6)
    assert (said["machine"], other["machine"]) == (False, True)
    revealed(people, robot, now)
    for one, who, machine in ((said, "ann", False), (other, "rater", True)):
        rating = people.read(f"ratings/{one['id']}", bob)
        assert (rating["machine"], rating["created_by"]) == (machine, who)
        assert people.read(f"assessors/{who}", bob)["machine"] is machine
    told = people.read("changes", bob, type="created", kind="ratings", limit=200)["items"]
    assert {event["by"] for event in told[-2:]} == {"robot"}


# --- Redacted -----------------------------------------------------------------------------------


def test_nothing_said_before_is_left_of_a_rating_that_is_redacted(
    client: TestClient, database: Database
) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    now = open_round(client, alliance, [consequence])["id"]
    path = f"/v1/rounds/{now}/ratings"
    for key in ("one", "two"):
        body = {"consequence": consequence, "probability": 0.3, "rationale": f"{WORD} {key}."}
        assert client.post(path, json=body, headers={"Idempotency-Key": key}).status_code == 201
    (mine, _) = read(client, f"rounds/{now}/ratings")["items"]
    reveal(client, now)
    make(client, f"ratings/{mine['id']}/redact", {"reason": "By order."})
    assert WORD not in repr(contents(database))
    assert read(client, f"rounds/{now}/ratings")["items"] == []
    assert client.post(path, json=body, headers={"Idempotency-Key": "two"}).status_code == 410
    assert read(client, f"rounds/{now}/results")["items"][0]["pool"]["n"] == 0


def test_nothing_sealed_is_left_of_a_round_that_is_redacted(
    client: TestClient, database: Database
) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    now = open_round(client, alliance, [consequence], title=WORD, note=WORD)["id"]
    body = {"consequence": consequence, "probability": 0.3, "rationale": f"{WORD}."}
    for _ in "ab":
        make(client, f"rounds/{now}/ratings", body)
    make(client, f"rounds/{now}/redact", {"reason": "By order."})
    assert WORD not in repr(contents(database))
    assert client.get(f"/v1/rounds/{now}/ratings").status_code == 410
