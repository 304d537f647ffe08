"""The two clocks as properties: no write, whatever it is, changes what had been answered before."""

import json
import random
from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    delete,
    make,
    make_actor,
    make_alliance,
    make_assessor,
    make_claim,
    make_consequence,
    make_source,
    patch,
    read,
)

MOMENT = "2024-01-01T00:00:00Z"
"""The instant of the world that is asked about: without one, the present itself would move."""
STEPS = 40
WORDS = ["ship", "train", "shell", "satellite", "treaty"]


def day(number: int) -> str:
    return f"2023-{1 + number % 12:02}-{1 + number % 28:02}T00:00:00Z"


class World:
    """A store in which things happen at random, and what is asked of it."""

    def __init__(self, client: TestClient, seed: int) -> None:
        self.client = client
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, nothing to guess
        self.actors = [make_actor(client)["id"] for _ in range(3)]
        self.alliance = make_alliance(client)["id"]
        self.sources = [make_source(client)["id"]]
        self.claims = [make_claim(client, alliance=self.alliance)["id"]]
        self.consequences = [make_consequence(client, self.alliance)["id"] for _ in range(2)]
        self.assessors = [make_assessor(client)["slug"] for _ in range(3)]
        self.ratings: list[str] = []
        self.deeds: list[Callable[[], Any]] = [
            self.rate, self.rate, self.rate, self.withdraw, self.outcome, self.cause, self.claim,
            self.claim, self.change_claim, self.drop_claim, self.link, self.change_alliance,
            self.change_consequence, self.source, self.change_source, self.assessor,
        ]  # fmt: skip

    def text(self) -> str:
        """Three words."""
        return " ".join(self.chance.choice(WORDS) for _ in range(3))

    def rate(self) -> None:
        """Somebody rates."""
        body: Body = {
            "assessor": self.chance.choice(self.assessors),
            "probability": self.chance.choice([0.05, 0.3, 0.5, 0.9]),
            "impact": self.chance.choice([None, 2, 5]),
            "confidence": self.chance.choice([None, "low", "high"]),
            "effective_at": day(self.chance.randrange(330)),
            "rationale": self.text(),
        }
        path = f"consequences/{self.chance.choice(self.consequences)}/ratings"
        self.ratings.append(make(self.client, path, body)["id"])

    def withdraw(self) -> None:
        """A rating is taken back, if one holds."""
        if self.ratings:
            path = f"/v1/ratings/{self.chance.choice(self.ratings)}/withdraw"
            self.client.post(path, json={"reason": "Wrong."})

    def outcome(self) -> None:
        """An outcome is found."""
        status = self.chance.choice(["open", "occurred", "annulled"])
        body = {"status": status, "since": day(self.chance.randrange(330)), "note": self.text()}
        make(self.client, f"consequences/{self.chance.choice(self.consequences)}/outcomes", body)

    def cause(self) -> None:
        """A cause is found."""
        status = self.chance.choice(["open", "confirmed", "refuted"])
        body = {"status": status, "since": day(self.chance.randrange(330))}
        make(self.client, f"consequences/{self.chance.choice(self.consequences)}/causes", body)

    def claim(self) -> None:
        """A claim is made, perhaps against another."""
        relations = [
            {"kind": self.chance.choice(["denies", "contradicts", "retracts", "supports"]),
             "claim": self.chance.choice(self.claims)}
        ] if self.claims and self.chance.random() < 0.6 else []  # fmt: skip
        made = make_claim(
            self.client, alliance=self.alliance, statement=self.text(),
            about=self.chance.sample(self.actors, 2), relations=relations,
            credibility=self.chance.randrange(1, 7), effective_at=day(self.chance.randrange(330)),
            carriers=[{"source": self.chance.choice(self.sources)}],
        )  # fmt: skip
        self.claims.append(made["id"])

    def change_claim(self) -> None:
        """A claim changes."""
        changes: list[Body] = [
            {"statement": self.text()}, {"about": []}, {"relations": []}, {"credibility": 1},
            {"about": [self.chance.choice(self.actors)]}, {"effective_at": day(5)},
        ]  # fmt: skip
        if self.claims:
            change = self.chance.choice(changes)
            patch(self.client, f"claims/{self.chance.choice(self.claims)}", **change)

    def drop_claim(self) -> None:
        """A claim is deleted."""
        if len(self.claims) > 3:
            claim = self.chance.choice(self.claims)
            self.claims.remove(claim)
            delete(self.client, f"claims/{claim}")

    def link(self) -> None:
        """Evidence is linked, or changed."""
        if not self.claims:
            return
        body = {"claim": self.chance.choice(self.claims), "bears_on": "outcome",
                "bearing": self.chance.choice(["supports", "contradicts"])}  # fmt: skip
        path = f"consequences/{self.chance.choice(self.consequences)}/evidence"
        page = read(self.client, path)["items"]
        if page and self.chance.random() < 0.5:
            link = self.chance.choice(page)["id"]
            patch(self.client, f"{path}/{link}", bearing=body["bearing"], note=self.text())
        else:
            self.client.post(f"/v1/{path}", json=body)

    def change_alliance(self) -> None:
        """Members and statuses change."""
        members = [
            {"actor": actor, "since": day(self.chance.randrange(330))}
            for actor in self.chance.sample(self.actors, 2)
        ]
        statuses = [
            {"status": "reported", "since": "2023-02-01"},
            {"status": self.chance.choice(["denied", "confirmed"]), "since": day(60)},
        ]
        patch(self.client, f"alliances/{self.alliance}", members=members, statuses=statuses)

    def change_consequence(self) -> None:
        """A consequence changes."""
        change = {"title": self.text(), "affected": [self.chance.choice(self.actors)]}
        patch(self.client, f"consequences/{self.chance.choice(self.consequences)}", **change)

    def source(self) -> None:
        """A source is added, perhaps a copy."""
        origin = self.chance.choice([None, *self.sources])
        made = make_source(self.client, title=self.text(), derived_from=origin)
        self.sources.append(made["id"])

    def change_source(self) -> None:
        """A source is graded anew."""
        grade = self.chance.choice("ABCF")
        patch(self.client, f"sources/{self.chance.choice(self.sources)}", reliability=grade)

    def assessor(self) -> None:
        """An assessor changes."""
        slug = self.chance.choice(self.assessors)
        patch(self.client, f"assessors/{slug}", description=self.text())

    def questions(self) -> list[tuple[str, Body]]:
        """Everything that is asked again later."""
        actor, one = self.actors[0], self.consequences[0]
        page: Body = {"limit": 200}
        return [
            ("claims", page),
            ("claims", {"about": actor, "sort": "-credibility", "total": "true"}),
            ("claims", {"q": "ship", "contested": "true"}),
            ("claims", {"retracted": "false", "reliability": ["A", "F"]}),
            ("claims", {"include": "about,sources"}),
            ("consequences", {"sort": "-risk", "include": "affected"}),
            ("consequences", {"sort": "-probability", "probability_min": 0.2, "n_min": 1}),
            ("consequences", {"outcome": ["open", "occurred"], "affected": actor, "q": "train"}),
            ("consequences", {"half_life_days": 30, "include_machine": "true", "sort": "n"}),
            (f"consequences/{one}", {}),
            (f"consequences/{one}/judgement", {"method": "linear"}),
            (f"consequences/{one}/history", {}),
            (f"consequences/{one}/evidence", {"include": "claim"}),
            (f"consequences/{one}/outcomes", {}),
            (f"consequences/{one}/causes", {}),
            (f"alliances/{self.alliance}", {}),
            (f"alliances/{self.alliance}/risk-matrix", {}),
            (f"alliances/{self.alliance}/lint", {}),
            (f"alliances/{self.alliance}/timeline", {"sort": "-effective_at", "total": "true"}),
            (f"alliances/{self.alliance}/contradictions", {"computed": "true"}),
            ("alliances", {"member": actor, "status": ["reported", "denied"]}),
            ("ratings", {"status": "in_force", "limit": 200}),
            ("ratings", {"q": "satellite", "sort": "-point"}),
            ("sources", {"sort": "reliability"}),
            (f"sources/{self.sources[0]}", {}),
        ]  # fmt: skip

    def answers(self, questions: list[tuple[str, Body]], **clocks: str) -> list[str]:
        """What is answered, as it is written."""
        found = [
            read(self.client, path, **params, as_of=MOMENT, **clocks) for path, params in questions
        ]
        return [json.dumps(answer, sort_keys=True) for answer in found]

    def recorded(self) -> str:
        """An instant at which all that was done is written, and nothing else."""
        return str(make(self.client, "actors", {
            "slug": f"clock-{self.chance.getrandbits(60)}", "name": "Clock", "kind": "source",
        })["recorded_at"])  # fmt: skip


