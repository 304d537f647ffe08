"""The table of keys."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import APART, Versioned, live
from app.kernel.types import Id, Json, UtcDateTime, text_column


class Key(Versioned):
    """A secret somebody has, kept as its hash."""

    __tablename__ = "keys"
    __table_args__ = (
        sa.Index("uq_keys_digest", "digest", unique=True),
        sa.Index("ix_keys_principal", "principal", "id", **live()),
    )
    references = (Reference("principal", "principals"),)
    acts = {"created": "key_made", "deleted": "key_revoked"}

    principal: Mapped[str] = mapped_column(Id, sa.ForeignKey("principals.id"))
    name: Mapped[str] = mapped_column(text_column(300))
    prefix: Mapped[str] = mapped_column(text_column(12))
    digest: Mapped[str] = mapped_column(sa.String(64))
    """HMAC-SHA-256 of the key under the store's own secret, in hex."""
    scopes: Mapped[Any] = mapped_column(Json, nullable=True)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info={APART: True})
    """To the minute; written past the versions, which say what people did."""
