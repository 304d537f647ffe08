"""Briefs by the rules of our own lint: what they say themselves, not what they quote."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any, get_args

import pytest
from starlette.testclient import TestClient

from app.assessments.blocks import Block, quoted
from app.assessments.brief import Brief
from app.assessments.states import State, state_before, state_of
from app.assessments.words import APART
from app.domain import phrasing
from app.domain.probability import sigmoid
from app.domain.yardstick import SCALES
from app.kernel.db import Database
from app.kernel.eyes import EVERYTHING
from app.kernel.types import parse_instant
from app.kernel.view import View
from app.lint.rules import RULES
from app.ratings.schemas import Scale
from tests import helpers
from tests.assessments.pact import LATER, THEN, make_pact
from tests.helpers import Body, make, make_edition, read

NASTY = (
    "We have high confidence that it is likely.",
    "It is very likely, and also probable.",
    'He called it "almost certain", with moderate confidence; a remote chance.',
    "“Nearly certain,” said one; “realistic possibility”, another. Confidence: low.",
)
"""What people write that no brief may say itself."""
ODD_NAMES = ["remote chance", "unlikely", "probable", "likely", "highly likely"]


def sentences(blocks: list[Block]) -> Iterator[str]:
    """What a brief says itself, paragraph by paragraph: no heading, no quotation, no name."""
    for block in blocks:
        if block.kind in {"heading", "quote"}:
            continue
        for line in block.lines:
            bold = block.kind == "list"  # of a list, the name of what is listed
            yield "".join(span.text for span in line if not (bold and (span.bold or span.href)))
        for _, *row in block.rows:  # the first is the name of what the row is about
            yield " | ".join(row)


def faults(brief: Brief) -> list[str]:
    """What the lint would find in a brief, by its two rules on wording."""
    told = list(sentences(brief.blocks()))
    both = [text for text in told if phrasing.likelihood_with_confidence(text)]
    words = phrasing.clashing_words("\n".join(told))
    return both + ([f"{words[0]} beside {words[1]}"] if words else [])


def brief_of(database: Database, key: str, scale: Scale) -> Brief:
    with database.read() as session:
        view = View(EVERYTHING)
        state = state_of(session, key, view)
        return Brief(state, state_before(session, state.edition, view), scale)


def test_the_rules_are_those_of_the_lint() -> None:
    """They look at text by these two functions, and at nothing else of its wording."""
    assert {"likelihood-and-confidence-in-one-sentence", "words-of-two-scales"} <= RULES.keys()
    assert get_args(Scale) == tuple(SCALES)
    for text in NASTY:
        assert (
            phrasing.likelihood_with_confidence(text)
            or phrasing.clashing_words(text)
            or ("“" in text or '"' in text)
        )
        assert phrasing.words_in(quoted(text)) == []
        assert phrasing.likelihood_with_confidence(f"It is low. {quoted(text)}") is None


@pytest.mark.parametrize("scale", SCALES)
def test_briefs_of_the_default_data_break_no_rule(
    loaded_client: TestClient, loaded_database: Database, scale: Scale
) -> None:
    for edition in read(loaded_client, "alliances/russia-dprk/assessments")["items"]:
        brief = brief_of(loaded_database, edition["id"], scale)
        assert faults(brief) == []
        assert phrasing.words_in("\n".join(sentences(brief.blocks())))


def generated(random: Random) -> tuple[State, State]:
    """Two states of an alliance in which everything is judged, found and said at random."""

    def point() -> float:
        return random.choice([0.004, 0.2, 0.45, 0.55, 0.8, 0.995, random.uniform(0.01, 0.99)])

    def judgement() -> Body:
        p = point()
        dissent = {"assessor": "ann", "probability": point(), "rationale": random.choice(NASTY)}
        level = random.randrange(5)
        return {
            "n": random.choice([0, 1, 2, 3]),
            "probability": {"point": p, "low": min(p, point()), "high": max(p, point())},
            "confidence": random.choice([None, "low", "moderate", "high"]),
            "impact": random.choice([None, 1, 5]),
            "risk": {"name": ODD_NAMES[level], "level": level, "expected_impact": p},
            "stale": random.random() < 0.5,
            "review_by": LATER,
            "last_rated_at": THEN,
            "dissent": random.choice([None, dissent]),
        }

    def consequence(key: int) -> Body:
        status = random.choice(["open", "partly_occurred", "occurred", "did_not_occur"])
        found = {"status": status, "since": THEN, "note": random.choice([None, *NASTY])}
        return {
            "id": f"c{key}", "ref": random.choice([None, f"F{key}"]), "title": random.choice(NASTY),
            "judgement": judgement(), "outcome": random.choice([None, found]),
            "resolves_on": random.choice([None, "2024-02-01", "2030-02-01"]),
        }  # fmt: skip

    def rating(key: int, who: str) -> Body:
        return {
            "id": str(random.random()), "consequence": f"c{key}", "assessor": who,
            "probability": {"point": point()}, "machine": random.random() < 0.2,
            "change_reason": random.choice([None, *NASTY]), "rationale": random.choice(NASTY),
            "assumptions": [random.choice(NASTY)],
        }  # fmt: skip

    def state(number: int, day: str) -> State:
        keys = random.sample(range(8), 6)
        records: dict[str, Any] = {
            "alliances": [{"name": "Pact"}],
            "consequences": [consequence(key) for key in keys],
            "ratings": [
                rating(key, who) for key in keys for who in ("ann", "bob") if random.random() < 0.8
            ],
            "evidence": [
                {
                    "id": "e", "consequence": f"c{keys[0]}", "claim_ref": None, "said_at": THEN,
                    "bearing": random.choice(["supports", "neutral"]), "bears_on": "outcome",
                    "grade": None, "origins": [], "statement": text, "retracted": False,
                    "contested": True,
                }
                for text in NASTY
            ],
            "factors": [
                {
                    "id": text, "kind": "key_assumption", "ref": None, "title": text,
                    "description": text, "status": random.choice([
                        None, {"status": "broken", "since": THEN, "note": text},
                    ]),
                }
                for text in NASTY
            ],
            "indicators": [
                {
                    "ref": None, "statement": text, "threshold": text,
                    "consequence": f"c{random.randrange(8)}", "reading": random.choice([
                        None, {"status": "observed", "crosses": True, "effective_at": LATER},
                    ]),
                }
                for text in NASTY
            ],
        }  # fmt: skip
        edition = {
            "title": "E", "tlp": "CLEAR", "audience": [], "number": number, "note": NASTY[0],
            "id": "i", "previous": None, "hash": "1" * 64, "key": "k",
        }  # fmt: skip
        at = parse_instant(day)
        return State(edition, at, at, records)

    return state(1, THEN), state(2, LATER)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("seed", range(40))
def test_briefs_of_whatever_is_judged_break_no_rule(scale: Scale, seed: int) -> None:
    before, after = generated(Random(seed))  # noqa: S311 - it makes test data
    brief = Brief(after, before, scale)
    assert faults(brief) == []
    assert faults(Brief(before, None, scale)) == []
    assert faults(Brief(after, 1, scale)) == []


def test_a_dissent_is_told_that_is_further_than_one_band(client: TestClient) -> None:
    """One band of roughly even is 45 % to 55 %: from 50 %, that is down to about 40 %."""
    assert pytest.approx(0.4013414) == APART
    alliance = helpers.make_alliance(client)["slug"]
    ann, bob = (helpers.make_assessor(client)["slug"] for _ in range(2))
    far, near = (helpers.make_consequence(client, alliance, ref=ref)["id"] for ref in ("F1", "F2"))
    for key, odds in ((far, APART + 0.01), (near, APART - 0.01)):
        for who, p in ((ann, sigmoid(odds)), (bob, sigmoid(-odds))):
            said: Body = {"effective_at": "2023-02-01", "rationale": "It was seen."}
            helpers.rate(client, key, who, p, **said)
    text = client.get(f"/v1/assessments/{make_edition(client, alliance)['id']}/brief").text
    dissent = text.split("## Dissent")[1].split("## Evidence")[0]
    assert "### F1" in dissent
    assert "### F2" not in dissent
    assert re.search(r"stands furthest from the judgement of all, at \d\d(?:\.\d)? % \(", dissent)
    assert "Nobody" not in dissent


def test_only_who_moved_a_judgement_is_asked_why(client: TestClient) -> None:
    pact = make_pact(client)
    key, ann = pact["ids"]["consequences"], pact["assessor"]
    up, same, down, gone, machine = (helpers.make_assessor(client)["slug"] for _ in range(5))
    for who, p in ((up, 0.3), (same, 0.4), (down, 0.5), (gone, 0.1)):
        last = helpers.rate(client, key, who, p, effective_at="2023-06-02", rationale="Then.")
    make_edition(client, pact["alliance"], THEN)
    on: Body = {"effective_at": "2024-02-01"}
    helpers.rate(client, key, up, 0.8, change_reason="It went up.", **on)
    helpers.rate(client, key, same, 0.4, change_reason="Reaffirmed.", **on)
    helpers.rate(client, key, down, 0.4, change_reason="It went down.", **on)
    helpers.rate(
        client, key, machine, 0.9, rationale="Computed.", machine=True, agent="a", model="m", **on
    )
    make(client, f"ratings/{last['id']}/withdraw", {"reason": "No more.", **on})
    text = client.get(
        f"/v1/assessments/{make_edition(client, pact['alliance'], LATER)['id']}/brief"
    ).text
    changed = text.split("## What changed")[1].split("## Dissent")[0]
    assert "Went up from" in changed
    assert f"> “It went up.” — {up}\n" in changed
    assert f"> “The second report.” — {ann}\n" in changed
    assert f"{gone} rates it no more." in changed
    for unsaid in ("Reaffirmed.", "It went down.", "Computed."):
        assert unsaid not in changed


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("So.", "“So.”"),
        ('He said "no".', "“He said ‘no’.”"),
        ("“Yes”, „no“, «so»", "“‘Yes’, ‚no‘, ‹so›”"),
        (' "All" of it ', "“‘All’ of it”"),
        ('(“a "b" c”)', "“(‘a ‘b’ c’)”"),
    ],
)
def test_what_is_quoted_has_one_pair_of_marks_around_it(said: str, shown: str) -> None:
    assert quoted(said) == shown
