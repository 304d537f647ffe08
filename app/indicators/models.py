"""The tables of indicators and of their readings."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Indicator(Record):
    """What to watch, and from where on it says that a consequence is to be judged anew."""

    __tablename__ = "indicators"
    __table_args__ = (
        sa.Index(
            "uq_indicators_ref",
            "alliance",
            "ref",
            "marking",
            unique=True,
            **live("ref IS NOT NULL"),
        ),
        sa.Index("ix_indicators_consequence", "consequence", "id", **live()),
    )
    references = (
        Reference("consequence", "consequences"),
        Reference("alliance", "alliances", tells=False),
    )
    under = ("consequence",)
    label = "statement"
    searchable = ("threshold", "collection")

    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    """That of its consequence, within which its ref is unique."""
    ref: Mapped[str | None] = mapped_column(text_column(40))
    statement: Mapped[str] = mapped_column(text_column(500))
    direction: Mapped[str] = mapped_column(sa.String(10))
    threshold: Mapped[str] = mapped_column(sa.Text)
    collection: Mapped[str | None] = mapped_column(sa.Text)
    effective_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class Reading(Record):
    """What was seen of an indicator, or wasn't, and whether it crosses the threshold."""

    __tablename__ = "readings"
    __table_args__ = (
        sa.Index("ix_readings_series", "indicator", "effective_at", "id", **live()),
        sa.Index("ix_readings_crossing", "consequence", "crosses", "effective_at", **live()),
    )
    references = (
        Reference("indicator", "indicators"),
        Reference("consequence", "consequences", tells=False),
        Reference("claims/*", "claims"),
    )
    under = ("indicator",)
    searchable = ("note", "corpus")

    indicator: Mapped[str] = mapped_column(Id, sa.ForeignKey("indicators.id"))
    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    """That of its indicator: what is due for review is found by it."""
    status: Mapped[str] = mapped_column(sa.String(20))
    crosses: Mapped[bool]
    date: Mapped[Any] = mapped_column(Json, nullable=True)
    period: Mapped[Any] = mapped_column(Json, nullable=True)
    corpus: Mapped[str | None] = mapped_column(sa.Text)
    claims: Mapped[Any] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(sa.Text)
    effective_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
