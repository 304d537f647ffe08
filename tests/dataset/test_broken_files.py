"""Whatever stands in a file, loading loads all of it or tells the place and leaves nothing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.dataset.files import FORM, ORDER, LoadError
from app.dataset.loader import load
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.tables import Record, table_of

TINY: dict[str, dict[str, Any]] = {
    "assessors": {"slug": "ann", "name": "Ann", "machine": False},
    "alliances": {
        "slug": "pact", "name": "Pact", "members": [{"actor": "A01", "since": "2023-01-01"}],
        "statuses": [{"status": "reported", "since": "2023-01-01"}],
    },
    "actors": {"ref": "A01", "slug": "one", "alliance": "pact", "name": "One", "kind": "state",
               "affiliations": []},
    "sources": {"slug": "paper", "title": "Paper", "derived_from": None,
                "published": {"date": "2023", "precision": "year"}},
    "items": {"ref": "T01", "alliance": "pact", "name": "Shells", "kind": "materiel"},
    "claims": {"ref": "C01", "alliance": "pact", "statement": "So.", "modality": "asserted",
               "speaker": "A01", "about": ["A01"], "carriers": [{"source": "paper"}],
               "relations": [], "effective_at": "2023-01-01"},
    "exchanges": {"ref": "E01", "alliance": "pact", "givers": ["A01"], "receivers": ["A01"],
                  "item": "T01", "kind": "core", "status": "possible"},
    "consequences": {"ref": "F01", "alliance": "pact", "title": "War", "category": "military",
                     "affected": ["A01"], "caused_by": [], "part_of": None},
    "factors": {"ref": "U01", "alliance": "pact", "title": "Will", "kind": "driver",
                "effect": "raises", "claims": ["C01"],
                "bears_on": [{"type": "consequence", "id": "F01"}]},
    "contradictions": {"ref": "X01", "alliance": "pact", "title": "Or not", "kind": "direct",
                       "side_a": ["C01"], "side_b": ["C02"], "statuses": []},
    "questions": {"ref": "Q01", "alliance": "pact", "title": "Why?", "items": [{"claim": "C01"}],
                  "hypotheses": [{"key": "H1", "text": "So"},
                                 {"key": "H2", "consequence": "F01"}]},
    "evaluations": {"question": "Q01", "assessor": "ann", "effective_at": "2023-01-01",
                    "items": [{"claim": "C01", "cells": {"H1": "C"}}]},
    "evidence": {"claim": "C01", "consequence": "F01", "bears_on": "outcome",
                 "bearing": "supports"},
    "indicators": {"ref": "W01", "consequence": "F01", "statement": "Trains", "direction": "up",
                   "threshold": "Ten a day."},
    "readings": {"indicator": "W01", "status": "observed", "crosses": True, "claims": ["C01"],
                 "effective_at": "2023-01-01"},
    "outcomes": {"consequence": "F01", "status": "open", "since": "2023-01-01", "claims": []},
    "causes": {"consequence": "F01", "status": "open", "since": "2023-01-01", "claims": []},
    "ratings": {"consequence": "F01", "assessor": "ann", "probability": 0.5,
                "effective_at": "2023-01-01"},
    "assessments": {"alliance": "pact", "title": "First", "as_of": "2023-02-01"},
    "annotations": {"ref": "N01", "target": {"type": "claims", "id": "C01"}, "body": "Hm.",
                    "motivation": "commenting"},
}  # fmt: skip
ODD: list[Any] = [5, "odd", "\x00", ["A01"], {"a": 1}, [[1]], None]


def records() -> dict[str, list[dict[str, Any]]]:
    """A small data set with one record of each kind, and one claim more."""
    found = {kind: [copy.deepcopy(TINY[kind])] for kind in ORDER}
    found["claims"].append({**copy.deepcopy(TINY["claims"]), "ref": "C02"})
    return found


def write(place: Path, found: dict[str, list[dict[str, Any]]]) -> None:
    for kind, rows in found.items():
        (place / f"{kind}.json").write_text(json.dumps({"records": rows}))
    (place / "dataset.json").write_text(json.dumps({"dataset": "tiny", "form": FORM}))


def count(database: Database) -> int:
    """How many records there are, of every kind, with their versions."""
    with database.read() as session:
        return sum(
            session.execute(sa.select(sa.func.coalesce(sa.func.sum(t.c.version), 0))).scalar_one()
            for t in (table_of(model) for model in Record.kinds.values())
        )


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
    for field in TINY[kind]:
        for value in ODD:
            found = records()
            found[kind][0][field] = value
            write(tmp_path, found)
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
        ({"contradictions": {"side_b": ["C01"]}}, "contradictions.json, X01"),
        ({"annotations": {"target": {"type": "claims", "id": "C01", "pointer": "/no"}}},
         "annotations.json, N01"),
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
