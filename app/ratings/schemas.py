"""The wire shapes of ratings and of judgements."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from app.domain import yardstick
from app.domain.probability import DomainError
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import (
    ESTIMATE,
    IdText,
    Instant,
    Label,
    Name,
    Note,
    Probability,
    Reference,
    Shape,
    broken,
)  # fmt: skip

Scale = Literal["icd203", "phia"]
Confidence = Literal["low", "moderate", "high"]
Status = Literal["in_force", "superseded", "withdrawn"]
Impact = Annotated[int, Field(ge=1, le=5, strict=True, description="1 minor … 5 grave")]


class Interval(Shape):
    """A probability with the interval it is believed to lie in."""

    point: Probability
    low: Probability
    high: Probability

    @model_validator(mode="after")
    def _in_order(self) -> "Interval":
        if self.low > self.high:
            raise broken("low", f"is above high, which is {self.high}")
        if not self.low <= self.point <= self.high:
            raise broken("point", f"must lie from low to high, {self.low} to {self.high}")
        return self


def _number(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """A probability alone; what is no number at all may have been meant as an interval."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError(f"{ESTIMATE}, or {{point, low, high}}") from None


def _shape(value: object) -> str:
    if value is None:
        return "nothing"
    return "interval" if isinstance(value, Mapping | Interval) else "number"


Given = Annotated[
    Annotated[Probability, WrapValidator(_number), Tag("number")]
    | Annotated[Interval, Tag("interval")]
    | Annotated[None, Tag("nothing")],
    Discriminator(_shape),
]
"""Told apart by its form, so that a fault is that of the one meant."""


class RatingFields(Shape):
    """What is said in a rating beside its probability."""

    scale: Annotated[Scale | None, Field(description="The yardstick of the word chosen")] = None
    word: Annotated[Label | None, Field(description="The word chosen, if one was")] = None
    impact: Impact | None = None
    confidence: Annotated[
        Confidence | None, Field(description="Analytic confidence; it never moves the probability")
    ] = None
    rationale: Note | None = None
    assumptions: Annotated[
        list[IdText],
        Field(max_length=50, description="The key assumptions it rests on, by their ids"),
    ] = []
    review_by: Instant | None = None
    change_reason: Annotated[Note | None, Field(description="Why it differs from the last")] = None
    agent: Annotated[Name | None, Field(description="Of a machine: the program")] = None
    model: Annotated[Name | None, Field(description="Of a machine: the model behind it")] = None


class Said(RatingFields, RecordIn):
    """What an assessor says: a probability (number or interval), or a word of a scale, or both."""

    assessor: Annotated[
        Reference | None,
        Field(description="Who rates; the caller where none is named (`local` without keys)"),
    ] = None
    probability: Annotated[
        Given, Field(description="A number, e.g. 0.6 for 60 per cent, or an interval around one")
    ] = None
    machine: Annotated[bool, Field(strict=True, description="Whether a machine made it")] = False

    @model_validator(mode="after")
    def _has_a_probability(self) -> Self:
        if self.scale is None and self.word is not None:
            raise broken("scale", f"is needed with a word: {' or '.join(yardstick.SCALES)}")
        if self.scale is not None and self.word is None:
            words = ", ".join(yardstick.words_of(self.scale))
            raise broken("word", f"is needed with a scale; words of {self.scale}: {words}")
        if self.probability is None and self.word is None:
            raise broken("probability", "is needed, or a scale and a word")
        if self.scale is not None and self.word is not None:
            self._check_word(self.scale, self.word)
        return self

    def _check_word(self, scale: Scale, word: str) -> None:
        try:
            band = yardstick.interpret(scale, word)
        except DomainError as error:
            raise broken("word", str(error)) from None
        point = self.interval["point"]
        if not band.low <= point <= band.high:
            detail = f"{point} isn't {word!r} ({band.low} to {band.high} in {scale})"
            raise broken("probability", detail)

    @property
    def interval(self) -> dict[str, float]:
        """Point, low and high; a point counts as both, a word as its band."""
        if isinstance(self.probability, Interval):
            return self.probability.model_dump()
        if self.probability is not None:
            return dict.fromkeys(("point", "low", "high"), self.probability)
        band = yardstick.interpret(self.scale or "", self.word or "")
        return {"point": band.point, "low": band.low, "high": band.high}


