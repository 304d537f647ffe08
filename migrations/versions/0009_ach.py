"""Questions with their competing hypotheses, and assessors' evaluations of them.

Revision: 0009
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, UtcDateTime, text_column

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "questions",
        *_record(),
        *_question(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_questions_alliance")),
    )
    op.create_index(op.f("ix_questions_alliance"), "questions", ["alliance"])
    _index(
        "uq_questions_ref", "questions", ["alliance", "ref", "marking"], "ref IS NOT NULL", one=True
    )
    op.create_table(
        "evaluations",
        *_record(),
        *_evaluation(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
        sa.ForeignKeyConstraint(
            ["question"], ["questions.id"], name=op.f("fk_evaluations_question")
        ),
        sa.ForeignKeyConstraint(
            ["assessor"], ["assessors.id"], name=op.f("fk_evaluations_assessor")
        ),
    )
    _index("ix_evaluations_series", "evaluations", ["question", "assessor", "effective_at"])
    for table, columns in (("questions", _question()), ("evaluations", _evaluation())):
        op.create_table(
            f"{table}_history",
            *_record(),
            *columns,
            sa.Column("superseded_at", UtcDateTime(), nullable=False),
            sa.Column("sealed", sa.Integer(), nullable=True),
            sa.PrimaryKeyConstraint("id", "version", name=op.f(f"pk_{table}_history")),
        )


def _index(name: str, table: str, columns: list[str], *more: str, one: bool = False) -> None:
    where = sa.text(" AND ".join(("deleted_at IS NULL", *more)))
    op.create_index(name, table, columns, unique=one, sqlite_where=where, postgresql_where=where)


def _record() -> list[sa.Column[Any]]:
    """The columns of every record, in their order."""
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column(
            "audience", sa.JSON(none_as_null=True), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("marking", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("downgrade", sa.Text(), nullable=True),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
    ]


def _question() -> list[sa.Column[Any]]:
    return [
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("hypotheses", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
    ]


def _evaluation() -> list[sa.Column[Any]]:
    return [
        sa.Column("question", Id(), nullable=False),
        sa.Column("assessor", Id(), nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("agent", text_column(300), nullable=True),
        sa.Column("model", text_column(300), nullable=True),
    ]


def downgrade() -> None:
    """Take back."""
    for table in ("evaluations_history", "questions_history", "evaluations", "questions"):
        op.drop_table(table)
