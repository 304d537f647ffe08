"""The audit log, which takes entries and gives none up; and what was redacted.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, UtcDateTime, text_column

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "audit",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("principal", text_column(100), nullable=True),
        sa.Column("address", text_column(60), nullable=True),
        sa.Column("request_id", text_column(128), nullable=True),
        sa.Column("method", text_column(10), nullable=True),
        sa.Column("route", text_column(200), nullable=True),
        sa.Column("path", text_column(300), nullable=True),
        sa.Column("action", text_column(20), nullable=False),
        sa.Column("kind", text_column(30), nullable=True),
        sa.Column("record", Id(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(length=64), nullable=True),
        sa.Column("after", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    for column in ("record", "principal", "time"):
        op.create_index(f"ix_audit_{column}", "audit", [column, "number"])
    _let_it_stay(op.get_bind().dialect.name)
    op.create_table(
        "redactions",
        sa.Column("record", Id(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("redacted_by", text_column(100), nullable=False),
        sa.Column("redacted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_redactions")),
    )


def _let_it_stay(dialect: str) -> None:
    """Nothing is taken out of the log or changed in it, by mistake or by a hole elsewhere."""
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()"
        )
        return
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
    op.execute(f"CREATE TRIGGER audit_stays_unchanged BEFORE UPDATE ON audit {refuse}")
    op.execute(f"CREATE TRIGGER audit_stays_whole BEFORE DELETE ON audit {refuse}")
    # INSERT OR REPLACE deletes without a trigger of deletion.
    there = "WHEN EXISTS (SELECT 1 FROM audit WHERE number = new.number)"
    op.execute(f"CREATE TRIGGER audit_stays_in_place BEFORE INSERT ON audit {there} {refuse}")


def downgrade() -> None:
    """Take back nothing: a log that can be dropped is none."""
    raise RuntimeError("the audit log stays: this can't be taken back")
