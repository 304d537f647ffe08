"""The causal network against the enumeration of all its states."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import elimination, network
from app.domain.network import Edge, Network, Node, find_cycle, marginals
from app.domain.probability import DomainError

REFERENCE = Network(
    [Node("talks", 0.6), Node("sanctions", 0.4), Node("treaty", 0.02)],
    [Edge("talks", "treaty", 0.3), Edge("sanctions", "treaty", 0.5)],
)
FORK = Network(
    [Node("root", 0.5), Node("left", 0.0), Node("right", 0.0), Node("end", 0.0)],
    [
        Edge("root", "left", 0.8),
        Edge("root", "right", 0.8),
        Edge("left", "end", 0.5),
        Edge("right", "end", 0.5),
    ],
)

Assumption = dict[str, bool]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    n = draw(st.integers(1, 7))
    strength = st.floats(0.05, 1.0)
    nodes, edges = [], []
    for child in range(n):
        parents = [parent for parent in range(child) if draw(st.booleans())]
        edges += [Edge(str(parent), str(child), draw(strength)) for parent in parents]
        nodes.append(Node(str(child), draw(st.floats(0.01, 0.9))))
    return Network(draw(st.permutations(nodes)), draw(st.permutations(edges)))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Network, Assumption, Assumption]:
    asked = draw(networks())
    ways = {node.id: draw(st.sampled_from(["free", "free", "see", "do"])) for node in asked.nodes}
    observed = {key: draw(st.booleans()) for key, way in ways.items() if way == "see"}
    do = {key: draw(st.booleans()) for key, way in ways.items() if way == "do"}
    return asked, observed, do


def enumerated(asked: Network, observed: Assumption, do: Assumption) -> dict[str, float] | None:
    """Each marginal from the sum over all states; None when what is assumed cannot happen."""
    keys = [node.id for node in asked.nodes]
    total, sums = 0.0, dict.fromkeys(keys, 0.0)
    for states in product([False, True], repeat=len(keys)):
        state = dict(zip(keys, states, strict=True))
        if any(state[key] != happens for key, happens in {**observed, **do}.items()):
            continue
        weight = 1.0
        for node in asked.nodes:
            if node.id in do:
                continue
            no = 1.0 - node.base
            for edge in asked.edges:
                if edge.child == node.id and state[edge.parent]:
                    no *= 1.0 - edge.strength
            weight *= 1.0 - no if state[node.id] else no
        total += weight
        for key in keys:
            sums[key] += weight * state[key]
    return {key: value / total for key, value in sums.items()} if total > 0.0 else None


def test_the_reference_network() -> None:
    assert marginals(REFERENCE)["treaty"] == pytest.approx(0.35712, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(questions())
def test_every_marginal_is_that_of_all_states(
    question: tuple[Network, Assumption, Assumption],
) -> None:
    asked, observed, do = question
    expected = enumerated(asked, observed, do)
    if expected is None:
        with pytest.raises(DomainError, match="cannot happen together"):
            marginals(asked, observed, do)
    else:
        assert marginals(asked, observed, do) == pytest.approx(expected, abs=1e-9)


def test_causes_with_a_common_ancestor_are_not_taken_for_independent() -> None:
    both = 0.5 * 0.8 * 0.8
    one = 2 * 0.5 * 0.8 * 0.2
    assert marginals(FORK)["end"] == pytest.approx(both * 0.75 + one * 0.5)


def test_an_observed_effect_speaks_about_its_causes_and_one_that_was_made_does_not() -> None:
    seen = marginals(REFERENCE, observed={"treaty": True})
    assert seen["treaty"] == 1.0
    assert seen["talks"] > 0.6
    explained = marginals(REFERENCE, observed={"treaty": True, "sanctions": True})
    assert explained["talks"] < seen["talks"]
    made = marginals(REFERENCE, do={"treaty": True})
    assert (made["treaty"], made["talks"], made["sanctions"]) == pytest.approx((1.0, 0.6, 0.4))


def test_many_causes_of_one_effect_and_many_effects_of_one_cause() -> None:
    leaves = [str(i) for i in range(100)]
    fan_in = Network(
        [*(Node(leaf, 0.1) for leaf in leaves), Node("end", 0.01)],
        [Edge(leaf, "end", 0.05) for leaf in leaves],
    )
    assert marginals(fan_in)["end"] == pytest.approx(1 - 0.99 * (1 - 0.1 * 0.05) ** 100)
    fan_out = Network(
        [Node("start", 0.5), *(Node(leaf, 1e-9) for leaf in leaves)],
        [Edge("start", leaf, 1e-9) for leaf in leaves],
    )
    seen = marginals(fan_out, observed=dict.fromkeys(leaves, True))
    # The chance of what was seen is about 1e-870, far below the smallest double.
    assert seen["start"] == pytest.approx(1.0)


def test_small_chances_keep_their_digits() -> None:
    rare = Network([Node("a", 1e-12), Node("b", 0.0)], [Edge("a", "b", 1e-12)])
    assert marginals(rare)["b"] == pytest.approx(1e-24, rel=1e-9)


def test_forty_nodes_with_three_causes_each_are_summed() -> None:
    nodes = [Node(str(i), 0.1) for i in range(40)]
    edges = [
        Edge(str(child - back), str(child), 0.1 * back)
        for child in range(1, 40)
        for back in (1, 3, 8)
        if back <= child
    ]
    found = marginals(Network(nodes, edges))
    assert len(found) == 40
    assert all(0.0 < p < 1.0 for p in found.values())
    assert found == pytest.approx(marginals(Network(nodes[::-1], edges[::-1])))


def test_a_network_without_nodes_has_no_marginals() -> None:
    assert marginals(Network([], [])) == {}


def test_a_cycle_is_refused_and_named() -> None:
    nodes = [Node(key, 0.1) for key in "abc"]
    edges = [Edge("a", "b", 0.5), Edge("b", "c", 0.5), Edge("c", "b", 0.5)]
    with pytest.raises(DomainError, match=r"cannot cause itself: (b → c → b|c → b → c)$"):
        Network(nodes, edges)
    with pytest.raises(DomainError, match=r"a → a$"):
        Network(nodes, [Edge("a", "a", 0.5)])
    assert find_cycle(edges[:2]) == []


def test_of_a_long_cycle_only_the_beginning_is_named() -> None:
    ring = [Edge(str(i), str((i + 1) % 100), 0.5) for i in range(100)]
    with pytest.raises(DomainError, match=r"(\d+ → ){7}… \(100 in all\) → \d+$"):
        Network([Node(str(i), 0.1) for i in range(100)], ring)


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ([Node("a", 0.0)], [], "strictly between 0 and 1"),
        ([Node("a", float("nan"))], [], "strictly between 0 and 1"),
        ([Node("a", 0.1), Node("a", 0.2)], [], "given twice"),
        ([Node("a", 0.1)], [Edge("a", "b", 0.5)], "no node 'b'"),
        ([Node("a", 0.1), Node("b", 1.0)], [Edge("a", "b", 0.5)], "leak of 'b'"),
        ([Node("a", 0.1), Node("b", 0.0)], [Edge("a", "b", 0.0)], "strength of 'a' for 'b'"),
        ([Node("a", 0.1), Node("b", 0.0)], [Edge("a", "b", 0.5)] * 2, "'a' causes 'b' twice"),
        ([Node(str(i), 0.1) for i in range(network.LARGEST_NETWORK + 1)], [], "at most 300 nodes"),
    ],
)
def test_what_is_no_network_is_refused(nodes: list[Node], edges: list[Edge], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        Network(nodes, edges)


def test_what_cannot_be_assumed_is_refused() -> None:
    with pytest.raises(DomainError, match="no node 'war'"):
        marginals(REFERENCE, observed={"war": True})
    with pytest.raises(DomainError, match="both observed and brought about"):
        marginals(REFERENCE, observed={"talks": True}, do={"talks": True})
    with pytest.raises(DomainError, match="cannot happen together"):
        marginals(FORK, observed={"root": False, "end": True})
    assert marginals(FORK, observed={"root": False}, do={"end": True})["left"] == 0.0


def test_a_network_too_closely_knit_is_refused_rather_than_awaited() -> None:
    nodes = [Node(f"{side}{i}", 0.1) for side in "ab" for i in range(20)]
    edges = [Edge(f"a{i}", f"b{j}", 0.5) for i in range(20) for j in range(20)]
    with pytest.raises(DomainError, match="hang together too closely"):
        marginals(Network(nodes, edges))


def test_many_tables_are_bounded_as_one_large_one_is() -> None:
    # No more than 15 of these hang together at any place, but there are many places.
    nodes = [Node(str(i), 0.1) for i in range(network.LARGEST_NETWORK)]
    edges = [
        Edge(str(i - back), str(i), 0.5)
        for i in range(len(nodes))
        for back in (1, 9, 14)
        if back <= i
    ]
    with pytest.raises(DomainError, match=str(elimination.LARGEST_SUM)):
        marginals(Network(nodes, edges))
    assert len(marginals(Network(nodes[:40], [e for e in edges if int(e.child) < 40]))) == 40
