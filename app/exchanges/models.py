"""The table of exchanges."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, text_column


class Exchange(Record):
    """An item that one or more actors give others."""

    __tablename__ = "exchanges"
    __table_args__ = (
        sa.Index(
            "uq_exchanges_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("item", "items"),
        Reference("givers/*", "actors"),
        Reference("receivers/*", "actors"),
    )
    under = ("alliance",)
    label = "need"
    searchable = ("note",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    givers: Mapped[Any] = mapped_column(Json)
    receivers: Mapped[Any] = mapped_column(Json)
    item: Mapped[str] = mapped_column(Id, sa.ForeignKey("items.id"), index=True)
    need: Mapped[str | None] = mapped_column(text_column(500))
    need_strength: Mapped[str | None] = mapped_column(sa.String(20))
    kind: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None] = mapped_column(sa.Text)
