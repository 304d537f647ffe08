"""A small set of records, one of each kind, and a body that is valid for every write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import Base
from tests import helpers
from tests.helpers import Body
from tests.hostile.values import NOBODY

PARENTS = (
    "alliance", "assessment", "consequence", "indicator", "question", "round", "webhook",
)  # fmt: skip
TEXT = "They agreed on satellites. They denied shells."


@dataclass(frozen=True, slots=True)
class World:
    """Ids of one record of each kind, by noun, and of a second of some (`other_…`)."""

    ids: Mapping[str, str]

    def path(self, template: str, operation: str) -> str:
        """A path of the document with the ids of this world."""
        noun = operation.split("_", 1)[1] if "_" in operation else operation
        for ending in ("_versions", "_text", "_scores"):
            noun = noun.removesuffix(ending)
        path = template.replace("{key}", self.ids.get(noun, ""))
        for parent in PARENTS:
            path = path.replace(f"{{{parent}}}", self.ids[parent])
        return path

    def needed(self, operation: str) -> str:
        """The query that a read can't be asked without, with its `?`; empty where there is none."""
        return NEEDED.get(operation, "").format(**self.ids)


def make_world(client: TestClient, *, closed: bool = False, **marked: Any) -> World:
    """Make the records, marked as is said; in a closed store there are keys among them."""
    actor = helpers.make_actor(client, country_code="KP", aliases=["Pyongyang"], **marked)["id"]
    other_actor = helpers.make_actor(client, **marked)["id"]
    members = [{"actor": actor, "role": "supplier", "since": "2023-09-01"}]
    alliance = helpers.make_alliance(
        client, members=members, statuses=[{"status": "reported", "since": "2023-09-10"}], **marked
    )["id"]
    source = helpers.make_source(
        client, text=TEXT, published={"date": "2023", "precision": "year"}, **marked
    )
    other_source = helpers.make_source(client, derived_from=source["id"], **marked)["id"]
    claim = helpers.make_claim(
        client,
        alliance=alliance,
        ref="C01",
        carriers=[{"source": source["id"], "locator": {"start": 0, "end": 4}}],
        about=[actor],
        **marked,
    )["id"]
    other_claim = helpers.make_claim(
        client, alliance=alliance, relations=[{"kind": "denies", "claim": claim}], **marked
    )["id"]
    item = helpers.make_item(client, alliance, **marked)["id"]
    exchange = helpers.make_exchange(
        client, alliance, givers=[actor], receivers=[other_actor], item=item, **marked
    )["id"]
    made = helpers.make_consequence(client, alliance, affected=[actor], ref="K01", **marked)
    consequence = made["id"]
    other_consequence = helpers.make_consequence(client, alliance, **marked)["id"]
    causes = [{"consequence": consequence, "strength": 0.5}]
    effect = helpers.make_consequence(client, alliance, caused_by=causes, **marked)["id"]
    factor = helpers.make_factor(
        client,
        alliance,
        claims=[claim],
        bears_on=[{"type": "consequence", "id": consequence}],
        **marked,
    )["id"]
    contradiction = helpers.make_contradiction(
        client, alliance, side_a=[claim], side_b=[other_claim], **marked
    )["id"]
    evidence = helpers.make_evidence(client, consequence, claim, **marked)["id"]
    assumption = helpers.make_assumption(client, alliance, **marked)["id"]
    indicator = helpers.make_indicator(client, consequence, **marked)["id"]
    reading = helpers.make_reading(
        client, indicator, status="observed", crosses=True, claims=[claim], **marked
    )["id"]
    outcome = helpers.make_outcome(client, consequence, **marked)["id"]
    cause = helpers.make_cause(client, consequence, **marked)["id"]
    assessor = helpers.make_assessor(client, **marked)
    other_assessor = helpers.make_assessor(client, **marked)["id"]
    rating = helpers.rate(client, consequence, assessor["slug"], 0.3, impact=3, **marked)["id"]
    helpers.rate(client, effect, assessor["slug"], 0.2, **marked)
    asked = helpers.make_question(client, alliance, [claim, other_claim], ref="Q01", **marked)
    question = asked["id"]
    cells = ["I/C", "C/II"]
    evaluation = helpers.evaluate(client, asked, assessor["slug"], cells, **marked)["id"]
    rounds = _make_rounds(client, alliance, consequence, effect, **marked)
    annotation = helpers.annotate(client, "claims", claim, "A note.", **marked)["id"]
    assessment = helpers.make_edition(client, alliance, **marked)["id"]
    signing_key = helpers.read(client, "assessments/keys")["items"][0]["id"]
    matrix = helpers.make_matrix(client, **marked)["id"]
    webhook = helpers.make_webhook(client)["id"]
    delivery = helpers.make(client, f"webhooks/{webhook}/test", {})["id"]
    principal = helpers.make(client, "principals", {"slug": helpers.unique("p"), "name": "P"})["id"]
    key = NOBODY  # the first would close the store
    if closed:
        key = helpers.make(client, "keys", {"principal": principal, "name": "Key"})["id"]
    found = {name: value for name, value in locals().items() if isinstance(value, str)}
    return World({**found, **rounds, "source": source["id"], "assessor": assessor["id"]})


