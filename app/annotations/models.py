"""The table of annotations."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, text_column


class Annotation(Record):
    """A note, pinned to the version of what it is about."""

    __tablename__ = "annotations"
    __table_args__ = (
        sa.Index("ix_annotations_target", "target", "id", **live()),
        sa.Index("ix_annotations_reply_to", "reply_to", **live()),
        sa.Index("ix_annotations_creator", "creator", "id", **live()),
        sa.Index("ix_annotations_created", "created_at", "id", **live()),
    )
    references = (Reference("reply_to", "annotations"),)
    under = ("target", "reply_to")
    searchable = ("body",)
    stays = ("creator", "target_type", "target_version")

    target_type: Mapped[str] = mapped_column(sa.String(30))
    target: Mapped[str] = mapped_column(Id)
    target_version: Mapped[int]
    pointer: Mapped[str | None] = mapped_column(sa.Text)
    selector: Mapped[Any] = mapped_column(Json)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    motivation: Mapped[str] = mapped_column(sa.String(20))
    body: Mapped[str] = mapped_column(sa.Text)
    creator: Mapped[str] = mapped_column(text_column(120))
    reply_to: Mapped[str | None] = mapped_column(Id, sa.ForeignKey("annotations.id"))
    status: Mapped[str] = mapped_column(sa.String(10))
