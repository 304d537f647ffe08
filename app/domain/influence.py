"""What each number of a causal network does to one of its nodes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.elimination import Table, dot
from app.domain.network import Network, marginals
from app.domain.noisy_or import Assumed, Gate, Slot
from app.domain.probability import DomainError


@dataclass(frozen=True, slots=True)
class Influence:
    """What one number of the network does to the probability of a headline node.

    The number, `value`, is the strength of the edge from `parent` to `node`, or where `parent` is
    None the base of `node`. `slope` is the derivative of the headline's probability by it.
    `dropped` is the change of the headline's log-odds, in nats, if the number were 0 (no edge; a
    root that does not happen; no leak); None if then the headline would be certain or impossible,
    or the assumed outcomes could not happen.
    """

    node: str
    parent: str | None
    value: float
    slope: float
    dropped: float | None


def influences(
    network: Network,
    headline: str,
    observed: Mapping[str, bool] | None = None,
    do: Mapping[str, bool] | None = None,
) -> list[Influence]:
    """Return what each edge and each base of `network` does to `headline`, the strongest first.

    Strength is the size of `dropped`, where None counts as most; ties stand in the order of ids.
    Both figures are exact, from two sums, since a sum is linear in each number. Raises DomainError
    as `marginals` does, and for a headline that is assumed, certain or impossible.
    """
    p, yes, no = _sums(network, headline, observed or {}, do or {})
    wiring = network.wiring
    found = []
    for node in network.nodes:
        effect = network.places[node.id]
        slots: list[tuple[str | None, Slot]] = [(None, wiring.bases[effect])]
        slots += [(network.nodes[at].id, slot) for at, slot in wiring.strengths[effect].items()]
        for parent, slot in slots:
            (up, up_at_1), (down, down_at_1) = yes.changes(slot), no.changes(slot)
            slope = p * (1.0 - p) * ((up_at_1 - up) - (down_at_1 - down))
            dropped = math.log(up) - math.log(down) if up > 0.0 and down > 0.0 else None
            value = wiring.gates[slot.gate].at(slot.cause)
            found.append(Influence(node.id, parent, value, slope, dropped))
    return sorted(found, key=_strongest_first)


def rebased(
    network: Network,
    headline: str,
    bases: Sequence[tuple[str, float]],
    observed: Mapping[str, bool] | None = None,
    do: Mapping[str, bool] | None = None,
) -> list[float | None]:
    """Return, for each (node, base), the change of `headline`'s log-odds with that base, in nats.

    One node has another base at a time. None where the headline would then be certain or
    impossible. Exact, as `influences` is; raises DomainError as that does, and for a base outside
    [0, 1].
    """
    _, yes, no = _sums(network, headline, observed or {}, do or {})
    found = []
    for node, base in bases:
        if not 0.0 <= base <= 1.0:
            raise DomainError(f"a base lies in [0, 1], not {base!r}")
        slot = network.wiring.bases[network.place(node)]
        up, down = (
            off * (1.0 - base) + on * base for off, on in (yes.changes(slot), no.changes(slot))
        )
        found.append(math.log(up) - math.log(down) if up > 0.0 and down > 0.0 else None)
    return found


def _sums(
    network: Network, headline: str, observed: Mapping[str, bool], do: Mapping[str, bool]
) -> tuple[float, "_Sum", "_Sum"]:
    """Return the headline's probability, and the sums in which it happens and in which it doesn't.

    Raises DomainError where nothing can bear on it.
    """
    assumed = network.assumed(observed, do)
    place = network.place(headline)
    if place in assumed.held:
        raise DomainError(f"nothing bears on {headline!r}: its outcome is assumed")
    p = marginals(network, observed, do)[headline]
    if not 0.0 < p < 1.0:
        raise DomainError(f"nothing bears on {headline!r}: it is certain or impossible")
    yes = _Sum(network, assumed.also(place, happens=True))
    no = _Sum(network, assumed.also(place, happens=False))
    return p, yes, no


class _Sum:
    """The probability of what is assumed, and what becomes of it with other numbers."""

    def __init__(self, network: Network, assumed: Assumed) -> None:
        self._gates = network.wiring.gates
        self._assumed = assumed
        self._tables = assumed.tables(network.wiring)
        self._slopes = network.plan.slopes(self._tables)

    def changes(self, slot: Slot) -> tuple[float, float]:
        """Return by what the probability is multiplied if the number were 0, and if it were 1."""
        now = self._with(slot.gate, self._tables[slot.gate])
        gate = self._gates[slot.gate]
        off, on = (
            self._with(slot.gate, self._table(slot.gate, gate.with_value(slot.cause, value)))
            for value in (0.0, 1.0)
        )
        return off / now, on / now

    def _table(self, place: int, gate: Gate) -> Table:
        return self._assumed.table(place, gate)

    def _with(self, place: int, table: Table) -> float:
        return dot(self._slopes[place], table)


def _strongest_first(influence: Influence) -> tuple[float, str, str]:
    size = math.inf if influence.dropped is None else abs(influence.dropped)
    return -size, influence.node, influence.parent or ""