def test_what_was_known_then_is_answered_as_it_was_then(client: TestClient, seed: int) -> None:
    """Half of the questions each time, the others the next time and on the other database."""
    world = World(client, 11 + seed)
    seen: list[tuple[str, list[tuple[str, Body]], list[str]]] = []
    for number in range(STEPS):
        world.chance.choice(world.deeds)()
        if number % 8 == 7:
            questions = world.questions()[(seed + len(seen)) % 2 :: 2]
            seen.append((world.recorded(), questions, world.answers(questions)))
    for _ in range(10):
        world.chance.choice(world.deeds)()
    for at, questions, then in seen:
        again = world.answers(questions, known_at=at)
        for question, before, after in zip(questions, then, again, strict=True):
            assert _plain(after) == _plain(before), (at, question)


def _plain(answer: str) -> Any:
    """An answer without what is made anew each time: the cursor is bound to the query."""
    found = json.loads(answer)
    if isinstance(found.get("next"), str):
        found["next"] = "a cursor"
    return found


def test_before_anything_was_recorded_there_is_nothing(client: TestClient) -> None:
    world = World(client, 1)
    for deed in world.deeds:
        deed()
    for path in ("claims", "consequences", "alliances", "ratings", "sources"):
        page = read(client, path, known_at="2020-01-01", total="true")
        assert page == {"items": [], "next": None, "total": 0}
    for path in (f"consequences/{world.consequences[0]}", f"alliances/{world.alliance}"):
        assert client.get(f"/v1/{path}", params={"known_at": "2020-01-01"}).status_code == 404


def test_the_clocks_are_two(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    consequence = make_consequence(client, alliance)["id"]
    before = make_actor(client)["recorded_at"]
    body = {"probability": 0.7, "effective_at": "2023-06-01"}
    after = make(client, f"consequences/{consequence}/ratings", body)["recorded_at"]

    def n(**clocks: str) -> int:
        return int(read(client, f"consequences/{consequence}", **clocks)["judgement"]["n"])

    assert n() == 1
    assert n(as_of="2023-06-01") == 1
    assert n(as_of="2023-05-31") == 0
    assert n(known_at=before) == 0
    assert n(known_at=before, as_of="2023-07-01") == 0
    assert n(known_at=after, as_of="2023-07-01") == 1
