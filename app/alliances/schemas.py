"""The wire shapes of alliances."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from app.exchanges.schemas import Exchange
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import Instant, Label, Name, Note, Reference, Shape, Slug, broken

Status = Literal["reported", "denied", "confirmed", "in_force", "ended"]


class Member(Shape):
    """An actor in an alliance, and from when to when."""

    actor: Reference
    role: Label | None = None
    since: Instant | None = None
    until: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Member":
        if self.since and self.until and self.until <= self.since:
            raise broken("until", "must be later than since")
        return self


class AllianceStatus(Shape):
    """What was said of the alliance from an instant on."""

    status: Status
    since: Instant
    note: Note | None = None


def _ordered(statuses: list[AllianceStatus]) -> list[AllianceStatus]:
    if len({entry.since for entry in statuses}) != len(statuses):
        raise ValueError("two statuses begin at the same instant")
    return sorted(statuses, key=lambda entry: entry.since)


class AllianceFields(Shape):
    """What is said of an alliance."""

    slug: Slug
    name: Name
    description: Note | None = None
    members: Annotated[list[Member], Field(max_length=200)] = []
    statuses: Annotated[
        list[AllianceStatus],
        Field(max_length=200, description="Its status history, in order"),
        AfterValidator(_ordered),
    ] = []


class AllianceIn(AllianceFields, RecordIn):
    """An alliance to be added."""


class Alliance(AllianceFields, RecordOut):
    """An alliance; the status is the one in force at the moment asked for."""

    status: Annotated[
        AllianceStatus | None, Field(description="The status in force at the moment asked for")
    ]


class Counts(Shape):
    """How many records stand under an alliance at the moment asked for."""

    exchanges: int
    items: int
    factors: int
    contradictions: int
    consequences: int
    claims: int


class AllianceDetail(Alliance):
    """An alliance with its exchanges, and the counts of what else it has."""

    exchanges: list[Exchange]
    counts: Counts
