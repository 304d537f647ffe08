"""The wire shapes of consequences, their outcomes and causes, and their place in the matrix."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import (
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
)  # fmt: skip
from app.ratings.schemas import Confidence, Estimate, Judgement

OutcomeStatus = Literal["open", "partly_occurred", "occurred", "did_not_occur", "annulled"]
CauseStatus = Literal["open", "confirmed", "disputed", "refuted"]
Category = Annotated[
    str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=60, examples=["proliferation"])
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
    part_of: IdText | None = None
    caused_by: Annotated[list[CausedBy], Field(max_length=50)] = []
    likelihood_wording: Annotated[Name | None, Field(description="As found")] = None
    effective_at: Annotated[
        Instant | None, Field(description="From when it was held possible; null: always")
    ] = None
    note: Note | None = None


class ConsequenceIn(ConsequenceFields, RecordIn):
    """A consequence to be added to the alliance of the path."""


class ConsequenceOf(ConsequenceIn):
    """A consequence of the alliance it names."""

    alliance: Reference


class Finding(Shape):
    """What is held of an outcome or a cause at the moment asked for."""

    status: str
    confidence: Confidence | None
    since: Instant
    note: str | None


class Consequence(ConsequenceFields, RecordOut):
    """A consequence with its outcome, its cause and its judgement at the moment asked for."""

    alliance: IdText
    outcome: Finding | None
    cause: Finding | None
    judgement: Judgement


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


class Placed(Shape):
    """A consequence in the risk matrix; its interval may reach over several rows."""

    consequence: IdText
    ref: str | None
    title: str
    category: str
    probability: Estimate | None
    impact: int | None
    n: int
    likelihood_row: Annotated[int | None, Field(description="0 … 4, null when not rated")]
    row_low: int | None
    row_high: int | None
    level: int | None
    level_name: str | None
    expected_impact: float | None


class MatrixInUse(Shape):
    """The matrix the consequences are placed in."""

    name: str
    matrix_version: int
    cuts: list[float]
    grid: list[list[int]]
    level_names: list[str]


class RiskMatrix(Shape):
    """Every consequence of an alliance placed in the grid, at the moment asked for."""

    as_of: Instant
    method: str
    matrix: MatrixInUse
    cells: Annotated[
        list[list[list[IdText]]], Field(description="`cells[likelihood][impact-1]`: who is there")
    ]
    unplaced: Annotated[list[IdText], Field(description="Without a probability or an impact")]
    items: list[Placed]
