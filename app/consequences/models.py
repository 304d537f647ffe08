"""The tables of consequences, and of the histories of their outcome and their cause."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Consequence(Record):
    """Something that can be found to have happened or not."""

    __tablename__ = "consequences"
    __table_args__ = (
        sa.Index(
            "uq_consequences_ref",
            "alliance",
            "ref",
            "marking",
            unique=True,
            **live("ref IS NOT NULL"),
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("part_of", "consequences"),
        Reference("affected/*", "actors"),
        Reference("caused_by/*/consequence", "consequences"),
    )
    under = ("alliance",)
    label = "title"
    searchable = ("description", "resolution_criteria", "note")

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    title: Mapped[str] = mapped_column(text_column(500))
    description: Mapped[str | None] = mapped_column(sa.Text)
    category: Mapped[str] = mapped_column(text_column(60))
    affected: Mapped[Any] = mapped_column(Json)
    horizon: Mapped[str | None] = mapped_column(text_column(300))
    resolution_criteria: Mapped[str | None] = mapped_column(sa.Text)
    resolves_on: Mapped[dt.date | None]
    base_rate: Mapped[float | None]
    base_rate_source: Mapped[str | None] = mapped_column(sa.Text)
    leak: Mapped[float | None]
    part_of: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("consequences.id"), index=True)
    caused_by: Mapped[Any] = mapped_column(Json)
    likelihood_wording: Mapped[str | None] = mapped_column(text_column(300))
    effective_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(sa.Text)


class Finding(Record):
    """What was found of a consequence, from `effective_at` until it was found otherwise."""

    __abstract__ = True
    references = (Reference("consequence", "consequences"), Reference("claims/*", "claims"))
    under = ("consequence",)
    searchable = ("note",)

    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    status: Mapped[str] = mapped_column(sa.String(20))
    confidence: Mapped[str | None] = mapped_column(sa.String(10))
    note: Mapped[str | None] = mapped_column(sa.Text)
    claims: Mapped[Any] = mapped_column(Json)
    effective_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Outcome(Finding):
    """Whether it happened."""

    __tablename__ = "outcomes"
    __table_args__ = (sa.Index("ix_outcomes_series", "consequence", "effective_at", **live()),)


class Cause(Finding):
    """What brought it about, kept apart from whether it happened."""

    __tablename__ = "causes"
    __table_args__ = (sa.Index("ix_causes_series", "consequence", "effective_at", **live()),)
