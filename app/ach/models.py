"""The tables of questions with their competing hypotheses, and of what assessors make of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Question(Record):
    """A question, the hypotheses that would answer it, and the claims they are held against."""

    __tablename__ = "questions"
    __table_args__ = (
        sa.Index(
            "uq_questions_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("hypotheses/*/consequence", "consequences"),
        Reference("items/*/claim", "claims"),
    )
    under = ("alliance",)
    label = "title"
    searchable = ("note",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    title: Mapped[str] = mapped_column(text_column(500))
    hypotheses: Mapped[Any] = mapped_column(Json)
    items: Mapped[Any] = mapped_column(Json)
    note: Mapped[str | None] = mapped_column(sa.Text)


class Evaluation(Record):
    """One assessor's cells of the matrix, in force from `effective_at` to `ended_at`."""

    __tablename__ = "evaluations"
    __table_args__ = (
        sa.Index("ix_evaluations_series", "question", "assessor", "effective_at", **live()),
    )
    references = (
        Reference("question", "questions"),
        Reference("assessor", "assessors"),
        Reference("items/*/claim", "claims"),
    )
    under = ("question",)
    searchable = ("rationale",)

    question: Mapped[str] = mapped_column(Id, sa.ForeignKey("questions.id"))
    assessor: Mapped[str] = mapped_column(Id, sa.ForeignKey("assessors.id"))
    items: Mapped[Any] = mapped_column(Json)
    rationale: Mapped[str | None] = mapped_column(sa.Text)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    machine: Mapped[bool]
    agent: Mapped[str | None] = mapped_column(text_column(300))
    model: Mapped[str | None] = mapped_column(text_column(300))
