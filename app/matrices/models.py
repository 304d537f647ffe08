"""The table of risk matrices."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.tables import Record, live
from app.kernel.types import Json, UtcDateTime, text_column


class Matrix(Record):
    """One edition of a risk matrix, never changed: levels stored elsewhere name it."""

    __tablename__ = "matrices"
    __table_args__ = (
        sa.Index("uq_matrices_name", "name", "matrix_version", "marking", unique=True, **live()),
    )
    label = "name"
    stays = ("name", "matrix_version")

    name: Mapped[str] = mapped_column(text_column(80))
    matrix_version: Mapped[int]
    cuts: Mapped[Any] = mapped_column(Json)
    grid: Mapped[Any] = mapped_column(Json)
    level_names: Mapped[Any] = mapped_column(Json)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The same once more, in columns that SQL can compute with.
    cut_1: Mapped[float]
    cut_2: Mapped[float]
    cut_3: Mapped[float]
    cut_4: Mapped[float]
    levels: Mapped[str] = mapped_column(sa.String(25))
