"""Non-interference: what a reader may not see changes no byte of anything they are told.

Two people write random data: one in sight of a reader, one above. The reader asks everything there
is to ask; then things above them are added, changed, withdrawn, merged and deleted at random; then
they ask everything again. No answer may differ, nor the tag or the length of one.
"""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

from starlette.testclient import TestClient

from tests.access.people import Headers, People
from tests.access.told import WORDS, asked, dealt_out, questions, told
from tests.helpers import ids

GROUPS = ["desk"]
NEEDS = {
    "claims": ("actors", "sources"),
    "evidence": ("claims", "consequences"),
    "indicators": ("consequences",),
    "readings": ("indicators", "claims"),
    "ratings": ("consequences",),
    "outcomes": ("consequences",),
    "annotations": ("claims", "actors", "consequences"),
    "factors": ("consequences",),
    "questions": ("claims", "consequences"),
    "evaluations": ("questions", "claims"),
    "rounds": ("consequences",),
    "answers": ("rounds",),
}
"""What there must be before there is one of a kind."""
LOW: dict[str, Any] = {"clearance": "AMBER", "groups": ["other"]}
HIGH: dict[str, Any] = {"clearance": "RED", "groups": [*GROUPS, "other"]}
ABOVE = (
    {"tlp": "AMBER", "audience": GROUPS},
    {"tlp": "AMBER+STRICT"},
    {"tlp": "AMBER+STRICT", "audience": GROUPS},
    {"tlp": "RED"},
)
IN_SIGHT = (
    {"tlp": "CLEAR"},
    {"tlp": "GREEN"},
    {"tlp": "AMBER"},
    {"tlp": "AMBER", "audience": ["other"]},
)
NAMED = ("alliances", "claims", "consequences", "questions", "rounds", "revealed")
"""What questions, evaluations and answers name."""


