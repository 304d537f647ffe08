"""Scores of assessors and pools, against what asking day by day through plain Python finds."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.pooling import Method
from app.domain.scoring import log_score
from tests.helpers import (
    Body,
    make,
    make_alliance,
    make_assessor,
    make_consequence,
    make_outcome,
    rate,
    read,
)  # fmt: skip
from tests.ratings.pools import START, Held, day, in_force, pooled

FATES: list[list[tuple[str, int]]] = [
    [("open", 5), ("occurred", 30)],
    [("did_not_occur", 38)],
    [("partly_occurred", 9), ("occurred", 21), ("occurred", 33)],
    [("occurred", 12), ("did_not_occur", 25)],
    [("occurred", 20), ("partly_occurred", 30)],
    [("did_not_occur", 20), ("annulled", 30)],
    [],
    [("occurred", 0)],
]
"""What was found of each consequence, and on which day."""
DUE = [39, 20, 500, 10, 9, 9, 9, 39]
BASES = [0.2, None, 0.7, 0.4, 0.5, 0.5, 0.5, 0.5]
CATEGORIES = ["military", "economic"]


class Scene:
    """An alliance whose consequences were rated and resolved at random."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.chance = Random(7)  # noqa: S311 - repeatable, nothing to guess
        self.alliance = make_alliance(client)
        self.people = [make_assessor(client)["slug"] for _ in range(3)]
        self.machine = make_assessor(client, machine=True, agent="bot")["slug"]
        self.held: list[Held] = []
        self.consequences = [self._consequence(number) for number in range(len(FATES))]

    def _consequence(self, number: int) -> Body:
        said: Body = {
            "category": CATEGORIES[number % 2],
            "resolves_on": str(START.date() + timedelta(days=DUE[number])),
            "effective_at": day(0),
        }
        if BASES[number] is not None:
            said["base_rate"] = BASES[number]
        made = make_consequence(self.client, self.alliance["id"], **said)
        for who in (*self.people, self.machine):
            if who == self.people[2] and number in {1, 7}:
                continue
            for at in (self.chance.randrange(1, 9), *sorted(self.chance.sample(range(9, 28), 2))):
                p = self.chance.choice([0.05, 0.2, 0.4, 0.6, 0.9])
                body = rate(self.client, made["id"], who, p, effective_at=day(at))
                self.held.append(Held(body, len(self.held)))
        if number == 0:
            last = next(
                one for one in reversed(self.held) if one.body["assessor"] == self.people[0]
            )
            last.withdrawn = last.begins + timedelta(days=1)
            reason = {"reason": "Wrong.", "effective_at": last.withdrawn.isoformat()}
            make(self.client, f"ratings/{last.body['id']}/withdraw", reason)
        for status, at in FATES[number]:
            make_outcome(self.client, made["id"], status=status, since=day(at))
        return made


RESOLVED = {0: (True, 30), 1: (False, 21), 2: (True, 21), 3: (False, 11)}
"""Which count, how they ended, and on which day forecasts stop to."""


