"""The causal network over HTTP: what counts, what is derived, what doesn't go together."""

import csv
import io
import json
import math
from random import Random

import pytest
from starlette.testclient import TestClient

from app.domain.pooling import log_odds_pool
from app.domain.probability import logit
from app.kernel.db import Database
from tests.access.people import People
from tests.helpers import (
    Body,
    counting,
    make_alliance,
    make_assessor,
    make_consequence,
    patch,
    rate,
    read,
)
from tests.network.conftest import Net

A = log_odds_pool([0.2, 0.6], [1.0, 1.0])
C = 1.0 - 0.98 * (1.0 - 0.5 * A) * (1.0 - 0.4 * 0.3)


def test_causes_make_likely_what_they_bring_about(net: Net) -> None:
    nodes = net.nodes()
    assert [nodes["a"][name] for name in ("n", "judged", "base", "derived", "difference")] == [
        2, pytest.approx(A), pytest.approx(A), nodes["a"]["judged"], 0.0,
    ]  # fmt: skip
    assert nodes["a"]["base_from"] == "judged"
    assert (nodes["c"]["leak"], nodes["c"]["base"], nodes["c"]["base_from"]) == (0.02, 0.02, "leak")
    assert nodes["c"]["derived"] == pytest.approx(C)
    assert nodes["c"]["difference"] == pytest.approx(logit(C) - logit(0.25))
    assert (nodes["d"]["leak"], nodes["d"]["base"]) == (None, 0.0)
    assert nodes["d"]["base_from"] == "assumed_leak"
    assert nodes["d"]["derived"] == pytest.approx(0.8 * C)


def test_what_nobody_rates_is_null_and_causes_nothing(net: Net) -> None:
    found = net.get()
    node = net.nodes()["x"]
    nothing = ("judged", "base", "base_from", "derived", "difference", "leak", "outcome")
    assert [node[name] for name in nothing] == [None] * 7
    assert (node["n"], found["unrated"]) == (0, [net.ids["x"]])
    names = {key: name for name, key in net.ids.items()}
    edges = {
        (names[edge["parent"]], names[edge["child"]]): (edge["strength"], edge["left_out"])
        for edge in found["edges"]
    }
    assert edges == {
        ("a", "c"): (0.5, None),
        ("b", "c"): (0.4, None),
        ("x", "c"): (0.9, "parent_unrated"),
        ("c", "d"): (0.8, None),
        ("b", "d"): (None, "no_strength"),
    }
    assert (found["assumed_leak"], found["sensitivity"]) == (0.0, None)
    assert (found["method"], found["far"]) == ("log_odds", math.log(3))


def test_the_network_is_of_the_moment_and_the_pool_asked_for(net: Net) -> None:
    before = net.nodes(as_of="2024-01-15")
    assert before["a"]["judged"] == pytest.approx(0.2)
    assert before["c"]["derived"] == pytest.approx(1.0 - 0.98 * 0.9 * 0.88)
    assert net.get(as_of="2024-01-15")["as_of"] == "2024-01-15T00:00:00Z"
    assert net.nodes(method="linear")["a"]["derived"] == pytest.approx(0.4)
    known = read(net.client, f"consequences/{net.ids['d']}")["recorded_at"]
    patch(net.client, f"consequences/{net.ids['d']}", caused_by=[], leak=0.5)
    assert net.nodes()["d"]["derived"] == pytest.approx(0.2)
    assert net.nodes(known_at=known)["d"]["n"] == 0
    assert {edge["left_out"] for edge in net.get(known_at=known)["edges"]} == {"parent_unrated"}
    early = net.get(as_of="2023-12-31")
    assert early["unrated"] == sorted(net.ids.values())
    assert {node["derived"] for node in early["nodes"]} == {None}


def test_an_alliance_without_causes_or_consequences_has_a_network(client: TestClient) -> None:
    alliance = make_alliance(client)["slug"]
    assert read(client, f"alliances/{alliance}/network")["nodes"] == []
    lone = make_consequence(client, alliance)["id"]
    rate(client, lone, make_assessor(client)["slug"], 0.4)
    (node,) = read(client, f"alliances/{alliance}/network")["nodes"]
    assert (node["derived"], node["base_from"]) == (pytest.approx(0.4), "judged")
    told = read(client, f"alliances/{alliance}/network", headline=lone)["sensitivity"]
    assert [one["consequence"] for one in told["bases"]] == [lone]


