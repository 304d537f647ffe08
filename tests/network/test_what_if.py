"""What if: what moves, what doesn't, what is refused, and that nothing is stored."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.probability import logit
from app.kernel.db import Database
from app.permissions import PERMISSIONS
from tests.helpers import (
    Body,
    counting,
    make_claim,
    make_evidence,
    make_source,
    patch,
    read,
)
from tests.hostile.world import contents
from tests.network.conftest import Net
from tests.network.test_network import A, C

NOBODY = "01890000-0000-7000-8000-000000000000"


def test_nothing_asked_is_nothing_moved(net: Net) -> None:
    found = net.ask({})
    assert found["before"] == found["after"]
    assert found["moves"] == found["evidence"] == []
    assert found["sensitivity"] is None
    derived = {node["id"]: node["derived"] for node in net.get()["nodes"]}
    assert {one["id"]: one["derived"] for one in found["before"]} == derived


def test_what_is_seen_speaks_about_its_causes(net: Net) -> None:
    after = net.after({"assume": net.held(c=True)})
    assert after["a"] == pytest.approx(A * (1.0 - 0.98 * 0.5 * 0.88) / C)
    assert after["c"] == 1.0
    assert after["d"] == pytest.approx(0.8)
    # One cause explains the other away.
    both = net.after({"assume": net.held(c=True, b=True)})
    assert A < both["a"] < after["a"]


def test_what_is_brought_about_says_nothing_about_its_causes(net: Net) -> None:
    after = net.after({"intervene": net.held(c=True)})
    assert (after["a"], after["b"]) == (pytest.approx(A), pytest.approx(0.3))
    assert after["d"] == pytest.approx(0.8)
    assert net.after({"intervene": net.held(c=False)})["d"] == 0.0
    mixed = net.after({"intervene": net.held(a=False), "assume": net.held(c=True)})
    assert mixed["a"] == 0.0
    assert mixed["b"] == pytest.approx(0.3 * (1.0 - 0.98 * 0.6) / (1.0 - 0.98 * 0.88))


def test_moves_are_told_by_their_size_and_what_becomes_certain_first(net: Net) -> None:
    found = net.ask({"assume": net.held(b=True)})
    moves = [(net_name(net, move["id"]), move["log_odds_move"]) for move in found["moves"]]
    assert [name for name, _ in moves] == ["c", "d"]
    then = 1.0 - 0.98 * (1.0 - 0.5 * A) * 0.6
    assert moves[0][1] == pytest.approx(logit(then) - logit(C))
    assert found["moves"][0]["before"] == pytest.approx(C)
    assert found["moves"][0]["after"] == pytest.approx(then)
    settled = net.ask({"assume": net.held(c=False)})["moves"]
    assert [net_name(net, move["id"]) for move in settled] == ["d", "a", "b"]
    assert (settled[0]["after"], settled[0]["log_odds_move"]) == (0.0, None)


def net_name(net: Net, key: str) -> str:
    return next(name for name, other in net.ids.items() if other == key)


def test_a_strength_may_be_another_or_be_given(net: Net) -> None:
    def strength(parent: str, child: str, value: float) -> Body:
        return {"parent": net.ids[parent], "child": net.ids[child], "strength": value}

    after = net.after({"strengths": [strength("c", "d", 1), strength("a", "c", 0.1)]})
    c = 1.0 - 0.98 * (1.0 - 0.1 * A) * 0.88
    assert (after["c"], after["d"]) == (pytest.approx(c), pytest.approx(c))
    given = net.after({"strengths": [strength("b", "d", 0.5)]})
    assert given["d"] > 0.8 * C
    # Of what nobody rates there is nothing to reckon with, however strong it is.
    assert net.ask({"strengths": [strength("x", "c", 1)]})["moves"] == []


def test_an_assessor_may_be_left_out_of_the_pools(net: Net) -> None:
    one, two = net.assessors
    key = read(net.client, f"assessors/{two}")["id"]
    for named in (two, key):
        found = net.ask({"drop_assessors": [named]})
        state = {net_name(net, one["id"]): one for one in found["after"]}
        assert state["a"]["judged"] == state["a"]["derived"] == pytest.approx(0.2)
        assert state["c"]["derived"] == pytest.approx(1.0 - 0.98 * 0.9 * 0.88)
    past = net.ask({"drop_assessors": [two]}, as_of="2024-01-15")
    assert past["moves"] == []
    # Whom nobody else agrees or disagrees with leaves what is not rated any more.
    found = net.ask({"drop_assessors": [one]})
    assert [move["after"] for move in found["moves"]] == [pytest.approx(0.6), None, None, None]
    assert {one["id"]: one["judged"] for one in found["after"]}[net.ids["b"]] is None
    refused = net.post({"drop_assessors": [one], "assume": net.held(b=True)})
    assert refused.json()["errors"] == [
        {
            "pointer": "/assume/0/consequence",
            "detail": "is not rated, so that it takes no part in the network",
        }
    ]


def test_a_claim_that_is_dropped_moves_the_evidence_and_no_probability(net: Net) -> None:
    client = net.client
    wire, copy = make_source(client), make_source(client)
    patch(client, f"sources/{copy['id']}", derived_from=wire["id"])
    said = {"effective_at": "2024-01-01", "alliance": net.alliance}
    one = make_claim(client, carriers=[{"source": wire["id"]}], **said)["id"]
    two = make_claim(client, carriers=[{"source": copy["id"]}], **said)["id"]
    third = make_claim(client, carriers=[{"source": make_source(client)["id"]}], **said)["id"]
    for claim in (one, two, third):
        make_evidence(client, net.ids["a"], claim)
    denial = make_claim(client, relations=[{"kind": "denies", "claim": one}], **said)["id"]
    back = make_claim(client, relations=[{"kind": "retracts", "claim": denial}], **said)["id"]
    (found,) = net.ask({"drop_claims": [two]})["evidence"]
    assert (found["consequence"], found["ref"]) == (net.ids["a"], "a")
    counts = ("supports", "contested", "origins_for")
    assert [found["before"][name] for name in counts] == [3, 0, 2]
    assert [found["after"][name] for name in counts] == [2, 0, 2]
    (found,) = net.ask({"drop_claims": [two, one]})["evidence"]
    assert [found["after"][name] for name in counts] == [1, 0, 1]
    # Who took a denial back is dropped: the denial stands again.
    (found,) = net.ask({"drop_claims": [back]})["evidence"]
    assert (found["before"]["contested"], found["after"]["contested"]) == (0, 1)
    assert net.ask({"drop_claims": [back, denial]})["evidence"] == []
    assert net.ask({"drop_claims": [one, two, third]})["moves"] == []
    (found,) = net.ask({"drop_claims": [one, two, third]})["evidence"]
    assert set(found["after"].values()) == {0}
    early = net.post({"drop_claims": [one]}, as_of="2023-12-31")
    assert early.json()["errors"][0]["pointer"] == "/drop_claims/0"


def test_the_headline_is_told_of_as_asked(net: Net) -> None:
    body = {"headline": net.ids["d"], "intervene": net.held(b=False)}
    told = net.ask(body)["sensitivity"]
    assert told["probability"] == pytest.approx(0.8 * (1.0 - 0.98 * (1.0 - 0.5 * A)))
    assert {one["consequence"] for one in told["ratings"]} == {net.ids["a"]}
    assert net.ids["b"] not in {one["parent"] for one in told["edges"]}
    dropped = net.ask({**body, "drop_assessors": [net.assessors[1]]})["sensitivity"]
    assert [one["judged_without"] for one in dropped["ratings"]] == [None]


# --- What is refused ----------------------------------------------------------------------------


REFUSED: list[tuple[Body, str]] = [
    ({"assume": [{"consequence": NOBODY, "occurred": True}]}, "/assume/0/consequence"),
    ({"intervene": [{"consequence": NOBODY, "occurred": True}]}, "/intervene/0/consequence"),
    ({"assume": [{"consequence": "a", "occurred": 1}]}, "/assume/0/occurred"),
    ({"assume": [{"consequence": "x", "occurred": True}]}, "/assume/0/consequence"),
    ({"assume": [{"consequence": "a", "occurred": True}] * 2}, "/assume/1/consequence"),
    (
        {
            "assume": [{"consequence": "a", "occurred": True}],
            "intervene": [{"consequence": "a", "occurred": True}],
        },
        "/intervene/0/consequence",
    ),
    ({"strengths": [{"parent": "a", "child": "c", "strength": 0}]}, "/strengths/0/strength"),
    ({"strengths": [{"parent": "a", "child": "c", "strength": 1.1}]}, "/strengths/0/strength"),
    ({"strengths": [{"parent": "a", "child": "d", "strength": 0.5}]}, "/strengths/0"),
    ({"strengths": [{"parent": "c", "child": "a", "strength": 0.5}]}, "/strengths/0"),
    ({"strengths": [{"parent": "a", "child": NOBODY, "strength": 0.5}]}, "/strengths/0/child"),
    ({"strengths": [{"parent": "a", "child": "c", "strength": 0.5}] * 2}, "/strengths/1"),
    ({"drop_claims": [NOBODY]}, "/drop_claims/0"),
    ({"drop_assessors": ["nobody"]}, "/drop_assessors/0"),
    ({"headline": NOBODY}, "/headline"),
    ({"headline": "x"}, "/headline"),
    ({"headline": "a", "assume": [{"consequence": "a", "occurred": True}]}, "/headline"),
    ({"headline": "d", "assume": [{"consequence": "c", "occurred": False}]}, "/headline"),
    (
        {
            "assume": [
                {"consequence": "d", "occurred": True},
                {"consequence": "c", "occurred": False},
            ]
        },
        "/assume",
    ),
    ({"unknown": 1}, "/unknown"),
]
"""Questions that cannot be, by the names of `Net`, and the field that is at fault."""


def test_a_question_that_cannot_be_is_refused_by_its_field(net: Net) -> None:
    for body, pointer in REFUSED:
        refused = net.post(named(net, body))
        assert refused.status_code == 422, refused.text
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer], body


def named(net: Net, node: Any) -> Any:
    """A body with the ids of the names in it."""
    if isinstance(node, dict):
        return {key: named(net, value) for key, value in node.items()}
    if isinstance(node, list):
        return [named(net, value) for value in node]
    return net.ids.get(node, node) if isinstance(node, str) else node


def test_a_consequence_of_another_alliance_is_none_here(net: Net, client: TestClient) -> None:
    other = client.post("/v1/alliances", json={"slug": "other", "name": "Other"}).json()["id"]
    away = replace(net, alliance=other)
    refused = away.post({"assume": net.held(a=True)})
    assert refused.json()["errors"][0]["pointer"] == "/assume/0/consequence"
    assert replace(net, alliance="nowhere").post({}).status_code == 404


# --- Nothing is stored --------------------------------------------------------------------------


def test_a_question_stores_nothing_and_takes_the_same_statements_always(
    net: Net, database: Database
) -> None:
    client = net.client
    claims = [make_claim(client)["id"] for _ in range(6)]
    for claim, name in zip(claims, "abcdab", strict=True):
        make_evidence(client, net.ids[name], claim)
    before = contents(database)
    body: Body = {"drop_assessors": [net.assessors[1]], "headline": net.ids["d"]}
    with counting(database) as few:
        net.ask({**body, "drop_claims": claims[:1]})
    edge = {"parent": net.ids["a"], "child": net.ids["c"], "strength": 0.9}
    with counting(database) as many:
        net.ask(
            {
                **body,
                "drop_claims": claims,
                "assume": net.held(a=True),
                "intervene": net.held(b=False),
                "strengths": [edge],
            }
        )
    assert len(few) == len(many) <= 13
    assert not any(one.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) for one in many)
    assert contents(database) == before


def test_who_may_read_may_ask() -> None:
    assert PERMISSIONS["POST /alliances/{alliance}/what-if"] == "read"
