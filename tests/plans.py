"""How a database goes about what is asked of it."""

from typing import Any

from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.helpers import heard, read


def plan(client: TestClient, database: Database, path: str, **params: Any) -> str:
    """How it goes about a page of a list, in lines."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "key_0" in statement:
            asked.append((statement, parameters))

    with heard(database, "before_cursor_execute", note):
        read(client, path, **params)
    ((statement, parameters),) = asked
    with database.engine.connect() as connection:
        if database.is_postgres:
            # Few rows are read and sorted at once; what is asked is whether an index would do.
            connection.exec_driver_sql("SET LOCAL enable_sort = off")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN" if database.is_postgres else "EXPLAIN QUERY PLAN"
        lines = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    return "\n".join(str(line[-1]) for line in lines)
