"""What ICD 203 asks of the words in a text."""

import pytest

from app.domain.phrasing import clashing_words, likelihood_with_confidence, words_in


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is very likely, then unlikely.", ["very likely", "unlikely"]),
        ("Almost certainly; ROUGHLY  EVEN\nCHANCE.", ["almost certain", "roughly even chance"]),
        ("Probably so, improbably late.", ["probable", "improbable"]),
        ("A remote site, an uncertain likelihood, a likelihood.", []),
        ("A remote chance.", ["remote chance"]),
        ('They said “very likely” and "probable" and «unlikely».', []),
        ("likely or probable", ["likely or probable"]),
    ],
)  # fmt: skip
def test_words_of_likelihood_are_found_as_the_yardstick_writes_them(
    text: str, words: list[str]
) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("text", "clash"),
    [
        ("Likely now, probable later.", ("likely", "probable")),
        ("Very likely. Highly improbable otherwise.", ("very likely", "highly improbable")),
        ("Highly likely, very unlikely.", ("highly likely", "very unlikely")),
        ("A realistic possibility, nearly certain.", ("realistic possibility", "nearly certain")),
        ("Unlikely, or almost certain.", None),
        ("Probable, or highly probable.", None),
        ("Highly likely; else likely, else probable.", None),
        ("Nothing of the kind.", None),
    ],
)
def test_words_of_two_scales_or_two_rows_clash(text: str, clash: tuple[str, str] | None) -> None:
    assert clashing_words(text) == clash


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We judge with high confidence that it is likely.", True),
        ("It is unlikely (moderate-to-high confidence).", True),
        ("A 70 % chance; low confidence holds.", False),
        ("A 70 per cent chance, with low confidence.", True),
        ("It is likely. Confidence is moderate.", False),
        ("It is likely, and our confidence level is low.", True),
        ("It is likely that public confidence fades.", False),
        ("“Likely” is their word; we have high confidence.", False),
    ],
)
def test_likelihood_and_confidence_stand_in_two_sentences(text: str, found: bool) -> None:  # noqa: FBT001 - what is expected
    assert (likelihood_with_confidence(text) is not None) is found
