"""The table of contradictions."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference, States
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, text_column


class Contradiction(Record):
    """A tension between two sets of claims, with the history of its closing."""

    __tablename__ = "contradictions"
    __table_args__ = (
        sa.Index(
            "uq_contradictions_ref",
            "alliance",
            "ref",
            "marking",
            unique=True,
            **live("ref IS NOT NULL"),
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("side_a/*", "claims"),
        Reference("side_b/*", "claims"),
        Reference("statuses/*/claims/*", "claims"),
    )
    states = (States("statuses"),)
    under = ("alliance",)
    label = "title"
    searchable = ("note",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    title: Mapped[str] = mapped_column(text_column(500))
    kind: Mapped[str] = mapped_column(sa.String(30))
    side_a: Mapped[Any] = mapped_column(Json)
    side_b: Mapped[Any] = mapped_column(Json)
    statuses: Mapped[Any] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(sa.Text)
