"""Editions: what is said of each, what it holds, and the keys that sign them.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, Json, UtcDateTime, text_column

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("audience", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("marking", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("downgrade", sa.Text(), nullable=True),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("key", Id(), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
    ]


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "signing_keys",
        sa.Column("id", Id(), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("private", sa.String(length=64), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("endorsed_by", Id(), nullable=True),
        sa.Column("endorsement", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "assessments",
        *_columns(),
        sa.ForeignKeyConstraint(
            ["alliance"], ["alliances.id"], name=op.f("fk_assessments_alliance")
        ),
        sa.ForeignKeyConstraint(["key"], ["signing_keys.id"], name=op.f("fk_assessments_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    chain = ["alliance", "chain", "number"]
    op.create_index("uq_assessments_chain", "assessments", chain, unique=True)
    op.create_index("ix_assessments_as_of", "assessments", ["as_of", "id"])
    op.create_table(
        "assessments_history",
        *_columns(),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_assessments_history")),
    )
    op.create_table(
        "edition_contents",
        sa.Column("assessment", Id(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", name=op.f("pk_edition_contents")),
    )
    op.create_table(
        "edition_parts",
        sa.Column("assessment", Id(), nullable=False),
        sa.Column("record", Id(), nullable=False),
        sa.PrimaryKeyConstraint("assessment", "record", name=op.f("pk_edition_parts")),
    )
    op.create_index("ix_edition_parts_record", "edition_parts", ["record"])


def downgrade() -> None:
    """Take back nothing: what was published is cited, and keys verify for ever."""
    raise RuntimeError("what was published stays: this can't be taken back")
