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
        str | None,
        Field(
            description="The best grade among the claim's origins (a copy has that of what it"
            " copies); F: unknown"
        ),
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


class EvidenceBalance(Shape):
    """The evidence on the outcome of a consequence, in claims and in independent origins.

    Retracted claims don't count; what bears on the cause is listed and not counted.
    """

    supports: Annotated[int, Field(description="How many claims speak for it, 0 or more")]
    contradicts: Annotated[int, Field(description="How many claims speak against it, 0 or more")]
    neutral: Annotated[int, Field(description="How many claims do neither, 0 or more")]
    contested: Annotated[
        int, Field(description="How many of all these an unretracted claim denies or contradicts")
    ]
    origins_for: Annotated[
        int, Field(description="From how many sources those for it come; copies count as one")
    ]
    origins_against: Annotated[
        int, Field(description="From how many sources those against it come; copies count as one")
    ]


class EvidencePage(Shape):
    """A page of evidence, with the balance of all of it."""

    items: list[Evidence]
    next: str | None
    total: int | None = None
    balance: Annotated[EvidenceBalance, Field(description="Of all links, not of the page")]
