"""The analysis of competing hypotheses."""

import math
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.ach import CELLS, CONSISTENCY, WEIGHTS, Analysis, Cell, Item, Level, analyse
from app.domain.probability import DomainError

H = ["h1", "h2", "h3"]


def item(key: str, cells: str, credibility: Level = "medium", relevance: Level = "medium") -> Item:
    row: dict[str, list[Cell]] = {
        hypothesis: [known for known in CELLS if known == cell]
        for hypothesis, cell in zip(H, cells.split("/"), strict=False)
    }
    return Item(key, row, credibility, relevance)


REFERENCE = [
    item("e1", "I/C/II", "high", "high"),
    item("e2", "C/I/I", "medium", "low"),
    item("e3", "II/N/C", "low", "medium"),
]


def weighted(analysis: Analysis) -> dict[str, float | None]:
    return {standing.hypothesis: standing.weighted for standing in analysis.standings}


def test_the_reference_inconsistencies() -> None:
    found = analyse(H, REFERENCE)
    assert weighted(found) == pytest.approx({"h1": 3.4142, "h2": 0.7071, "h3": 4.7071}, abs=5e-5)
    assert [(s.hypothesis, s.plain, s.rated, s.rank) for s in found.standings] == [
        ("h2", 1.0, 3, 1),
        ("h1", 3.0, 3, 2),
        ("h3", 3.0, 3, 3),
    ]
    assert found.leaders == ("h2",)
    assert [(flip.item, flip.leaders) for flip in found.flips] == [("e1", ("h2", "h3"))]
    assert found.disagreements == ()


def test_what_tells_hypotheses_apart_is_diagnostic_and_what_refutes_all_is_not() -> None:
    found = analyse(
        H, [item("same", "II/II/II"), item("apart", "II/CC/NA"), item("one", "II/NA/NA")]
    )
    assert found.diagnosticity == {"same": 0.0, "apart": 2.0, "one": None}
    assert analyse(H, REFERENCE).diagnosticity["e1"] == pytest.approx(
        math.sqrt((1 / 3 - 0) ** 2 + (1 + 2 / 3) ** 2 + (2 - 2 / 3) ** 2) / math.sqrt(3)
    )


def test_the_item_that_alone_holds_up_the_leader_is_named() -> None:
    items = [item("smoking gun", "II/C/C"), item("hint", "C/I/II"), item("noise", "C/C/C")]
    found = analyse(H, items)
    assert found.leaders == ("h2",)
    assert [(flip.item, flip.leaders) for flip in found.flips] == [
        ("smoking gun", ("h1",)),
        ("hint", ("h2", "h3")),
    ]


def test_hypotheses_that_tie_lead_together_and_share_a_rank() -> None:
    found = analyse(H, [item("e1", "I/I/II", "low", "high"), item("e2", "C/N/C")])
    assert found.leaders == ("h1", "h2")
    assert [standing.rank for standing in found.standings] == [1, 1, 3]
    # The weights multiply to 1 only nearly.
    mixed = analyse(H[:2], [Item("a", {"h1": ["I"]}, "low", "high"), Item("b", {"h2": ["I"]})])
    assert mixed.leaders == ("h1", "h2")


def test_a_hypothesis_nothing_is_rated_for_does_not_lead() -> None:
    found = analyse(H, [item("e1", "I/II/NA"), Item("e2", {"h1": [], "h2": ["C"]})])
    assert found.leaders == ("h1",)
    last = found.standings[-1]
    assert (last.hypothesis, last.weighted, last.plain, last.rated, last.rank) == (
        "h3",
        None,
        None,
        0,
        None,
    )
    assert analyse(H, []).leaders == ()
    assert analyse([], []).standings == ()


def test_assessors_who_disagree_count_by_their_mean_and_are_shown() -> None:
    items = [
        Item("e1", {"h1": ["CC", "II", "NA"], "h2": ["I", "I"]}),
        Item("e2", {"h1": ["C", "N"], "h2": ["NA", "II"]}),
    ]
    found = analyse(H[:2], items)
    assert weighted(found) == {"h1": 1.0, "h2": 3.0}
    assert [
        (d.item, d.hypothesis, d.n, d.spread, d.lowest, d.highest) for d in found.disagreements
    ] == [("e1", "h1", 2, 2.0, -2, 2), ("e2", "h1", 2, 0.5, 0, 1)]


@st.composite
def matrices(draw: st.DrawFn) -> list[Item]:
    cells = st.lists(st.sampled_from(CELLS), max_size=3)
    levels = st.sampled_from(sorted(WEIGHTS))
    return [
        Item(str(i), draw(st.dictionaries(st.sampled_from(H), cells)), draw(levels), draw(levels))
        for i in range(draw(st.integers(0, 5)))
    ]


@settings(deadline=None)
@given(matrices())
def test_every_flip_is_what_the_analysis_without_the_item_says(items: list[Item]) -> None:
    found = analyse(H, items)
    without = {
        e.id: analyse(H, [other for other in items if other is not e]).leaders for e in items
    }
    flips = {flip.item: flip.leaders for flip in found.flips}
    assert flips == {key: leaders for key, leaders in without.items() if leaders != found.leaders}
    ranks = [standing.rank for standing in found.standings if standing.rank is not None]
    assert ranks == sorted(ranks)
    assert found.leaders == tuple(s.hypothesis for s in found.standings if s.rank == 1)
    for standing in found.standings:
        if standing.weighted is not None and standing.plain is not None:
            assert standing.plain / 2 - 1e-9 <= standing.weighted <= standing.plain * 2 + 1e-9
    assert all(d is None or 0.0 <= d <= 2.0 for d in found.diagnosticity.values())


@given(st.lists(st.sampled_from(CELLS), max_size=60))
def test_a_cell_is_seen_by_its_assessors_as_statistics_says(cells: list[Cell]) -> None:
    said = [CONSISTENCY[cell] for cell in cells if cell != "NA"]
    assert Item("e", {"h1": cells}).seen("h1") == (
        (
            len(said), fmean(said), fmean(max(-value, 0) for value in said), pstdev(said),
            min(said), max(said),
        )
        if said
        else None
    )  # fmt: skip


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(DomainError, match="a level is one of low, medium, high, not 'huge'"):
        Item("e", {}, "huge")  # type: ignore[arg-type] # a wrong level is what is tested
    with pytest.raises(DomainError, match="a cell is one of CC, C, N, I, II, NA, not 'X'"):
        Item("e", {"h1": ["X"]})  # type: ignore[list-item] # a wrong cell is what is tested
    with pytest.raises(DomainError, match="hypothesis 'h1' is given twice"):
        analyse(["h1", "h1"], [])
    with pytest.raises(DomainError, match="item 'e' is given twice"):
        analyse(H, [Item("e", {}), Item("e", {})])
    with pytest.raises(DomainError, match="'e' has a cell for 'h9'"):
        analyse(H, [Item("e", {"h9": ["C"]})])
