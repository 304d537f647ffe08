"""The table of items."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, text_column


class Item(Record):
    """A thing exchanged or at stake: materiel, finance, technology, an activity, an event."""

    __tablename__ = "items"
    __table_args__ = (
        sa.Index(
            "uq_items_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
    )
    references = (Reference("alliance", "alliances"),)
    under = ("alliance",)
    label = "name"
    searchable = ("description",)

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"), index=True)
    ref: Mapped[str | None] = mapped_column(text_column(40))
    name: Mapped[str] = mapped_column(text_column(300))
    kind: Mapped[str] = mapped_column(sa.String(20))
    description: Mapped[str | None] = mapped_column(sa.Text)
