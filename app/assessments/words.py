"""How a brief puts things: likelihood in the words of one scale, days, counts, names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import phrasing, yardstick
from app.domain.probability import logit
from app.kernel.types import parse_instant
from app.ratings.schemas import Scale

SCALES = {"icd203": "ICD 203", "phia": "the PHIA yardstick"}
SURE = 0.01
"""Nearer to 0 or 1 than this, a percentage would be one that is no estimate."""
DIGITS = (2, 3, 4, 5)
"""Of a probability, one after another until its word is that of the whole number."""
MOVED = 0.05
"""Moves in log-odds that are smaller than this are none."""
APART = logit(0.55) - logit(0.45)
"""How far from the pool, in log-odds, a dissent is worth a reader's time: as far as from one end to
the other of "roughly even", the narrowest band in the middle of a scale. Nearer, another word for
the same thing may be all there is to it."""
Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """Probabilities in the words of one scale."""

    scale: Scale

    def percent(self, p: float) -> str:
        """A percentage, with as many digits as it takes to have the word of the probability."""
        if p < SURE:
            return "below 1 %"
        if p > 1 - SURE:
            return "above 99 %"
        exact = yardstick.render(self.scale, p)
        shown = [round(p, digits) for digits in DIGITS]
        told = (found for found in shown if yardstick.render(self.scale, found) == exact)
        return f"{next(told, p) * 100:.6g} %"

    def word(self, p: float) -> str:
        """The word, and whether it is only the nearest."""
        found = yardstick.render(self.scale, p)
        return found.word if found.exact else f"{found.word}, the nearest band"

    def moved(self, one: float, two: float) -> str:
        """From one probability to another; the word once, where it is the same."""
        way = "up" if two > one else "down"
        before, after = self.word(one), self.word(two)
        if before == after:
            return f"Went {way} from {self.percent(one)} to {self.percent(two)} ({after})."
        return f"Went {way} from {before} ({self.percent(one)}) to {after} ({self.percent(two)})."


def name(row: Doc) -> str:
    """What a record is called: its label before its title."""
    return f"{row['ref']} {row['title']}" if row["ref"] else str(row["title"])


def plain(term: str) -> str:
    """A term of the API as a person writes it."""
    return term.replace("_", " ")


def own(term: str) -> str:
    """Somebody's name for a thing; quoted, where it could be taken for a likelihood."""
    return f"“{term}”" if phrasing.words_in(term) else term


def count(number: int, thing: str) -> str:
    """So many things."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def day(value: datetime | str) -> str:
    """A day as a person writes it."""
    at = parse_instant(value)
    return f"{at.day} {at:%B %Y}"
