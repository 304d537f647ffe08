"""The tables of rounds, and of what was answered in them and isn't revealed."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import CALLER_LENGTH, HIDDEN, Base, Record, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Round(Record):
    """Consequences that are rated blindly, and when it was opened, closed and revealed."""

    __tablename__ = "rounds"
    __table_args__ = (
        sa.Index(
            "uq_rounds_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
        sa.Index("ix_rounds_opened", "opened_at", "id", **live()),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("consequences/*", "consequences"),
        Reference("after", "rounds"),
    )
    under = ("alliance",)
    label = "title"
    searchable = ("note",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    title: Mapped[str] = mapped_column(text_column(500))
    note: Mapped[str | None] = mapped_column(sa.Text)
    consequences: Mapped[Any] = mapped_column(Json)
    after: Mapped[str | None] = mapped_column(Id)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SealedRating(Base):
    """An answer that nobody but its assessor is shown. No record: nothing tells of it.

    What stands when the round is revealed becomes a rating with the same id, and is here no more.
    """

    __tablename__ = "sealed_ratings"
    __table_args__ = (
        sa.Index(
            "uq_sealed_ratings_standing",
            "round",
            "consequence",
            "slug",
            "marking",
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
        sa.Index("ix_sealed_ratings_own", "round", "slug", "id"),
        sa.Index("ix_sealed_ratings_rating", "rating"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    round: Mapped[str] = mapped_column(Id, sa.ForeignKey("rounds.id"))
    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    assessor: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("assessors.id"))
    """Null where who answered had no such record yet: to make one would have told of it."""
    slug: Mapped[str] = mapped_column(text_column(80))
    """The assessor's, who alone is shown it."""
    own: Mapped[bool]
    """Whether it is by who rates as that assessor, and not written down by an editor."""
    machine: Mapped[bool]
    """Whether who answered is a machine."""
    content: Mapped[Any] = mapped_column(Json)
    """What was said, as it was sent."""
    salt: Mapped[str] = mapped_column(sa.String(64))
    """Told to nobody: without it the hash in the audit log would let a number be guessed."""
    tlp: Mapped[str] = mapped_column(sa.String(12))
    audience: Mapped[Any] = mapped_column(Json, server_default=sa.text("'[]'"))
    marking: Mapped[int] = mapped_column(server_default=HIDDEN)
    created_by: Mapped[str] = mapped_column(text_column(CALLER_LENGTH))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rating: Mapped[str | None] = mapped_column(Id)
    """Of one that was replaced: the rating that what replaced it has become."""
