"""The tables of webhooks and of their deliveries."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.tables import CALLER_LENGTH, Base
from app.kernel.types import URL_LENGTH, Id, Json, UtcDateTime, text_column


class Webhook(Base):
    """A subscription. What delivers it holds its lease, and nobody else delivers it then."""

    __tablename__ = "webhooks"
    __table_args__ = (sa.Index("ix_webhooks_owner", "owner", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    owner: Mapped[str] = mapped_column(text_column(CALLER_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    url: Mapped[str] = mapped_column(text_column(URL_LENGTH))
    description: Mapped[str | None] = mapped_column(text_column(300))
    types: Mapped[Any] = mapped_column(Json)
    kinds: Mapped[Any] = mapped_column(Json)
    alliances: Mapped[Any] = mapped_column(Json)
    records: Mapped[Any] = mapped_column(Json)
    threshold: Mapped[float | None]
    status: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str | None] = mapped_column(text_column(300))
    secret: Mapped[str] = mapped_column(text_column(100))
    previous_secret: Mapped[str | None] = mapped_column(text_column(100))
    previous_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_event: Mapped[str | None] = mapped_column(Id)
    """The event up to which all is delivered, or given up."""
    attempts: Mapped[int]
    """How often the event behind it was tried."""
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is to be tried again; null: at once."""
    lease_by: Mapped[str | None] = mapped_column(sa.String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Delivery(Base):
    """What came of telling one event to one webhook."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.Index("uq_webhook_deliveries_event", "webhook", "event", unique=True),
        sa.Index("ix_webhook_deliveries_state", "webhook", "state", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    webhook: Mapped[str] = mapped_column(Id, sa.ForeignKey("webhooks.id"))
    event: Mapped[str | None] = mapped_column(Id)
    """Null for a test."""
    type: Mapped[str] = mapped_column(text_column(40))
    state: Mapped[str] = mapped_column(sa.String(10))
    attempts: Mapped[int]
    status: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(text_column(300))
    took_ms: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
