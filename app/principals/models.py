"""The table of principals."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.tables import Versioned, live
from app.kernel.types import Json, text_column


class Principal(Versioned):
    """Who may ask: what they may do, and what they may see."""

    __tablename__ = "principals"
    __table_args__ = (sa.Index("uq_principals_slug", "slug", unique=True, **live()),)

    slug: Mapped[str] = mapped_column(text_column(80))
    name: Mapped[str] = mapped_column(text_column(300))
    role: Mapped[str] = mapped_column(sa.String(10))
    clearance: Mapped[str] = mapped_column(sa.String(12))
    groups: Mapped[Any] = mapped_column(Json)
    machine: Mapped[bool]
    allowed: Mapped[Any] = mapped_column(Json)
    assessor: Mapped[str | None] = mapped_column(text_column(80))
    note: Mapped[str | None] = mapped_column(sa.Text)