def _make_rounds(
    client: TestClient, alliance: str, consequence: str, effect: str, **marked: Any
) -> dict[str, str]:
    """A round that was revealed, and an open one after it with an answer of the caller's.

    By the names of the operations: `round_results` has results, `round_answer` is one's own.
    """
    first = helpers.open_round(client, alliance, [consequence, effect], **marked)["id"]
    said = helpers.answer(client, first, effect, 0.4, **marked)["id"]
    helpers.reveal(client, first)
    who = helpers.read(client, f"ratings/{said}")["assessor"]
    second = helpers.open_round(client, alliance, [consequence], after=first, **marked)["id"]
    return {
        "round": second,
        "round_results": first,
        "round_answer": helpers.answer(client, second, consequence, 0.3, **marked)["id"],
        "own_assessor": helpers.read(client, f"assessors/{who}")["id"],
    }


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


MARKED = (
    "actor", "alliance", "annotation", "assessment", "assessor", "cause", "claim", "consequence",
    "contradiction", "evaluation", "evidence", "exchange", "factor", "indicator", "item", "matrix",
    "outcome", "question", "rating", "reading", "round", "source",
)  # fmt: skip
"""The nouns of what is marked, and can be redacted."""
ASKING = {"ask_what_if"}
"""What is asked by POST, as it has a body: it answers 200 and writes nothing."""
KEYED = {"keys", "principals"}
"""The tags of operations that are tried in a closed store."""
NEEDED = {
    "search": "?q=note",
    "get_diff": "?from=2023-09-10",
    "get_edition_diff": "?against={assessment}",
}
"""What a read can't be asked without, by operation."""
CLOSING = "keys"
"""The tag of those that are tried there alone: the first key closes the store to everybody."""
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


def valid_patch(operation: str, bodies: Mapping[str, Body]) -> Body:
    """A body for a PATCH that says every field that may be changed."""
    body = bodies[operation.replace("update_", "create_")]
    if operation == "update_webhook":
        body = {**body, "status": "paused"}
    return {name: value for name, value in body.items() if name not in FIXED.get(operation, ())}


def operations(
    document: Mapping[str, Any], *methods: str, closed: bool = False
) -> Iterator[tuple[str, str, Any]]:
    """(path, method, operation) of the operations of a document with these methods.

    Of an open store they are all but those on keys; of a closed one, those on who may ask.
    """
    for path, offered in document["paths"].items():
        for method, operation in offered.items():
            tags = set(operation["tags"])
            if method in methods and (tags & KEYED if closed else CLOSING not in tags):
                yield path, method, operation


def turns(database: Database) -> Iterator[bool]:
    """Whether the next of many alike is tried: all on SQLite, and on PostgreSQL every third.

    For what is the same code on both, and what shapes refuse before a database is asked.
    """
    return cycle([True] if database.engine.name == "sqlite" else [True, False, False])


def contents(database: Database) -> dict[str, list[Any]]:
    """Everything in the store, table by table, but when keys were used."""
    with database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(sa.select(*columns)).all()))
            for table in Base.metadata.sorted_tables
            if (columns := [one for one in table.columns if one.name != "last_used_at"])
        }
