"""The risk matrix: the default one, and what makes one valid."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.matrix import DEFAULT, Matrix, check_impact, expected_impact
from app.domain.probability import DomainError

probabilities = st.floats(0, 1, exclude_min=True, exclude_max=True)
impacts = st.integers(1, 5)


def with_cell(i: int, j: int, *, value: object) -> list[list[object]]:
    grid: list[list[object]] = [list(row) for row in DEFAULT.grid]
    grid[i][j] = value
    return grid


def test_the_default_is_the_reference() -> None:
    assert (DEFAULT.name, DEFAULT.version) == ("iso27005-5x5", 1)
    assert [list(row) for row in DEFAULT.grid] == [
        [0, 0, 1, 1, 1],
        [0, 1, 1, 2, 2],
        [1, 1, 2, 3, 3],
        [1, 2, 3, 3, 4],
        [2, 3, 3, 4, 4],
    ]
    assert DEFAULT.level_names == ("very low", "low", "medium", "high", "very high")


@pytest.mark.parametrize(
    ("p", "row"),
    [(0.001, 0), (0.1999, 0), (0.20, 1), (0.45, 2), (0.5499, 2), (0.55, 3), (0.80, 4), (0.999, 4)],
)
def test_the_lower_edge_of_a_row_is_inclusive(p: float, row: int) -> None:
    assert DEFAULT.row(p) == row


def test_the_example_of_the_api() -> None:
    assert DEFAULT.level(0.62, 4) == 3
    assert DEFAULT.level_names[3] == "high"
    assert expected_impact(0.62, 4) == pytest.approx(2.48)


@given(probabilities, probabilities, impacts, impacts)
def test_level_never_falls_as_likelihood_or_impact_rises(
    p: float, q: float, a: int, b: int
) -> None:
    assert DEFAULT.level(min(p, q), min(a, b)) <= DEFAULT.level(max(p, q), max(a, b))


def test_lists_are_kept_as_tuples() -> None:
    from_json = Matrix(
        DEFAULT.name,
        1,
        list(DEFAULT.cuts),
        [list(row) for row in DEFAULT.grid],
        list(DEFAULT.level_names),
    )
    assert from_json == DEFAULT
    assert hash(from_json) == hash(DEFAULT)


@pytest.mark.parametrize("impact", [0, 6, -1, 2.5, 3.0, True, "3", None])
def test_impact_is_a_whole_number_from_one_to_five(impact: int) -> None:
    for ask in (
        lambda: check_impact(impact),
        lambda: DEFAULT.level(0.5, impact),
        lambda: expected_impact(0.5, impact),
    ):
        with pytest.raises(DomainError, match="impact is a whole number 1-5"):
            ask()


@pytest.mark.parametrize("p", [0.0, 1.0, float("nan")])
def test_certainty_has_no_level(p: float) -> None:
    for ask in (lambda: DEFAULT.level(p, 3), lambda: expected_impact(p, 3)):
        with pytest.raises(DomainError, match="strictly between"):
            ask()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cuts": (0.2, 0.4, 0.6)}, "cuts must be 4 numbers, not 3"),
        ({"cuts": (0.2, 0.4, 0.4, 0.6)}, "cuts must rise strictly"),
        ({"cuts": (0.0, 0.2, 0.4, 0.6)}, "cuts must rise strictly"),
        ({"cuts": (0.2, 0.4, 0.6, 1.0)}, "cuts must rise strictly"),
        ({"cuts": (0.2, float("nan"), 0.6, 0.8)}, "cuts must rise strictly"),
        ({"level_names": ("low", "high")}, "5 different names"),
        ({"level_names": ("a", "b", "c", "d", "d")}, "5 different names"),
        ({"grid": DEFAULT.grid[:4]}, "grid must have 5 rows, not 4"),
        ({"grid": [*DEFAULT.grid[:4], (2, 3, 3, 4)]}, r"grid\[4\] must have 5 cells, not 4"),
        ({"grid": with_cell(4, 4, value=5)}, r"grid\[4\]\[4\] must be a whole level 0-4, not 5"),
        ({"grid": with_cell(0, 0, value=-1)}, r"grid\[0\]\[0\] must be a whole level"),
        ({"grid": with_cell(0, 2, value=True)}, r"grid\[0\]\[2\] must be a whole level"),
        ({"grid": with_cell(0, 2, value=1.0)}, r"grid\[0\]\[2\] must be a whole level"),
        (
            {"grid": with_cell(3, 2, value=1)},
            r"grid\[3\]\[2\] = 1 falls below grid\[3\]\[1\] = 2",
        ),
        (
            {"grid": with_cell(4, 0, value=0)},
            r"grid\[4\]\[0\] = 0 falls below grid\[3\]\[0\] = 1",
        ),
    ],
)
def test_a_matrix_that_breaks_a_rule_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        replace(DEFAULT, **change)  # type: ignore[arg-type]  # wrong on purpose


@given(st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=5, max_size=5))
def test_exactly_the_monotone_grids_are_accepted(grid: list[list[int]]) -> None:
    columns = [list(column) for column in zip(*grid, strict=True)]
    monotone = all(line == sorted(line) for line in grid + columns)
    try:
        replace(DEFAULT, grid=grid)
    except DomainError:
        assert not monotone
    else:
        assert monotone
