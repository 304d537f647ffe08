"""Noisy-OR as tables: what sums over a causal network are made of.

Each cause that happens brings its effect about with its strength, independently of the others, and
the effect happens by itself with its base (Pearl 1988; the leak is Henrion's, 1989):

    P(Y | x) = 1 - (1 - base) * product over the causes j of (1 - strength_j * x_j)
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.domain.elimination import Family, Table

WIDEST = 3
"""Causes of one table at most; an effect with more gathers them through variables in between."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The numbers of one effect: its base, and the strengths of its causes in their order."""

    base: float
    strengths: tuple[float, ...] = ()

    def table(self, *, held: bool | None = None, made: bool = False) -> Table:
        """Return P(effect | causes) over 2^(causes + 1) states, the effect in the top bit.

        `held` keeps only that state of the effect; with `made` causes have no hold on it.
        """
        yes, no = [self.base], [1.0 - self.base]
        for strength in self.strengths:
            # Not 1 - no: a small chance would lose its digits.
            yes += [p + strength * (1.0 - p) for p in yes]
            no += [q * (1.0 - strength) for q in no]
        if made:
            yes = no = [1.0] * len(yes)
        nothing = [0.0] * len(yes)
        return (nothing if held is True else no) + (nothing if held is False else yes)

    def at(self, slot: int | None) -> float:
        """Return the strength of cause `slot`, or the base where it is None."""
        return self.base if slot is None else self.strengths[slot]

    def with_value(self, slot: int | None, value: float) -> "Gate":
        """Return the gate with `value` for the strength of cause `slot`, or for its base."""
        if slot is None:
            return replace(self, base=value)
        before, after = self.strengths[:slot], self.strengths[slot + 1 :]
        return replace(self, strengths=(*before, value, *after))


class Slot(NamedTuple):
    """Where a number stands: the gate, and which of its causes; None is the gate's base."""

    gate: int
    cause: int | None


@dataclass(frozen=True, slots=True)
class Wiring:
    """Gates and their families (causes, then the effect), ready to be summed over.

    Effects come first, in the order they were given; then the variables in between. `bases` and
    `strengths` tell where each effect's base and each of its causes' strengths stands.
    """

    families: tuple[Family, ...]
    gates: tuple[Gate, ...]
    bases: tuple[Slot, ...]
    strengths: tuple[Mapping[int, Slot], ...]


def wire(effects: Sequence[tuple[float, Sequence[tuple[int, float]]]]) -> Wiring:
    """Return the wiring of `effects`: for each its base, and its causes with their strengths.

    A cause is named by its place among the effects. OR is associative, so an effect with more than
    `WIDEST` causes has a chain of variables in between, each "any of these so far" (parent
    divorcing, Olesen et al. 1989): tables stay small and the answer is the same. Causes are
    gathered in the order given; causes that hang together should stand together.
    """
    families: list[Family] = [()] * len(effects)
    gates = [Gate(0.0)] * len(effects)
    slots: list[dict[int, Slot]] = [{} for _ in effects]

    def place(at: int, base: float, causes: Sequence[tuple[int, float]], effect: int) -> None:
        families[at] = (*(cause for cause, _ in causes), at)
        gates[at] = Gate(base, tuple(strength for _, strength in causes))
        slots[effect] |= {cause: Slot(at, slot) for slot, (cause, _) in enumerate(causes)}

    for effect, (base, causes) in enumerate(effects):
        left = [*causes]
        while len(left) > WIDEST:
            between = len(families)
            families.append(())
            gates.append(Gate(0.0))
            place(between, 0.0, left[:WIDEST], effect)
            left = [(between, 1.0), *left[WIDEST:]]
        place(effect, base, left, effect)
    strengths = tuple(
        {cause: where[cause] for cause, _ in causes}
        for (_, causes), where in zip(effects, slots, strict=True)
    )
    bases = tuple(Slot(effect, None) for effect in range(len(effects)))
    return Wiring(tuple(families), tuple(gates), bases, strengths)


@dataclass(frozen=True, slots=True)
class Assumed:
    """Outcomes that are taken for granted: which state is `held`, and which of them were `made`."""

    held: Mapping[int, bool]
    made: AbstractSet[int]

    def also(self, effect: int, *, happens: bool) -> "Assumed":
        """Return these and one observation more."""
        return replace(self, held={**self.held, effect: happens})

    def table(self, effect: int, gate: Gate) -> Table:
        """Return the table of `gate`, which stands at `effect`, under what is assumed."""
        return gate.table(held=self.held.get(effect), made=effect in self.made)

    def tables(self, wiring: Wiring) -> list[Table]:
        """Return the tables of all gates under what is assumed."""
        return [self.table(at, gate) for at, gate in enumerate(wiring.gates)]
