"""The wire shapes of factors."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Note, Ref, Shape, Title

Kind = Literal["driver", "brake", "uncertainty", "key_assumption", "caveat", "evidence_quality"]
Effect = Literal["raises", "lowers", "neutral", "sets_floor", "lowers_confidence"]


class BearsOn(Shape):
    """What a factor bears on."""

    type: Literal["consequence", "exchange", "item"]
    id: IdText


class FactorFields(Shape):
    """What is said of a factor."""

    ref: Ref | None = None
    title: Title
    kind: Kind
    effect: Effect
    claims: Annotated[
        list[IdText], Field(max_length=200, description="The claims it rests on")
    ] = []
    bears_on: Annotated[list[BearsOn], Field(max_length=200)] = []
    description: Note | None = None


class FactorIn(FactorFields, RecordIn):
    """A factor to be added to an alliance."""


class Factor(FactorFields, RecordOut):
    """A factor."""

    alliance: IdText