def brute(
    scene: Scene, who: str | None, method: Method, *, machines: bool = False
) -> dict[int, Body]:
    """The scores of an assessor, or of the pool, from asking what stood on each day."""
    found: dict[int, Body] = {}
    for number, (happened, closes) in RESOLVED.items():
        key = scene.consequences[number]["id"]
        ps, peers, ours, before = [], [], [], []
        start: Any = None
        for n in range(closes):
            at = START + timedelta(days=n)
            every = in_force(scene.held, key, at)
            pool = pooled(every, method, machines=machines)
            crowd = {
                rating.body["assessor"]: rating.body["probability"]["point"]
                for rating in every
                if machines or not rating.body["machine"]
            }
            mine = [rating for rating in every if rating.body["assessor"] == who]
            p: float | None
            begun: float | None
            if who is None:
                p = None if pool is None else pool.point
                begun = p and round(p, 9)
            else:
                p = mine[0].body["probability"]["point"] if mine else None
                begun = mine[0].order if mine else None
            if p is None:
                start = None
                continue
            if begun != start or n == 0:
                last = pooled(
                    in_force(scene.held, key, at - timedelta(seconds=1)), method, machines=machines
                )
                start = begun
            ps.append(p)
            if last is not None:
                ours.append((p - happened) ** 2)
                before.append((last.point - happened) ** 2)
            others = [value for other, value in crowd.items() if other != who]
            if others if who is not None else len(others) > 1:
                logs = mean([log_score(value, happened) for value in others])
                peers.append(100 * (log_score(p, happened) - logs))
        if ps:
            found[number] = {
                "brier": mean([(p - happened) ** 2 for p in ps]),
                "log": mean([log_score(p, happened) for p in ps]),
                "probability": mean(ps),
                "days": len(ps),
                "peer": mean(peers) if peers else None,
                "against": (mean(ours), mean(before)) if ours else None,
            }
    return found


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def check(scene: Scene, answer: Body, expected: dict[int, Body]) -> None:
    """Hold an answer against what was worked out."""
    places = {scene.consequences[number]["id"]: number for number in expected}
    shown = {places[item["consequence"]]: item for item in answer["resolved"]}
    assert set(shown) == set(expected)
    for number, want in expected.items():
        item = shown[number]
        for name in ("brier", "log", "probability", "days", "peer"):
            near = None if want[name] is None else pytest.approx(want[name], abs=1e-9)
            assert item[name] == near, (number, name)
        assert item["outcome"] == ("occurred" if RESOLVED[number][0] else "did_not_occur")
        assert item["closed"] == day(RESOLVED[number][1])
    assert answer["n"] == len(expected)
    assert answer["days"] == pytest.approx(sum(want["days"] for want in expected.values()))
    for name in ("brier", "log"):
        assert answer[name] == pytest.approx(mean([want[name] for want in expected.values()]))
    assert answer["baseline"] == pytest.approx(100 * (1 + answer["log"] / math.log(2)))
    peers = [want["peer"] for want in expected.values() if want["peer"] is not None]
    assert answer["peer"]["score"] == pytest.approx(mean(peers), abs=1e-9)
    parts = answer["decomposition"]
    assert answer["brier"] == pytest.approx(
        parts["reliability"]
        - parts["resolution"]
        + parts["uncertainty"]
        + parts["within_variance"]
        - parts["within_covariance"]
    )
    pairs = [want["against"] for want in expected.values() if want["against"]]
    against = answer["skill"]["against_pool"]
    ours, theirs = (mean(side) for side in zip(*pairs, strict=True))
    assert against == pytest.approx(
        {"skill": 1 - ours / theirs, "brier": ours, "reference": theirs, "n": len(pairs)}
    )
    based = {n: BASES[n] for n in expected if BASES[n] is not None}
    ours = mean([expected[n]["brier"] for n in based])
    theirs = mean([((base or 0) - RESOLVED[n][0]) ** 2 for n, base in based.items()])
    assert answer["skill"]["against_base_rate"] == pytest.approx(
        {"skill": 1 - ours / theirs, "brier": ours, "reference": theirs, "n": len(based)}
    )
    for group in answer["by"]["category"]:
        some = [want for n, want in expected.items() if CATEGORIES[n % 2] == group["key"]]
        assert (group["n"], group["brier"]) == (
            len(some),
            pytest.approx(mean([want["brier"] for want in some])),
        )


def test_scores_are_what_asking_day_by_day_finds(client: TestClient, statements: list[str]) -> None:
    scene = Scene(client)
    counts = set()
    for who in (*scene.people, scene.machine):
        statements.clear()
        answer = read(client, f"assessors/{who}/scores")
        counts.add(len(statements))
        check(scene, answer, brute(scene, who, "log_odds"))
        assert answer["by"]["method"] == []
    assert counts == {4}
    answer = read(
        client, f"assessors/{scene.people[0]}/scores", include_machine=True, method="median"
    )
    check(scene, answer, brute(scene, scene.people[0], "median", machines=True))
    assert answer["apart"] == {"partial": 1, "annulled": 1, "open": 1, "overdue": 2, "late": 1}
    assert answer["backdated"] == sum(item["forecasts"] for item in answer["resolved"])
    slug = scene.alliance["slug"]
    by: Body = {}
    methods: list[Method] = ["log_odds", "linear", "median"]
    for method in methods:
        statements.clear()
        answer = read(client, f"alliances/{slug}/scores", method=method)
        assert len(statements) == 4
        check(scene, answer, brute(scene, None, method))
        by[method] = {name: answer[name] for name in ("n", "brier", "log", "mean", "share")}
    for group in answer["by"]["method"]:
        assert {name: group[name] for name in by[group["key"]]} == pytest.approx(by[group["key"]])
    assert answer["calibration"]["bins"] is None
    assert answer["calibration"]["n"] == 4
    assert "too few" in answer["caveat"]
    assert {row["key"] for row in answer["by"]["horizon"]} == {"quarter", "three_years"}
    assert [row["key"] for row in answer["by"]["year"]] == ["2023"]


