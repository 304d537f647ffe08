"""The wire shapes of assessors."""

from typing import Annotated

from pydantic import Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import Name, Note, Shape, Slug


class AssessorFields(Shape):
    """What is said of an assessor."""

    slug: Slug
    name: Name
    description: Note | None = None
    machine: Annotated[
        bool,
        Field(strict=True, description="A machine's ratings stay out of pools unless asked for"),
    ] = False
    agent: Annotated[Name | None, Field(description="Of a machine: the program")] = None
    model: Annotated[Name | None, Field(description="Of a machine: the model behind it")] = None


class AssessorIn(AssessorFields, RecordIn):
    """An assessor to be added."""


class Assessor(AssessorFields, RecordOut):
    """An assessor."""
