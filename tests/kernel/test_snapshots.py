"""One answer is of one instant, however many statements it takes."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from app.kernel.db import Database
from app.kernel.tables import table_of
from app.sources.models import Source
from tests.helpers import (
    make_alliance,
    make_claim,
    make_consequence,
    make_evidence,
    make_source,
    read,
)

COUNT = sa.select(sa.func.count()).select_from(table_of(Source))


def test_a_session_for_reading_sees_one_instant(client: TestClient, database: Database) -> None:
    with database.read() as session:
        before = session.execute(COUNT).scalar()
        make_source(client)
        assert session.execute(COUNT).scalar() == before == 0
    with database.read() as session:
        assert session.execute(COUNT).scalar() == 1


def test_a_session_for_reading_writes_nothing_on_postgresql(database: Database) -> None:
    if not database.is_postgres:
        pytest.skip("SQLite has no transactions that only read")
    with database.read() as session, pytest.raises(DBAPIError, match="read-only"):
        session.execute(sa.delete(table_of(Source)))


def test_a_page_and_its_balance_are_of_one_instant(client: TestClient, database: Database) -> None:
    consequence = make_consequence(client, make_alliance(client)["id"])["id"]
    make_evidence(client, consequence, make_claim(client)["id"])
    late = {"claim": make_claim(client)["id"], "bearing": "supports"}
    path = f"consequences/{consequence}/evidence"
    sent: list[int] = []

    def meanwhile(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM evidence" in " ".join(statement.split()) and not sent:
            sent.append(0)
            sent.append(client.post(f"/v1/{path}", json=late).status_code)

    sa.event.listen(database.engine, "after_cursor_execute", meanwhile)
    try:
        page = read(client, path)
    finally:
        sa.event.remove(database.engine, "after_cursor_execute", meanwhile)
    assert sent == [0, 201]
    assert (len(page["items"]), page["balance"]["supports"]) == (1, 1)
    assert read(client, path)["balance"]["supports"] == 2
