"""Which records were redacted: nothing is left of them but that they were there."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.tables import CALLER_LENGTH, Base, table_of
from app.kernel.types import Id, UtcDateTime, text_column


class Redaction(Base):
    """The removal of a record's content. Why is in the audit log, as a hash."""

    __tablename__ = "redactions"

    record: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(30))
    redacted_by: Mapped[str] = mapped_column(text_column(CALLER_LENGTH))
    redacted_at: Mapped[datetime] = mapped_column(UtcDateTime)


def when(session: Session, record: str) -> datetime | None:
    """When a record was redacted, if it was."""
    t = table_of(Redaction)
    found: datetime | None = session.execute(
        sa.select(t.c.redacted_at).where(t.c.record == record)
    ).scalar()
    return found


def every(session: Session, kind: str) -> frozenset[str]:
    """The records of a kind that were redacted, by their ids."""
    t = table_of(Redaction)
    return frozenset(session.execute(sa.select(t.c.record).where(t.c.kind == kind)).scalars())
