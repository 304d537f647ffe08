"""Access: markings on every record, pools a band of readers, principals and their keys.

Revision: 0003
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.kernel import search
from app.kernel.types import FIRST_YEAR, Id, UtcDateTime, text_column

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LEVELS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
RECORDS = (
    "actors", "alliances", "annotations", "assessors", "causes", "claims", "consequences",
    "contradictions", "evidence", "exchanges", "factors", "items", "matrices", "outcomes",
    "ratings", "sources",
)  # fmt: skip
WITH_REF = (
    "actors", "claims", "consequences", "contradictions", "exchanges", "factors", "items",
)  # fmt: skip
WITH_SLUG = ("actors", "alliances", "assessors", "sources")
HIDDEN = "5"
"""The number of RED without an audience."""
EVERY_LEVEL = 5
"""Bands of readers are below it."""


def upgrade() -> None:
    """Apply."""
    _add_markings()
    for name in (*RECORDS, *(f"{name}_history" for name in RECORDS)):
        _add(name, sa.Column("audience", sa.JSON(none_as_null=True), nullable=False), "'[]'")
        _add(name, sa.Column("marking", sa.Integer(), nullable=False), HIDDEN)
        op.add_column(name, sa.Column("downgrade", sa.Text(), nullable=True))
        _number(name)
        if name.endswith("_history"):
            op.add_column(name, sa.Column("sealed", sa.Integer(), nullable=True))
    for name in ("search_entries", "search_entries_history"):
        _add(name, sa.Column("marking", sa.Integer(), nullable=False), HIDDEN)
        _number(name)
        op.drop_column(name, "tlp")
    op.add_column("search_entries_history", sa.Column("sealed", sa.Integer(), nullable=True))
    _tell_markings_apart()
    _give_sources_their_texts()
    _band_judgements()
    op.add_column("stored_answers", sa.Column("record", Id(), nullable=True))
    op.add_column("stored_answers", sa.Column("marking", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_stored_answers_record"), "stored_answers", ["record"])
    _add_principals()
    _use_the_default_matrix_always()
    _search_every_word()
    _name_each_link_once()


def _add(table: str, column: sa.Column[object], value: str) -> None:
    """Add a column that has to be filled. A row that doesn't say who may see it stays hidden."""
    column.server_default = sa.DefaultClause(sa.text(value))
    op.add_column(table, column)


def _number(table: str) -> None:
    for number, level in enumerate(LEVELS, start=1):
        op.execute(f"UPDATE {table} SET marking = {number} WHERE tlp = '{level}'")  # noqa: S608 - names of ours


def _add_markings() -> None:
    op.create_table(
        "markings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_markings")),
        sa.UniqueConstraint("tlp", "audience", name=op.f("uq_markings_tlp_audience")),
    )
    for level in LEVELS:
        op.execute(f"INSERT INTO markings (tlp, audience) VALUES ('{level}', '[]')")  # noqa: S608 - names of ours


def _live(table: str, name: str, columns: list[str], *more: str) -> None:
    where = sa.text(" AND ".join(("deleted_at IS NULL", *more)))
    op.drop_index(name, table_name=table)
    op.create_index(
        name, table, [*columns, "marking"], unique=True, sqlite_where=where, postgresql_where=where
    )


def _tell_markings_apart() -> None:
    """What is hidden takes no label from anybody."""
    for table in WITH_SLUG:
        _live(table, f"uq_{table}_slug", ["slug"])
    for table in WITH_REF:
        _live(table, f"uq_{table}_ref", ["alliance", "ref"], "ref IS NOT NULL")
    # Nulls are all different to an index: what stands in no alliance needs one of its own.
    alone = sa.text("deleted_at IS NULL AND ref IS NOT NULL AND alliance IS NULL")
    for table in ("actors", "claims"):
        op.create_index(
            f"uq_{table}_ref_alone",
            table,
            ["ref", "marking"],
            unique=True,
            sqlite_where=alone,
            postgresql_where=alone,
        )
    _live("evidence", "uq_evidence_link", ["consequence", "claim", "bears_on"])
    _live("matrices", "uq_matrices_name", ["name", "matrix_version"])


