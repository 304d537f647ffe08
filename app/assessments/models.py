"""The tables of editions: what is said of each, what it holds, and the keys that sign them.

`statement` is what is hashed and signed; it names the content by its hash. So content that has to
go for legal reasons goes, and the chain and every signature stay what they were.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Base, Record
from app.kernel.types import Id, UtcDateTime, text_column


class Assessment(Record):
    """An edition. Never edited; it is redacted, or raised with its alliance, and nothing else."""

    __tablename__ = "assessments"
    __table_args__ = (
        sa.Index("uq_assessments_chain", "alliance", "chain", "number", unique=True),
        sa.Index("ix_assessments_as_of", "as_of", "id"),
    )
    references = (Reference("alliance", "alliances"),)
    under = ("alliance",)
    label = "title"
    searchable = ("note",)
    stays = ("chain", "number", "statement", "previous", "hash", "key", "signature")
    acts = {"created": "published"}

    alliance: Mapped[str] = mapped_column(Id, sa.ForeignKey("alliances.id"))
    chain: Mapped[int]
    """The number of the marking it was published under: editions of each form a chain."""
    number: Mapped[int]
    title: Mapped[str] = mapped_column(text_column(500))
    note: Mapped[str | None] = mapped_column(sa.Text)
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    known_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statement: Mapped[str] = mapped_column(sa.Text)
    """What is hashed and signed, as canonical JSON (RFC 8785)."""
    previous: Mapped[str | None] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
    key: Mapped[str] = mapped_column(Id, sa.ForeignKey("signing_keys.id"))
    signature: Mapped[str] = mapped_column(sa.String(128))


class EditionContent(Base):
    """What an edition holds, as canonical JSON. It is deleted where the edition is redacted."""

    __tablename__ = "edition_contents"

    assessment: Mapped[str] = mapped_column(Id, primary_key=True)
    content: Mapped[str] = mapped_column(sa.Text)


class EditionPart(Base):
    """A record that an edition holds something of: who redacts the record finds the edition."""

    __tablename__ = "edition_parts"
    __table_args__ = (sa.Index("ix_edition_parts_record", "record"),)

    assessment: Mapped[str] = mapped_column(Id, primary_key=True)
    record: Mapped[str] = mapped_column(Id, primary_key=True)


class SigningKey(Base):
    """A key of this service. Once it is retired its private half is gone; the public one stays."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    public: Mapped[str] = mapped_column(sa.String(64))
    private: Mapped[str | None] = mapped_column(sa.String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    endorsed_by: Mapped[str | None] = mapped_column(Id)
    endorsement: Mapped[str | None] = mapped_column(sa.String(128))
