"""The table of claims."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


def _sorted_by(name: str, value: str, nothing: str) -> Iterator[sa.Index]:
    """Indexes for lists by what may be unknown, which comes last both ways (see `kernel.pages`)."""
    for way, direction in (("up", ""), ("down", " DESC")):
        yield sa.Index(
            f"ix_claims_by_{name}_{way}",
            sa.text(f"(CASE WHEN ({value} IS NULL) THEN 1 ELSE 0 END)"),
            sa.text(f"(coalesce({value}, {nothing})){direction}"),
            sa.text(f"id{direction}"),
            **live(),
        )


class Claim(Record):
    """One proposition."""

    __tablename__ = "claims"
    __table_args__ = (
        sa.Index(
            "uq_claims_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
        # Nulls are all different to an index: without an alliance there is one of a ref as well.
        sa.Index(
            "uq_claims_ref_alone",
            "ref",
            "marking",
            unique=True,
            **live("ref IS NOT NULL", "alliance IS NULL"),
        ),
        sa.Index("ix_claims_newest", "effective_at", "id", **live()),
        sa.Index("ix_claims_alliance_newest", "alliance", "effective_at", "id", **live()),
        sa.Index("ix_claims_speaker_newest", "speaker", "effective_at", "id", **live()),
        sa.Index("ix_claims_created", "created_at", "id", **live()),
        *_sorted_by("credibility", "nullif(credibility, 6)", "0"),
        *_sorted_by("ref", "ref", "''"),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("speaker", "actors"),
        Reference("about/*", "actors"),
        Reference("carriers/*/source", "sources", apart="locator"),
        Reference("relations/*/claim", "claims", tag="kind"),
    )
    under = ("alliance",)
    label = "statement"
    searchable = ("note", "corpus")

    alliance: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("alliances.id"))
    ref: Mapped[str | None] = mapped_column(text_column(40))
    statement: Mapped[str] = mapped_column(sa.Text)
    speaker: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("actors.id"))
    carriers: Mapped[Any] = mapped_column(Json)
    about: Mapped[Any] = mapped_column(Json)
    modality: Mapped[str] = mapped_column(sa.String(20))
    basis: Mapped[str | None] = mapped_column(sa.String(30))
    credibility: Mapped[int]
    credibility_reason: Mapped[str | None] = mapped_column(sa.Text)
    polarity: Mapped[str | None] = mapped_column(sa.String(10))
    date: Mapped[Any] = mapped_column(Json, nullable=True)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    likelihood_wording: Mapped[str | None] = mapped_column(text_column(300))
    relations: Mapped[Any] = mapped_column(Json)
    period: Mapped[Any] = mapped_column(Json, nullable=True)
    corpus: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
