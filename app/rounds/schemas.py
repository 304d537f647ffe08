"""The wire shapes of rounds, of answers while they are sealed, and of results."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Note, Ref, Shape, Slug, Title, Tlp, broken
from app.ratings.schemas import (
    Confidence,
    ConfidenceHeld,
    Count,
    Dissent,
    Estimate,
    ImpactHeld,
    Interval,
    Pools,
    RatingFields,
    Said,
    Spread,
    Words,
)
from app.ratings.schemas import Status as RatingStatus

MOST = 100
"""Consequences a round may ask about."""
Status = Literal["open", "closed", "revealed"]
Move = Annotated[
    float | None,
    Field(description="From the round before to this one, in log-odds; null unless in both"),
]


class RoundFields(Shape):
    """What is said of a round."""

    ref: Ref | None = None
    title: Annotated[Title, Field(description="What is asked", examples=["The year to come"])]
    note: Note | None = None
    consequences: Annotated[
        list[IdText],
        Field(
            max_length=MOST,
            description="What is to be rated: consequences of the alliance, by their ids. Left out,"
            " those of the round in `after` that are still there",
        ),
    ] = []
    after: Annotated[
        IdText | None,
        Field(description="The revealed round that it follows, to be compared with"),
    ] = None


class RoundIn(RoundFields, RecordIn):
    """A round to be opened."""

    @model_validator(mode="after")
    def _asks_something(self) -> "RoundIn":
        if not self.consequences and self.after is None:
            raise broken("consequences", "is needed, or a round to follow in `after`")
        return self


class Round(RoundFields, RecordOut):
    """A round, and how far it is."""

    alliance: IdText
    status: Annotated[
        Status,
        Field(description="At the moment asked for: it takes answers while it is `open`"),
    ]
    opened_at: Instant
    closed_at: Instant | None
    revealed_at: Instant | None
    answered: Annotated[
        int,
        Field(description="How many assessors had answered by then: as far as they may be seen"),
    ]


class AnswerIn(Said):
    """A rating of one of the consequences of the round: sealed until that is revealed."""

    consequence: Annotated[IdText, Field(description="One of those the round asks about")]


class SealedRating(RatingFields):
    """An answer, as it is shown to its assessor and to nobody else."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[IdText, Field(description="That of the rating it becomes, too")]
    version: Annotated[int, Field(description="2 once it is more than sealed")]
    round: IdText
    consequence: IdText
    assessor: Annotated[str, Field(description="The assessor's slug")]
    probability: Interval
    effective_at: Annotated[
        Instant, Field(description="When it was said; the rating holds from it")
    ]
    replaced_at: Annotated[Instant | None, Field(description="When the next one took its place")]
    status: Annotated[
        Literal["sealed", "replaced", "left_out"],
        Field(
            description="`replaced`: by a later one; `left_out` of the reveal, since the"
            " consequence was deleted"
        ),
    ]
    machine: bool
    created_by: str
    tlp: Tlp
    audience: Annotated[list[Slug], Field(description="Who may see it once it is revealed")]
    downgrade: Annotated[Note | None, Field(description="Why it is marked below what it names")]


class SealedPage(Shape):
    """A page of one's own answers, newest first."""

    items: list[SealedRating]
    next: str | None


class RoundPool(Shape):
    """What the answers of a round come to. Nobody rated: n is 0, all else null."""

    n: Count
    probability: Annotated[
        Estimate | None, Field(description="The headline with its interval, by the method asked")
    ]
    words: Annotated[Words | None, Field(description="The headline in words")]
    pools: Annotated[Pools | None, Field(description="What each method makes of the points")]
    spread: Annotated[Spread | None, Field(description="How far the assessors lie apart")]
    dissent: Annotated[
        Dissent | None,
        Field(description="The rating furthest from the headline; null with fewer than two"),
    ]
    impact: ImpactHeld
    confidence: ConfidenceHeld


class RevealedAnswer(Shape):
    """A rating of the round, beside what its assessor said in the round before."""

    rating: Annotated[IdText, Field(description="The id of the rating")]
    assessor: Annotated[str, Field(description="The assessor's slug")]
    probability: Annotated[
        Estimate, Field(description="As the assessor gave it; a point alone is its own interval")
    ]
    before: Annotated[
        Estimate | None, Field(description="The same in the round before; null: not rated there")
    ]
    log_odds_move: Move
    impact: Annotated[int | None, Field(description="1 minor … 5 grave")]
    confidence: Annotated[Confidence | None, Field(description="Analytic confidence")]
    rationale: Annotated[str | None, Field(description="Why, as the assessor put it")]
    effective_at: Annotated[Instant, Field(description="When it was said")]
    machine: Annotated[bool, Field(description="Whether a machine made it")]
    status: Annotated[
        RatingStatus,
        Field(description="What has become of the rating since; it stays in the pool of the round"),
    ]


class RoundResult(Shape):
    """What was answered about one consequence."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    pool: Annotated[RoundPool, Field(description="Of the ratings of this round alone")]
    before: Annotated[
        RoundPool | None, Field(description="Of those of the round before; null: it follows none")
    ]
    log_odds_move: Move
    answers: Annotated[
        list[RevealedAnswer], Field(description="Those pooled, one an assessor, by slug")
    ]


class LeftOut(Shape):
    """A consequence that was deleted before the reveal."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    answers: Annotated[int, Field(description="How many answers to it are left sealed")]


class Results(Shape):
    """What a round came to: each consequence with its pool, its answers, and how they moved."""

    as_of: Annotated[Instant, Field(description="The moment it is asked of")]
    round: Annotated[IdText, Field(description="The id of the round")]
    title: Annotated[str, Field(description="Its title")]
    after: Annotated[
        IdText | None, Field(description="The round before; null: it follows none in sight")
    ]
    method: Annotated[
        Literal["log_odds", "linear", "median"], Field(description="The pool that is the headline")
    ]
    items: Annotated[list[RoundResult], Field(description="In the order of the round")]
    left_out: Annotated[
        list[LeftOut], Field(description="Deleted before the reveal, with answers in sight")
    ]
