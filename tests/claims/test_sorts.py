"""Lists of claims by what may be unknown walk an index, in either direction."""

from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import everything, ids, make_claim, read


def plan(client: TestClient, database: Database, sort: str) -> str:
    """How the database goes about a page of claims in an order."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "ORDER BY" in statement:
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        read(client, "claims", sort=sort)
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    with database.engine.connect() as connection:
        if database.is_postgres:
            # Few rows are read and sorted at once; what is asked is whether an index would do.
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN" if database.is_postgres else "EXPLAIN QUERY PLAN"
        lines = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    return "\n".join(str(line[-1]) for line in lines)


@pytest.mark.parametrize("name", ["credibility", "ref"])
def test_a_list_by_what_may_be_unknown_walks_an_index_both_ways(
    client: TestClient, database: Database, name: str
) -> None:
    grades = (3, 6, 1, 3, 6, 5)
    for number, grade in enumerate(grades):
        make_claim(client, credibility=grade, **({"ref": f"F{number}"} if number % 2 else {}))
    for sort, way in ((name, "up"), (f"-{name}", "down")):
        told = plan(client, database, sort)
        assert f"ix_claims_by_{name}_{way}" in told
        assert told.count("TEMP B-TREE") <= 1  # of the page alone, once it is complete
        paged = everything(client, "claims", sort=sort, limit=2)
        assert [item["id"] for item in paged] == ids(read(client, "claims", sort=sort))
        values = [item[name] for item in paged]
        known = [value for value in values if value not in {None, 6}]
        assert values[: len(known)] == sorted(known, reverse=way == "down")
