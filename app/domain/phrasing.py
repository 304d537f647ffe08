"""Words of likelihood in prose: what ICD 203 asks of a text, checked sentence by sentence.

ICD 203 (2015, D.6.e.2): a product uses one of the two rows of words, says so where it uses other
words, and puts no likelihood and no confidence into one sentence. What stands in quotation marks
is somebody else's and isn't looked at.
"""

import re
from collections.abc import Iterator

from app.domain.yardstick import ICD203, PHIA

FIRST_ROW = frozenset(band.word for band in ICD203)
# "Remote" alone is an everyday word: a remote site says nothing of likelihood.
SECOND_ROW = frozenset(word for band in ICD203 for word in band.also) - {"remote"}
ALL_OF_PHIA = frozenset(word for band in PHIA for word in (band.word, *band.also))
PHIA_ALONE = ALL_OF_PHIA - FIRST_ROW - SECOND_ROW


def _pattern(word: str) -> str:
    """A word as texts bend it: `almost certain` is also `almost certainly`."""
    bent = re.escape(word).replace(r"\ ", r"\s+")
    if word.endswith("certain"):
        return f"{bent}(?:ly)?"
    return re.sub("(?<=bab)le$", "l[ey]", bent)


_LONGEST_FIRST = sorted(FIRST_ROW | SECOND_ROW | ALL_OF_PHIA, key=len, reverse=True)
_WORDS = {re.compile(_pattern(word), re.IGNORECASE): word for word in _LONGEST_FIRST}
_WORD = re.compile(rf"\b(?:{'|'.join(found.pattern for found in _WORDS)})\b", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|“[^“”]*”|«[^«»]*»|„[^„“”]*[“”]')
_END = re.compile(r"(?<=[.!?;])\s+|\n+")
_PERCENT = re.compile(
    r"[0-9]\s?(?:%|per\s?cent)\s+(?:chance|likelihood|probability)\b", re.IGNORECASE
)
_GRADE = "(?:low|moderate|medium|high)"
_CONFIDENCE = re.compile(
    rf"\b{_GRADE}(?:[ -]to[ -]{_GRADE})?[ -](?:analytic )?confidence\b"
    rf"|\bconfidence(?: level)?(?: is| was| remains|:) {_GRADE}\b",
    re.IGNORECASE,
)


def words_in(text: str) -> list[str]:
    """The words of either yardstick in a text, in order, as the yardstick writes them."""
    return [
        next(word for pattern, word in _WORDS.items() if pattern.fullmatch(found[0]))
        for found in _WORD.finditer(_own(text))
    ]


def clashing_words(text: str) -> tuple[str, str] | None:
    """Two words of a text that don't go together, if there are any.

    They are of two scales, or of both rows of ICD 203. "Likely" and "probable" are both of PHIA's
    one band, where the text uses words that only PHIA has.
    """
    words = words_in(text)
    foreign = next((word for word in words if word in PHIA_ALONE), None)
    if foreign is not None:
        other = next((word for word in words if word not in ALL_OF_PHIA), None)
        return None if other is None else (foreign, other)
    first = next((word for word in words if word in FIRST_ROW), None)
    second = next((word for word in words if word in SECOND_ROW), None)
    return None if first is None or second is None else (first, second)


def likelihood_with_confidence(text: str) -> str | None:
    """The first sentence of a text that gives a likelihood and a confidence, if there is one."""
    for sentence in _sentences(text):
        likely = _WORD.search(sentence) or _PERCENT.search(sentence)
        if likely and _CONFIDENCE.search(sentence):
            return sentence.strip()
    return None


def _own(text: str) -> str:
    """A text without what it quotes."""
    return _QUOTED.sub(" ", text)


def _sentences(text: str) -> Iterator[str]:
    yield from _END.split(_own(text))
