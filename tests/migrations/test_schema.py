"""The schema the migrations make is the one the models say, to the last partial index."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from starlette.testclient import TestClient

from app.kernel.migrations import head, include, migrate, revision
from app.kernel.tables import Base
from tests import stores
from tests.helpers import ids, make_actor, read
from tests.migrations.catalog import VERSION, Catalog, catalog, opened

BY_HAND = (
    "search_index", "search_entries_added", "search_entries_removed", "ix_search_entries_w",
    "audit_stays",
)  # fmt: skip
"""What is no part of the models: how each database finds words."""


def apart(found: Catalog) -> tuple[Catalog, Catalog]:
    """What the models say, and what only the migrations make."""
    plain: Catalog = {}
    special: Catalog = {}
    for name, definition in found.items():
        _, bare = name.split(" ", 1)
        if VERSION not in bare:
            (special if bare.startswith(BY_HAND) else plain)[name] = definition
    return plain, special


def test_migrations_make_a_database_from_nothing(blank_url: str) -> None:
    with opened(blank_url) as engine:
        migrate(engine)
        with engine.connect() as connection:
            assert revision(connection) == head()
            assert set(Base.metadata.tables) <= set(sa.inspect(connection).get_table_names())


def test_alembic_finds_nothing_to_add_and_nothing_to_drop(database_url: str) -> None:
    with opened(database_url) as engine:
        # PostgreSQL can't compare a default of JSON; the catalogs below tell it as text.
        options = {
            "compare_type": True,
            "compare_server_default": engine.dialect.name == "sqlite",
            "include_object": include,
        }
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, Base.metadata) == []


def test_the_schema_is_that_of_the_models_also_where_alembic_does_not_look(
    database_url: str, store: stores.Store
) -> None:
    """Partial indexes, collations, names of constraints and sequences are no matter to Alembic."""
    other = store.make(None)
    with opened(database_url) as engine, opened(other) as plain:
        Base.metadata.create_all(plain)
        made, _ = apart(catalog(engine))
        said, _ = apart(catalog(plain))
    store.drop(other)
    assert made == said
    partial = [name for name, lines in made.items() if "WHERE" in " ".join(lines)]
    assert len(partial) > 25


def test_search_has_what_each_database_needs(database_url: str) -> None:
    with opened(database_url) as engine:
        found, special = apart(catalog(engine))
    if engine.dialect.name == "postgresql":
        (index,) = special["index ix_search_entries_words"]
        words = "array_to_tsvector(string_to_array(words, ' '::text))"
        assert index.endswith(f"ON public.search_entries USING gin ({words})")
        assert found["column search_entries.words"] == ["text null: NO"]
        return
    (table,) = special["table search_index"]
    assert "USING fts5" in table
    for word in ("content='search_entries'", "content_rowid='number'", "tokenize='ascii'"):
        assert word in table
    for name, event in (("added", "INSERT"), ("removed", "DELETE")):
        (trigger,) = special[f"trigger search_entries_{name}"]
        assert f"AFTER {event} ON search_entries" in trigger


def test_the_index_follows_what_is_written(client: TestClient) -> None:
    made = make_actor(client, name="Zebra")
    assert ids(read(client, "actors", q="zebra")) == [made["id"]]
    media = {"If-Match": "*"}
    assert client.patch(f"/v1/actors/{made['id']}", json={"name": "Gnu"}, headers=media).is_success
    assert ids(read(client, "actors", q="zebra")) == []
    assert ids(read(client, "actors", q="gnu")) == [made["id"]]
    assert client.delete(f"/v1/actors/{made['id']}", headers=media).is_success
    assert ids(read(client, "actors", q="gnu")) == []
