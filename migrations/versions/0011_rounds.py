"""Blind rounds, the answers sealed in them, and the round that a rating was said in.

Revision: 0011
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, UtcDateTime, text_column

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RATINGS = ("ratings", "ratings_history")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rounds",
        *_record(),
        *_round(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_rounds_alliance")),
    )
    op.create_index(op.f("ix_rounds_alliance"), "rounds", ["alliance"])
    live = "deleted_at IS NULL"
    _index(
        "uq_rounds_ref", "rounds", ["alliance", "ref", "marking"], f"{live} AND ref IS NOT NULL",
        one=True,
    )  # fmt: skip
    _index("ix_rounds_opened", "rounds", ["opened_at", "id"], live)
    op.create_table(
        "rounds_history",
        *_record(),
        *_round(),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_rounds_history")),
    )
    op.create_table(
        "sealed_ratings",
        *_sealed(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_ratings")),
        *(
            sa.ForeignKeyConstraint([name], [f"{name}s.id"], name=op.f(f"fk_sealed_ratings_{name}"))
            for name in ("round", "consequence", "assessor")
        ),
    )
    _index(
        "uq_sealed_ratings_standing", "sealed_ratings",
        ["round", "consequence", "slug", "marking"], "replaced_at IS NULL", one=True,
    )  # fmt: skip
    op.create_index("ix_sealed_ratings_own", "sealed_ratings", ["round", "slug", "id"])
    op.create_index("ix_sealed_ratings_rating", "sealed_ratings", ["rating"])
    for table in RATINGS:
        op.add_column(table, sa.Column("round", Id(), nullable=True))
    _index("ix_ratings_round", "ratings", ["round"], f"{live} AND round IS NOT NULL")


def _index(name: str, table: str, columns: list[str], condition: str, *, one: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=one, sqlite_where=where, postgresql_where=where)


def _record() -> list[sa.Column[Any]]:
    """The columns of every record, in their order."""
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_marking(),
        sa.Column("downgrade", sa.Text(), nullable=True),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
    ]


def _marking() -> list[sa.Column[Any]]:
    return [
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column(
            "audience", sa.JSON(none_as_null=True), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("marking", sa.Integer(), server_default=sa.text("5"), nullable=False),
    ]


def _round() -> list[sa.Column[Any]]:
    return [
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("consequences", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("after", Id(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
    ]


def _sealed() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("round", Id(), nullable=False),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("assessor", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        *_marking(),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.Column("rating", Id(), nullable=True),
    ]


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_ratings_round", "ratings")
    for table in RATINGS:
        op.drop_column(table, "round")
    for table in ("sealed_ratings", "rounds_history", "rounds"):
        op.drop_table(table)
