"""The table of evidence."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id


class Evidence(Record):
    """The link from a claim to a consequence."""

    __tablename__ = "evidence"
    __table_args__ = (
        sa.Index(
            "uq_evidence_link", "consequence", "claim", "bears_on", "marking", unique=True, **live()
        ),
        sa.Index("ix_evidence_claim", "claim", **live()),
    )
    references = (Reference("claim", "claims"), Reference("consequence", "consequences"))
    under = ("consequence", "claim")
    searchable = ("note",)

    claim: Mapped[str] = mapped_column(Id, sa.ForeignKey("claims.id"))
    consequence: Mapped[str] = mapped_column(Id, sa.ForeignKey("consequences.id"))
    bears_on: Mapped[str] = mapped_column(sa.String(10))
    bearing: Mapped[str] = mapped_column(sa.String(12))
    diagnosticity: Mapped[str | None] = mapped_column(sa.String(10))
    relevance: Mapped[str | None] = mapped_column(sa.String(10))
    note: Mapped[str | None] = mapped_column(sa.Text)
