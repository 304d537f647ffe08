"""The wire shapes of evidence."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Shape

BearsOn = Literal["outcome", "cause"]
Bearing = Literal["supports", "contradicts", "neutral"]
Degree = Literal["low", "medium", "high"]


class EvidenceFields(Shape):
    """What is said of an evidence link."""

    claim: IdText
    bears_on: BearsOn = "outcome"
    bearing: Bearing
    diagnosticity: Annotated[
        Degree | None, Field(description="How well it tells this consequence from others")
    ] = None
    relevance: Degree | None = None
    note: Note | None = None


class EvidenceIn(EvidenceFields, RecordIn):
    """A claim to be linked to the consequence of the path."""


class Evidence(EvidenceFields, RecordOut):
    """An evidence link, with the grade and the state of its claim at the moment asked for."""

    consequence: IdText
    claim_ref: str | None
    statement: str
    speaker: IdText | None
    modality: str
    basis: str | None
    said_at: Instant
    reliability: Annotated[
        str | None, Field(description="The best grade among the claim's sources; F: unknown")
    ]
    credibility: int
    grade: Annotated[
        str | None, Field(description="Both, as they are written side by side", examples=["B2"])
    ]
    contested: bool
    retracted: bool
    origins: Annotated[
        list[IdText], Field(description="The sources its carriers go back to; copies count once")
    ]


class Balance(Shape):
    """The evidence of a consequence, counted in claims and in independent origins."""

    supports: int
    contradicts: int
    neutral: int
    contested: int
    origins_for: int
    origins_against: int


class EvidencePage(Shape):
    """A page of evidence, with the balance of all of it."""

    items: list[Evidence]
    next: str | None
    total: int | None = None
    balance: Balance
