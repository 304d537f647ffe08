"""What a database says of its own schema, so that two of them can be compared."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database

VERSION = "alembic_version"
Catalog = dict[str, list[str]]
"""A definition or several by the name of what they define."""


@contextmanager
def opened(url: str) -> Iterator[sa.Engine]:
    """The engine the service itself would use."""
    database = Database.of(Settings(database_url=url, dataset="none", pool_size=2))
    try:
        yield database.engine
    finally:
        database.close()


def catalog(engine: sa.Engine) -> Catalog:
    """Every table, column, constraint, index and trigger with its definition."""
    with engine.connect() as connection:
        return _CATALOGS[engine.dialect.name](connection)


def _sqlite(connection: sa.Connection) -> Catalog:
    # How a table came about stands in its text, so what it is is asked part by part.
    found: Catalog = {}
    master = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    for kind, name, sql in connection.exec_driver_sql(master).all():
        if kind != "table" or sql.startswith("CREATE VIRTUAL"):
            found[f"{kind} {name}"] = [sql]
            continue
        for _, column, *what in connection.exec_driver_sql(f"PRAGMA table_xinfo('{name}')"):
            found[f"column {name}.{column}"] = [str(what)]
        keys = connection.exec_driver_sql(f"PRAGMA foreign_key_list('{name}')")
        found[f"table {name}"] = sorted(str(key[2:]) for key in keys)
    return found


_POSTGRES = """
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'constraint ' || conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL
SELECT 'column ' || table_name || '.' || column_name,
       concat_ws(' ', data_type, character_maximum_length, collation_name, column_default,
                 'null: ' || is_nullable)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'trigger ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'sequence ' || relname, '' FROM pg_class
WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""


def _postgresql(connection: sa.Connection) -> Catalog:
    found: Catalog = {}
    for name, definition in connection.exec_driver_sql(_POSTGRES):
        found.setdefault(name, []).append(definition)
    return {name: sorted(definitions) for name, definitions in found.items()}


_CATALOGS: dict[str, Callable[[sa.Connection], Catalog]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
}
