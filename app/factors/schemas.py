"""The wire shapes of factors."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Ref, Shape, Title, broken

Kind = Literal["driver", "brake", "uncertainty", "key_assumption", "caveat", "evidence_quality"]
Effect = Literal["raises", "lowers", "neutral", "sets_floor", "lowers_confidence"]
Status = Literal["holds", "broken"]
ASSUMPTION = "key_assumption"
"""The kind of factors that ratings name, and that can be broken."""


class BearsOn(Shape):
    """What a factor bears on."""

    type: Literal["consequence", "exchange", "item"]
    id: IdText


class FactorStatus(Shape):
    """How a key assumption stands from an instant on, and the claims that brought it."""

    status: Status
    since: Annotated[Instant, Field(description="From when, now at the latest")]
    claims: Annotated[list[IdText], Field(max_length=100)] = []
    note: Annotated[Note | None, Field(description="Why; `broken` needs it")] = None

    @model_validator(mode="after")
    def _says_why(self) -> "FactorStatus":
        if self.status == "broken" and self.note is None:
            raise broken("note", "is needed: it says why the assumption is broken")
        return self


def _ordered(statuses: list[FactorStatus]) -> list[FactorStatus]:
    if len({entry.since for entry in statuses}) != len(statuses):
        raise ValueError("two statuses begin at the same instant")
    return sorted(statuses, key=lambda entry: entry.since)


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
    statuses: Annotated[
        list[FactorStatus],
        Field(max_length=100, description="Of a key assumption: its history, in order"),
        AfterValidator(_ordered),
    ] = []
    description: Note | None = None


class FactorIn(FactorFields, RecordIn):
    """A factor to be added to an alliance."""


class Factor(FactorFields, RecordOut):
    """A factor; the status of a key assumption is the one in force at the moment asked for."""

    alliance: IdText
    status: Annotated[
        FactorStatus | None, Field(description="Null: nobody has said; an assumption then holds")
    ]
