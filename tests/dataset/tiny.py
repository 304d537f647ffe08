"""A data set with a record of each kind, as files."""

import copy
import json
from pathlib import Path
from typing import Any

from app.dataset.files import FORM, ORDER

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


def records() -> dict[str, list[dict[str, Any]]]:
    """A small data set with one record of each kind, and one claim more."""
    found = {kind: [copy.deepcopy(TINY[kind])] for kind in ORDER}
    found["claims"].append({**copy.deepcopy(TINY["claims"]), "ref": "C02"})
    return found


def write(place: Path, found: dict[str, list[dict[str, Any]]]) -> None:
    for kind, rows in found.items():
        (place / f"{kind}.json").write_text(json.dumps({"records": rows}))
    (place / "dataset.json").write_text(json.dumps({"dataset": "tiny", "form": FORM}))
