"""Indicators with their readings; how key assumptions stand, and which ratings name them.

Revision: 0006
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, UtcDateTime, text_column

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAMED = (("factors", "statuses"), ("ratings", "assumptions"))
"""The new lists, with the tables they are in."""


def upgrade() -> None:
    """Apply."""
    _make("indicators", _indicator, alliance="alliances", consequence="consequences")
    op.create_index(op.f("ix_indicators_alliance"), "indicators", ["alliance"])
    _index("ix_indicators_consequence", "indicators", "consequence", "id")
    where = sa.text("deleted_at IS NULL AND ref IS NOT NULL")
    op.create_index(
        "uq_indicators_ref",
        "indicators",
        ["alliance", "ref", "marking"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    _make("readings", _reading, consequence="consequences", indicator="indicators")
    _index("ix_readings_crossing", "readings", "consequence", "crosses", "effective_at")
    _index("ix_readings_series", "readings", "indicator", "effective_at", "id")
    for table, name in NAMED:
        for some in (table, f"{table}_history"):
            op.add_column(some, _list(name))


def _list(name: str) -> sa.Column[Any]:
    """A list that is empty in what is there already."""
    empty = sa.text("'[]'")
    return sa.Column(name, sa.JSON(none_as_null=True), server_default=empty, nullable=False)


def _record() -> list[sa.Column[Any]]:
    """The columns of every record, in their order."""
    return [
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        _list("audience"),
        sa.Column("marking", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("downgrade", sa.Text(), nullable=True),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
    ]


def _indicator() -> list[sa.Column[Any]]:
    return [
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("statement", text_column(500), nullable=False),
        sa.Column("direction", sa.String(length=10), nullable=False),
        sa.Column("threshold", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=True),
    ]


def _reading() -> list[sa.Column[Any]]:
    return [
        sa.Column("indicator", Id(), nullable=False),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("crosses", sa.Boolean(), nullable=False),
        sa.Column("date", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("period", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("corpus", sa.Text(), nullable=True),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
    ]


def _make(table: str, columns: Any, **names: str) -> None:
    """A table of records and its twin; `names` are its fields that name a record of a table."""
    op.create_table(
        table,
        *_record(),
        *columns(),
        *(
            sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}"))
            for name, other in names.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_table(
        f"{table}_history",
        *_record(),
        *columns(),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", "version", name=op.f(f"pk_{table}_history")),
    )


def _index(name: str, table: str, *columns: str) -> None:
    where = sa.text("deleted_at IS NULL")
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take back."""
    for table, name in reversed(NAMED):
        for some in (f"{table}_history", table):
            op.drop_column(some, name)
    for table in ("readings", "indicators"):
        op.drop_table(f"{table}_history")
        op.drop_table(table)
