"""An alliance with something to judge, and ways to look at what is kept of its editions."""

import hashlib
import json
from typing import Any

import rfc8785
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import Base
from tests import helpers
from tests.helpers import Body, read

THEN, LATER = "2024-01-01", "2024-06-01"
OWN = {"edition_contents": "assessment"}
"""What a table has in the place of an id."""


def make_pact(client: TestClient) -> Body:
    """An alliance with a consequence, evidence and a rating that is superseded in March 2024."""
    alliance = helpers.make_alliance(client)
    source = helpers.make_source(client, reliability="B", url="https://example.org/a(b)")
    claim = helpers.make_claim(
        client,
        alliance=alliance["id"],
        ref="C01",
        carriers=[{"source": source["id"]}],
        credibility=2,
        effective_at="2023-01-01",
    )
    consequence = helpers.make_consequence(client, alliance["id"], ref="F01")
    helpers.make_evidence(client, consequence["id"], claim["id"])
    ann = helpers.make_assessor(client)["slug"]
    said: Body = {"impact": 4, "confidence": "moderate", "effective_at": "2023-06-01"}
    first = helpers.rate(client, consequence["id"], ann, 0.3, rationale="A look.", **said)
    said |= {"effective_at": "2024-03-01", "change_reason": "The second report."}
    second = helpers.rate(client, consequence["id"], ann, 0.7, **said)
    return {
        "alliance": alliance["slug"],
        "ids": {
            "alliances": alliance["id"], "sources": source["id"], "claims": claim["id"],
            "consequences": consequence["id"], "ratings": first["id"],
        },
        "second": second["id"],
        "assessor": ann,
    }  # fmt: skip


def verdict(client: TestClient, edition: Body) -> Body:
    """What verifying an edition finds."""
    return read(client, f"assessments/{edition['id']}/verify")


def digest(document: Any) -> str:
    """SHA-256 of the canonical JSON of a document, as a stranger computes it."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def tamper(database: Database, table: str, which: str, values: Body) -> None:
    """Change what is stored, past the service."""
    t = Base.metadata.tables[table]
    own = t.c[OWN.get(table, "id")]
    with database.engine.execution_options(entente_writing=True).begin() as connection:
        done = connection.execute(sa.update(t).where(own == which).values(values))
        assert done.rowcount == 1


def write_over(database: Database, table: str, which: str, column: str, literal: str) -> None:
    """Change what is stored by SQL of one's own, that knows nothing of the types of columns."""
    own = OWN.get(table, "id")
    statement = f"UPDATE {table} SET {column} = {literal} WHERE {own} = '{which}'"  # noqa: S608 - a test's own
    with database.engine.execution_options(entente_writing=True).begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount == 1


def stored(database: Database, table: str, which: str) -> Body:
    """A row as it is stored."""
    t = Base.metadata.tables[table]
    own = t.c[OWN.get(table, "id")]
    with database.read() as session:
        return dict(session.execute(sa.select(t).where(own == which)).mappings().one())


def says(document: Any) -> str:
    """All that a document says, to look for what it must not."""
    return json.dumps(document, ensure_ascii=False)
