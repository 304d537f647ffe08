"""A body that is valid for every write, in a world of which it names the records."""

from collections.abc import Mapping

from tests.helpers import Body
from tests.hostile.world import World

MARKED = (
    "actor", "alliance", "annotation", "assessment", "assessor", "cause", "claim", "consequence",
    "contradiction", "evaluation", "evidence", "exchange", "factor", "indicator", "item", "matrix",
    "outcome", "question", "rating", "reading", "round", "source",
)  # fmt: skip
"""The nouns of what is marked, and can be redacted."""
FIXED = {
    "update_principal": {"slug", "machine"},
    "update_key": {"principal"},
    "update_evidence": {"claim"},
    "update_indicator": {"consequence"},
    "update_reading": {"indicator"},
    "update_assessor": {"slug", "machine"},
    "update_round": {"ref", "consequences", "after"},
    "update_consequence": {"alliance"},
    "update_annotation": {"target", "reply_to", "creator"},
}
"""Fields that are said when a record is made, and never changed."""


def valid_bodies(world: World) -> dict[str, Body]:
    """A body for each POST, by operation, which has every field that may be said."""
    i = world.ids
    finding = {"confidence": "low", "since": "2023-10-01", "note": "Said.", "claims": [i["claim"]]}
    rating = {
        "probability": {"point": 0.3, "low": 0.2, "high": 0.4},
        "scale": "icd203",
        "word": "unlikely",
        "impact": 4,
        "confidence": "high",
        "rationale": "It was said.",
        "assumptions": [i["assumption"]],
        "effective_at": "2023-10-01",
        "review_by": "2024-10-01",
        "change_reason": "First look.",
        "agent": "none",
        "model": "none",
        "assessor": i["other_assessor"],
        "supersedes": None,
        "machine": False,
        "tlp": "GREEN",
    }
    answer = {name: rating[name] for name in rating if name not in {"effective_at", "supersedes"}}
    answer["review_by"] = "2100-10-01"
    consequence = {
        "ref": "K09",
        "title": "Shells are delivered",
        "description": "Over the border.",
        "category": "military",
        "affected": [i["actor"]],
        "horizon": "a year",
        "resolution_criteria": "Seen.",
        "resolves_on": "2026-01-01",
        "base_rate": 0.1,
        "base_rate_source": "Others.",
        "leak": 0.05,
        "part_of": i["consequence"],
        "caused_by": [{"consequence": i["consequence"], "strength": 0.5}],
        "likelihood_wording": "likely",
        "effective_at": "2023-09-10",
        "note": "A note.",
        "tlp": "CLEAR",
    }
    indicator = {
        "ref": "W09",
        "statement": "Trains cross at night",
        "direction": "up",
        "threshold": "Ten in a week.",
        "collection": "Pictures of the station.",
        "effective_at": "2023-09-10",
        "tlp": "CLEAR",
    }
    reading = {
        "status": "absent",
        "crosses": False,
        "date": {"date": "2023-09", "precision": "month", "inferred": False},
        "period": {"from": "2023-09-01", "to": "2023-09-30"},
        "corpus": "All pictures.",
        "claims": [i["claim"]],
        "note": "Nothing.",
        "effective_at": "2023-09-30",
        "tlp": "CLEAR",
    }
    note = {
        "motivation": "commenting",
        "body": "A *note*.",
        "status": "open",
        "creator": "Ann",
        "tlp": "CLEAR",
    }
    return {
        "create_actor": {
            "slug": "new-actor",
            "ref": "A99",
            "alliance": i["alliance"],
            "name": "New actor",
            "kind": "state",
            "aliases": ["Newer"],
            "country_code": "RU",
            "external_ids": {"wikidata": "Q1"},
            "affiliations": [{"actor": i["actor"], "role": "leader"}],
            "interest": "party",
            "description": "An actor.",
            "tlp": "CLEAR",
        },
        "create_alliance": {
            "slug": "new-alliance",
            "name": "New alliance",
            "description": "Two of them.",
            "members": [
                {
                    "actor": i["actor"],
                    "role": "one",
                    "since": "2023-01-01",
                    "until": "2024-01-01T00:00:00Z",
                }
            ],
            "statuses": [{"status": "reported", "since": "2023-09-10", "note": "Said."}],
            "tlp": "CLEAR",
        },
        "create_source": {
            "slug": "new-source",
            "title": "New source",
            "kind": "article",
            "publisher": "Press",
            "author": "Ann",
            "url": "https://example.org/a",
            "published": {"date": "2023-09", "precision": "month", "inferred": True},
            "reliability": "B",
            "reliability_reason": "Usually.",
            "derived_from": i["source"],
            "licence": "CC0",
            "language": "en",
            "text_sha256": None,
            "text_length": None,
            "text": "A text.",
            "tlp": "CLEAR",
        },
        "create_claim": {
            "ref": "C99",
            "alliance": i["alliance"],
            "statement": "It is so.",
            "speaker": i["actor"],
            "carriers": [
                {
                    "source": i["source"],
                    "locator": {
                        "ref": "a",
                        "paragraph": 1,
                        "sentence": 2,
                        "page": "3",
                        "start": 0,
                        "end": 4,
                        "sha256": "0" * 64,
                    },
                }
            ],
            "about": [i["actor"]],
            "modality": "asserted",
            "basis": "press_report",
            "credibility": 3,
            "credibility_reason": "Possibly.",
            "polarity": "positive",
            "date": {"date": "2023-09-10", "precision": "day", "inferred": False},
            "likelihood_wording": "likely",
            "relations": [{"kind": "supports", "claim": i["claim"]}],
            "period": {"from": "2023-01-01", "to": "2023-02-01"},
            "corpus": "All.",
            "note": "A note.",
            "tlp": "CLEAR",
            "effective_at": "2023-09-10T00:00:00Z",
        },
        "create_item": {
            "ref": "I99",
            "name": "New item",
            "kind": "goods",
            "description": "An item.",
            "tlp": "CLEAR",
        },
        "create_exchange": {
            "ref": "E99",
            "givers": [i["actor"]],
            "receivers": [i["other_actor"]],
            "item": i["item"],
            "need": "Shells",
            "need_strength": "acute",
            "kind": "core",
            "status": "possible",
            "note": "A note.",
            "tlp": "CLEAR",
        },
        "create_factor": {
            "ref": "F99",
            "title": "New factor",
            "kind": "key_assumption",
            "effect": "raises",
            "claims": [i["claim"]],
            "bears_on": [{"type": "item", "id": i["item"]}],
            "statuses": [
                {"status": "broken", "since": "2023-09-10", "claims": [i["claim"]], "note": "So."}
            ],
            "description": "A factor.",
            "tlp": "CLEAR",
        },
        "create_contradiction": {
            "ref": "X99",
            "title": "New contradiction",
            "kind": "direct",
            "side_a": [i["claim"]],
            "side_b": [i["other_claim"]],
            "statuses": [
                {"status": "open", "since": "2023-09-10", "claims": [i["claim"]], "note": "So."}
            ],
            "note": "A note.",
            "tlp": "CLEAR",
        },
        "create_question": {
            "ref": "Q99",
            "title": "What follows?",
            "hypotheses": [
                {"key": "H1", "text": "This follows"},
                {"key": "H2", "consequence": i["consequence"]},
            ],
            "items": [{"claim": i["claim"], "relevance": "high", "note": "It is near."}],
            "note": "A note.",
            "tlp": "CLEAR",
        },
        "create_evaluation": {
            "assessor": i["other_assessor"],
            "items": [{"claim": i["claim"], "cells": {"H1": "I", "H2": "CC"}, "note": "So."}],
            "rationale": "It was said.",
            "effective_at": "2023-10-01",
            "agent": "none",
            "model": "none",
            "machine": False,
            "tlp": "GREEN",
        },
        "create_alliance_consequence": consequence,
        "create_consequence": {**consequence, "alliance": i["alliance"]},
        "create_evidence": {
            "claim": i["other_claim"],
            "bears_on": "outcome",
            "bearing": "supports",
            "diagnosticity": "low",
            "relevance": "high",
            "note": "A note.",
            "tlp": "CLEAR",
        },
        "create_consequence_indicator": indicator,
        "create_indicator": {**indicator, "ref": "W10", "consequence": i["consequence"]},
        "create_indicator_reading": reading,
        "create_reading": {**reading, "indicator": i["indicator"]},
        "create_outcome": {"status": "occurred", **finding, "tlp": "CLEAR"},
        "create_cause": {"status": "confirmed", **finding, "tlp": "CLEAR"},
        "rate_consequence": rating,
        "create_rating": {**rating, "consequence": i["consequence"]},
        "create_round": {
            "ref": "R99",
            "title": "The year to come",
            "note": "A note.",
            "consequences": [i["other_consequence"], i["consequence"]],
            "after": i["round_results"],
            "tlp": "CLEAR",
        },
        "answer_round": {**answer, "consequence": i["consequence"], "assessor": i["own_assessor"]},
        "close_round": {},
        "reveal_round": {},
        "withdraw_rating": {"reason": "A mistake.", "effective_at": None},
        "annotate_consequence": note,
        "create_annotation": {
            **note,
            "target": {
                "type": "claims",
                "id": i["claim"],
                "version": 1,
                "pointer": "/statement",
                "selector": [
                    {"type": "TextQuoteSelector", "exact": "Statement", "prefix": None},
                    {"type": "TextPositionSelector", "start": 0, "end": 9},
                ],
                "sha256": None,
            },
            "reply_to": i["annotation"],
        },
        "ask_what_if": {
            "assume": [{"consequence": i["consequence"], "occurred": True}],
            "intervene": [{"consequence": i["effect"], "occurred": False}],
            "strengths": [{"parent": i["consequence"], "child": i["effect"], "strength": 0.9}],
            "drop_claims": [i["claim"]],
            "drop_assessors": [i["other_assessor"]],
            "headline": None,
        },
        "merge_actor": {"into": i["other_actor"]},
        "merge_source": {"into": i["other_source"]},
        "publish_assessment": {
            "title": "What it may lead to",
            "note": "A note.",
            "as_of": "2023-12-01",
            "tlp": "CLEAR",
        },
        "rotate_signing_key": {},
        "create_webhook": {
            "url": "https://hooks.example.org/new?a=b",
            "description": "Ours",
            "types": ["created"],
            "kinds": ["claims"],
            "alliances": [i["alliance"]],
            "records": [i["claim"]],
            "threshold": 0.5,
        },
        "rotate_webhook": {"overlap_hours": 1},
        "test_webhook": {},
        "create_principal": {
            "slug": "new-principal",
            "name": "New principal",
            "role": "analyst",
            "clearance": "AMBER",
            "groups": ["desk"],
            "machine": False,
            "allowed": ["rate"],
            "assessor": "new-assessor",
            "note": "Someone.",
        },
        "create_key": {
            "principal": i["principal"],
            "name": "Notebook",
            "scopes": ["read", "write"],
            "expires_at": "2100-01-01T00:00:00Z",
        },
        "rotate_key": {"overlap_hours": 1},
        **{f"redact_{noun}": {"reason": "By order."} for noun in MARKED},
        "replay_delivery": {},
        "create_assessor": {
            "slug": "new-assessor",
            "name": "New assessor",
            "description": "Someone.",
            "machine": True,
            "agent": "program",
            "model": "model",
            "tlp": "CLEAR",
        },
        "create_matrix": {
            "name": "mine",
            "cuts": [0.2, 0.4, 0.6, 0.8],
            "grid": [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4],
                     [2, 3, 3, 4, 4]],
            "level_names": ["a", "b", "c", "d", "e"],
            "effective_at": "2023-09-10",
            "tlp": "CLEAR",
        },
    }  # fmt: skip


def valid_patch(operation: str, bodies: Mapping[str, Body]) -> Body:
    """A body for a PATCH that says every field that may be changed."""
    body = bodies[operation.replace("update_", "create_")]
    if operation == "update_webhook":
        body = {**body, "status": "paused"}
    return {name: value for name, value in body.items() if name not in FIXED.get(operation, ())}