class RatingIn(Said):
    """A rating, and from when it holds."""

    effective_at: Annotated[
        Instant | None, Field(description="From when it holds; now, where it isn't given")
    ] = None
    supersedes: Annotated[
        IdText | None,
        Field(description="The assessor's rating it follows; found where it isn't given"),
    ] = None


class RatingOf(RatingIn):
    """A rating of the consequence it names."""

    consequence: IdText


class Rating(RatingFields, RecordOut):
    """A rating."""

    consequence: IdText
    assessor: Annotated[str, Field(description="The assessor's slug")]
    probability: Interval
    effective_at: Instant
    ended_at: Annotated[Instant | None, Field(description="When it was superseded or withdrawn")]
    supersedes: IdText | None
    status: Annotated[Status, Field(description="At the moment asked for")]
    needs_review: Annotated[
        bool, Field(description="It is in force, and an assumption it names is broken by then")
    ]
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    machine: bool
    risk_level: Annotated[int | None, Field(description="By the matrix in use when it was made")]
    matrix: str | None
    matrix_version: int | None
    round: Annotated[IdText | None, Field(description="The blind round it was said in")]


class Withdrawal(Shape):
    """Why a rating is taken back."""

    reason: Note
    effective_at: Annotated[
        Instant | None, Field(description="From when; now, where it isn't given")
    ] = None


ImpactHeld = Annotated[
    int | None,
    Field(description="1 minor … 5 grave: the upper median of the ratings; null: none has one"),
]
ConfidenceHeld = Annotated[
    Confidence | None,
    Field(description="Analytic confidence: the lower median of the ratings; null: none has one"),
]
Count = Annotated[
    int, Field(description="How many assessors were pooled, each by one rating; 0 or more")
]


class Words(Shape):
    """The headline in each yardstick's words. Products quote one of them, never both."""

    icd203: Annotated[str, Field(description="In the words of ICD 203", examples=["likely"])]
    phia: Annotated[str, Field(description="In the words of PHIA", examples=["likely or probable"])]
    phia_exact: Annotated[bool, Field(description="False in a gap of PHIA: the nearest band")]


class Pools(Shape):
    """The pool of the points by each method."""

    log_odds: Annotated[
        float, Field(description="Pooled in log-odds, by the factor `extremize`; between 0 and 1")
    ]
    linear: Annotated[float, Field(description="The weighted mean, between 0 and 1")]
    median: Annotated[float, Field(description="The weighted median, between 0 and 1")]


class Spread(Shape):
    """How far the assessors lie apart."""

    min: Annotated[float, Field(description="The lowest point of a rating, between 0 and 1")]
    q1: Annotated[float, Field(description="The lower weighted quartile, between 0 and 1")]
    q3: Annotated[float, Field(description="The upper weighted quartile, between 0 and 1")]
    max: Annotated[float, Field(description="The highest point of a rating, between 0 and 1")]
    log_odds_sd: Annotated[
        float,
        Field(description="Weighted standard deviation in log-odds (natural); 0 where all agree"),
    ]


class Dissent(Shape):
    """The rating furthest from the pool, in log-odds."""

    rating: Annotated[IdText, Field(description="The id of the rating")]
    assessor: Annotated[str, Field(description="The assessor's slug")]
    probability: Annotated[float, Field(description="Its point, between 0 and 1")]
    rationale: Annotated[str | None, Field(description="Why, as the assessor put it")]


