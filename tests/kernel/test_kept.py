"""Statements that are kept say nothing of who asked first, nor when."""

from datetime import UTC, datetime
from itertools import product

import pytest
from sqlalchemy.orm import Session

from app.kernel.eyes import CLEAR, EVERYTHING, Eyes
from app.kernel.resource import Listed
from app.kernel.view import View
from app.ratings.pooling import Weighing

KEPT = sorted(kind for kind, some in Listed.every.items() if some.keeps(View(EVERYTHING), None))
THEN = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
FIRST, SECOND = (
    Eyes(frozenset({CLEAR, 2}), 2, clearance="GREEN", groups=frozenset({name}), name=name)
    for name in ("ann", "ben")
)


def view(eyes: Eyes, when: datetime, *, as_of: bool, known_at: bool) -> View:
    return View(eyes, as_of=when if as_of else None, known_at=when if known_at else None, now=when)


def test_every_kind_keeps_its_statements() -> None:
    assert set(KEPT) == set(Listed.every)


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize(("as_of", "known_at"), list(product((False, True), repeat=2)))
def test_no_instant_stands_in_a_statement(kind: str, *, as_of: bool, known_at: bool) -> None:
    resource = Listed.every[kind]
    asked = view(FIRST, THEN, as_of=as_of, known_at=known_at)
    with Session() as session:
        found = resource.kept(session, asked)
    given = (found.statement if kind == "timeline" else found.among("id")).compile().params
    assert not [name for name, value in given.items() if isinstance(value, datetime)]
    assert found.asked["clock_as_of"] == (THEN if as_of else None)


def test_numbers_of_ones_own_take_no_place_from_what_many_ask() -> None:
    resource, seen = Listed.every["consequences"], View(EVERYTHING)
    for common in (Weighing(), Weighing(method="median"), Weighing(extremize="auto")):
        assert resource.keeps(seen, common)
    for own in (Weighing(half_life_days=7), Weighing(extremize=1.7), Weighing(skill=True)):
        assert not resource.keeps(seen, own)


@pytest.mark.parametrize("kind", ["claims", "consequences", "ratings"])
def test_who_sees_the_same_asks_by_the_same_statement(kind: str) -> None:
    resource = Listed.every[kind]
    later = THEN.replace(year=2025)
    one = view(FIRST, THEN, as_of=True, known_at=False)
    other = view(SECOND, later, as_of=True, known_at=False)
    with Session() as session:
        found = [resource.kept(session, asked) for asked in (one, other)]
        wider = resource.kept(session, View(Eyes(frozenset({CLEAR}), 1), as_of=THEN))
    assert found[0].statement is found[1].statement
    assert [some.asked["clock_as_of"] for some in found] == [THEN, later]
    assert wider.statement is not found[0].statement
