"""Whatever stands in a file, loading loads all of it or tells the place and leaves nothing."""

from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.dataset.files import ORDER, LoadError
from app.dataset.loader import load
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.tables import Record, table_of
from tests.dataset.tiny import TINY, records, write

ODD: dict[str, list[list[Any]]] = {
    "sqlite": [["odd", "\x00", None, 5, ["A01"]], ["odd", "\x00", None, {"a": 1}, [[1]]]],
    "postgresql": [["odd", "\x00"], [None, "\x00"]],
}
"""For one field after another. What shapes refuse before a database is asked is tried on one."""


EVERY = sa.union_all(*(sa.select(table_of(model).c.version) for model in Record.kinds.values()))


def count(database: Database) -> int:
    """How many records there are, of every kind, with their versions."""
    with database.read() as session:
        total = sa.select(sa.func.coalesce(sa.func.sum(EVERY.subquery().c.version), 0))
        return int(session.execute(total).scalar_one())


def refusal(database: Database, place: Path) -> str | None:
    """Load a data set; what is said against it, if anything."""
    try:
        load(database, place)
    except LoadError as error:
        return str(error)
    return None


def test_the_small_data_set_is_whole(database: Database, tmp_path: Path) -> None:
    write(tmp_path, records())
    assert load(database, tmp_path).created == len(ORDER) + 1
    assert load(database, tmp_path).created == 0


@pytest.mark.parametrize("kind", ORDER)
def test_an_odd_value_anywhere_is_told_and_leaves_nothing(
    database: Database, tmp_path: Path, kind: str
) -> None:
    before = count(database)
    write(tmp_path, records())
    for field, odd in zip(TINY[kind], cycle(ODD[database.engine.name]), strict=False):
        for value in odd:
            found = records()[kind]
            found[0][field] = value
            write(tmp_path, {kind: found})
            told = refusal(database, tmp_path)
            if told is None:
                before = count(database)  # what is no fault was loaded
            else:
                # The record is told by its own place, or by one that no longer finds it.
                assert ".json" in told, (field, value, told)
                assert count(database) == before, (field, value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"consequences": {"caused_by": [{"consequence": "F01"}]}}, "consequences.json, F01"),
        ({"sources": {"derived_from": "paper"}}, "sources.json"),
        ({"actors": {"affiliations": [{"actor": "A01", "role": "x"}]}}, "actors.json, A01"),
        ({"ratings": {"effective_at": "2199-01-01"}}, "ratings.json, ann F01 2199-01-01"),
        ({"ratings": {"probability": 1}}, "ratings.json, ann F01 2023-01-01: probability: must"),
        ({"ratings": {"word": "likely"}}, "2023-01-01: scale: is needed"),
        ({"contradictions": {"side_b": ["C01"]}}, "contradictions.json, X01"),
        ({"annotations": {"target": {"type": "claims", "id": "C01", "pointer": "/no"}}},
         "annotations.json, N01"),
        ({"annotations": {"target": {"type": "claims", "id": "C99"}}}, "target/id"),
    ],
)  # fmt: skip
def test_a_rule_broken_is_told_by_its_record(
    database: Database, tmp_path: Path, changes: dict[str, dict[str, Any]], words: str
) -> None:
    before = count(database)
    found = records()
    for kind, change in changes.items():
        found[kind][0].update(change)
    write(tmp_path, found)
    with pytest.raises(LoadError) as error:
        load(database, tmp_path)
    assert words in str(error.value)
    assert count(database) == before


def test_a_deleted_record_is_not_brought_back(database: Database, tmp_path: Path) -> None:
    write(tmp_path, records())
    load(database, tmp_path)
    with database.write(Principal.owner("someone")) as tx:
        table = table_of(Record.kinds["items"])
        tx.session.execute(sa.update(table).values(deleted_at=tx.now))
    report = load(database, tmp_path)
    assert (report.created, report.changed) == (0, [])


@pytest.mark.parametrize("leads_to", ["nowhere.json", "items.json"])
def test_a_link_that_leads_nowhere_is_a_file_that_cannot_be_read(
    database: Database, tmp_path: Path, leads_to: str
) -> None:
    write(tmp_path, records())
    (tmp_path / "items.json").unlink()
    (tmp_path / "items.json").symlink_to(tmp_path / leads_to)
    with pytest.raises(LoadError, match=r"items\.json: (No such file|Too many levels)"):
        load(database, tmp_path)
