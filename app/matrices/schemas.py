"""The wire shapes of risk matrices."""

from typing import Annotated

from pydantic import Field, model_validator

from app.domain import matrix as domain
from app.domain.probability import DomainError
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import Instant, Label, Probability, Shape, Slug, broken

Level = Annotated[int, Field(ge=0, le=4, strict=True)]
Row = Annotated[list[Level], Field(min_length=5, max_length=5)]


class MatrixFields(Shape):
    """What is said of a matrix."""

    name: Annotated[Slug, Field(examples=["iso27005-5x5"])]
    cuts: Annotated[
        list[Probability],
        Field(
            min_length=4, max_length=4, description="Where the likelihood rows part; lower edge in"
        ),
    ]
    grid: Annotated[
        list[Row], Field(min_length=5, max_length=5, description="`grid[likelihood][impact]`")
    ]
    level_names: Annotated[list[Label], Field(min_length=5, max_length=5)] = [
        "very low", "low", "medium", "high", "very high",
    ]  # fmt: skip

    @model_validator(mode="after")
    def _is_a_matrix(self) -> "MatrixFields":
        try:
            domain.Matrix(self.name, 1, self.cuts, self.grid, self.level_names)
        except DomainError as error:
            # It begins with the field it is about.
            field = next(name for name in type(self).model_fields if str(error).startswith(name))
            raise broken(field, str(error)) from None
        return self


class MatrixIn(MatrixFields, RecordIn):
    """The next edition of a matrix: monotone in both axes, or refused."""

    effective_at: Annotated[
        Instant | None, Field(description="From when it is used; now, where it isn't given")
    ] = None


class Matrix(MatrixFields, RecordOut):
    """One edition of a risk matrix."""

    matrix_version: Annotated[int, Field(description="1 for the first edition of the name")]
    effective_at: Instant
