"""Words of estimative probability: ICD 203 (US, DNI) and the PHIA yardstick (UK, March 2025).

ICD 203 covers 1-99 % without gaps, lower edge inclusive; anything further out takes the end
words. PHIA leaves gaps on purpose; a number in one is rendered as the nearest band and says so.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from app.domain.probability import DomainError, check

# Distance from 0 and 1 of the outer edge of a band published as ">0" or "<100 %". An edge has to
# be a probability, and 0.1 % is the roundest one well inside the narrowest end band (ICD's 1 %).
OUTER_EDGE = 0.001
_TIE = 1e-9  # binary rounding must not decide which band is nearer


@dataclass(frozen=True, slots=True)
class Band:
    """A word, its synonyms and its range as published, as fractions.

    `low` belongs to the band; `high` belongs to it only if `closed`.
    """

    word: str
    also: tuple[str, ...]
    low: float
    high: float
    closed: bool = True


class Rendering(NamedTuple):
    """The word for a number; `exact` is False when the number lies in a gap between bands."""

    word: str
    exact: bool


class Interpretation(NamedTuple):
    """What a word without a number stands for: the middle of its band, with the band."""

    point: float
    low: float
    high: float


ICD203 = (
    Band("almost no chance", ("remote",), 0.01, 0.05, closed=False),
    Band("very unlikely", ("highly improbable",), 0.05, 0.20, closed=False),
    Band("unlikely", ("improbable",), 0.20, 0.45, closed=False),
    Band("roughly even chance", ("roughly even odds",), 0.45, 0.55, closed=False),
    Band("likely", ("probable",), 0.55, 0.80, closed=False),
    Band("very likely", ("highly probable",), 0.80, 0.95, closed=False),
    Band("almost certain", ("nearly certain",), 0.95, 0.99),
)
PHIA = (
    Band("remote chance", (), 0.0, 0.05),
    Band("highly unlikely", (), 0.10, 0.20),
    Band("unlikely", (), 0.25, 0.35),
    Band("realistic possibility", (), 0.40, 0.50, closed=False),
    Band("likely or probable", ("likely", "probable"), 0.55, 0.75),
    Band("highly likely", (), 0.80, 0.90),
    Band("almost certain", (), 0.95, 1.0, closed=False),
)
SCALES: Mapping[str, tuple[Band, ...]] = MappingProxyType({"icd203": ICD203, "phia": PHIA})


def bands_of(scale: str) -> tuple[Band, ...]:
    """Return the bands of a scale ("icd203" or "phia"), least likely first.

    Raises DomainError for an unknown scale.
    """
    try:
        return SCALES[scale]
    except KeyError:
        msg = f"unknown scale {scale!r}; known: {', '.join(SCALES)}"
        raise DomainError(msg) from None


def words_of(scale: str) -> tuple[str, ...]:
    """Return the preferred words of a scale, least likely first.

    Raises DomainError for an unknown scale.
    """
    return tuple(band.word for band in bands_of(scale))


def render(scale: str, p: float) -> Rendering:
    """Return the word of `scale` for probability `p`.

    In a gap the nearest band is taken, the lower one of two equally near, and `exact` is False.
    Raises DomainError for an unknown scale and for a `p` not strictly between 0 and 1.
    """
    check(p)
    bands = bands_of(scale)
    at = bisect_right(bands, p, key=lambda band: band.low) - 1
    band = bands[max(at, 0)]
    beyond = at < 0 or at == len(bands) - 1
    if beyond or p < band.high or (band.closed and p == band.high):
        return Rendering(band.word, exact=True)
    above = bands[at + 1]
    nearest = above if (above.low - p) + _TIE < p - band.high else band
    return Rendering(nearest.word, exact=False)


def interpret(scale: str, word: str) -> Interpretation:
    """Return the probability a word stands for: (point, low, high).

    The point is the middle of the band as published; case and spacing do not matter. Edges
    published as ">0" and "<100 %" become 0.001 and 0.999 (`OUTER_EDGE`), since 0 and 1 are not
    estimates. Raises DomainError for an unknown scale or word.
    """
    wanted = " ".join(word.split()).casefold()
    for band in bands_of(scale):
        if wanted == band.word or wanted in band.also:
            point = round((band.low + band.high) / 2, 6)
            return Interpretation(
                point, max(band.low, OUTER_EDGE), min(band.high, 1.0 - OUTER_EDGE)
            )
    msg = f"{word!r} is not a word of {scale}; words: {', '.join(words_of(scale))}"
    raise DomainError(msg)
