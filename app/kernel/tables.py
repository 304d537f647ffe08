"""What every table shares: the columns of a record, and the twin that keeps replaced rows.

A record is one row: its lists are JSON in it, its single references are columns. Beside the table
`claims` stands `claims_history` with the same columns and `superseded_at`; the write path
(`records`) copies a row there in the transaction that replaces it. Of what is marked, the twin has
`sealed` too: the marking that came later, which its past keeps as well.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.kernel.references import Reference, States
from app.kernel.types import Id, Json, UtcDateTime, text_column

CALLER_LENGTH = 100
HIDDEN = sa.text("5")
"""The marking of a row that doesn't say who may see it: RED, for nobody named."""


APART = "apart"
"""Marks a column (in its `info`) that is written past the versions, and is no part of them."""


class Base(DeclarativeBase):
    """The one collection of tables; constraints have names so that migrations can find them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    twins: ClassVar[dict[str, sa.Table]] = {}


def with_history(model: type[Base]) -> type[Base]:
    """Give a table its twin: same columns, no constraints but the key, and `superseded_at`."""
    table = table_of(model)
    stamp = table.c.version if "version" in table.c else table.c.recorded_at
    key = {column.name for column in table.primary_key} | {stamp.name}
    Base.twins[table.name] = sa.Table(
        f"{table.name}_history",
        Base.metadata,
        *(
            sa.Column(
                column.name,
                column.type,
                primary_key=column.name in key,
                nullable=column.nullable,
                server_default=column.server_default,
            )
            for column in table.columns
        ),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        *([sa.Column("sealed", sa.Integer(), nullable=True)] if "marking" in table.c else []),
    )
    return model


class Versioned(Base):
    """A row that is identified, versioned, and never quite gone."""

    __abstract__ = True

    every: ClassVar[dict[str, type["Versioned"]]] = {}
    """Everything versioned, by its plural."""
    references: ClassVar[tuple[Reference, ...]] = ()
    states: ClassVar[tuple[States, ...]] = ()
    under: ClassVar[tuple[str, ...]] = ()
    """The fields that name what it stands under, and would tell of (see `Resource.rewrite`)."""
    label: ClassVar[str] = ""
    """The field a person knows the record by; the title of a search result."""
    searchable: ClassVar[tuple[str, ...]] = ()
    """The other text fields that full-text search reads."""
    stays: ClassVar[tuple[str, ...]] = ()
    """Fields of its own that redacting leaves: who, rather than what."""
    acts: ClassVar[Mapping[str, str]] = {}
    """What the audit log calls what is done to it, where that has a word of its own."""

    id: Mapped[str] = mapped_column(Id, primary_key=True, sort_order=-9)
    version: Mapped[int] = mapped_column(sort_order=-8)
    created_by: Mapped[str] = mapped_column(text_column(CALLER_LENGTH), sort_order=-6)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, sort_order=-5)
    recorded_by: Mapped[str] = mapped_column(text_column(CALLER_LENGTH), sort_order=-4)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime, sort_order=-3)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=-2)
    merged_into: Mapped[str | None] = mapped_column(Id, sort_order=-1)

    @classmethod
    def apart(cls, session: Session, row: Mapping[str, Any]) -> str:  # noqa: ARG003 - for kinds that have one
        """The text of a record that is kept apart from its row, and searched with it."""
        return ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Every record has a kind (its plural), a twin, and is known by that kind."""
        super().__init_subclass__(**options)
        if "__tablename__" in cls.__dict__:
            with_history(cls)
            Versioned.every[cls.__tablename__] = cls


class Record(Versioned):
    """A thing people write down about the world: marked, searched, annotated."""

    __abstract__ = True

    kinds: ClassVar[dict[str, type["Record"]]] = {}
    """Every kind of record, by its plural."""

    tlp: Mapped[str] = mapped_column(sa.String(12), sort_order=-7)
    audience: Mapped[Any] = mapped_column(Json, server_default=sa.text("'[]'"), sort_order=-7)
    marking: Mapped[int] = mapped_column(server_default=HIDDEN, sort_order=-7)
    """The number of `tlp` with `audience`, by which rows are filtered (see `markings`)."""
    downgrade: Mapped[str | None] = mapped_column(sa.Text, sort_order=-7)
    """Why it is marked below what it names."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Every record is known by its kind."""
        super().__init_subclass__(**options)
        if "__tablename__" in cls.__dict__:
            Record.kinds[cls.__tablename__] = cls


def table_of(model: type[Base]) -> sa.Table:
    """The table behind a model."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - for the type checker; models map tables only
    return table


def live(*conditions: str) -> dict[str, Any]:
    """Options of an index over rows that aren't deleted, and meet the conditions."""
    where = sa.text(" AND ".join(("deleted_at IS NULL", *conditions)))
    return {"sqlite_where": where, "postgresql_where": where}
