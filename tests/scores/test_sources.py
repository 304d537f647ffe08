"""Of the claims of a source, which held: by outcomes, else retractions, else better claims."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.helpers import (
    Body,
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_outcome,
    make_source,
    read,
)  # fmt: skip
from tests.ratings.pools import day


class Scene:
    """A source of grade C, and others to speak of what it says."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.alliance = make_alliance(client)["id"]
        self.source = make_source(client, reliability="C")["id"]
        self.others = {
            grade: make_source(client, reliability=grade)["id"] for grade in ("A", "C", "D", "F")
        }
        self.copy = make_source(client, reliability="A", derived_from=self.source)["id"]

    def says(self, source: str, at: int, credibility: int = 3, **said: Any) -> Body:
        """A claim carried by a source."""
        return make_claim(
            self.client,
            alliance=self.alliance,
            carriers=[{"source": source}],
            effective_at=day(at),
            credibility=credibility,
            **said,
        )

    def answered(self, grade: str, credibility: int, how: str = "supports", at: int = 20) -> Body:
        """A claim of the source, and one of another grade that stands to it somehow."""
        claim = self.says(self.source, 10)
        other = self.copy if grade == "copy" else self.others[grade]
        relation = {"kind": how, "claim": claim["id"]}
        self.says(other, at, credibility, relations=[relation])
        return claim

    def resolved(self, status: str, *bearings: str, at: int = 20) -> Body:
        """A claim of the source that bears on the outcome of something."""
        claim = self.says(self.source, 10, 2)
        for number, bearing in enumerate(bearings):
            consequence = make_consequence(self.client, self.alliance)["id"]
            make_evidence(self.client, consequence, claim["id"], bearing=bearing)
            make_outcome(self.client, consequence, status=status, since=day(at + number))
        return claim

    def verdicts(self, **asked: Any) -> Body:
        """What came of each claim that is settled."""
        self.answer = read(self.client, f"sources/{self.source}/scores", **asked)
        return {row["claim"]: row["verdict"] for row in self.answer["settled"]}


def test_what_settles_a_claim_and_what_does_not(client: TestClient, statements: list[str]) -> None:
    scene = Scene(client)
    cases = [
        (scene.answered("A", 3), "held"),
        (scene.answered("C", 2), "held"),
        (scene.answered("C", 3), None),  # no higher grade
        (scene.answered("D", 1), None),  # better on one axis, worse on the other
        (scene.answered("F", 1), None),  # can't be judged
        (scene.answered("A", 6), None),
        (scene.answered("copy", 1), None),  # the same origin
        (scene.answered("A", 1, at=10), None),  # not later
        (scene.answered("A", 1, "restates"), None),
        (scene.answered("A", 2, "denies"), "not_held"),
        (scene.answered("A", 2, "contradicts"), "not_held"),
        (scene.answered("F", 6, "retracts"), "not_held"),
        (scene.resolved("occurred", "supports"), "held"),
        (scene.resolved("did_not_occur", "contradicts"), "held"),
        (scene.resolved("did_not_occur", "supports"), "not_held"),
        (scene.resolved("occurred", "contradicts"), "not_held"),
        (scene.resolved("occurred", "neutral"), None),
        (scene.resolved("partly_occurred", "supports"), None),
        (scene.resolved("annulled", "supports"), None),
        (scene.resolved("occurred", "supports", at=10), None),  # said no earlier
        (scene.resolved("occurred", "supports", "contradicts"), "mixed"),
    ]
    both = scene.answered("A", 2, "denies")
    scene.says(scene.others["A"], 21, 1, relations=[{"kind": "supports", "claim": both["id"]}])
    over = scene.resolved("occurred", "supports")
    scene.says(scene.others["A"], 21, 1, relations=[{"kind": "denies", "claim": over["id"]}])
    back = scene.answered("A", 2, "denies")
    denial = read(client, "claims", source=scene.others["A"], sort="-created_at")["items"]
    scene.says(scene.others["D"], 30, relations=[{"kind": "retracts", "claim": denial[0]["id"]}])
    cases += [(both, "mixed"), (over, "held"), (back, None)]
    expected = {claim["id"]: verdict for claim, verdict in cases if verdict}
    statements.clear()
    assert scene.verdicts() == expected
    assert len(statements) == 7
    found = scene.answer
    counts = {word: list(expected.values()).count(word) for word in ("held", "not_held", "mixed")}
    assert {word: found[word] for word in counts} == counts
    assert (found["claims"], found["open"]) == (len(cases), len(cases) - len(expected))
    assert found["share"] == pytest.approx(counts["held"] / (counts["held"] + counts["not_held"]))
    assert found["interval_low"] < found["share"] < found["interval_high"]
    assert [row["grade"] for row in found["by_grade"]] == ["C2", "C3"]
    assert sum(row["claims"] for row in found["by_grade"]) == len(cases)
    # On day 15 nothing had come of anything, and back then nothing was written down.
    assert scene.verdicts(as_of=day(15)) == {}
    assert (scene.answer["share"], scene.answer["interval_low"]) == (None, None)
    assert "settles" in scene.answer["caveat"]
    assert scene.verdicts(as_of=day(25)) == expected | {back["id"]: "not_held"}
    assert scene.verdicts(alliance=make_alliance(client)["id"]) == {}
    assert scene.verdicts(alliance=scene.alliance) == expected
    lines = client.get(f"/v1/sources/{scene.source}/scores?format=csv").text.splitlines()
    assert len(lines) == 1 + len(expected)
