"""Lists asked alike but for the values are one statement, which answers each by its own values."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import Body, everything, heard, ids, read

CLAIMS = "claims"
MINE = "alliances/russia-dprk/consequences"
BY_AUGUST = {"as_of": "2024-08-01"}
Holds = Callable[[Body, Any], bool]


def one_of(name: str) -> Holds:
    return lambda row, values: row[name] in values


def about(row: Body, slugs: Sequence[str]) -> bool:
    return any(actor["slug"] in slugs for actor in row["included"]["about"])


def graded(row: Body, grades: Sequence[str]) -> bool:
    return any(source["reliability"] in grades for source in row["included"]["sources"])


def point(row: Body) -> float:
    found: float = row["judgement"]["probability"]["point"]
    return found


def outcome(row: Body) -> str:
    return "open" if row["outcome"] is None else str(row["outcome"]["status"])


@dataclass(frozen=True, slots=True)
class Alike:
    """A filter of a list, two values for it, and whether a row is to be found by one."""

    path: str
    given: Body
    name: str
    values: tuple[Any, Any]
    holds: Holds


ALIKE = [
    Alike(CLAIMS, {}, "basis", (["denial"], ["dataset", "expert_body"]), one_of("basis")),
    Alike(CLAIMS, {}, "credibility", ([1], [2, 6]), one_of("credibility")),
    Alike(CLAIMS, {}, "credibility_max", (1, 3), lambda row, most: row["credibility"] <= most),
    Alike(
        CLAIMS,
        {"contested": "false"},
        "effective_to",
        ("2023-10-01", "2024-10-01"),
        lambda row, end: row["effective_at"] < end and not row["contested"],
    ),
    Alike(CLAIMS, {"include": "about"}, "about", (["russia"], ["china"]), about),
    Alike(
        CLAIMS, {"include": "about"}, "about", (["china", "ukraine"], ["japan", "russia"]), about
    ),
    Alike(
        CLAIMS, {"include": "about", **BY_AUGUST}, "about", (["ukraine"], ["south-korea"]), about
    ),
    Alike(CLAIMS, {"include": "sources"}, "reliability", (["A"], ["F", "E"]), graded),
    Alike(MINE, {}, "probability_min", (0.2, 0.7), lambda row, least: point(row) >= least),
    Alike(
        MINE,
        BY_AUGUST,
        "confidence",
        (["low"], ["moderate", "high"]),
        lambda row, words: row["judgement"]["confidence"] in words,
    ),
    Alike(
        MINE, {}, "outcome", (["open"], ["open", "occurred"]), lambda r, some: outcome(r) in some
    ),
    Alike(
        MINE, {}, "outcome", (["occurred"], ["did_not_occur"]), lambda r, some: outcome(r) in some
    ),
    Alike(
        "alliances/russia-dprk/timeline",
        {"kind": "outcome"},
        "to",
        ("2024-07-01", "2025-07-01"),
        lambda row, end: row["effective_at"] < end,
    ),
]
APART = [
    (f"{CLAIMS}?contested=true", f"{CLAIMS}?contested=false"),
    (f"{CLAIMS}?about=russia", f"{CLAIMS}?about=russia&about=china"),
    (f"{CLAIMS}?about=russia", f"{CLAIMS}?source=nis-2023-09-04"),
    (f"{CLAIMS}?basis=denial", f"{CLAIMS}?modality=denied"),
    (f"{MINE}?outcome=open", f"{MINE}?outcome=occurred"),
    (f"{MINE}?sort=risk", f"{MINE}?sort=-risk"),
    (MINE, f"{MINE}?method=median"),
    (MINE, f"{MINE}?as_of=2024-01-01"),
    (MINE, f"{MINE}?total=true"),
]


@contextmanager
def asked(database: Database) -> Iterator[list[Any]]:
    """The statements for pages handed to a database, as the objects they are."""
    seen = list[Any]()

    def note(_connection: Any, statement: Any, *_rest: Any) -> None:
        if isinstance(statement, sa.Select) and "key_0" in statement.selected_columns:
            seen.append(statement)

    with heard(database, "before_execute", note):
        yield seen


@pytest.mark.parametrize("case", ALIKE, ids=lambda case: f"{case.path}-{case.name}")
def test_other_values_are_asked_by_the_same_statement(
    loaded_client: TestClient, loaded_database: Database, case: Alike
) -> None:
    with asked(loaded_database) as seen:
        told = [
            set(ids(read(loaded_client, case.path, **case.given, **{case.name: value}, limit=200)))
            for value in case.values
        ]
    assert seen[0] is seen[1]
    assert told[0] != told[1]
    rows = everything(loaded_client, case.path, **case.given, limit=200)
    for found, value in zip(told, case.values, strict=True):
        assert 0 < len(found) < len(rows)
        assert found == {row["id"] for row in rows if case.holds(row, value)}


def test_a_page_further_on_is_asked_by_the_same_statement(
    loaded_client: TestClient, loaded_database: Database
) -> None:
    page = read(loaded_client, CLAIMS, limit=40)
    with asked(loaded_database) as seen:
        while page["next"]:
            page = read(loaded_client, CLAIMS, limit=7, cursor=page["next"])
    assert len(seen) > 5
    assert all(statement is seen[0] for statement in seen)


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_is_asked_in_another_form_is_another_statement(
    loaded_client: TestClient, loaded_database: Database, one: str, other: str
) -> None:
    with asked(loaded_database) as seen:
        for path in (one, other):
            assert loaded_client.get(f"/v1/{path}").status_code == 200
    assert seen[0] is not seen[1]
