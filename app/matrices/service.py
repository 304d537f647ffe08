"""Risk matrices as a resource; the newest edition that has begun is the one in use."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.domain.matrix import DEFAULT
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Conflict, Invalid
from app.kernel.filters import equals
from app.kernel.listing import Listing
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import table_of
from app.kernel.types import Shape, Slug
from app.kernel.view import View, in_sight
from app.matrices.models import Matrix as Table
from app.matrices.schemas import Matrix, MatrixIn

DEFAULT_NAME = DEFAULT.name


class MatrixQuery(Listing):
    """Filters of matrices."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "matrix_version": False,
    }

    name: Annotated[list[Slug], equals("name")] = []


class Matrices(Resource):
    """A change of a matrix is its next edition; no edition is ever changed."""

    model = Table
    accepts = MatrixIn
    answers = Matrix
    query = MatrixQuery
    noun = "matrix"

    def columns(self, shape: Shape) -> Row:
        """The matrix, and the same in columns to compute with."""
        row = super().columns(shape)
        for number, cut in enumerate(row["cuts"], start=1):
            row[f"cut_{number}"] = cut
        row["levels"] = "".join(str(level) for line in row["grid"] for level in line)
        return row

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - the kernel's signature
        """Number the edition: a number once given in the writer's sight is never given again.

        Levels kept elsewhere name it, so what was redacted counts as well. What is out of sight
        doesn't: a number that is passed over would tell of it.
        """
        take_turn(tx.session, "matrices")
        t = table_of(Table)
        newest = tx.session.execute(
            sa.select(sa.func.max(t.c.matrix_version)).where(
                t.c.name == row["name"], *in_sight(t, tx.eyes.markings)
            )
        ).scalar()
        row["matrix_version"] = (newest or 0) + 1
        row["effective_at"] = row["effective_at"] or tx.now

    def redacted(self, tx: Tx, row: Row) -> None:
        """Refuse it of the edition that levels are told by where none is asked for.

        They would be others without a word, or none. Who asks for a matrix by name is told that it
        is gone. The edition that comes with the service holds nobody's content and stays: every
        past day rests on it.
        """
        if row["name"] != DEFAULT_NAME or row["deleted_at"] is not None:
            return
        if row["matrix_version"] == 1:
            raise Conflict("The matrix that comes with the service stays.")
        t = tx.view.of(Table)
        follows = sa.select(t.c.id).where(
            t.c.name == row["name"],
            t.c.effective_at <= tx.now,
            t.c.matrix_version > row["matrix_version"],
        )
        begun = row["effective_at"] <= tx.now
        if begun and tx.session.execute(follows.limit(1)).first() is None:
            raise Conflict("This edition is in use; make the next one first.")


matrices = Matrices()


def in_use(view: View, name: str = DEFAULT_NAME) -> sa.Subquery:
    """The edition of a matrix that is in use at the moment: one row to join, or none."""
    t = view.of(Table)
    newest = (
        sa.select(t.c.id)
        .where(t.c.name == name, t.c.effective_at <= view.moment)
        .order_by(t.c.matrix_version.desc(), t.c.id)
        .limit(1)
        .scalar_subquery()
    )
    again = view.of(Table, "edition")
    return sa.select(again).where(again.c.id == newest).subquery("matrix")


def required(session: Session, view: View, name: str) -> Row:
    """The edition of a matrix in use. Raises Invalid, naming the parameter, where there is none."""
    found = session.execute(sa.select(in_use(view, name))).mappings().one_or_none()
    if found is None:
        raise Invalid.at("?matrix", f"there is no matrix {name!r} in use at that time")
    return dict(found)


def level_in(matrix: Mapping[str, Any], p: float, impact: int) -> int:
    """The level of a probability and an impact in an edition, as `level_of` has it in SQL."""
    row = sum(p >= matrix[f"cut_{number}"] for number in range(1, 5))
    return int(matrix["levels"][row * 5 + impact - 1])


def level_of(matrix: sa.FromClause, p: Any, impact: Any) -> sa.ColumnElement[int]:
    """The level of a probability and an impact, in SQL; null without either."""
    row = sum(
        (sa.case((p >= matrix.c[f"cut_{number}"], 1), else_=0) for number in range(1, 5)),
        start=sa.literal(0),
    )
    place = row * 5 + impact
    return sa.cast(sa.func.substr(matrix.c.levels, place, 1), sa.Integer)