def test_a_cause_of_another_alliance_is_told_and_does_not_count(net: Net) -> None:
    other = make_alliance(net.client)["id"]
    away = make_consequence(net.client, other)["id"]
    rate(net.client, away, net.assessors[0], 0.5)
    causes = [{"consequence": away, "strength": 0.9}, {"consequence": net.ids["c"]}]
    patch(net.client, f"consequences/{net.ids['d']}", caused_by=causes)
    edges = [edge for edge in net.get()["edges"] if edge["child"] == net.ids["d"]]
    assert [edge["left_out"] for edge in edges] == ["other_alliance", "no_strength"]
    assert net.nodes()["d"]["base_from"] == "judged"
    body = {"strengths": [{"parent": away, "child": net.ids["d"], "strength": 0.1}]}
    assert net.post(body).json()["errors"][0]["pointer"] == "/strengths/0/parent"


# --- What doesn't go together -------------------------------------------------------------------


def test_what_does_not_go_together_is_named(net: Net) -> None:
    client, one = net.client, net.assessors[0]
    patch(client, f"consequences/{net.ids['b']}", part_of=net.ids["c"])
    early, late, other = (
        make_consequence(client, net.alliance, title=title, resolves_on=day)["id"]
        for title, day in (("It is  done", "2025-01-01"), ("it is done", "2026-01-01"),
                           ("It is over", "2027-01-01"))
    )  # fmt: skip
    for key, probability in ((early, 0.6), (late, 0.4), (other, 0.1)):
        rate(client, key, one, probability)
    rate(client, net.ids["d"], one, 0.02)
    found = net.get()
    flaws = {one["kind"]: one for one in found["incoherences"]}
    assert len(found["incoherences"]) == 3
    assert flaws["part_exceeds_whole"] == {
        "kind": "part_exceeds_whole", "consequence": net.ids["b"], "against": net.ids["c"],
        "probability": pytest.approx(0.3), "limit": pytest.approx(0.25),
        "gap": pytest.approx(logit(0.3) - logit(0.25)),
    }  # fmt: skip
    in_time = flaws["earlier_exceeds_later"]
    assert (in_time["consequence"], in_time["against"]) == (early, late)
    far = flaws["derived_far_from_judged"]
    assert (far["consequence"], far["probability"]) == (net.ids["d"], pytest.approx(0.02))
    assert far["limit"] == pytest.approx(0.8 * C)
    by_node = {node["id"]: node["incoherent"] for node in found["nodes"]}
    assert by_node[net.ids["d"]] == ["derived_far_from_judged"]
    assert by_node[net.ids["b"]] == by_node[net.ids["c"]] == ["part_exceeds_whole"]
    assert by_node[early] == by_node[late] == ["earlier_exceeds_later"]
    assert by_node[other] == []


# --- Sensitivity --------------------------------------------------------------------------------


def test_the_single_number_that_moves_the_headline_most_stands_first(net: Net) -> None:
    told = net.get(headline=net.ids["d"])["sensitivity"]
    assert (told["headline"], told["probability"]) == (net.ids["d"], pytest.approx(0.8 * C))
    first = told["edges"][0]
    assert (first["parent"], first["child"]) == (net.ids["c"], net.ids["d"])
    assert first["log_odds_move"] is None  # without it, and no leak, it could not happen
    without_a = 0.8 * (1.0 - 0.98 * 0.88)
    assert told["edges"][1]["parent"] == net.ids["a"]
    assert told["edges"][1]["log_odds_move"] == pytest.approx(logit(without_a) - logit(0.8 * C))
    assert {one["base_from"] for one in told["bases"]} == {"judged", "leak", "assumed_leak"}


