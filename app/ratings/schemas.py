"""The wire shapes of ratings and of judgements."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.domain import yardstick
from app.domain.probability import DomainError
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import (
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
        if not self.low <= self.point <= self.high:
            raise broken("point", "low <= point <= high doesn't hold")
        return self


class RatingFields(Shape):
    """What is said in a rating beside its probability."""

    scale: Annotated[Scale | None, Field(description="The yardstick of the word chosen")] = None
    word: Annotated[Label | None, Field(description="The word chosen, if one was")] = None
    impact: Impact | None = None
    confidence: Annotated[
        Confidence | None, Field(description="Analytic confidence; it never moves the probability")
    ] = None
    rationale: Note | None = None
    review_by: Instant | None = None
    change_reason: Annotated[Note | None, Field(description="Why it differs from the last")] = None
    agent: Annotated[Name | None, Field(description="Of a machine: the program")] = None
    model: Annotated[Name | None, Field(description="Of a machine: the model behind it")] = None


class RatingIn(RatingFields, RecordIn):
    """A rating: a probability (number or interval), or a word of a scale, or both."""

    assessor: Annotated[Reference | None, Field(description="Defaults to the caller")] = None
    probability: Probability | Interval | None = None
    effective_at: Annotated[
        Instant | None, Field(description="From when it holds; now, where it isn't given")
    ] = None
    supersedes: Annotated[
        IdText | None,
        Field(description="The assessor's rating it follows; found where it isn't given"),
    ] = None
    machine: Annotated[bool, Field(strict=True, description="Whether a machine made it")] = False

    @model_validator(mode="after")
    def _has_a_probability(self) -> "RatingIn":
        if (self.scale is None) != (self.word is None):
            raise broken("scale" if self.scale is None else "word", "scale and word come together")
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
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    machine: bool
    risk_level: Annotated[int | None, Field(description="By the matrix in use when it was made")]
    matrix: str | None
    matrix_version: int | None


class Withdrawal(Shape):
    """Why a rating is taken back."""

    reason: Note
    effective_at: Annotated[
        Instant | None, Field(description="From when; now, where it isn't given")
    ] = None


class Words(Shape):
    """The headline in each yardstick's words. Products quote one of them, never both."""

    icd203: str
    phia: str
    phia_exact: Annotated[bool, Field(description="False in a gap of PHIA: the nearest band")]


class Pools(Shape):
    """The pool of the points by each method."""

    log_odds: float
    linear: float
    median: float


class Spread(Shape):
    """How far the assessors lie apart."""

    min: float
    q1: float
    q3: float
    max: float
    log_odds_sd: float


class Dissent(Shape):
    """The rating furthest from the pool, in log-odds."""

    rating: IdText
    assessor: str
    probability: float
    rationale: str | None


class Risk(Shape):
    """The place in the risk matrix."""

    level: int
    name: str
    matrix: str
    matrix_version: int
    expected_impact: float


class Estimate(Shape):
    """A pooled probability with its interval."""

    point: float
    low: float
    high: float


class Judgement(Shape):
    """What the assessors together held at the moment. Not rated: n is 0, all else null."""

    as_of: Instant
    n: int
    method: Literal["log_odds", "linear", "median"] | None
    probability: Estimate | None
    words: Words | None
    pools: Pools | None
    spread: Spread | None
    dissent: Dissent | None
    impact: int | None
    confidence: Confidence | None
    risk: Risk | None
    last_rated_at: Instant | None
    review_by: Instant | None
    stale: bool | None


class Weight(Shape):
    """A rating in the pool, and what it weighs."""

    rating: IdText
    assessor: str
    probability: Estimate
    impact: int | None
    confidence: Confidence | None
    effective_at: Instant
    machine: bool
    weight: Annotated[float, Field(description="As a share of all weights; they add up to 1")]


class EvidenceBalance(Shape):
    """How much evidence stands for and against, in claims and in independent origins."""

    supports: int
    contradicts: int
    neutral: int
    contested: int
    origins_for: int
    origins_against: int


class JudgementDetail(Judgement):
    """A judgement with all that went into it."""

    consequence: IdText
    extremize: Annotated[float | None, Field(description="The factor d used")]
    days_since_rated: float | None
    weights: list[Weight]
    evidence: EvidenceBalance


class HistoryPoint(Shape):
    """A stretch of time in which the judgement stayed the same. Flat, for charts."""

    time: Annotated[Instant, Field(description="From when")]
    until: Annotated[Instant | None, Field(description="To when; null: it still holds")]
    n: int
    probability: float | None
    low: float | None
    high: float | None
    log_odds: float | None
    linear: float | None
    median: float | None
    min: float | None
    max: float | None
    impact: int | None
    confidence: Confidence | None
    risk_level: int | None
    word_icd203: str | None
    word_phia: str | None


class HistoryPage(Shape):
    """A judgement as a time series."""

    items: list[HistoryPoint]
    next: str | None