class World:
    """Random data, made by somebody under some markings; remembers what is there."""

    def __init__(self, people: People, random: Random) -> None:
        self.people, self.random = people, random
        self.made: dict[str, list[str]] = {}
        self.number = 0

    def choose(self, kind: str, known: dict[str, list[str]]) -> str:
        return self.random.choice(known[kind])

    def label(self) -> str:
        self.number += 1
        return f"{self.random.choice(WORDS)}-{self.random.randrange(10**9)}"

    def add(
        self, who: Headers, marking: dict[str, Any], known: dict[str, list[str]], kind: str
    ) -> None:
        """Try one more record of a kind, resting on what is known; rules may well be against it."""
        if any(not known.get(below) for below in NEEDS.get(kind, ())):
            return
        make: Callable[..., tuple[str, dict[str, Any]]] = getattr(self, f"_{kind}")
        path, body = make(known)
        answer = self.people.client.post(f"/v1/{path}", json={**body, **marking}, headers=who)
        assert answer.status_code in {201, 404, 409, 422}, answer.text
        if answer.status_code == 201:
            self.made.setdefault(kind, []).append(answer.json()["id"])

    def day(self) -> str:
        return f"2024-0{self.random.randint(1, 9)}-{self.random.randint(10, 28)}T00:00:00Z"

    def _actors(self, _known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        return "actors", {"slug": self.label(), "name": self.label(), "kind": "state"}

    def _sources(self, _known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        text = f"The {self.random.choice(WORDS)} by the {self.random.choice(WORDS)}."
        return "sources", {
            "slug": self.label(),
            "title": self.label(),
            "text": text,
            "reliability": "B",
        }

    def _claims(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "statement": f"The {self.random.choice(WORDS)} is open.",
            "modality": self.random.choice(["asserted", "denied"]),
            "about": [self.choose("actors", known)],
            "carriers": [{"source": self.choose("sources", known)}],
            "alliance": known["alliances"][0],
            "effective_at": self.day(),
        }
        if known.get("claims"):
            kind = self.random.choice(["denies", "contradicts", "retracts", "supports"])
            body["relations"] = [{"kind": kind, "claim": self.choose("claims", known)}]
        return "claims", body

    def _consequences(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {"title": f"The {self.label()} falls", "category": "military"}
        if known.get("consequences"):
            causes = {self.choose("consequences", known) for _ in "ab"}
            body["caused_by"] = [{"consequence": cause, "strength": 0.4} for cause in causes]
            body["part_of"] = self.choose("consequences", known)
        return f"alliances/{known['alliances'][0]}/consequences", body

    def _evidence(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body = {"claim": self.choose("claims", known), "bears_on": "outcome"}
        path = f"consequences/{self.choose('consequences', known)}/evidence"
        return path, {**body, "bearing": self.random.choice(["supports", "contradicts"])}

    def _indicators(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body = {
            "statement": f"A {self.random.choice(WORDS)} by night",
            "direction": self.random.choice(["up", "down"]),
            "threshold": f"More than one {self.random.choice(WORDS)}.",
        }
        return f"consequences/{self.choose('consequences', known)}/indicators", body

    def _readings(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body = {
            "status": "observed",
            "crosses": self.random.random() < 0.5,
            "claims": [self.choose("claims", known)],
            "note": f"The {self.random.choice(WORDS)} was there.",
            "effective_at": self.day(),
        }
        return f"indicators/{self.choose('indicators', known)}/readings", body

    def _factors(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        """A key assumption, mostly broken; ratings name some of them."""
        body: dict[str, Any] = {
            "title": f"No {self.label()}",
            "kind": "key_assumption",
            "effect": self.random.choice(["lowers", "neutral"]),
            "description": "Likely, and probable.",
            "bears_on": [{"type": "consequence", "id": self.choose("consequences", known)}],
        }
        if self.random.random() < 0.7:
            body["statuses"] = [{"status": "broken", "since": self.day(), "note": "There was."}]
        return f"alliances/{known['alliances'][0]}/factors", body

    def _ratings(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body = {
            "probability": self.random.randint(5, 95) / 100,
            "impact": self.random.randint(1, 5),
            "confidence": self.random.choice(["low", "moderate", "high"]),
            "rationale": f"Because of the {self.random.choice(WORDS)}.",
            "effective_at": self.day(),
        }
        if known.get("factors") and self.random.random() < 0.7:
            body["assumptions"] = [self.choose("factors", known)]
        return f"consequences/{self.choose('consequences', known)}/ratings", body

    def _outcomes(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        status = self.random.choice(["open", "partly_occurred", *2 * ["occurred", "did_not_occur"]])
        path = f"consequences/{self.choose('consequences', known)}/outcomes"
        return path, {"status": status, "since": self.day()}

    def _assessments(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        body = {"title": f"About the {self.label()}", "as_of": self.day()}
        return f"alliances/{known['alliances'][0]}/assessments", body

    def _annotations(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        kind = self.random.choice(["claims", "actors", "consequences"])
        target = {"type": kind, "id": self.choose(kind, known)}
        body = f"Look at the {self.random.choice(WORDS)}."
        return "annotations", {"body": body, "motivation": "commenting", "target": target}

    def _questions(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        claims = sorted({self.choose("claims", known) for _ in range(3)})
        body = {
            "title": f"Where is the {self.random.choice(WORDS)}?",
            "hypotheses": [
                {"key": "H1", "text": f"By the {self.random.choice(WORDS)}"},
                {"key": "H2", "consequence": self.choose("consequences", known)},
                {"key": "H3", "text": "Nowhere"},
            ],
            "items": [{"claim": claim, "relevance": "high"} for claim in claims],
        }
        return f"alliances/{known['alliances'][0]}/questions", body

    def _evaluations(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        question = self.choose("questions", known)
        items = self.people.client.get(
            f"/v1/questions/{question}", headers=self.people.admin
        ).json().get("items", [])  # fmt: skip
        cells = {key: self.random.choice(["CC", "C", "I", "II"]) for key in ("H1", "H3")}
        body = {
            "items": [{"claim": item["claim"], "cells": cells} for item in items[:2]],
            "effective_at": self.day(),
        }
        return f"questions/{question}/evaluations", body

    def _rounds(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        asked = known["consequences"][:1]  # which all may see
        if self.random.random() < 0.5:
            asked = sorted({*asked, self.choose("consequences", known)})
        body: dict[str, Any] = {"title": f"By the {self.label()}", "consequences": asked}
        if known.get("revealed"):
            body["after"] = self.choose("revealed", known)
        return f"alliances/{known['alliances'][0]}/rounds", body

    def _answers(self, known: dict[str, list[str]]) -> tuple[str, dict[str, Any]]:
        """A sealed answer to a round, if there is one that isn't revealed."""
        sealed = [key for key in known["rounds"] if key not in known.get("revealed", ())]
        found = self.random.choice(sealed or known["rounds"])
        asked = self.people.client.get(
            f"/v1/rounds/{found}", headers=self.people.admin
        ).json().get("consequences", [self.choose("consequences", known)])  # fmt: skip
        body = {
            "consequence": self.random.choice(asked),
            "probability": self.random.randint(5, 95) / 100,
            "rationale": f"Because of the {self.random.choice(WORDS)}.",
        }
        return f"rounds/{found}/ratings", body

    def answer(self, who: Headers, known: dict[str, list[str]]) -> None:
        """Answer rounds in sight from above it."""
        for marking in ABOVE:
            self.add(who, marking, known, "answers")

    def reveal(self, who: Headers) -> None:
        """Reveal every round there is; the next ones follow one of them."""
        for key in self.made.get("rounds", ()):
            for step in ("close", "reveal"):
                self.people.client.post(f"/v1/rounds/{key}/{step}", json={}, headers=who)
        self.made["revealed"] = list(self.made.get("rounds", ()))


KINDS = (
    "actors", "sources", "claims", "consequences", "factors", "indicators", "readings", "ratings",
    "outcomes", "assessments", "annotations", "questions",
)  # fmt: skip


def stir(people: People, who: Headers, hidden: World, known: dict[str, list[str]]) -> None:
    """Add at random, then change, withdraw, merge and delete of it at random."""
    client, random = people.client, hidden.random
    for _ in range(40):
        kind = random.choice((*KINDS, "ratings", "evidence", "claims", "evaluations"))
        every = {k: [*known.get(k, ()), *hidden.made.get(k, ())] for k in (*known, *hidden.made)}
        hidden.add(who, random.choice(ABOVE), every, kind)
    for kind in ("questions", "evaluations", "rounds", "answers"):
        for marking in (*ABOVE, *ABOVE):
            every = {k: [*known.get(k, ()), *hidden.made.get(k, ())] for k in NAMED}
            hidden.add(who, marking, every, kind)
    hidden.answer(who, known)
    hidden.reveal(who)
    stale = {**who, "If-Match": "*"}
    for kind in (*KINDS, "rounds"):
        for key in hidden.made.get(kind, []):
            act = random.randrange(4)
            if kind == "ratings":
                reason = {"reason": "Wrong."}
                client.post(f"/v1/ratings/{key}/withdraw", json=reason, headers=who)
            elif act == 0:
                client.patch(f"/v1/{kind}/{key}", json={"tlp": "RED"}, headers=stale)
            elif act == 1:
                client.delete(f"/v1/{kind}/{key}", headers=stale)
    actors = hidden.made.get("actors", [])
    for one, into in pairwise(actors):
        client.post(f"/v1/actors/{one}/merge", json={"into": into}, headers=who)


def shows_what_is_rare(answers: dict[str, Any]) -> bool:
    """Whether something has been scored, and a round pooled."""
    shown = [(path, body) for path, (_, _, body) in answers.items()]
    return all(
        any(of in path and words in body for path, body in shown)
        for of, words in (("/scores", '"outcome":'), ("/results", '"pool":'))
    )


def test_what_is_above_a_reader_changes_no_byte_they_are_told(
    client: TestClient, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - it makes test data
    people = People(client)
    low = people.join("low", "editor", **LOW)
    other = people.join("other", "editor", **LOW)
    high = people.join("high", "editor", **HIGH)
    sight = World(people, random)
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, other)["id"]
    sight.made["alliances"] = [alliance]
    for marking in (*IN_SIGHT, *IN_SIGHT):
        for kind in (*KINDS, "evidence", "evaluations"):
            sight.add(random.choice([other, low]), marking, sight.made, kind)
    # Some rounds are revealed, and others aren't: people above answer those.
    for done in (True, False):
        for marking in IN_SIGHT:
            for kind in ("rounds", "answers", "answers"):
                sight.add(random.choice([other, low]), marking, sight.made, kind)
        if done:
            sight.reveal(other)
    sight.made["rounds"].insert(-1, sight.made["revealed"][0])
    sight.made["assessors"] = ids(people.read("assessors", low))
    assert sight.made["evaluations"]
    after = people.read(f"alliances/{alliance}", low)["recorded_at"]
    every = questions(client, sight.made, after)
    rare = [path for path in every if "/scores" in path or "/results" in path]
    paths = list(dict.fromkeys([*dealt_out(every, seed), *rare]))
    before = told(client, low, paths)
    supposed = asked(client, low, sight.made)
    assert sum(status == 200 for status, _ in supposed.values()) > len(supposed) / 3
    assert sum(status == 200 for status, _, _ in before.values()) > len(before) / 2
    assert seed % 2 or shows_what_is_rare(before)

    hidden = World(people, random)
    stir(people, high, hidden, sight.made)
    assert len(hidden.made) > 4
    assert {"questions", "evaluations", "rounds", "answers"} <= hidden.made.keys()
    now = told(client, low, paths)
    for path, answer in before.items():
        assert now[path] == answer, path
    assert asked(client, low, sight.made) == supposed
    unheard = "00000000-0000-7000-8000-000000000000"
    for kind in (
        "actors",
        "sources",
        "claims",
        "consequences",
        "assessments",
        "annotations",
        "questions",
        "rounds",
    ):
        for key in hidden.made.get(kind, []):
            (mine,) = told(client, low, [f"/v1/{kind}/{key}"]).values()
            (none,) = told(client, low, [f"/v1/{kind}/{unheard}"]).values()
            assert (mine[0], mine[2].replace(key, unheard)) == (none[0], none[2])
