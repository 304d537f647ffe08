"""The network of a graph: which causes count, with what base, and what follows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.domain import coherence
from app.domain.network import Edge, Network, Node, marginals
from app.domain.probability import DomainError, logit
from app.kernel.errors import Conflict, Invalid
from app.kernel.records import Row
from app.kernel.types import NEARLY
from app.network.queries import Graph

ASSUMED_LEAK = 0.0
"""Nothing but the causes that are named, where nobody has said what else there may be."""

Held = Mapping[str, bool]


@dataclass(frozen=True)
class Model:
    """A graph as it is reckoned with; `strengths` by (parent, child) stand before those said."""

    graph: Graph
    strengths: Mapping[tuple[str, str], float]

    @cached_property
    def judged(self) -> dict[str, float]:
        """The pools of those that are rated, as far inside (0, 1) as an estimate may lie."""
        return {
            key: min(max(row["probability"], NEARLY), 1.0 - NEARLY)
            for key, row in self.graph.nodes.items()
            if row["n"]
        }

    @cached_property
    def unrated(self) -> list[str]:
        """Those nobody rated. What isn't known of them is not made up, so they cause nothing."""
        return [key for key in self.graph.nodes if key not in self.judged]

    @cached_property
    def edges(self) -> list[Row]:
        """Every cause that is named, and why it doesn't count where it doesn't."""
        found = []
        for cause in self.graph.causes:
            strength = self.strengths.get((cause.parent, cause.child), cause.strength)
            left_out = None
            if cause.parent not in self.graph.nodes:
                left_out = "other_alliance"
            elif cause.parent not in self.judged:
                left_out = "parent_unrated"
            elif cause.child not in self.judged:
                left_out = "child_unrated"
            elif strength is None:
                left_out = "no_strength"
            found.append(
                {
                    "parent": cause.parent,
                    "child": cause.child,
                    "strength": strength,
                    "left_out": left_out,
                }
            )
        return found

    @cached_property
    def used(self) -> list[Edge]:
        """The causes that count."""
        return [
            Edge(edge["parent"], edge["child"], edge["strength"])
            for edge in self.edges
            if edge["left_out"] is None
        ]

    @cached_property
    def bases(self) -> dict[str, tuple[float, str]]:
        """How likely each is by nothing in the network, and where that is from."""
        caused = {edge.child for edge in self.used}
        found: dict[str, tuple[float, str]] = {}
        for key, judged in self.judged.items():
            leak = self.graph.nodes[key]["leak"]
            if key not in caused:
                found[key] = judged, "judged"
            else:
                found[key] = (ASSUMED_LEAK, "assumed_leak") if leak is None else (leak, "leak")
        return found

    def network(self, *others: str) -> Network:
        """The network of those that are causes or caused, and of some others.

        Raises Conflict where it is too large or too closely knit for an exact answer, or a circle
        that no single writer could see.
        """
        inside = {end for edge in self.used for end in (edge.parent, edge.child)} | {*others}
        nodes = [Node(key, base) for key, (base, _) in self.bases.items() if key in inside]
        try:
            made = Network(nodes, self.used)
            _ = made.plan
        except DomainError as error:
            raise Conflict(f"The network can't be reckoned with: {error}.") from None
        return made

    def derived(self, observed: Held, do: Held) -> dict[str, float]:
        """How likely each is, given what is seen and what is brought about.

        Raises Invalid where that cannot happen together.
        """
        network = self.network(*observed, *do)
        try:
            found = marginals(network, observed, do)
        except (DomainError, ZeroDivisionError):  # of the latter no digit was left
            raise Invalid.at("/assume", "these outcomes cannot happen together") from None
        if not observed:
            # Nothing speaks about its causes: a root is what it is judged, to the last digit.
            roots = {key for key, (_, source) in self.bases.items() if source == "judged"}
            found = {key: p for key, p in found.items() if key not in roots or key in do}
        return {**self.judged, **found}


def logit_move(before: float, after: float | None) -> float | None:
    """The move from one probability to another in log-odds; None from or to 0, 1 or nothing."""
    if after is None or not (0.0 < before < 1.0 and 0.0 < after < 1.0):
        return None
    return logit(after) - logit(before)


def shown(model: Model) -> Row:
    """The nodes of a network with what is derived of them, and what doesn't go together."""
    derived = model.derived({}, {})
    found = _incoherences(model, derived)
    flaws: dict[str, list[str]] = {key: [] for key in model.graph.nodes}
    for one in found:
        for key in dict.fromkeys((one.outcome, one.against)):
            if one.kind not in flaws[key]:
                flaws[key].append(one.kind)
    nodes = [{**node(model, key, derived), "incoherent": flaws[key]} for key in model.graph.nodes]
    return {
        "assumed_leak": ASSUMED_LEAK,
        "far": coherence.FAR,
        "nodes": nodes,
        "edges": model.edges,
        "unrated": model.unrated,
        "incoherences": [
            {
                "kind": one.kind,
                "consequence": one.outcome,
                "against": one.against,
                "probability": one.p,
                "limit": one.limit,
                "gap": one.gap,
            }
            for one in found
        ],
    }


def node(model: Model, key: str, derived: Mapping[str, float]) -> Row:
    """One consequence as it stands in the network."""
    row = model.graph.nodes[key]
    base, source = model.bases.get(key, (None, None))
    judged = row["probability"] if row["n"] else None
    p = derived.get(key)
    return {
        **{name: row[name] for name in ("id", "ref", "title", "outcome", "n", "leak")},
        "judged": judged,
        "base": base,
        "base_from": source,
        "derived": p,
        "difference": None if p is None else logit_move(model.judged[key], p),
    }


def _incoherences(model: Model, derived: Mapping[str, float]) -> list[coherence.Finding]:
    rows, judged = model.graph.nodes, model.judged
    parts = [(key, row["part_of"]) for key, row in rows.items() if row["part_of"] is not None]
    found = coherence.parts_above_wholes(parts, judged)
    # One outcome asked about several times says so by its title; other ones by other days may be
    # as likely as they are.
    series: dict[str, dict[str, Any]] = {}
    for key, row in rows.items():
        if row["resolves_on"] is not None:
            title = " ".join(row["title"].casefold().split())
            series.setdefault(title, {})[key] = row["resolves_on"]
    for deadlines in series.values():
        found += coherence.earlier_above_later(deadlines, judged)
    caused = {key: p for key, p in derived.items() if model.bases[key][1] != "judged"}
    return found + coherence.derived_far_from_judged(caused, judged)