def test_scores_are_asked_for_in_part_and_at_other_times(client: TestClient) -> None:
    scene = Scene(client)
    path = f"assessors/{scene.people[0]}/scores"
    number = {made["id"]: n for n, made in enumerate(scene.consequences)}

    def scored(**asked: Any) -> list[int]:
        return sorted(
            number[item["consequence"]] for item in read(client, path, **asked)["resolved"]
        )

    assert scored() == [0, 1, 2, 3]
    assert scored(category="military") == [0, 2]
    assert scored(horizon="three_years") == [2]
    assert scored(horizon=["quarter", "three_years"], category="economic") == [1, 3]
    assert scored(resolved_from=day(25), resolved_to=day(38)) == [0, 3]
    assert scored(alliance=scene.alliance["slug"]) == [0, 1, 2, 3]
    assert scored(alliance=make_alliance(client)["id"]) == []
    # On day 22 one wasn't corrected yet, and another was not annulled.
    assert scored(as_of=day(22)) == [2, 3, 4, 5]
    then = {item["consequence"]: item for item in read(client, path, as_of=day(22))["resolved"]}
    assert then[scene.consequences[3]["id"]]["outcome"] == "occurred"
    assert not then[scene.consequences[2]["id"]]["due"]
    # Nothing was written down before its outcome was.
    found = read(client, path, in_time=True)
    assert (found["n"], found["brier"], found["skill"], found["calibration"]) == (
        0,
        None,
        None,
        None,
    )
    assert found["apart"]["late"] == 5
    assert found["caveat"].startswith("Nothing")
    # What was deleted is scored no more; what was known before is.
    known_at = read(client, path)["as_of"]
    key = scene.consequences[2]["id"]
    client.delete(f"/v1/consequences/{key}", headers={"If-Match": "*"})
    assert scored() == [0, 1, 3]
    assert scored(known_at=known_at) == [0, 1, 2, 3]
    lines = client.get(f"/v1/{path}?format=csv").text.splitlines()
    assert lines[0].startswith("consequence,ref,title")
    assert len(lines) == 4


def test_ratings_count_from_when_their_consequence_began(client: TestClient) -> None:
    alliance, (ann, bob) = make_alliance(client), (make_assessor(client) for _ in range(2))
    begun = make_consequence(client, alliance["id"], effective_at=day(270))["id"]
    rate(client, begun, ann["slug"], 0.9, effective_at=day(1))
    rate(client, begun, ann["slug"], 0.7, effective_at=day(20))
    rate(client, begun, ann["slug"], 0.4, effective_at=day(300))
    # A rating that had ended by then counts for nothing.
    gone = rate(client, begun, bob["slug"], 0.2, effective_at=day(5))
    taken = {"reason": "Wrong.", "effective_at": day(250)}
    make(client, f"ratings/{gone['id']}/withdraw", taken)
    make_outcome(client, begun, status="occurred", since=day(310))
    scores = read(client, f"assessors/{ann['slug']}/scores")
    assert (scores["days"], scores["forecasts"]) == (40, 2)
    assert math.isclose(scores["mean"], (30 * 0.7 + 10 * 0.4) / 40)
    assert scores["backdated"] == 2
    pool = read(client, f"alliances/{alliance['slug']}/scores")
    assert (pool["days"], pool["peer"], pool["backdated"]) == (40, None, 2)
    other = read(client, f"assessors/{bob['slug']}/scores")
    assert (other["n"], other["apart"]["late"]) == (0, 1)
    points = read(client, f"consequences/{begun}/history")["items"]
    assert [(point["time"], point["probability"]) for point in points] == [
        (day(270), pytest.approx(0.7)), (day(300), pytest.approx(0.4)),
    ]  # fmt: skip
    path = f"/v1/consequences/{begun}/judgement"
    assert client.get(path, params={"as_of": day(269)}).status_code == 404
    assert read(client, f"consequences/{begun}/history", as_of=day(269))["items"] == []
    assert read(client, f"consequences/{begun}/judgement", as_of=day(270))["n"] == 1


def test_calibration_is_drawn_once_there_is_enough(client: TestClient) -> None:
    alliance, who = make_alliance(client)["slug"], make_assessor(client)["slug"]
    chance = Random(3)  # noqa: S311 - repeatable
    due = str(START.date() + timedelta(days=30))
    yes = []
    for number in range(21):
        p = chance.choice([0.15, 0.85])
        made = make_consequence(client, alliance, resolves_on=due)["id"]
        rate(client, made, who, p, effective_at=day(0))
        happened = chance.random() < p
        yes.append((p, happened))
        status = "occurred" if happened else "did_not_occur"
        if number == 19:
            (before,) = [read(client, f"assessors/{who}/scores")["calibration"]]
            assert (before["n"], before["bins"]) == (19, None)
        make_outcome(client, made, status=status, since=day(10))
    later = make_consequence(client, alliance, resolves_on=str(date(2200, 1, 1)))["id"]
    rate(client, later, who, 0.9, effective_at=day(0))
    make_outcome(client, later, status="occurred", since=day(10))
    answer = read(client, f"assessors/{who}/scores")
    found = answer["calibration"]
    assert (answer["n"], found["n"], found["effective"]) == (22, 21, pytest.approx(21))
    assert answer["peer"] is None
    assert answer["skill"] == {"against_base_rate": None, "against_pool": None}
    low, high = found["bins"]
    assert [low["n"] + high["n"], low["low"], high["low"]] == [21, 0.1, 0.8]
    for each, p in ((low, 0.15), (high, 0.85)):
        some = [happened for said, happened in yes if said == p]
        assert each["share"] == pytest.approx(mean([float(one) for one in some]))
        assert each["interval_low"] < each["share"] < each["interval_high"]
    assert "hang together" in answer["caveat"]
