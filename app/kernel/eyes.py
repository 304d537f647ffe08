"""What a reader may see, as numbers: the Traffic Light Protocol 2.0, and the eyes of a reader.

Rows carry the number of their marking (see `markings`), of which there are few, so that what a
reader may see is a short list of numbers, and the filter on every query one `IN`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

LEVELS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""From the widest audience to the narrowest."""
ADDRESSED = ("AMBER", "AMBER+STRICT", "RED")
"""Levels that may name their audience: groups, and of RED persons."""
CLEAR = 1
"""The number of CLEAR; the levels without a named audience have the numbers 1 to 5."""
SPECIAL = 4
"""The pool level of ratings with a named audience, and of readers who see everything."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a reader may see. Made anew for each request from who asks, never kept longer."""

    markings: frozenset[int] | None
    """Numbers of the markings in sight; None is everything."""
    level: int
    """Which pools are theirs: those of all ratings without a named audience up to this level."""
    addressed: frozenset[int] = frozenset()
    """Those of `markings` that name an audience the reader is in."""
    clearance: str = LEVELS[-1]
    groups: frozenset[str] = frozenset()
    name: str = ""
    auditor: bool = False
    """Whether they may read the audit log, and so the reasons given for downgrades."""

    def cleared(self, tlp: str, audience: Sequence[str]) -> bool:
        """Whether rows marked so are in sight, or would be if there were any."""
        if self.markings is None:
            return True
        if LEVELS.index(tlp) > LEVELS.index(self.clearance):
            return False
        mine = {self.name} if tlp == "RED" else self.groups
        return bool(mine & set(audience)) if audience else tlp != "RED"

    def with_(self, marking: int) -> "Eyes":
        """The same eyes, with a marking that names an audience they are in."""
        seen = (self.markings or frozenset()) | {marking}
        return replace(self, markings=seen, addressed=self.addressed | {marking})

    def sees(self, marking: int) -> bool:
        """Whether rows of a marking are in sight."""
        return self.markings is None or marking in self.markings


EVERYTHING = Eyes(None, SPECIAL, auditor=True)
"""The eyes of the machine's owner: the command line, and the service without keys."""


def pool_level(marking: int) -> int:
    """The least level of readers whose pools take a rating in."""
    return min(marking - CLEAR, SPECIAL)


def narrows(upper: tuple[str, Sequence[str]], lower: tuple[str, Sequence[str]]) -> bool:
    """Whether everyone who sees the first marking sees the second, whoever they are.

    Each is a level and its audience. Of the persons of a RED record nothing is known but that they
    are cleared for it: they may be in no group.
    """
    (above, few), (below, many) = upper, lower
    if LEVELS.index(above) < LEVELS.index(below):
        return False
    if not many:
        return True
    return bool(few) and (above == "RED") == (below == "RED") and set(few) <= set(many)


def covers(upper: tuple[str, Sequence[str]], lower: tuple[str, Sequence[str]]) -> bool:
    """Whether what is marked so may name what is marked in the second way, and be shown with it.

    The persons of a RED record are taken to be in the groups of what it names: who names them has
    seen both. That goes for what somebody says, not for what is marked for them (see `narrows`).
    """
    return narrows(upper, lower) or (upper[0] == "RED" and lower[0] != "RED")


def least(marking: int, tlp: str) -> Eyes:
    """The eyes of who sees a marking and, of the rest, no more than its level implies."""
    level = min(LEVELS.index(tlp), SPECIAL - 1)
    return Eyes(frozenset(range(CLEAR, CLEAR + level + 1)) | {marking}, level)
