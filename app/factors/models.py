"""The table of factors."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference, States
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, text_column

BEARS_ON = {"consequence": "consequences", "exchange": "exchanges", "item": "items"}


class Factor(Record):
    """A driver, a brake, an uncertainty, an assumption, a caveat."""

    __tablename__ = "factors"
    __table_args__ = (
        sa.Index(
            "uq_factors_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("claims/*", "claims"),
        Reference("bears_on/*/id", BEARS_ON, by="type"),
        Reference("statuses/*/claims/*", "claims"),
    )
    states = (States("statuses"),)
    under = ("alliance",)
    label = "title"
    searchable = ("description",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    title: Mapped[str] = mapped_column(text_column(500))
    kind: Mapped[str] = mapped_column(sa.String(20))
    effect: Mapped[str] = mapped_column(sa.String(20))
    claims: Mapped[Any] = mapped_column(Json)
    bears_on: Mapped[Any] = mapped_column(Json)
    statuses: Mapped[Any] = mapped_column(Json, server_default=sa.text("'[]'"))
    """Of a key assumption: when it held, and when it was broken."""
    description: Mapped[str | None] = mapped_column(sa.Text)
