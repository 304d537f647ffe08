"""The wire shapes of contradictions."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Ref, Shape, Title

Kind = Literal[
    "direct", "interpretive", "degree", "tension", "difference_of_view",
    "role_conflict", "wording_shift", "framing",
]  # fmt: skip
Status = Literal["open", "closed_in_part", "closed"]
Side = Annotated[list[IdText], Field(min_length=1, max_length=100)]


class ContradictionStatus(Shape):
    """The state of a contradiction from an instant on, and the claims that brought it."""

    status: Status
    since: Instant
    claims: Annotated[list[IdText], Field(max_length=100)] = []
    note: Note | None = None


def _ordered(statuses: list[ContradictionStatus]) -> list[ContradictionStatus]:
    if len({entry.since for entry in statuses}) != len(statuses):
        raise ValueError("two statuses begin at the same instant")
    return sorted(statuses, key=lambda entry: entry.since)


class ContradictionFields(Shape):
    """What is said of a contradiction."""

    ref: Ref | None = None
    title: Title
    kind: Kind
    side_a: Annotated[Side, Field(description="The claims of one side")]
    side_b: Annotated[Side, Field(description="The claims of the other")]
    statuses: Annotated[
        list[ContradictionStatus],
        Field(max_length=100, description="Its history, in order"),
        AfterValidator(_ordered),
    ] = []
    note: Note | None = None


class ContradictionIn(ContradictionFields, RecordIn):
    """A contradiction to be added to an alliance."""


class Contradiction(ContradictionFields, RecordOut):
    """A contradiction; the status is the one in force at the moment asked for."""

    alliance: IdText
    status: ContradictionStatus | None


class Opposition(Shape):
    """One claim that stands against another, found from the relations between claims."""

    claim: IdText
    against: IdText
    relation: Literal["denies", "contradicts"]
    since: Instant
    retracted: bool


class OppositionPage(Shape):
    """The oppositions of an alliance's claims."""

    items: list[Opposition]
    next: str | None
