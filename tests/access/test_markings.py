"""Markings: what is seen by whom, and that nothing is marked below what it tells of."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.access.people import READERS, Headers, People
from tests.helpers import Body, ids


def actor(people: People, who: Headers, slug: str, **said: Any) -> Body:
    return people.post("actors", {"slug": slug, "name": slug, "kind": "state", **said}, who)


def refusal(client: TestClient, who: Headers, path: str, body: Body) -> str:
    answer = client.post(f"/v1/{path}", json=body, headers=who)
    assert answer.status_code == 422, answer.text
    pointer: str = answer.json()["errors"][0]["pointer"]
    return pointer


SEEN = {
    ("CLEAR", ()): {"clear", "green", "amber", "desk", "strict", "red", "named"},
    ("GREEN", ()): {"green", "amber", "desk", "strict", "red", "named"},
    ("AMBER", ()): {"amber", "desk", "strict", "red", "named"},
    ("AMBER", ("desk",)): {"desk", "strict", "red"},
    ("AMBER+STRICT", ()): {"strict", "red", "named"},
    ("AMBER+STRICT", ("desk",)): {"strict", "red"},
    ("RED", ("named",)): {"named"},
    ("RED", ()): set(),
}


def test_a_marking_is_seen_by_those_it_is_for(people: People, writer: Headers) -> None:
    readers = {name: people.join(name, "reader", **said) for name, said in READERS.items()}
    for number, ((tlp, audience), seeing) in enumerate(SEEN.items()):
        made = actor(people, writer, f"a{number}", tlp=tlp, audience=list(audience))
        path = f"actors/{made['id']}"
        found = {name for name, who in readers.items() if people.status(path, who) == 200}
        listed = {
            name for name, who in readers.items() if made["id"] in ids(people.read("actors", who))
        }
        assert (found, listed) == (seeing, seeing), (tlp, audience)
        assert people.status(path, writer) == 200


def test_red_names_who_wrote_it(people: People, writer: Headers) -> None:
    made = actor(people, writer, "a", tlp="RED")
    assert made["audience"] == ["writer"]


@pytest.mark.parametrize("tlp", ["CLEAR", "GREEN"])
def test_what_everyone_cleared_may_see_names_no_audience(
    client: TestClient, people: People, tlp: str
) -> None:
    body = {"slug": "a", "name": "A", "kind": "state", "tlp": tlp, "audience": ["desk"]}
    assert refusal(client, people.admin, "actors", body) == "/audience"


def test_nobody_writes_what_they_could_not_see(client: TestClient, people: People) -> None:
    low = people.join("low", "editor", clearance="GREEN", groups=["desk"])
    high = people.join("high", "editor", clearance="AMBER", groups=["desk"])
    body = {"slug": "a", "name": "A", "kind": "state"}
    assert refusal(client, low, "actors", {**body, "tlp": "AMBER"}) == "/tlp"
    other = {**body, "tlp": "AMBER", "audience": ["board"]}
    assert refusal(client, high, "actors", other) == "/audience"


def test_a_record_is_marked_as_what_it_names_unless_it_is_said(
    client: TestClient, people: People, writer: Headers
) -> None:
    secret = actor(people, writer, "secret", tlp="AMBER", audience=["desk"])
    claim = {"statement": "It is so.", "modality": "asserted", "about": [secret["id"]]}
    made = people.post("claims", claim, writer)
    assert (made["tlp"], made["audience"]) == ("AMBER", ["desk"])
    assert refusal(client, writer, "claims", {**claim, "tlp": "GREEN"}) == "/tlp"
    wider = {**claim, "tlp": "AMBER", "audience": ["board", "desk"]}
    assert refusal(client, writer, "claims", wider) == "/tlp"
    lowered = {**claim, "tlp": "GREEN", "downgrade": "Cleared for the press."}
    assert people.post("claims", lowered, writer)["tlp"] == "GREEN"
    stale = {**writer, "If-Match": "*"}
    answer = client.patch(
        f"/v1/claims/{made['id']}", json={"tlp": "CLEAR", "audience": []}, headers=stale
    )
    assert answer.json()["errors"][0]["pointer"] == "/tlp"


def test_a_record_between_audiences_says_for_whom_it_is(
    client: TestClient, people: People, writer: Headers
) -> None:
    claims = [
        people.post(
            "claims",
            {"statement": "It is.", "modality": "asserted", "tlp": "AMBER", "audience": [group]},
            writer,
        )["id"]
        for group in ("desk", "board")
    ]
    alliance = people.post("alliances", {"slug": "two", "name": "Two"}, writer)["id"]
    body = {"title": "Two", "kind": "direct"} | {
        side: [claim] for side, claim in zip(("side_a", "side_b"), claims, strict=True)
    }
    assert refusal(client, writer, f"alliances/{alliance}/contradictions", body) == "/tlp"


def test_why_a_record_is_lowered_is_told_to_who_reads_the_audit_log(
    client: TestClient, people: People, writer: Headers
) -> None:
    low = people.join("low", "editor")
    narrow = people.key("chief", scopes=["read", "write"])
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact", "tlp": "RED"}, writer)
    said = {"title": "War", "category": "military", "tlp": "CLEAR", "downgrade": "Mole agreed."}
    key = people.post(f"alliances/{alliance['id']}/consequences", said, writer)["id"]
    path = f"consequences/{key}"
    people.patch(path, low, title="A war")
    people.patch(path, writer, downgrade="Mole has gone.")
    paths = [
        path,
        f"{path}/versions",
        "consequences",
        "consequences?format=csv",
        f"{path}?fields=downgrade",
        "consequences?format=ndjson",
        "ratings?include=consequence",
    ]
    people.post(f"{path}/ratings", {"probability": 0.3}, low)
    for who in (low, writer, narrow):
        told = "".join(client.get(f"/v1/{one}", headers=who).text for one in paths)
        assert "A war" in told
        assert "Mole" not in told
    note = {"body": "Why?", "motivation": "questioning"}
    target = {"type": "consequences", "id": key, "pointer": "/downgrade"}
    assert refusal(client, low, "annotations", {**note, "target": target}) == "/target/pointer"
    assert people.read(path, people.admin)["downgrade"] == "Mole has gone."
    (change,) = people.read(f"{path}/versions", people.admin)["items"][0]["changes"]
    assert change == {
        "pointer": "/downgrade", "before": "Mole agreed.", "after": "Mole has gone.",
    }  # fmt: skip


def test_what_an_assessor_says_is_marked_no_lower_than_who_says_it(
    client: TestClient, people: People, writer: Headers
) -> None:
    low = people.join("low", "reader")
    mole = {"slug": "mole", "name": "A mole", "tlp": "AMBER"}
    people.post("assessors", mole, writer)
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, writer)["id"]
    war = {"title": "War", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", war, writer)["id"]
    said = {"statement": "So.", "modality": "asserted", "alliance": alliance}
    claim = people.post("claims", said, writer)["id"]
    asked = {
        "title": "Who?", "items": [{"claim": claim}],
        "hypotheses": [{"key": "H1", "text": "He"}, {"key": "H2", "text": "She"}],
    }  # fmt: skip
    question = people.post(f"alliances/{alliance}/questions", asked, writer)["id"]
    cells = [{"claim": claim, "cells": {"H1": "C"}}]
    for path, body in (
        (f"consequences/{key}/ratings", {"probability": 0.3}),
        (f"questions/{question}/evaluations", {"items": cells}),
    ):
        by = {**body, "assessor": "mole"}
        assert people.post(path, by, writer)["tlp"] == "AMBER"
        assert refusal(client, writer, path, {**by, "tlp": "CLEAR"}) == "/tlp"
        assert people.read(path, low)["items"] == []
        lowered = {**by, "tlp": "CLEAR", "downgrade": "He has gone."}
        made = people.post(path, lowered, writer)
        assert [item["id"] for item in people.read(path, low)["items"]] == [made["id"]]


def test_the_record_by_which_one_rates_follows_what_one_says_until_it_says_more(
    client: TestClient, people: People
) -> None:
    ann, low = people.join("ann", clearance="AMBER"), people.join("low", "reader")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, ann)["id"]
    war = {"title": "War", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", war, ann)["id"]
    path = f"consequences/{key}/ratings"
    people.post(path, {"probability": 0.3, "tlp": "AMBER"}, ann)
    assert people.status("assessors/ann", low) == 404
    for said in ({}, {"assessor": "ann"}):
        assert people.post(path, {"probability": 0.4, **said}, ann)["tlp"] == "CLEAR"
        assert people.read(path, low)["items"][0]["assessor"] == "ann"
    people.patch("assessors/ann", ann, description="At the embassy.", tlp="AMBER")
    for said in ({}, {"assessor": "ann"}):
        assert people.post(path, {"probability": 0.5, **said}, ann)["tlp"] == "AMBER"
        assert refusal(client, ann, path, {"probability": 0.5, "tlp": "CLEAR", **said}) == "/tlp"
    assert people.status("assessors/ann", low) == 404


def test_what_is_hidden_now_is_at_no_moment_told_from_what_never_was(
    client: TestClient, people: People, writer: Headers
) -> None:
    low = people.join("low", "reader")
    never = "01890000-0000-7000-8000-000000000000"
    hidden = actor(people, writer, "hidden", tlp="RED")
    raised = actor(people, writer, "raised")
    people.patch("actors/raised", writer, tlp="RED")

    def told(key: str, clocks: str) -> str:
        answer = client.get(f"/v1/actors/{key}?{clocks}", headers=low)
        assert answer.status_code == 404
        return answer.text.replace(key, "").replace(answer.json()["request_id"], "")

    for clocks in ("", "as_of=2023-01-01", "known_at=2023-01-01", "known_at=2200-01-01"):
        for made in (hidden, raised):
            assert told(made["id"], clocks) == told(never, clocks)
            assert told(made["slug"], clocks) == told("never", clocks)


def test_a_note_is_marked_as_what_it_is_about(
    client: TestClient, people: People, writer: Headers
) -> None:
    secret = actor(people, writer, "secret", tlp="RED")
    note = {"body": "Look.", "motivation": "commenting"}
    target = {"type": "actors", "id": secret["id"]}
    made = people.post("annotations", {**note, "target": target}, writer)
    assert made["tlp"] == "RED"
    reply = people.post("annotations", {**note, "reply_to": made["id"]}, writer)
    assert reply["tlp"] == "RED"
    stale = {**writer, "If-Match": "*"}
    answer = client.patch(f"/v1/annotations/{made['id']}", json={"tlp": "CLEAR"}, headers=stale)
    assert answer.status_code == 422


def test_what_is_hidden_takes_no_label_from_anybody(people: People, writer: Headers) -> None:
    low = people.join("low", "editor")
    actor(people, writer, "same", tlp="RED")
    mine = actor(people, low, "same")
    assert people.read("actors/same", low)["id"] == mine["id"]
    assert people.read("me", low)["clearance"] == "CLEAR"


def test_what_is_hidden_is_not_there_in_any_reference(
    client: TestClient, people: People, writer: Headers
) -> None:
    low = people.join("low", "editor")
    secret = actor(people, writer, "secret", tlp="RED")
    claim = {"statement": "It is so.", "modality": "asserted"}
    unheard = "0" * 8 + "-0000-7000-8000-" + "0" * 12
    said: list[Any] = []
    for key in (secret["id"], unheard):
        answer = client.post("/v1/claims", json={**claim, "about": [key]}, headers=low)
        said.append((answer.status_code, answer.json()["errors"][0]["detail"].replace(key, "KEY")))
    assert said[0] == said[1]
    assert said[0][0] == 422


def test_the_past_of_what_was_raised_goes_with_it(people: People, writer: Headers) -> None:
    low = people.join("low", "reader")
    made = actor(people, writer, "a")
    then = people.read("actors/a", low)["recorded_at"]
    people.patch(f"actors/{made['id']}", writer, name="B")
    assert people.status("actors/a", low, known_at=then) == 200
    people.patch(f"actors/{made['id']}", writer, tlp="RED")
    for path in ("actors/a", f"actors/{made['id']}", f"actors/{made['id']}/versions"):
        assert people.status(path, low) == 404, path
        if not path.endswith("versions"):
            assert people.status(path, low, known_at=then) == 404, path
    assert len(people.read(f"actors/{made['id']}/versions", writer)["items"]) == 3
    assert people.read("actors", low, known_at=then)["items"] == []


def test_the_past_of_what_was_lowered_stays_as_it_was(people: People, writer: Headers) -> None:
    low = people.join("low", "reader")
    made = actor(people, writer, "a", tlp="RED")
    then = made["recorded_at"]
    people.patch("actors/a", writer, tlp="CLEAR", audience=[])
    assert people.status("actors/a", low) == 200
    assert people.status("actors/a", low, known_at=then) == 404
    (shown,) = people.read("actors/a/versions", low)["items"]
    assert shown["version"] == 2
    assert len(people.read("actors/a/versions", writer)["items"]) == 2


def test_what_stands_under_a_raised_record_goes_up_with_it(people: People, writer: Headers) -> None:
    low = people.join("low", "reader")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, writer)["id"]
    body = {"title": "It happens", "category": "military"}
    key = people.post(f"alliances/{alliance}/consequences", body, writer)["id"]
    rating = people.post(f"consequences/{key}/ratings", {"probability": 0.3}, writer)["id"]
    note = {
        "body": "Look.",
        "motivation": "commenting",
        "target": {"type": "ratings", "id": rating},
    }
    noted = people.post("annotations", note, writer)["id"]
    paths = [f"consequences/{key}", f"ratings/{rating}", f"annotations/{noted}"]
    assert [people.status(path, low) for path in paths] == [200, 200, 200]
    people.patch(f"consequences/{key}", writer, tlp="AMBER")
    assert [people.status(path, low) for path in paths] == [404, 404, 404]
    assert [people.status(path, writer) for path in paths] == [200, 200, 200]
    assert people.read(f"consequences/{key}/judgement", writer)["n"] == 1


def test_an_answer_is_not_given_again_to_who_may_not_see_it_any_more(
    client: TestClient, people: People
) -> None:
    ann = people.join("ann", "editor", clearance="AMBER")
    once = {**ann, "Idempotency-Key": "a"}
    body = {"slug": "a", "name": "A", "kind": "state", "tlp": "AMBER"}
    assert client.post("/v1/actors", json=body, headers=once).status_code == 201
    assert client.post("/v1/actors", json=body, headers=once).status_code == 201
    people.patch("principals/ann", clearance="CLEAR")
    assert client.post("/v1/actors", json=body, headers=once).status_code == 404


def test_the_text_of_a_source_is_not_read_out_of_another(people: People, writer: Headers) -> None:
    low = people.join("low", "editor")
    text = "What only few may read."
    held = people.post("sources", {"slug": "s", "title": "S", "text": text, "tlp": "RED"}, writer)
    body = {"slug": "t", "title": "T", "text_sha256": held["text_sha256"]}
    people.post("sources", {**body, "text_length": len(text)}, low)
    assert people.status("sources/t/text", low) == 404
    assert people.status("sources/s/text", writer) == 200


def test_of_two_records_with_one_slug_who_sees_both_reads_the_older(
    people: People, writer: Headers
) -> None:
    said = {"slug": "twice", "name": "Twice", "kind": "state"}
    hidden = people.post("actors", {**said, "tlp": "RED", "audience": ["chief"]})
    shown = people.post("actors", said, writer)
    assert people.read("actors/twice", people.admin)["id"] == hidden["id"]
    assert people.read("actors/twice", writer)["id"] == shown["id"]


def test_nobody_makes_the_record_by_which_another_will_rate(people: People) -> None:
    vic, eve = people.join("vic"), people.join("eve")
    bot = {"slug": "vic", "name": "A bot", "machine": True, "agent": "a", "model": "m"}
    answer = people.client.post("/v1/assessors", json=bot, headers=eve)
    assert answer.status_code == 403, answer.text
    own = people.post("assessors", {"slug": "vic", "name": "Vic"}, vic)
    assert own["machine"] is False
