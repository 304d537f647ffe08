"""The table of assessors."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.tables import Record, live
from app.kernel.types import text_column


class Assessor(Record):
    """A person, or a machine that says so."""

    __tablename__ = "assessors"
    __table_args__ = (sa.Index("uq_assessors_slug", "slug", "marking", unique=True, **live()),)
    label = "name"
    searchable = ("description",)

    slug: Mapped[str] = mapped_column(text_column(80))
    name: Mapped[str] = mapped_column(text_column(300))
    description: Mapped[str | None] = mapped_column(sa.Text)
    machine: Mapped[bool]
    agent: Mapped[str | None] = mapped_column(text_column(300))
    model: Mapped[str | None] = mapped_column(text_column(300))
