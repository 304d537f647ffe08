"""However ratings come and go, every answer equals the pool worked out from scratch."""

import random
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.kernel.types import parse_instant
from tests.conftest import Prepare, Prepared
from tests.helpers import (
    Body,
    everything,
    make,
    make_alliance,
    make_assessor,
    make_consequence,
    read,
)
from tests.ratings.pools import START, Held, assert_same, day, ends, in_force, near, pooled

DAYS = 40
WAYS: list[Body] = [
    {},
    {"method": "linear"},
    {"method": "median"},
    {"extremize": 2.5},
    {"extremize": "auto"},
    {"method": "median", "extremize": "auto"},
    {"include_machine": True},
    {"half_life_days": 100_000},
    {"half_life_days": 5},
    {"half_life_days": 0.1, "method": "linear"},
    {"half_life_days": 3.5, "include_machine": True, "method": "median"},
    {"include_machine": True, "extremize": 0.5},
]


class Script:
    """A random sequence of ratings and withdrawals, done and modelled side by side."""

    def __init__(self, client: TestClient, seed: int) -> None:
        self.client = client
        self.chance = random.Random(seed)  # noqa: S311 - repeatable, nothing to guess
        self.alliance = make_alliance(client)["id"]
        self.consequences = [make_consequence(client, self.alliance)["id"] for _ in range(2)]
        people = [make_assessor(client)["slug"] for _ in range(4)]
        self.assessors = [*people, make_assessor(client, machine=True, agent="bot")["slug"]]
        self.held: list[Held] = []

    def step(self) -> None:
        """Do one thing."""
        if self.held and self.chance.random() < 0.2:
            self.withdraw()
        else:
            self.rate()

    def rate(self) -> None:
        """Somebody rates, mostly back-dated."""
        chance = self.chance
        low, point, high = sorted(
            chance.choice([0.02, 0.1, 0.3, 0.3, 0.5, 0.7, 0.9, 0.995]) for _ in "abc"
        )
        body: Body = {
            "assessor": chance.choice(self.assessors),
            # Few days, so that instants meet; most are back-dated to before others.
            "effective_at": day(chance.randrange(DAYS)),
            "probability": chance.choice([point, {"point": point, "low": low, "high": high}]),
            "impact": chance.choice([None, 1, 2, 3, 4, 5]),
            "confidence": chance.choice([None, "low", "moderate", "high"]),
        }
        if chance.random() < 0.5:
            body["review_by"] = day(DAYS + chance.randrange(DAYS))
        consequence = chance.choice(self.consequences)
        made = make(self.client, f"consequences/{consequence}/ratings", body)
        self.held.append(Held(made, len(self.held)))

    def withdraw(self) -> None:
        """Take a rating back, where that is possible."""
        rating = self.chance.choice(self.held)
        at = rating.begins + timedelta(days=self.chance.randrange(10))
        answer = self.client.post(
            f"/v1/ratings/{rating.body['id']}/withdraw",
            json={"reason": "Wrong.", "effective_at": at.isoformat()},
        )
        possible = rating.withdrawn is None and ends(rating, self.held) is None
        assert (answer.status_code == 201) == possible, answer.text
        if possible:
            rating.withdrawn = at

    def expected(self, consequence: str, number: float, **way: Any) -> Any:
        """The pool of a day by the model."""
        at = START + timedelta(days=number)
        return pooled(
            in_force(self.held, consequence, at),
            way.get("method", "log_odds"),
            way.get("extremize", 1.0),
            way.get("half_life_days"),
            machines=way.get("include_machine", False),
        )


@pytest.fixture(scope="module")
def prepared(prepare: Prepare, seed: int) -> Prepared:
    """A script that was run, and a crowd of consequences."""

    def made(client: TestClient) -> tuple[Script, str]:
        script = Script(client, 1 + seed)
        for _ in range(45):
            script.step()
        return script, make_crowd(client)

    return prepare(made)


@pytest.fixture
def script(prepared: Prepared) -> Script:
    """A script that was run."""
    script: Script = prepared.made[0]
    return script


def test_every_way_of_pooling_equals_the_mathematics_at_every_time(
    client: TestClient, script: Script, seed: int
) -> None:
    """Half of the times on each database, the other half in the next way."""
    path = f"alliances/{script.alliance}/consequences"
    for turn, way in enumerate(WAYS, start=seed):
        for number in (0, 7.5, 20, 33, DAYS + 60)[turn % 2 :: 2]:
            page = read(client, path, **way, as_of=day(number))
            for item in page["items"]:
                assert_same(item["judgement"], script.expected(item["id"], number, **way))


