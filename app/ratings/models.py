"""The tables of ratings, and of the judgements kept from them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Base, Record, live, with_history
from app.kernel.types import Id, Json, UtcDateTime, text_column

RANKS = ("low", "moderate", "high")
"""What a `confidence_rank` is called."""


class Rating(Record):
    """One assessor's judgement of one consequence, in force from `effective_at` to `ended_at`."""

    __tablename__ = "ratings"
    __table_args__ = (
        sa.Index("ix_ratings_series", "consequence", "assessor", "effective_at", **live()),
        sa.Index("ix_ratings_in_force", "consequence", "ended_at", **live()),
        sa.Index("ix_ratings_assessor", "assessor", "effective_at", "id", **live()),
        sa.Index("ix_ratings_created", "created_at", "id", **live()),
        sa.Index("ix_ratings_newest", "effective_at", "id", **live()),
        sa.Index("ix_ratings_withdrawn", "withdrawn_at", "id", **live("withdrawn_at IS NOT NULL")),
        sa.Index("ix_ratings_round", "round", **live("round IS NOT NULL")),
    )
    references = (
        Reference("consequence", "consequences"),
        Reference("assessor", "assessors"),
        Reference("supersedes", "ratings"),
        Reference("assumptions/*", "factors"),
        Reference("round", "rounds"),
    )
    under = ("consequence", "round")
    searchable = ("rationale", "change_reason")

    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    assessor: Mapped[str] = mapped_column(Id, sa.ForeignKey("assessors.id"))
    point: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    logit_point: Mapped[float]
    logit_low: Mapped[float]
    logit_high: Mapped[float]
    scale: Mapped[str | None] = mapped_column(sa.String(10))
    word: Mapped[str | None] = mapped_column(sa.String(60))
    impact: Mapped[int | None]
    confidence: Mapped[str | None] = mapped_column(sa.String(10))
    confidence_rank: Mapped[int | None]
    rationale: Mapped[str | None] = mapped_column(sa.Text)
    assumptions: Mapped[Any] = mapped_column(Json, server_default=sa.text("'[]'"))
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    review_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    supersedes: Mapped[str | None] = mapped_column(Id)
    change_reason: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.String(12))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawal_reason: Mapped[str | None] = mapped_column(sa.Text)
    machine: Mapped[bool]
    agent: Mapped[str | None] = mapped_column(text_column(300))
    model: Mapped[str | None] = mapped_column(text_column(300))
    risk_level: Mapped[int | None]
    matrix: Mapped[str | None] = mapped_column(text_column(80))
    matrix_version: Mapped[int | None]
    round: Mapped[str | None] = mapped_column(Id)
    """The blind round it was said in, unseen until that was revealed."""


class Judgement(Base):
    """The pool of a consequence's ratings over a stretch of time in which none came or went.

    Kept up to date by every rating, so that no reading has to pool. People's ratings only, each of
    weight one; anything else asked for is pooled when it is asked (see `pooling._live`). One for
    each band of readers: those whose level is from `from_level` on and below `to_level` see the
    same ratings.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        sa.Index(
            "uq_judgements_standing",
            "consequence",
            "from_level",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    consequence: Mapped[str] = mapped_column(Id, primary_key=True)
    from_level: Mapped[int] = mapped_column(primary_key=True)
    to_level: Mapped[int]
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    n: Mapped[int]
    log_odds: Mapped[float]
    log_odds_low: Mapped[float]
    log_odds_high: Mapped[float]
    logit: Mapped[float]
    """The mean log-odds, before the sigmoid: extremizing multiplies it."""
    logit_low: Mapped[float]
    logit_high: Mapped[float]
    linear: Mapped[float]
    linear_low: Mapped[float]
    linear_high: Mapped[float]
    median: Mapped[float]
    median_low: Mapped[float]
    median_high: Mapped[float]
    least: Mapped[float]
    q1: Mapped[float]
    q3: Mapped[float]
    most: Mapped[float]
    log_odds_sd: Mapped[float]
    least_rating: Mapped[str] = mapped_column(Id)
    most_rating: Mapped[str] = mapped_column(Id)
    impact: Mapped[int | None]
    confidence_rank: Mapped[int | None]
    last_rated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    review_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


with_history(Judgement)
