"""The causal network: how likely each outcome is, given the causes that are drawn for it.

Nodes are outcomes that happen or not, joined by noisy-OR (`app.domain.noisy_or`). Answers are
exact, also where causes have ancestors in common. Two ways to assume an outcome are told apart:

- *observed*: given that it happened, or did not, as an analyst reads it. That speaks about its
  causes as much as about its effects, and one cause can explain another away.
- *do*: if somebody brought it about, or prevented it. Its causes lose their hold on it, so it says
  nothing about them (Pearl 2009, ch. 3).

An outcome that is assumed without more is observed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from app.domain.elimination import Plan, Table, dot, plan
from app.domain.noisy_or import Assumed, Wiring, wire
from app.domain.probability import DomainError, check

LARGEST_NETWORK = 300
"""Nodes of a network at most."""

MOST_EDGES = 1500
"""Edges of a network at most."""

_NAMED = 8  # nodes of a cycle that a message names


@dataclass(frozen=True, slots=True)
class Node:
    """An outcome, and `base`, its probability of happening without any cause in the network.

    For a root that is its judged probability, in (0, 1); for any other the leak, in [0, 1).
    """

    id: str
    base: float


@dataclass(frozen=True, slots=True)
class Edge:
    """`parent` happening brings `child` about with probability `strength`, in (0, 1]."""

    parent: str
    child: str
    strength: float


@dataclass(frozen=True)
class Network:
    """Nodes and the edges between them, fit to be asked.

    Raises DomainError for a node or an edge given twice, an edge to a node that isn't there, a
    number out of its range, a cycle (which is named), or more than `LARGEST_NETWORK` nodes or
    `MOST_EDGES` edges.
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge]

    def __post_init__(self) -> None:
        """Freeze the sequences and refuse what is no network."""
        object.__setattr__(self, "nodes", tuple(self.nodes))
        object.__setattr__(self, "edges", tuple(self.edges))
        if len(self.nodes) > LARGEST_NETWORK or len(self.edges) > MOST_EDGES:
            raise DomainError(
                f"a network has at most {LARGEST_NETWORK} nodes and {MOST_EDGES} edges, "
                f"not {len(self.nodes)} and {len(self.edges)}"
            )
        if len(self.places) < len(self.nodes):
            raise DomainError("a node is given twice")
        self._check_edges()
        cycle = find_cycle(self.edges)
        if cycle:
            raise DomainError(f"an outcome cannot cause itself: {_named(cycle)}")
        children = {edge.child for edge in self.edges}
        for node in self.nodes:
            if node.id not in children:
                check(node.base)
            elif not 0.0 <= node.base < 1.0:
                raise DomainError(f"the leak of {node.id!r} lies in [0, 1), not {node.base!r}")

    def _check_edges(self) -> None:
        seen = set()
        for edge in self.edges:
            for end in (edge.parent, edge.child):
                self.place(end)
            if (edge.parent, edge.child) in seen:
                raise DomainError(f"{edge.parent!r} causes {edge.child!r} twice")
            seen.add((edge.parent, edge.child))
            if not 0.0 < edge.strength <= 1.0:
                raise DomainError(
                    f"the strength of {edge.parent!r} for {edge.child!r} "
                    f"lies in (0, 1], not {edge.strength!r}"
                )

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each node, by its id."""
        return {node.id: place for place, node in enumerate(self.nodes)}

    def place(self, node: str) -> int:
        """Return the place of `node`. Raises DomainError when it isn't there."""
        if node not in self.places:
            raise DomainError(f"there is no node {node!r} in the network")
        return self.places[node]

    @cached_property
    def wiring(self) -> Wiring:
        """The nodes as tables to sum over."""
        parents: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            parents[edge.child].append(edge)
        order = TopologicalSorter(
            {child: [edge.parent for edge in edges] for child, edges in parents.items()}
        ).static_order()
        rank = {node: at for at, node in enumerate(order)}
        for edges in parents.values():
            edges.sort(key=lambda edge: rank[edge.parent])  # near in time hang together
        return wire(
            [
                (node.base, [(self.places[e.parent], e.strength) for e in parents[node.id]])
                for node in self.nodes
            ]
        )

    @cached_property
    def plan(self) -> Plan:
        """How to sum over the network. Raises DomainError where it is too closely knit."""
        return plan(self.wiring.families)

    def assumed(self, observed: Mapping[str, bool], do: Mapping[str, bool]) -> Assumed:
        """Return the assumptions by place. Raises DomainError for a node unknown or in both."""
        for node in do:
            if node in observed:
                raise DomainError(f"{node!r} is both observed and brought about")
        held = {self.place(node): happens for node, happens in {**observed, **do}.items()}
        return Assumed(held, {self.places[node] for node in do})


def marginals(
    network: Network,
    observed: Mapping[str, bool] | None = None,
    do: Mapping[str, bool] | None = None,
) -> dict[str, float]:
    """Return P(node | observed, do) of every node, in [0, 1]; 0 and 1 where it is certain.

    `observed` and `do` tell of nodes, by id, whether they are taken to happen. Raises DomainError
    for an unknown node, one in both, outcomes that cannot happen together, or a network too
    closely knit (`elimination.LARGEST_TABLE`).
    """
    tables = network.assumed(observed or {}, do or {}).tables(network.wiring)
    slopes = network.plan.slopes(tables)
    return {
        node: _share_of_yes(slopes[place], tables[place]) for node, place in network.places.items()
    }


def find_cycle(edges: Sequence[Edge]) -> list[str]:
    """Return the nodes of a cycle, each causing the next, the first again at the end; or none."""
    causes: dict[str, list[str]] = {}
    for edge in edges:
        causes.setdefault(edge.child, []).append(edge.parent)
    try:
        TopologicalSorter(causes).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def _named(cycle: Sequence[str]) -> str:
    shown = list(cycle)
    if len(shown) > _NAMED + 1:
        shown[_NAMED - 1 : -1] = [f"… ({len(cycle) - 1} in all)"]
    return " → ".join(shown)


def _share_of_yes(slopes: Table, table: Table) -> float:
    half = len(table) // 2
    no = dot(slopes[:half], table[:half])
    yes = dot(slopes[half:], table[half:])
    return yes / (no + yes)