def test_the_present_is_pooled_as_any_other_time(
    client: TestClient, script: Script, seed: int
) -> None:
    """Each way of one consequence on each database."""
    for turn, way in enumerate(WAYS, start=seed):
        consequence = script.consequences[turn % 2]
        expected = script.expected(consequence, DAYS + 60, **way)
        assert_same(read(client, f"consequences/{consequence}", **way)["judgement"], expected)
        found = read(client, f"consequences/{consequence}/judgement", **way)
        own = {"consequence", "extremize", "days_since_rated", "weights", "evidence"}
        assert_same({key: found[key] for key in found if key not in own}, expected)
        assert near(sum(weight["weight"] for weight in found["weights"]), 1 if expected else 0)
        assert found["extremize"] == (expected.extremize if expected else None)


def test_the_history_is_the_judgement_of_every_stretch(
    client: TestClient, script: Script, seed: int
) -> None:
    """Every stretch is held against the mathematics, every fourth against what is answered."""
    for way in WAYS[::3]:
        for consequence in script.consequences:
            points = read(client, f"consequences/{consequence}/history", **way)["items"]
            assert [point["until"] for point in points[:-1]] == [
                point["time"] for point in points[1:]
            ]
            for point in points:
                number = (parse_instant(point["time"]) - START) / timedelta(days=1)
                expected = script.expected(consequence, number, **way)
                assert point["n"] == (expected.n if expected else 0)
                if expected:
                    assert near(point["probability"], expected.point)
                    assert near(point["low"], expected.low)
                    assert near(point["max"], expected.max)
                    assert point["impact"] == expected.impact
                    assert point["confidence"] == expected.confidence
            for point in points[seed % 4 :: 4]:
                at = point["time"]
                found = read(client, f"consequences/{consequence}/judgement", as_of=at, **way)
                assert point["n"] == found["n"]
                if point["n"]:
                    assert near(point["probability"], found["probability"]["point"])
                    assert near(point["low"], found["probability"]["low"])
                    assert near(point["max"], found["spread"]["max"])
                    assert point["impact"] == found["impact"]
                    assert point["confidence"] == found["confidence"]
                    assert point["word_phia"] == found["words"]["phia"]
                    assert point["risk_level"] == (found["risk"] and found["risk"]["level"])


def test_a_history_up_to_a_time_ends_there(client: TestClient, script: Script) -> None:
    path = f"consequences/{script.consequences[0]}/history"
    whole = read(client, path)["items"]
    for number in (5, 15.5, 30):
        cut = read(client, path, as_of=day(number))["items"]
        assert cut == [
            {**point, "until": None if last else point["until"]}
            for point, last in zip(
                (point for point in whole if point["time"] <= day(number)),
                [False] * (len(cut) - 1) + [True],
                strict=True,
            )
        ]


def test_ratings_tell_the_state_they_had_at_the_time(client: TestClient, script: Script) -> None:
    for number in (10, 25, DAYS + 60):
        at = START + timedelta(days=number)
        told = [
            row
            for key in script.consequences
            for row in everything(client, "ratings", as_of=day(number), consequence=key)
        ]
        for found in told:
            rating = next(held for held in script.held if held.body["id"] == found["id"])
            end = ends(rating, script.held)
            shown = end if end and end <= at else None  # what comes later isn't told
            assert found["ended_at"] == (shown and shown.isoformat().replace("+00:00", "Z"))
            same = [other for other in script.held if other.series == rating.series]
            state = "superseded" if end and end <= at else "in_force"
            if state == "superseded" and any(other.withdrawn == end for other in same):
                followed = any(other.begins == end for other in same if other is not rating)
                state = "superseded" if followed else "withdrawn"
            assert found["status"] == state
        begun = [rating for rating in script.held if rating.begins <= at]
        assert len(told) == len(begun)


def keys(item: Body) -> Body:
    """What lists filter and sort by, read from the judgement that was answered."""
    judgement, outcome = item["judgement"], item["outcome"]
    risk, estimate = judgement["risk"], judgement["probability"]
    return {
        "probability": estimate and estimate["point"],
        "risk_level": risk and risk["level"],
        "expected_impact": risk and risk["expected_impact"],
        "risk": risk and risk["level"] * 10 + risk["expected_impact"],
        "impact": judgement["impact"],
        "n": judgement["n"],
        "stale": bool(judgement["stale"]),
        "confidence": judgement["confidence"],
        "outcome": outcome and outcome["status"],
        "last_rated_at": judgement["last_rated_at"],
        "review_by": judgement["review_by"],
        "title": item["title"],
    }