def _give_sources_their_texts() -> None:
    op.rename_table("source_texts", "texts_before")
    op.create_table(
        "source_texts",
        sa.Column("source", Id(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        # The table before still has the name that the key would get.
        sa.PrimaryKeyConstraint("source", "sha256", name="pk_source_texts_of"),
    )
    for table in ("sources", "sources_history"):
        copied = (
            f"INSERT INTO source_texts (source, sha256, content) "  # noqa: S608 - names of ours
            f"SELECT DISTINCT s.id, t.sha256, t.content FROM {table} s "
            "JOIN texts_before t ON t.sha256 = s.text_sha256 "
            "WHERE NOT EXISTS (SELECT 1 FROM source_texts x "
            "WHERE x.source = s.id AND x.sha256 = t.sha256)"
        )
        op.execute(copied)
    op.drop_table("texts_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_source_texts_of RENAME TO pk_source_texts")


def _band_judgements() -> None:
    """All ratings there are pool for everyone until one is marked otherwise."""
    op.drop_index("uq_judgements_standing", table_name="judgements")
    keys = {
        "judgements": ["consequence", "from_level", "effective_at"],
        "judgements_history": ["consequence", "from_level", "effective_at", "recorded_at"],
    }
    for table, key in keys.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column("from_level", sa.Integer(), nullable=False, server_default="0")
            )
            batch.add_column(
                sa.Column("to_level", sa.Integer(), nullable=False, server_default=str(EVERY_LEVEL))
            )
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", key)
        with op.batch_alter_table(table) as batch:
            batch.alter_column("from_level", server_default=None)
            batch.alter_column("to_level", server_default=None)
    standing = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_judgements_standing",
        "judgements",
        ["consequence", "from_level"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _use_the_default_matrix_always() -> None:
    """The edition that came with the first schema was in use from 2000 on; now always."""
    matrices = sa.table(
        "matrices", sa.column("created_by"), sa.column("effective_at", UtcDateTime())
    )
    first = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    op.execute(
        sa.update(matrices).where(matrices.c.created_by == "service").values(effective_at=first)
    )


def _search_every_word() -> None:
    """Keep the words in order on PostgreSQL, too; with the kind, long statements and texts."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.drop_index("ix_search_entries_words", table_name="search_entries")
        for table in ("search_entries", "search_entries_history"):
            op.alter_column(table, "words", new_column_name="vector")
            _add(table, sa.Column("words", sa.Text(), nullable=False), "''")
            op.execute(
                f"UPDATE {table} SET words = coalesce((SELECT string_agg(lexeme, ' ' "  # noqa: S608 - names of ours
                "ORDER BY place) FROM unnest(vector), unnest(positions) AS place), '')"
            )
            op.alter_column(table, "words", server_default=None)
            op.drop_column(table, "vector")
    op.execute(f"UPDATE search_entries SET words = '{search.KIND}' || kind || ' ' || words")  # noqa: S608 - a constant
    long = sa.text("SELECT id, statement, note, corpus FROM claims WHERE length(statement) > 500")
    for record, *parts in op.get_bind().execute(long):
        _search(str(record), "claims", "", parts)
    held = sa.text(
        "SELECT s.id, s.title, s.publisher, s.author, s.reliability_reason, t.content "
        "FROM sources s JOIN source_texts t ON t.source = s.id AND t.sha256 = s.text_sha256"
    )
    for record, title, *parts in op.get_bind().execute(held):
        _search(str(record), "sources", title, parts)
    if postgres:
        op.execute(
            "CREATE INDEX ix_search_entries_words ON search_entries "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
    else:
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")


def _search(record: str, kind: str, title: str, parts: list[str | None]) -> None:
    """Write an entry's words anew; a title too long to be one stands among the parts."""
    entry = sa.table(
        "search_entries", sa.column("record", Id()), sa.column("words"), sa.column("body")
    )
    texts = [part[: search.APART_READ] for part in parts if part]
    words = [search.KIND + kind, *search.words_in(title or texts[0])]
    for text in texts if title else texts[1:]:
        words += [search.BOUNDARY, *search.words_in(text)]
    op.execute(
        sa.update(entry)
        .where(entry.c.record == record)
        .values(words=search.kept(words), body="\n".join(texts)[: search.TEXT_KEPT])
    )


def _name_each_link_once() -> None:
    """A source that carries a claim at two places carries it once; and how often each is named."""
    op.execute(
        "DELETE FROM links WHERE EXISTS (SELECT 1 FROM links same WHERE same.owner = links.owner "
        "AND same.field = links.field AND same.target = links.target AND same.at = links.at "
        "AND same.until IS NULL AND links.until IS NULL AND same.position < links.position)"
    )
    if op.get_bind().dialect.name == "postgresql":
        # Some targets stand in every fifth record, most in a few: a mean would mislead every plan.
        op.execute(
            "CREATE STATISTICS st_links_field_target (ndistinct, dependencies, mcv) "
            "ON field, target FROM links"
        )


def _versioned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
    ]


def _principal() -> list[sa.Column[object]]:
    return [
        *_versioned(),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("clearance", sa.String(length=12), nullable=False),
        sa.Column("groups", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("allowed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("assessor", text_column(80), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
    ]


def _key() -> list[sa.Column[object]]:
    return [
        *_versioned(),
        sa.Column("principal", Id(), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("prefix", text_column(12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
    ]


def _add_principals() -> None:
    op.create_table(
        "principals", *_principal(), sa.PrimaryKeyConstraint("id", name=op.f("pk_principals"))
    )
    op.create_table(
        "principals_history",
        *_principal(),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_principals_history")),
    )
    op.create_table(
        "keys",
        *_key(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.ForeignKeyConstraint(["principal"], ["principals.id"], name=op.f("fk_keys_principal")),
    )
    op.create_table(
        "keys_history",
        *_key(),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_keys_history")),
    )
    live = sa.text("deleted_at IS NULL")
    for name, table, columns in (
        ("uq_principals_slug", "principals", ["slug"]),
        ("ix_keys_principal", "keys", ["principal", "id"]),
    ):
        op.create_index(
            name,
            table,
            columns,
            unique=name.startswith("uq_"),
            sqlite_where=live,
            postgresql_where=live,
        )
    op.create_index("uq_keys_digest", "keys", ["digest"], unique=True)


def downgrade() -> None:
    """Take back nothing: what is hidden would show."""
    raise RuntimeError("what is hidden would show: this can't be taken back")