class Risk(Shape):
    """The place in the risk matrix."""

    level: Annotated[int, Field(description="0 the lowest … 4 the highest")]
    name: Annotated[str, Field(description="What the matrix calls that level", examples=["high"])]
    matrix: Annotated[str, Field(description="The name of the matrix")]
    matrix_version: Annotated[int, Field(description="The edition of the matrix, from 1 up")]
    expected_impact: Annotated[
        float, Field(description="Probability times impact, in points of impact: 0 to 5")
    ]


class Estimate(Shape):
    """A pooled probability with its interval."""

    point: Annotated[float, Field(description="The headline, between 0 and 1")]
    low: Annotated[float, Field(description="The lower end, pooled from the ratings' lower ends")]
    high: Annotated[float, Field(description="The upper end, pooled from the ratings' upper ends")]


class Judgement(Shape):
    """What the assessors together held at the moment. Not rated: n is 0, all else null."""

    as_of: Annotated[Instant, Field(description="The moment it was in force")]
    n: Count
    method: Annotated[
        Literal["log_odds", "linear", "median"] | None,
        Field(description="The pool that is the headline"),
    ]
    probability: Annotated[
        Estimate | None, Field(description="The headline with its interval, by that method")
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
    risk: Annotated[
        Risk | None, Field(description="Its place in the matrix; null without an impact")
    ]
    last_rated_at: Annotated[
        Instant | None, Field(description="When the newest of the ratings came into force")
    ]
    review_by: Annotated[
        Instant | None, Field(description="The earliest day by which one of them is to be reviewed")
    ]
    stale: Annotated[
        bool | None,
        Field(description="Whether that day has passed at the moment; never without one"),
    ]


class Weight(Shape):
    """A rating in the pool, and what it weighs."""

    rating: Annotated[IdText, Field(description="The id of the rating")]
    assessor: Annotated[str, Field(description="The assessor's slug")]
    probability: Annotated[
        Estimate, Field(description="As the assessor gave it; a point alone is its own interval")
    ]
    impact: Annotated[int | None, Field(description="1 minor … 5 grave")]
    confidence: Annotated[Confidence | None, Field(description="Analytic confidence")]
    effective_at: Annotated[Instant, Field(description="From when it holds")]
    machine: Annotated[bool, Field(description="Whether a machine made it")]
    weight: Annotated[float, Field(description="As a share of all weights; they add up to 1")]


class HistoryPoint(Shape):
    """A stretch of time in which the judgement stayed the same. Flat, for charts.

    Where nobody rates, `n` is 0 and all but the times is null.
    """

    time: Annotated[Instant, Field(description="From when")]
    until: Annotated[Instant | None, Field(description="To when; null: it still holds")]
    n: Count
    probability: Annotated[
        float | None, Field(description="The headline by the method asked for, between 0 and 1")
    ]
    low: Annotated[float | None, Field(description="The lower end of its interval")]
    high: Annotated[float | None, Field(description="The upper end of its interval")]
    log_odds: Annotated[
        float | None, Field(description="The log-odds pool of the points, between 0 and 1")
    ]
    linear: Annotated[float | None, Field(description="Their weighted mean, between 0 and 1")]
    median: Annotated[float | None, Field(description="Their weighted median, between 0 and 1")]
    min: Annotated[float | None, Field(description="The lowest of the points, between 0 and 1")]
    max: Annotated[float | None, Field(description="The highest of the points, between 0 and 1")]
    impact: ImpactHeld
    confidence: ConfidenceHeld
    risk_level: Annotated[
        int | None, Field(description="0 the lowest … 4 the highest; null without an impact")
    ]
    word_icd203: Annotated[str | None, Field(description="The headline in the words of ICD 203")]
    word_phia: Annotated[str | None, Field(description="The headline in the words of PHIA")]


class HistoryPage(Shape):
    """A judgement as a time series."""

    items: Annotated[list[HistoryPoint], Field(description="The stretches, oldest first")]
    next: Annotated[str | None, Field(description="Always null: the series is whole")]
