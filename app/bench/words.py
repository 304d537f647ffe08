"""Text that looks like text: made-up words, a few of them everywhere and most of them rare."""

from collections.abc import Sequence
from itertools import accumulate, product
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

VOCABULARY = 5000
DRAWN = 1 << 18
_HEADS = (
    "ba",
    "ca",
    "do",
    "fe",
    "gri",
    "ho",
    "ka",
    "lu",
    "mi",
    "no",
    "pe",
    "ri",
    "sta",
    "tu",
    "ve",
)
_TAILS = (
    "",
    "l",
    "n",
    "r",
    "s",
    "t",
    "dan",
    "gor",
    "lis",
    "mon",
    "nak",
    "rim",
    "sul",
    "tor",
    "zen",
)


class Zipf(Generic[T]):
    """Items of which the k-th comes 1/k as often as the first.

    They are drawn once, many of them; a draw then only picks a place, which costs a tenth.
    """

    def __init__(self, items: Sequence[T], seed: str, drawn: int = DRAWN) -> None:
        sums = list(accumulate(1 / rank for rank in range(1, len(items) + 1)))
        self._drawn = Random(seed).choices(items, cum_weights=sums, k=drawn)  # noqa: S311 - no secret

    def draw(self, random: Random, count: int) -> list[T]:
        """So many items; an item may come again."""
        place = int(random.random() * (len(self._drawn) - count))
        return self._drawn[place : place + count]

    def several(self, random: Random, most: int) -> list[T]:
        """One to `most` different items, in the order drawn."""
        return list(dict.fromkeys(self.draw(random, 1 + int(random.random() * most))))


_MADE = sorted({"".join(parts) for parts in product(_HEADS, _TAILS, _HEADS, ("", "ka", "lem"))})
WORDS = tuple(Random(0).sample(_MADE, VOCABULARY))  # noqa: S311 - no secret
"""Every word, the most frequent first."""


class Prose:
    """Sentences of those words."""

    def __init__(self) -> None:
        self._words = Zipf(WORDS, "words")

    def sentence(self, random: Random, least: int = 8, most: int = 20) -> str:
        """A sentence of `least` to `most` words."""
        count = least + int(random.random() * (most - least + 1))
        return " ".join(self._words.draw(random, count)).capitalize() + "."
