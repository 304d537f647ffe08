"""The tables of sources and of their texts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Base, Record, live, table_of
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Source(Record):
    """A document or outlet."""

    __tablename__ = "sources"
    __table_args__ = (sa.Index("uq_sources_slug", "slug", "marking", unique=True, **live()),)
    references = (Reference("derived_from", "sources"),)
    label = "title"
    searchable = ("publisher", "author", "reliability_reason")

    slug: Mapped[str] = mapped_column(text_column(80))
    title: Mapped[str] = mapped_column(text_column(500))
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    publisher: Mapped[str | None] = mapped_column(text_column(300))
    author: Mapped[str | None] = mapped_column(text_column(300))
    url: Mapped[str | None] = mapped_column(sa.Text)
    published: Mapped[Any] = mapped_column(Json, nullable=True)
    published_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The first instant `published` may mean, to sort and filter by."""
    reliability: Mapped[str] = mapped_column(sa.String(1))
    reliability_reason: Mapped[str | None] = mapped_column(sa.Text)
    derived_from: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("sources.id"), index=True)
    licence: Mapped[str | None] = mapped_column(text_column(300))
    language: Mapped[str | None] = mapped_column(sa.String(35))
    text_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    text_length: Mapped[int | None]

    @classmethod
    def apart(cls, session: Session, row: Mapping[str, Any]) -> str:
        """The text, where it is held."""
        t = table_of(SourceText)
        mine = (t.c.source == row["id"], t.c.sha256 == row["text_sha256"])
        return session.execute(sa.select(t.c.content).where(*mine)).scalar() or ""


class SourceText(Base):
    """A text of a source, under its hash. Texts never change; a source points at another.

    Each source has its own, so that who may see one source reads nothing out of another.
    """

    __tablename__ = "source_texts"

    source: Mapped[str] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    content: Mapped[str] = mapped_column(sa.Text)