FILTERS: list[tuple[Body, Any]] = [
    ({"probability_min": 0.3}, lambda k: k["probability"] is not None and k["probability"] >= 0.3),
    ({"probability_max": 0.5}, lambda k: k["probability"] is not None and k["probability"] <= 0.5),
    ({"risk_level": [1, 3]}, lambda k: k["risk_level"] in {1, 3}),
    ({"risk_level_min": 2}, lambda k: (k["risk_level"] or 0) >= 2),
    ({"impact": [3, 4]}, lambda k: k["impact"] in {3, 4}),
    ({"impact_min": 3}, lambda k: (k["impact"] or 0) >= 3),
    ({"impact_max": 3}, lambda k: (k["impact"] or 9) <= 3),
    ({"n_min": 2}, lambda k: k["n"] >= 2),
    ({"n_max": 1}, lambda k: k["n"] <= 1),
    ({"n_max": 0}, lambda k: k["n"] == 0),
    ({"confidence": ["low", "high"]}, lambda k: k["confidence"] in {"low", "high"}),
    ({"stale": "true"}, lambda k: k["stale"]),
    ({"stale": "false"}, lambda k: not k["stale"]),
    ({"outcome": ["occurred", "annulled"]}, lambda k: k["outcome"] in {"occurred", "annulled"}),
    ({"outcome": ["occurred", "open"]}, lambda k: k["outcome"] in {"occurred", "open", None}),
]
SORTS = ["probability", "risk", "risk_level", "expected_impact", "impact", "n", "stale", "outcome",
         "last_rated_at", "review_by", "title"]  # fmt: skip


TIMES = (0.5, 8, 28)


def make_crowd(client: TestClient) -> str:
    """An alliance with many consequences, rated at random, some not."""
    chance = random.Random(3)  # noqa: S311 - repeatable, nothing to guess
    alliance = make_alliance(client)["id"]
    assessors = [make_assessor(client)["slug"] for _ in range(3)]
    assessors.append(make_assessor(client, machine=True)["slug"])
    for number in range(12):
        consequence = make_consequence(client, alliance, title=f"T{chance.randrange(5)}")["id"]
        for _ in range(chance.choice([0, 1, 2, 5]) if number else 0):
            body: Body = {
                "assessor": chance.choice(assessors),
                "probability": chance.choice([0.04, 0.2, 0.45, 0.5, 0.8, 0.97]),
                "impact": chance.choice([None, 1, 3, 4, 5]),
                "confidence": chance.choice([None, "low", "moderate", "high"]),
                "effective_at": day(chance.randrange(20)),
                "review_by": day(20 + chance.randrange(20)) if chance.random() < 0.6 else None,
            }
            make(client, f"consequences/{consequence}/ratings", body)
        for status in chance.sample(["open", "occurred", "did_not_occur"], chance.randrange(3)):
            since = {"status": status, "since": day(chance.randrange(25))}
            make(client, f"consequences/{consequence}/outcomes", since)
    return str(alliance)


@pytest.mark.parametrize(
    "way", [{}, {"include_machine": True}, {"half_life_days": 4, "method": "linear"}]
)
def test_filters_and_sorts_equal_brute_force_at_any_time(
    client: TestClient, prepared: Prepared, way: Body, seed: int
) -> None:
    path = f"alliances/{prepared.made[1]}/consequences"
    # The past of the usual pool at several times; of the others once, and at present. A quarter of
    # all questions at each time: all of them on each database, and of the other ways on both.
    turn = 2 * seed
    chosen = TIMES if not way else TIMES[1:2]
    for time in (*(day(number) for number in chosen), None):
        at = {**way, "as_of": time} if time else way
        whole = everything(client, path, **at)
        assert len(whole) == 12
        for asked, wanted in FILTERS[turn % 4 :: 4]:
            found = everything(client, path, **at, **asked)
            assert [item["id"] for item in found] == [
                item["id"] for item in whole if wanted(keys(item))
            ], (time, asked)
        for name in SORTS[turn % 4 :: 4]:
            for sign in ("", "-"):
                rows = sorted(whole, key=lambda item: item["id"], reverse=bool(sign))
                rows.sort(
                    key=lambda item: (
                        (keys(item)[name] is None, keys(item)[name] or 0)
                        if name != "outcome" and not name.endswith(("_at", "_by", "title"))
                        else (keys(item)[name] is None, keys(item)[name] or "")
                    ),
                )
                if sign:
                    rated = [item for item in rows if keys(item)[name] is not None]
                    rest = [item for item in rows if keys(item)[name] is None]
                    rated.sort(key=lambda item: item["id"], reverse=True)
                    rated.sort(key=lambda item: keys(item)[name], reverse=True)
                    rows = rated + rest
                found = everything(client, path, **at, sort=sign + name, limit=12 if way else 7)
                assert [item["id"] for item in found] == [item["id"] for item in rows], (
                    time,
                    sign + name,
                )
        turn += 1
