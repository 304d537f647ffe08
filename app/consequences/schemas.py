"""The wire shapes of consequences, their outcomes and causes, and their place in the matrix."""

from typing import Annotated, Literal

from pydantic import Field

from app.evidence.schemas import EvidenceBalance
from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import (
    NEARLY,
    Day,
    IdText,
    Instant,
    Name,
    Note,
    Probability,
    Ref,
    Reference,
    Shape,
    Title,
    plainly,
)  # fmt: skip
from app.ratings.schemas import Confidence, Count, Estimate, ImpactHeld, Judgement, Weight

OutcomeStatus = Literal["open", "partly_occurred", "occurred", "did_not_occur", "annulled"]
RESOLVED = ("occurred", "did_not_occur", "annulled")
"""Outcomes that leave nothing to judge. What occurred in part may yet occur, or not."""
CauseStatus = Literal["open", "confirmed", "disputed", "refuted"]
Category = Annotated[
    str,
    form(
        "^[a-z][a-z0-9_]*$",
        "must be lower-case letters, digits and _, and begin with a letter, e.g. proliferation",
        max_length=60,
        examples=["proliferation"],
    ),
]


Leak = Annotated[
    float,
    Field(
        ge=0,
        le=1 - NEARLY,
        strict=True,
        allow_inf_nan=False,
        description="How likely it comes about by none of the causes that are named, for the causal"
        " network: 0 or more, below 1; null: nobody has said",
    ),
    plainly("must be a number from 0 up and below 1, e.g. 0.05 for 5 per cent"),
]


class CausedBy(Shape):
    """A consequence that would bring this one about."""

    consequence: IdText
    strength: Annotated[
        Probability | None,
        Field(description="How likely it alone brings this about, if it comes true"),
    ] = None


class ConsequenceFields(Shape):
    """What is said of a consequence."""

    ref: Ref | None = None
    title: Title
    description: Note | None = None
    category: Category
    affected: Annotated[list[Reference], Field(max_length=100)] = []
    horizon: Name | None = None
    resolution_criteria: Annotated[
        Note | None, Field(description="How it will be found to have happened or not")
    ] = None
    resolves_on: Annotated[Day | None, Field(description="When it is due to be resolved")] = None
    base_rate: Probability | None = None
    base_rate_source: Note | None = None
    leak: Leak | None = None
    part_of: IdText | None = None
    caused_by: Annotated[list[CausedBy], Field(max_length=50)] = []
    likelihood_wording: Annotated[Name | None, Field(description="As found")] = None
    effective_at: Annotated[
        Instant | None,
        Field(description="From when it was held possible, now at the latest; null: always"),
    ] = None
    note: Note | None = None


class ConsequenceIn(ConsequenceFields, RecordIn):
    """A consequence to be added to the alliance of the path."""


class ConsequenceOf(ConsequenceIn):
    """A consequence of the alliance it names."""

    alliance: Reference


class Finding(Shape):
    """What is held of an outcome or a cause at the moment asked for."""

    status: Annotated[str, Field(description="The status in force")]
    confidence: Annotated[
        Confidence | None, Field(description="How sure that is, by the newest finding")
    ]
    since: Annotated[
        Instant,
        Field(description="From when it holds: the first finding of those in a row that say so"),
    ]
    note: Annotated[str | None, Field(description="What the newest finding says of it")]


class Consequence(ConsequenceFields, RecordOut):
    """A consequence with its outcome, its cause and its judgement at the moment asked for."""

    alliance: Annotated[IdText, Field(description="The id of its alliance")]
    outcome: Annotated[
        Finding | None, Field(description="Whether it happened; null: nothing was found yet")
    ]
    cause: Annotated[
        Finding | None, Field(description="What brought it about; null: nobody has asked yet")
    ]
    judgement: Annotated[Judgement, Field(description="What the assessors together hold of it")]
    review_due: Annotated[
        bool,
        Field(
            description="A threshold was crossed since the newest rating, a rating names a broken"
            " assumption, or the judgement is stale; of what is resolved, a threshold was crossed"
            " that speaks against it; `…/review` says which"
        ),
    ]


class FindingFields(Shape):
    """What is said of an outcome or a cause beside its status."""

    confidence: Confidence | None = None
    note: Note | None = None
    claims: Annotated[
        list[IdText], Field(max_length=200, description="The claims it rests on")
    ] = []


class OutcomeIn(FindingFields, RecordIn):
    """What is found of the outcome; it holds until another is found later, or for the same time."""

    status: OutcomeStatus
    since: Annotated[Instant | None, Field(description="Now, where it isn't given")] = None


