"""Pools weighed by skill: from what was known at the time, and from nothing after it."""

import time

import pytest
from starlette.testclient import TestClient

from app.domain.averages import log_odds_pool, weighted_median
from app.domain.scoring import skill_weight
from tests.helpers import (
    make_alliance,
    make_assessor,
    make_consequence,
    make_outcome,
    rate,
    read,
)  # fmt: skip
from tests.ratings.pools import day


def test_skill_weighs_by_what_was_known_then_and_not_later(
    client: TestClient, statements: list[str]
) -> None:
    alliance = make_alliance(client)["slug"]
    good, bad, fresh = (make_assessor(client)["slug"] for _ in range(3))
    judged = make_consequence(client, alliance)["id"]
    points = {good: 0.8, bad: 0.2, fresh: 0.4}
    for who, p in points.items():
        rate(client, judged, who, p, impact=3, effective_at=day(1))
    past = [make_consequence(client, alliance)["id"] for _ in range(3)]
    for consequence in past:
        rate(client, consequence, good, 0.9, effective_at=day(1))
        rate(client, consequence, bad, 0.1, effective_at=day(1))

    def weights(**asked: str) -> dict[str, float]:
        found = read(client, f"consequences/{judged}/judgement", skill="true", **asked)
        return {row["assessor"]: row["weight"] for row in found["weights"]}

    even = pytest.approx(dict.fromkeys(points, 1 / 3))
    assert weights() == even
    before = read(client, f"consequences/{judged}")["judgement"]["as_of"]
    time.sleep(0.002)
    make_outcome(client, past[0], status="occurred", since=day(10))
    make_outcome(client, past[1], status="partly_occurred", since=day(10))
    between = read(client, f"consequences/{judged}")["judgement"]["as_of"]

    def expected(n: int) -> dict[str, float]:
        given = {good: skill_weight([0.01] * n), bad: skill_weight([0.81] * n), fresh: 1.0}
        return {who: weight / sum(given.values()) for who, weight in given.items()}

    assert weights() == pytest.approx(expected(1))
    time.sleep(0.002)
    make_outcome(client, past[2], status="occurred", since=day(5))
    now = weights()
    assert now == pytest.approx(expected(2))
    assert now[good] > now[fresh] > now[bad]
    # What was found later is no hindsight, though it is dated back; nor is what was found later.
    assert weights(as_of=between) == pytest.approx(expected(1))
    assert weights(known_at=between) == pytest.approx(expected(1))
    assert weights(as_of=before) == even
    assert weights(as_of=day(30)) == even

    ws = [now[who] for who in points]
    ps = list(points.values())
    log_odds, median = log_odds_pool(ps, ws), weighted_median(ps, ws)
    paths = (f"consequences/{judged}", f"consequences/{judged}/judgement", "consequences",
             f"alliances/{alliance}/consequences", f"alliances/{alliance}/risk-matrix")  # fmt: skip
    for path in paths:
        for method, point in (("log_odds", log_odds), ("median", median)):
            statements.clear()
            read(client, path, method=method)
            plain = len(statements)
            statements.clear()
            found = read(client, path, skill="true", method=method)
            assert len(statements) == plain + 3  # the weights are made once
            items = [
                item
                for item in found.get("items", [found])
                if judged in {item.get("id"), item.get("consequence")}
            ]
            shown = items[0].get("judgement", items[0])["probability"]["point"]
            assert shown == pytest.approx(point), path
    both = read(client, f"consequences/{judged}/judgement", skill="true", half_life_days=30)
    assert both["probability"]["point"] == pytest.approx(log_odds)
    unweighed = read(client, f"consequences/{judged}/judgement", skill="false")
    assert unweighed["probability"]["point"] == pytest.approx(log_odds_pool(ps, [1.0] * 3))
    refused = client.get(f"/v1/consequences/{judged}/history?skill=true")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "?skill")
