"""The wire shapes of claims."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import (
    Day,
    IdText,
    Instant,
    Label,
    Name,
    Note,
    QueryInt,
    Ref,
    Reference,
    Sha256,
    Shape,
    Text,
    VagueDate,
    broken,
)  # fmt: skip

Modality = Literal["asserted", "denied", "suggested", "predicted", "not_observed"]
Basis = Literal[
    "official_act", "acknowledged", "expert_body", "dataset", "independent_analysis",
    "government_claim", "press_report", "official_remark", "denial", "negative_finding",
    "unattributed",
]  # fmt: skip
Relation = Literal["supports", "contradicts", "denies", "retracts", "restates"]
Credibility = Annotated[
    int,
    Field(
        ge=1,
        le=6,
        strict=True,
        description="Admiralty: 1 confirmed … 5 improbable, 6 cannot be judged (never 50 per cent)",
    ),
]
UNJUDGED = 6
"""The credibility that is none: neither better nor worse than any."""
QueryGrade = Annotated[QueryInt, Field(ge=1, le=6)]
OFFSET = 1_000_000


class Locator(Shape):
    """Where in a source a claim stands. Offsets count code points of the text with that hash."""

    ref: Label | None = None
    paragraph: Annotated[int | None, Field(ge=0, le=OFFSET, strict=True)] = None
    sentence: Annotated[int | None, Field(ge=0, le=OFFSET, strict=True)] = None
    page: Label | None = None
    start: Annotated[int | None, Field(ge=0, le=OFFSET, strict=True)] = None
    end: Annotated[int | None, Field(ge=1, le=OFFSET, strict=True)] = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _span(self) -> "Locator":
        if (self.start is None) != (self.end is None):
            missing = "start" if self.start is None else "end"
            raise broken(missing, "is needed: start and end come together")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise broken("end", "must be greater than start")
        return self


class Carrier(Shape):
    """A source that carries the claim, and where."""

    source: Reference
    locator: Locator | None = None


class ClaimRelation(Shape):
    """How the claim stands to another."""

    kind: Relation
    claim: IdText


class Period(Shape):
    """The days a negative finding covers, both included."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[Day, Field(alias="from")]
    to: Day

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.to < self.from_:
            raise broken("to", "must not be earlier than from")
        return self


class ClaimFields(Shape):
    """What is said of a claim."""

    ref: Ref | None = None
    alliance: Reference | None = None
    statement: Annotated[str, Text(5000)]
    speaker: Annotated[Reference | None, Field(description="The actor who says it")] = None
    carriers: Annotated[list[Carrier], Field(max_length=100)] = []
    about: Annotated[list[Reference], Field(max_length=100)] = []
    modality: Modality
    basis: Basis | None = None
    credibility: Credibility = 6
    credibility_reason: Note | None = None
    polarity: Literal["positive", "negative"] | None = None
    date: Annotated[VagueDate | None, Field(description="The date it speaks of")] = None
    likelihood_wording: Annotated[Name | None, Field(description="As found")] = None
    relations: Annotated[list[ClaimRelation], Field(max_length=200)] = []
    period: Annotated[
        Period | None, Field(description="What a negative finding searched: the days")
    ] = None
    corpus: Annotated[Note | None, Field(description="What a negative finding searched")] = None
    note: Note | None = None

    @model_validator(mode="after")
    def _negative_findings_say_where(self) -> "ClaimFields":
        negative = self.basis == "negative_finding" or self.modality == "not_observed"
        if negative and (self.period is None or self.corpus is None):
            missing = "period" if self.period is None else "corpus"
            raise broken(
                missing, "is needed: a negative finding names the period and the corpus searched"
            )
        return self


class ClaimIn(ClaimFields, RecordIn):
    """A claim to be added."""

    effective_at: Annotated[
        Instant | None,
        Field(description="When it was said; now, where it isn't given, and no later"),
    ] = None


class Claim(ClaimFields, RecordOut):
    """A claim."""

    effective_at: Annotated[Instant, Field(description="When it was said")]
    contested: Annotated[
        bool, Field(description="An unretracted claim denies or contradicts it at that moment")
    ]
    retracted: Annotated[bool, Field(description="A claim retracts it at that moment")]
