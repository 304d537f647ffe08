"""Words of estimative probability, against the tables of ICD 203 and PHIA."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.probability import DomainError
from app.domain.yardstick import ICD203, PHIA, SCALES, bands_of, interpret, render, words_of

scales = st.sampled_from(sorted(SCALES))
open_unit = st.floats(0, 1, exclude_min=True, exclude_max=True)


def test_the_words_of_each_scale() -> None:
    assert words_of("icd203") == (
        "almost no chance",
        "very unlikely",
        "unlikely",
        "roughly even chance",
        "likely",
        "very likely",
        "almost certain",
    )
    assert words_of("phia") == (
        "remote chance",
        "highly unlikely",
        "unlikely",
        "realistic possibility",
        "likely or probable",
        "highly likely",
        "almost certain",
    )


@pytest.mark.parametrize(
    ("p", "word"),
    [
        (1e-9, "almost no chance"),
        (0.005, "almost no chance"),
        (0.01, "almost no chance"),
        (0.0499, "almost no chance"),
        (0.05, "very unlikely"),
        (0.20, "unlikely"),
        (0.45, "roughly even chance"),
        (0.5499, "roughly even chance"),
        (0.55, "likely"),
        (0.62, "likely"),
        (0.80, "very likely"),
        (0.95, "almost certain"),
        (0.99, "almost certain"),
        (0.999, "almost certain"),
    ],
)
def test_icd_lower_edges_are_inclusive_and_the_end_words_reach_out(p: float, word: str) -> None:
    assert render("icd203", p) == (word, True)


@pytest.mark.parametrize(
    ("p", "word", "exact"),
    [
        (1e-9, "remote chance", True),
        (0.05, "remote chance", True),
        (0.06, "remote chance", False),
        (0.075, "remote chance", False),
        (0.08, "highly unlikely", False),
        (0.10, "highly unlikely", True),
        (0.20, "highly unlikely", True),
        (0.225, "highly unlikely", False),
        (0.23, "unlikely", False),
        (0.35, "unlikely", True),
        (0.375, "unlikely", False),
        (0.38, "realistic possibility", False),
        (0.40, "realistic possibility", True),
        (0.4999, "realistic possibility", True),
        (0.50, "realistic possibility", False),
        (0.525, "realistic possibility", False),
        (0.53, "likely or probable", False),
        (0.55, "likely or probable", True),
        (0.62, "likely or probable", True),
        (0.775, "likely or probable", False),
        (0.80, "highly likely", True),
        (0.90, "highly likely", True),
        (0.925, "highly likely", False),
        (0.93, "almost certain", False),
        (0.95, "almost certain", True),
        (0.9999, "almost certain", True),
    ],
)
def test_phia_gaps_take_the_nearest_band_and_say_so(p: float, word: str, *, exact: bool) -> None:
    assert render("phia", p) == (word, exact)


@pytest.mark.parametrize(
    ("scale", "word", "meaning"),
    [
        ("icd203", "almost no chance", (0.03, 0.01, 0.05)),
        ("icd203", "Remote", (0.03, 0.01, 0.05)),
        ("icd203", "highly improbable", (0.125, 0.05, 0.20)),
        ("icd203", "improbable", (0.325, 0.20, 0.45)),
        ("icd203", "roughly even odds", (0.5, 0.45, 0.55)),
        ("icd203", "PROBABLE", (0.675, 0.55, 0.80)),
        ("icd203", "highly probable", (0.875, 0.80, 0.95)),
        ("icd203", " nearly   certain ", (0.97, 0.95, 0.99)),
        ("phia", "remote chance", (0.025, 0.001, 0.05)),
        ("phia", "realistic possibility", (0.45, 0.40, 0.50)),
        ("phia", "likely or probable", (0.65, 0.55, 0.75)),
        ("phia", "likely", (0.65, 0.55, 0.75)),
        ("phia", "Probable", (0.65, 0.55, 0.75)),
        ("phia", "almost certain", (0.975, 0.95, 0.999)),
    ],
)
def test_a_word_becomes_the_middle_of_its_band(
    scale: str, word: str, meaning: tuple[float, float, float]
) -> None:
    assert interpret(scale, word) == meaning


@pytest.mark.parametrize(
    ("scale", "word"),
    [
        ("icd203", "realistic possibility"),
        ("phia", "very likely"),
        ("phia", "remote"),
        ("phia", ""),
    ],
)
def test_a_word_of_another_scale_is_refused(scale: str, word: str) -> None:
    with pytest.raises(DomainError, match=f"is not a word of {scale}"):
        interpret(scale, word)


def test_an_unknown_scale_is_refused() -> None:
    for ask in (lambda: words_of("dni"), lambda: render("dni", 0.5), lambda: interpret("dni", "x")):
        with pytest.raises(DomainError, match="unknown scale 'dni'"):
            ask()


@pytest.mark.parametrize("p", [0.0, 1.0, float("nan")])
def test_certainty_has_no_word(p: float) -> None:
    with pytest.raises(DomainError, match="strictly between"):
        render("icd203", p)


def test_no_word_of_a_scale_names_two_bands() -> None:
    for bands in (ICD203, PHIA):
        names = [name for band in bands for name in (band.word, *band.also)]
        assert len(names) == len(set(names))
        assert all(name == name.casefold() for name in names)


@given(scales, open_unit)
def test_rendering_what_a_rendering_means_changes_nothing(scale: str, p: float) -> None:
    word = render(scale, p).word
    assert render(scale, interpret(scale, word).point) == (word, True)


@given(scales, open_unit)
def test_the_meaning_of_a_rendering_lies_in_its_band(scale: str, p: float) -> None:
    word = render(scale, p).word
    band = next(band for band in bands_of(scale) if band.word == word)
    point, low, high = interpret(scale, word)
    assert 0 < low < point < high < 1
    assert band.low <= low
    assert high <= band.high


@given(scales, open_unit, open_unit)
def test_a_higher_number_never_takes_a_lower_word(scale: str, p: float, q: float) -> None:
    low, high = sorted((p, q))
    words = words_of(scale)
    assert words.index(render(scale, low).word) <= words.index(render(scale, high).word)


@given(scales, open_unit)
def test_the_word_is_of_the_nearest_band(scale: str, p: float) -> None:
    def distance(low: float, high: float) -> float:
        return max(low - p, p - high, 0.0)

    rendering = render(scale, p)
    distances = {band.word: distance(band.low, band.high) for band in bands_of(scale)}
    assert distances[rendering.word] <= min(distances.values()) + 1e-9
    assert scale == "phia" or rendering.exact