class Outcome(FindingFields, RecordOut):
    """One entry of the history of an outcome."""

    consequence: IdText
    status: OutcomeStatus
    since: Instant
    ended_at: Instant | None


class CauseIn(FindingFields, RecordIn):
    """What is found of the cause."""

    status: CauseStatus
    since: Annotated[Instant | None, Field(description="Now, where it isn't given")] = None


class Cause(FindingFields, RecordOut):
    """One entry of the history of a cause."""

    consequence: IdText
    status: CauseStatus
    since: Instant
    ended_at: Instant | None


class JudgementDetail(Judgement):
    """A judgement with all that went into it."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    extremize: Annotated[
        float | None, Field(description="The factor d used: 1 leaves the pool as it is")
    ]
    days_since_rated: Annotated[
        float | None,
        Field(description="Days, and parts of one, since the newest rating; 0 or more"),
    ]
    weights: Annotated[list[Weight], Field(description="The ratings pooled, by their ids")]
    evidence: Annotated[EvidenceBalance, Field(description="The evidence on the outcome, counted")]


class Reason(Shape):
    """Why a consequence is to be judged anew."""

    kind: Annotated[
        Literal["indicator_crossed", "assumption_broken", "stale"],
        Field(description="What has happened"),
    ]
    id: Annotated[
        IdText | None,
        Field(description="The id of the indicator or of the factor; null: the judgement is stale"),
    ]
    reading: Annotated[
        IdText | None, Field(description="The reading that crosses the indicator's threshold")
    ]
    title: Annotated[
        str | None, Field(description="What the indicator watches, or what was assumed")
    ]
    since: Annotated[Instant, Field(description="From when it is so")]
    note: Annotated[str | None, Field(description="What was said of it, by who wrote it down")]
    ratings: Annotated[
        list[IdText] | None,
        Field(description="The ratings in force that need review; null: all of them"),
    ]


class Review(Shape):
    """Whether a consequence is to be judged anew at the moment asked for, and why."""

    as_of: Annotated[Instant, Field(description="The moment asked about")]
    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    due: Annotated[bool, Field(description="Whether there is a reason")]
    reasons: Annotated[list[Reason], Field(description="Every reason, the earliest first")]


class Placed(Shape):
    """A consequence in the risk matrix; its interval may reach over several rows."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    category: Annotated[str, Field(description="Its category")]
    probability: Annotated[
        Estimate | None, Field(description="The pooled probability with its interval")
    ]
    impact: ImpactHeld
    n: Count
    likelihood_row: Annotated[
        int | None, Field(description="The likelihood row of the headline: 0 … 4; null: not rated")
    ]
    row_low: Annotated[
        int | None,
        Field(description="The row of the lower end of its interval: 0 … 4; null: not rated"),
    ]
    row_high: Annotated[
        int | None,
        Field(description="The row of the upper end of its interval: 0 … 4; null: not rated"),
    ]
    level: Annotated[
        int | None, Field(description="0 the lowest … 4 the highest; null without an impact")
    ]
    level_name: Annotated[str | None, Field(description="What the matrix calls that level")]
    expected_impact: Annotated[
        float | None, Field(description="Probability times impact, in points of impact: 0 to 5")
    ]


class MatrixInUse(Shape):
    """The matrix the consequences are placed in."""

    name: Annotated[str, Field(description="Its name")]
    matrix_version: Annotated[int, Field(description="Its edition, from 1 up")]
    cuts: Annotated[
        list[float],
        Field(description="The four probabilities where likelihood rows part; lower edge in"),
    ]
    grid: Annotated[
        list[list[int]], Field(description="`grid[likelihood][impact-1]`: the level, 0 … 4")
    ]
    level_names: Annotated[list[str], Field(description="The names of the levels 0 … 4")]


class RiskMatrix(Shape):
    """Every consequence of an alliance placed in the grid, at the moment asked for."""

    as_of: Annotated[Instant, Field(description="The moment the judgements were in force")]
    method: Annotated[str, Field(description="The pool that is the headline")]
    matrix: Annotated[MatrixInUse, Field(description="The edition in use at that moment")]
    cells: Annotated[
        list[list[list[IdText]]],
        Field(description="`cells[likelihood][impact-1]`: the ids of those that are there"),
    ]
    unplaced: Annotated[
        list[IdText], Field(description="The ids of those without a probability or an impact")
    ]
    items: Annotated[list[Placed], Field(description="Every consequence, by its id")]