def test_a_rating_is_weighed_by_the_pool_without_it(net: Net) -> None:
    third = make_assessor(net.client)["slug"]
    rate(net.client, net.ids["a"], third, 0.9, effective_at="2024-03-01")
    for pooling in (
        {},
        {"skill": "true"},
        {"method": "median"},
        {"half_life_days": 20},
        {"extremize": "auto"},
    ):
        told = net.get(headline=net.ids["d"], **pooling)["sensitivity"]
        sole, *others = told["ratings"]
        assert (sole["consequence"], sole["judged_without"]) == (net.ids["b"], None)
        assert sole["log_odds_move"] is None
        assert {one["consequence"] for one in others} == {net.ids["a"]}
        sizes = [abs(one["log_odds_move"]) for one in others]
        assert sizes == sorted(sizes, reverse=True)
        for one in others:
            # The what-if without the assessor, less what else they rate, says the same.
            if one["assessor"] == net.assessors[0]:
                continue
            moved = net.ask({"drop_assessors": [one["assessor"]]}, **pooling)
            states = {state["id"]: state for state in moved["after"]}
            assert states[net.ids["a"]]["judged"] == pytest.approx(one["judged_without"])
            expected = logit(states[net.ids["d"]]["derived"]) - logit(told["probability"])
            assert one["log_odds_move"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("headline", ["x", "none", "hidden"])
def test_a_headline_nothing_bears_on_is_refused(net: Net, headline: str) -> None:
    key = net.ids.get(headline, "01890000-0000-7000-8000-000000000000")
    refused = net.client.get(f"/v1/alliances/{net.alliance}/network?headline={key}")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "?headline"


# --- Tables, validators, statements, sight ------------------------------------------------------


def test_the_nodes_are_a_table(net: Net) -> None:
    items = net.get()["nodes"]
    path = f"/v1/alliances/{net.alliance}/network"
    lines = net.client.get(f"{path}?format=ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == items
    rows = list(csv.DictReader(io.StringIO(net.client.get(f"{path}?format=csv").text)))
    assert [row["ref"] for row in rows] == [item["ref"] for item in items]
    assert rows[2]["derived"] == ""
    assert float(rows[3]["derived"]) == items[3]["derived"]


def test_a_network_that_has_not_changed_is_not_sent_again(net: Net) -> None:
    path = f"/v1/alliances/{net.alliance}/network"
    tag = {"If-None-Match": net.client.get(path).headers["ETag"]}
    assert net.client.get(path, headers=tag).status_code == 304
    rate(net.client, net.ids["b"], net.assessors[1], 0.5)
    assert net.client.get(path, headers=tag).status_code == 200


def test_a_network_takes_the_same_statements_whatever_its_size(
    net: Net, database: Database
) -> None:
    headline = net.ids["d"]
    with counting(database) as few:
        net.get(headline=headline)
    last = headline
    for _ in range(12):
        causes = [{"consequence": last, "strength": 0.5}]
        last = make_consequence(net.client, net.alliance, caused_by=causes)["id"]
        rate(net.client, last, net.assessors[0], 0.5)
    with counting(database) as many:
        net.get(headline=last)
    assert len(few) == len(many) <= 4


def test_a_network_that_is_too_closely_knit_is_refused_in_plain_words(client: TestClient) -> None:
    alliance = make_alliance(client)["id"]
    assessor = make_assessor(client)["slug"]

    def add(causes: list[str]) -> str:
        named = [{"consequence": key, "strength": 0.5} for key in causes]
        made = str(make_consequence(client, alliance, caused_by=named)["id"])
        rate(client, made, assessor, 0.5)
        return made

    roots = [add([]) for _ in range(16)]
    random = Random(1)  # noqa: S311 - it makes test data
    for _ in range(20):
        add(random.sample(roots, 15))
    refused = client.get(f"/v1/alliances/{alliance}/network")
    assert refused.status_code == 409
    assert "too closely" in refused.json()["detail"]
    body: Body = {"assume": []}
    assert client.post(f"/v1/alliances/{alliance}/what-if", json=body).status_code == 409


def test_a_cause_out_of_sight_is_no_cause(client: TestClient) -> None:
    people = People(client)
    low = people.join("low", "analyst", clearance="GREEN")
    high = people.join("high", "editor", clearance="RED")
    alliance = people.post("alliances", {"slug": "pact", "name": "Pact"}, high)["id"]
    path = f"alliances/{alliance}/consequences"
    said = {"category": "military", "tlp": "GREEN"}
    cause = people.post(path, {"title": "Cause", **said}, high)["id"]
    causes = [{"consequence": cause, "strength": 0.9}]
    effect = people.post(path, {"title": "Effect", **said, "caused_by": causes}, high)["id"]
    for key in (cause, effect):
        people.post(f"consequences/{key}/ratings", {"probability": 0.5, "tlp": "GREEN"}, high)
    assert len(people.read(f"alliances/{alliance}/network", low)["edges"]) == 1
    raised = {**high, "If-Match": "*"}
    client.patch(f"/v1/consequences/{cause}", json={"tlp": "RED"}, headers=raised)
    found = people.read(f"alliances/{alliance}/network", low)
    assert (found["edges"], [node["id"] for node in found["nodes"]]) == ([], [effect])
    assert found["nodes"][0]["base_from"] == "judged"
    assert len(people.read(f"alliances/{alliance}/network", high)["edges"]) == 1
    unheard = "01890000-0000-7000-8000-000000000000"
    answers = []
    for key in (cause, unheard):
        body = {
            "assume": [{"consequence": key, "occurred": True}],
            "strengths": [{"parent": key, "child": effect, "strength": 0.5}],
            "headline": key,
        }
        answer = client.post(f"/v1/alliances/{alliance}/what-if", json=body, headers=low)
        assert answer.status_code == 422
        answers.append(json.dumps(answer.json()["errors"]).replace(key, "key"))
    assert answers[0] == answers[1]
