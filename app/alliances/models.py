"""The table of alliances."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference, States
from app.kernel.tables import Record, live
from app.kernel.types import Json, text_column


class Alliance(Record):
    """Two or more actors drawing together."""

    __tablename__ = "alliances"
    __table_args__ = (sa.Index("uq_alliances_slug", "slug", "marking", unique=True, **live()),)
    references = (Reference("members/*/actor", "actors", since="since", until="until"),)
    states = (States("statuses"),)
    label = "name"
    searchable = ("description",)

    slug: Mapped[str] = mapped_column(text_column(80))
    name: Mapped[str] = mapped_column(text_column(300))
    description: Mapped[str | None] = mapped_column(sa.Text)
    members: Mapped[Any] = mapped_column(Json)
    statuses: Mapped[Any] = mapped_column(Json)
