"""The table of actors."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.references import Reference
from app.kernel.tables import Record, live
from app.kernel.types import Id, Json, text_column


class Actor(Record):
    """A party, a voice, or someone affected."""

    __tablename__ = "actors"
    __table_args__ = (
        sa.Index("uq_actors_slug", "slug", "marking", unique=True, **live()),
        sa.Index(
            "uq_actors_ref", "alliance", "ref", "marking", unique=True, **live("ref IS NOT NULL")
        ),
        # Nulls are all different to an index: without an alliance there is one of a ref as well.
        sa.Index(
            "uq_actors_ref_alone",
            "ref",
            "marking",
            unique=True,
            **live("ref IS NOT NULL", "alliance IS NULL"),
        ),
    )
    references = (
        Reference("alliance", "alliances"),
        Reference("affiliations/*/actor", "actors", apart="role"),
    )
    under = ("alliance",)
    label = "name"
    searchable = ("aliases", "description")

    slug: Mapped[str] = mapped_column(text_column(80))
    ref: Mapped[str | None] = mapped_column(text_column(40))
    # Alliances name actors as members, so this reference can't be a foreign key as well.
    alliance: Mapped[str | None] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(text_column(300))
    kind: Mapped[str] = mapped_column(sa.String(20))
    aliases: Mapped[Any] = mapped_column(Json)
    country_code: Mapped[str | None] = mapped_column(sa.String(2))
    external_ids: Mapped[Any] = mapped_column(Json)
    affiliations: Mapped[Any] = mapped_column(Json)
    interest: Mapped[str | None] = mapped_column(sa.String(20))
    description: Mapped[str | None] = mapped_column(sa.Text)
