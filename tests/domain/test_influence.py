"""What each number of a causal network does to a headline."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.influence import Influence, influences, rebased
from app.domain.network import Edge, Network, Node, marginals
from app.domain.probability import DomainError, logit
from tests.domain.test_network import FORK, REFERENCE, Assumption, questions


def changed(asked: Network, influence: Influence, value: float) -> Network:
    if influence.parent is None:
        return Network(
            [replace(n, base=value) if n.id == influence.node else n for n in asked.nodes],
            asked.edges,
        )
    named = (influence.parent, influence.node)
    edges = [replace(e, strength=value) if (e.parent, e.child) == named else e for e in asked.edges]
    return Network(asked.nodes, [edge for edge in edges if edge.strength > 0.0])


@settings(max_examples=60, deadline=None)
@given(questions(), st.data())
def test_dropping_a_number_does_what_it_is_said_to_do(
    question: tuple[Network, Assumption, Assumption], data: st.DataObject
) -> None:
    asked, observed, do = question
    headline = data.draw(st.sampled_from([node.id for node in asked.nodes]))
    try:
        found = influences(asked, headline, observed, do)
    except DomainError:
        return
    p = marginals(asked, observed, do)[headline]
    for influence in found:
        # Towards 0, as a root that never happens is no root: the network refuses it.
        nearly = changed(asked, influence, 1e-13)
        if influence.dropped is not None:
            try:
                without = marginals(nearly, observed, do)[headline]
            except DomainError:
                continue
            if 1e-6 < without < 1.0 - 1e-6:
                assert influence.dropped == pytest.approx(logit(without) - logit(p), abs=1e-6)
        step = 1e-5
        if 2 * step < influence.value < 1.0 - 2 * step:
            up, down = (
                marginals(changed(asked, influence, influence.value + h), observed, do)[headline]
                for h in (step, -step)
            )
            assert influence.slope == pytest.approx((up - down) / (2 * step), abs=1e-3, rel=1e-3)


def test_the_strongest_stands_first() -> None:
    found = influences(REFERENCE, "treaty")
    assert [(i.node, i.parent) for i in found[:2]] == [
        ("treaty", "sanctions"),
        ("sanctions", None),
    ]
    assert found[0].value == 0.5
    assert found[0].dropped == pytest.approx(logit(0.02 + 0.98 * 0.18) - logit(0.35712))
    assert found[0].slope == pytest.approx(0.98 * 0.4 * 0.82)
    assert found[-1].node == "treaty"
    assert found[-1].parent is None
    sizes = [abs(i.dropped) for i in found if i.dropped is not None]
    assert sizes == sorted(sizes, reverse=True)


def test_what_a_headline_cannot_do_without_has_no_number() -> None:
    found = influences(FORK, "end")
    assert (found[0].node, found[0].dropped) == ("root", None)
    assert {(i.node, i.parent) for i in found if i.dropped is not None} == {
        ("left", None),
        ("right", None),
        ("end", None),
        ("left", "root"),
        ("right", "root"),
        ("end", "left"),
        ("end", "right"),
    }


def test_the_causes_of_what_was_made_have_no_influence() -> None:
    for influence in influences(FORK, "end", do={"left": True, "right": True}):
        if influence.node != "end":
            assert (influence.slope, influence.dropped) == (0.0, 0.0)


def test_an_effect_with_many_causes_has_each_of_them() -> None:
    causes = [Node(str(i), 0.2) for i in range(9)]
    edges = [Edge(node.id, "end", 0.1 + 0.05 * i) for i, node in enumerate(causes)]
    found = influences(Network([*causes, Node("end", 0.01)], edges), "end")
    values = {i.parent: i.value for i in found if i.parent is not None}
    assert values == {edge.parent: edge.strength for edge in edges}


@pytest.mark.parametrize(
    ("headline", "observed", "message"),
    [
        ("war", {}, "no node 'war'"),
        ("end", {"end": True}, "its outcome is assumed"),
        ("end", {"root": False}, "certain or impossible"),
    ],
)
def test_a_headline_that_nothing_can_move_is_refused(
    headline: str, observed: dict[str, bool], message: str
) -> None:
    with pytest.raises(DomainError, match=message):
        influences(FORK, headline, observed)


@settings(max_examples=60, deadline=None)
@given(questions(), st.data())
def test_another_base_moves_the_headline_as_a_network_with_it_would(
    question: tuple[Network, Assumption, Assumption], data: st.DataObject
) -> None:
    asked, observed, do = question
    headline, node = (data.draw(st.sampled_from([n.id for n in asked.nodes])) for _ in "ab")
    base = data.draw(st.floats(0.01, 0.99))
    try:
        p = marginals(asked, observed, do)[headline]
        (move,) = rebased(asked, headline, [(node, base)], observed, do)
    except DomainError:
        return
    nodes = [replace(n, base=base) if n.id == node else n for n in asked.nodes]
    then = marginals(Network(nodes, asked.edges), observed, do)[headline]
    if move is not None and 1e-6 < then < 1.0 - 1e-6:
        assert move == pytest.approx(logit(then) - logit(p), abs=1e-6)


def test_another_base_may_settle_the_headline_and_lies_between_0_and_1() -> None:
    assert rebased(FORK, "end", [("root", 0.0)]) == [None]
    with pytest.raises(DomainError, match=r"a base lies in \[0, 1\], not 1.5"):
        rebased(FORK, "end", [("root", 1.5)])
