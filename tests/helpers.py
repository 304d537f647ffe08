"""Short ways to say what a test needs: records with sensible defaults, made through HTTP."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database

Body = dict[str, Any]

# Workers copy what one of them has made, and go on with numbers of their own.
_numbers = itertools.count(1 + 1_000_000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))
_SETUP = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")
_LOOK = "FROM KEYS"
"""An open service looks now and then whether there is a key."""


def unique(word: str) -> str:
    """A slug or label nobody else has."""
    return f"{word}-{next(_numbers)}"


def make(client: TestClient, path: str, body: Mapping[str, Any]) -> Body:
    """POST a record and answer it as it was made."""
    response = client.post(f"/v1/{path}", json=body)
    assert response.status_code == 201, response.text
    made: Body = response.json()
    return made


def read(client: TestClient, path: str, **params: Any) -> Body:
    """GET a record or a page."""
    response = client.get(f"/v1/{path}", params=params)
    assert response.status_code == 200, response.text
    found: Body = response.json()
    return found


def patch(client: TestClient, path: str, **changes: Any) -> Body:
    """Change a record, whatever its version."""
    response = client.patch(f"/v1/{path}", json=changes, headers={"If-Match": "*"})
    assert response.status_code == 200, response.text
    changed: Body = response.json()
    return changed


def delete(client: TestClient, path: str) -> None:
    """Delete a record, whatever its version."""
    response = client.delete(f"/v1/{path}", headers={"If-Match": "*"})
    assert response.status_code == 204, response.text


def ids(page: Body) -> list[str]:
    """The ids of a page, in its order."""
    return [item["id"] for item in page["items"]]


def everything(client: TestClient, path: str, **params: Any) -> list[Body]:
    """All items of a list, page after page."""
    found: list[Body] = []
    page = read(client, path, **params)
    found += page["items"]
    while page["next"] is not None:
        page = read(client, path, **params, cursor=page["next"])
        found += page["items"]
    return found


@contextmanager
def heard(database: Database, event: str, listener: Callable[..., None]) -> Iterator[None]:
    """Let a listener hear of what a store does meanwhile (an event of SQLAlchemy's engines)."""
    sa.event.listen(database.engine, event, listener)
    try:
        yield
    finally:
        sa.event.remove(database.engine, event, listener)


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The statements a store executes meanwhile, less those that only begin or end."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        upper = statement.lstrip().upper()
        if not upper.startswith(_SETUP) and _LOOK not in " ".join(upper.split()):
            seen.append(statement)

    with heard(database, "before_cursor_execute", note):
        yield seen


# --- Records ------------------------------------------------------------------------------------


def make_actor(client: TestClient, **said: Any) -> Body:
    """An actor; a state unless something else is said."""
    slug = unique("actor")
    return make(client, "actors", {"slug": slug, "name": slug.title(), "kind": "state", **said})


def make_alliance(client: TestClient, **said: Any) -> Body:
    """An alliance without members."""
    slug = unique("alliance")
    return make(client, "alliances", {"slug": slug, "name": slug.title(), **said})


def make_source(client: TestClient, **said: Any) -> Body:
    """A source."""
    slug = unique("source")
    return make(client, "sources", {"slug": slug, "title": slug.title(), **said})


def make_claim(client: TestClient, **said: Any) -> Body:
    """A claim, asserted."""
    body = {"statement": f"{unique('Statement')} is so.", "modality": "asserted", **said}
    return make(client, "claims", body)


def make_item(client: TestClient, alliance: str, **said: Any) -> Body:
    """An item of an alliance."""
    body = {"name": unique("Item"), "kind": "goods", **said}
    return make(client, f"alliances/{alliance}/items", body)


def make_exchange(client: TestClient, alliance: str, **said: Any) -> Body:
    """An exchange of an alliance, between two actors made for it unless they are said."""
    body = {"kind": "core", "status": "possible", **said}
    for side in ("givers", "receivers"):
        if side not in body:
            body[side] = [make_actor(client)["id"]]
    if "item" not in body:
        body["item"] = make_item(client, alliance)["id"]
    return make(client, f"alliances/{alliance}/exchanges", body)


def make_factor(client: TestClient, alliance: str, **said: Any) -> Body:
    """A factor of an alliance; a driver."""
    body = {"title": unique("Factor"), "kind": "driver", "effect": "raises", **said}
    return make(client, f"alliances/{alliance}/factors", body)


def make_contradiction(client: TestClient, alliance: str, **said: Any) -> Body:
    """A contradiction of an alliance, between two claims made for it unless they are said."""
    body = {"title": unique("Contradiction"), "kind": "direct", **said}
    for side in ("side_a", "side_b"):
        if side not in body:
            body[side] = [make_claim(client, alliance=alliance)["id"]]
    return make(client, f"alliances/{alliance}/contradictions", body)


def make_question(client: TestClient, alliance: str, claims: Sequence[str], **said: Any) -> Body:
    """A question of an alliance, with two hypotheses unless they are said."""
    free = [{"key": "H1", "text": "It is so"}, {"key": "H2", "text": "It is not"}]
    items = [{"claim": claim} for claim in claims]
    body = {"title": unique("Question"), "hypotheses": free, "items": items, **said}
    return make(client, f"alliances/{alliance}/questions", body)


def evaluate(
    client: TestClient, question: Body, assessor: str, cells: Sequence[str], **said: Any
) -> Body:
    """An assessor's cells: for each item those of each hypothesis, as in "I/C/-"; -: not rated."""
    keys = [hypothesis["key"] for hypothesis in question["hypotheses"]]
    items = [
        {
            "claim": item["claim"],
            "cells": {key: cell for key, cell in zip(keys, row.split("/"), strict=True)
                      if cell != "-"},
        }
        for item, row in zip(question["items"], cells, strict=True)
    ]  # fmt: skip
    body = {"assessor": assessor, "items": items, **said}
    return make(client, f"questions/{question['id']}/evaluations", body)


def make_consequence(client: TestClient, alliance: str, **said: Any) -> Body:
    """A consequence of an alliance."""
    body = {"title": unique("Consequence"), "category": "military", **said}
    return make(client, f"alliances/{alliance}/consequences", body)


def make_evidence(client: TestClient, consequence: str, claim: str, **said: Any) -> Body:
    """A claim that supports the outcome of a consequence."""
    body = {"claim": claim, "bears_on": "outcome", "bearing": "supports", **said}
    return make(client, f"consequences/{consequence}/evidence", body)


def make_indicator(client: TestClient, consequence: str, **said: Any) -> Body:
    """What to watch, for a consequence that it would make more likely."""
    body = {"statement": unique("Sign"), "direction": "up", "threshold": "Seen twice.", **said}
    return make(client, f"consequences/{consequence}/indicators", body)


def make_reading(client: TestClient, indicator: str, **said: Any) -> Body:
    """A reading of an indicator; nothing was seen unless something else is said."""
    return make(client, f"indicators/{indicator}/readings", {"status": "not_observed", **said})


def make_assumption(client: TestClient, alliance: str, **said: Any) -> Body:
    """A key assumption of an alliance, for ratings to name."""
    return make_factor(client, alliance, kind="key_assumption", effect="lowers", **said)


def break_assumption(client: TestClient, factor: Body, since: str, **said: Any) -> Body:
    """Declare a key assumption broken from an instant on."""
    entry = {"status": "broken", "since": since, "note": "It came otherwise.", **said}
    path = f"alliances/{factor['alliance']}/factors/{factor['id']}"
    return patch(client, path, statuses=[*factor["statuses"], entry])


def make_outcome(client: TestClient, consequence: str, **said: Any) -> Body:
    """What became of a consequence."""
    body = {"status": "open", "since": "2023-09-10T00:00:00Z", **said}
    return make(client, f"consequences/{consequence}/outcomes", body)


def make_cause(client: TestClient, consequence: str, **said: Any) -> Body:
    """How the cause of a consequence stands."""
    body = {"status": "open", "since": "2023-09-10T00:00:00Z", **said}
    return make(client, f"consequences/{consequence}/causes", body)


def make_assessor(client: TestClient, **said: Any) -> Body:
    """An assessor, human."""
    slug = unique("assessor")
    return make(client, "assessors", {"slug": slug, "name": slug.title(), **said})


def rate(
    client: TestClient, consequence: str, assessor: str, probability: Any = None, **said: Any
) -> Body:
    """An assessor's rating of a consequence."""
    body: Body = {"assessor": assessor, **said}
    if probability is not None:
        body["probability"] = probability
    return make(client, f"consequences/{consequence}/ratings", body)


def open_round(client: TestClient, alliance: str, consequences: Sequence[str], **said: Any) -> Body:
    """A blind round on consequences of an alliance."""
    body = {"title": unique("Round"), "consequences": list(consequences), **said}
    return make(client, f"alliances/{alliance}/rounds", body)


def answer(
    client: TestClient, round_: str, consequence: str, probability: Any, **said: Any
) -> Body:
    """A sealed answer to a round, by the caller unless an assessor is said."""
    body = {"consequence": consequence, "probability": probability, **said}
    return make(client, f"rounds/{round_}/ratings", body)


def reveal(client: TestClient, round_: str) -> Body:
    """Close a round and reveal it."""
    make(client, f"rounds/{round_}/close", {})
    return make(client, f"rounds/{round_}/reveal", {})


def make_matrix(client: TestClient, **said: Any) -> Body:
    """A risk matrix of a name of its own."""
    grid = [[0, 0, 1, 1, 1], [0, 1, 1, 2, 2], [1, 1, 2, 3, 3], [1, 2, 3, 3, 4], [2, 3, 3, 4, 4]]
    body = {"name": unique("grid"), "cuts": [0.2, 0.4, 0.6, 0.8], "grid": grid}
    return make(client, "matrices", {**body, **said})


def make_webhook(client: TestClient, url: str = "https://hooks.example.org/", **said: Any) -> Body:
    """A webhook of everything; the name leads nowhere."""
    return make(client, "webhooks", {"url": url, **said})


def annotate(client: TestClient, kind: str, record: str, body: str, **said: Any) -> Body:
    """A comment on a record of a kind, named in the plural."""
    target = {"type": kind, "id": record, **said.pop("target", {})}
    return make(
        client,
        "annotations",
        {"target": target, "motivation": "commenting", "body": body, **said},
    )


def make_edition(client: TestClient, alliance: str, as_of: str = "2024-01-01", **said: Any) -> Body:
    """An edition of the judgement on an alliance."""
    body = {"title": unique("Edition"), "as_of": as_of, **said}
    return make(client, f"alliances/{alliance}/assessments", body)
