"""The wire shapes of the timeline."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.types import IdText, Instant, Shape, VagueDate

Kind = Literal["claim", "rating", "withdrawal", "outcome", "cause", "status"]


class TimelineEntry(Shape):
    """One thing that was said, judged or found, with when."""

    id: Annotated[
        str,
        Field(
            description="Its kind and the id of its record, of a status also its place there",
            examples=["rating:00dc6acf-ac00-7d4b-acef-7de5de521aca"],
        ),
    ]
    kind: Kind
    effective_at: Annotated[
        Instant,
        Field(
            description="When a claim was said, or from when a judgement, finding or status held"
        ),
    ]
    date: Annotated[
        VagueDate | None,
        Field(description="Of a claim: the date it speaks of, as precise as known"),
    ]
    record: Annotated[
        IdText, Field(description="The id of the claim, rating, outcome, cause or alliance")
    ]
    consequence: Annotated[IdText | None, Field(description="What was judged or resolved")]
    ref: Annotated[
        str | None, Field(description="The analyst's label of the claim or the consequence")
    ]
    title: Annotated[
        str, Field(description="What a claim states; else the consequence's title, or the alliance")
    ]
    by: Annotated[
        str | None,
        Field(
            description="The slug of the speaker or the assessor, or who wrote down the finding;"
            " null where nobody is known, and of a status"
        ),
    ]
    status: Annotated[
        str | None,
        Field(description="The status found or begun; of a claim its modality, of a rating null"),
    ]
    probability: Annotated[
        float | None, Field(description="Of a rating: its point, between 0 and 1")
    ]
    impact: Annotated[int | None, Field(description="Of a rating: 1 minor … 5 grave")]
    machine: Annotated[bool | None, Field(description="Of a rating: whether a machine made it")]
    reason: Annotated[
        str | None,
        Field(
            description="Of a rating why it changed, or else its rationale; of a withdrawal why;"
            " the note on a claim, a finding or a status"
        ),
    ]
    recorded_at: Annotated[
        Instant,
        Field(description="When it was first written down; of a status when its alliance last was"),
    ]
