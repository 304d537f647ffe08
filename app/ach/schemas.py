"""The wire shapes of questions, of evaluations, and of the matrix that is made of both."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from app.domain.ach import Cell, Level
from app.kernel.forms import form
from app.kernel.schemas import RecordIn, RecordOut
from app.kernel.types import IdText, Instant, Name, Note, Ref, Reference, Shape, Title, broken

KEY_PATTERN = "^[A-Z][A-Z0-9]*$"
Key = Annotated[
    str,
    form(
        KEY_PATTERN,
        "must be capital letters and digits and begin with a letter, e.g. H1",
        max_length=10,
        examples=["H1"],
    ),
]
MOST_HYPOTHESES, MOST_ITEMS = 20, 200


class Hypothesis(Shape):
    """An answer that may be the right one: a consequence of the alliance, or words of its own."""

    key: Annotated[Key, Field(description="What cells and columns call it")]
    text: Annotated[Title | None, Field(description="Left out where it is a consequence")] = None
    consequence: IdText | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Hypothesis":
        if self.text is None and self.consequence is None:
            raise broken("text", "is needed, or a consequence")
        if self.text is not None and self.consequence is not None:
            raise broken("text", "isn't taken together with a consequence, which has its title")
        return self


def _each_once(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    keys = [hypothesis.key for hypothesis in hypotheses]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ValueError(f"two hypotheses have the key {twice}")
    return hypotheses


class QuestionItem(Shape):
    """A claim that the hypotheses are held against."""

    claim: IdText
    relevance: Annotated[
        Level | None, Field(description="Of the claim to this question; null isn't weighed")
    ] = None
    note: Note | None = None


class QuestionFields(Shape):
    """What is said of a question."""

    ref: Ref | None = None
    title: Annotated[
        Title, Field(description="The question", examples=["What is given in return?"])
    ]
    hypotheses: Annotated[
        list[Hypothesis],
        Field(min_length=2, max_length=MOST_HYPOTHESES),
        AfterValidator(_each_once),
    ]
    items: Annotated[
        list[QuestionItem],
        Field(max_length=MOST_ITEMS, description="The evidence: claims of the alliance"),
    ] = []
    note: Note | None = None


class QuestionIn(QuestionFields, RecordIn):
    """A question to be added to an alliance."""


class Question(QuestionFields, RecordOut):
    """A question with its competing hypotheses."""

    alliance: IdText


class EvaluationItem(Shape):
    """A row of the matrix: how consistent a claim is with each hypothesis."""

    claim: Annotated[IdText, Field(description="One that the question has among its items")]
    cells: Annotated[
        dict[Key, Cell],
        Field(
            max_length=MOST_HYPOTHESES,
            description="By the key of the hypothesis: CC very consistent, C consistent, N neither,"
            " I inconsistent, II very inconsistent, NA not applicable; left out: not rated",
            examples=[{"H1": "I", "H2": "C"}],
        ),
    ] = {}
    note: Note | None = None


class EvaluationFields(Shape):
    """What is said in an evaluation."""

    items: Annotated[
        list[EvaluationItem],
        Field(max_length=MOST_ITEMS, description="The whole of it; none: nothing is held any more"),
    ]
    rationale: Note | None = None
    agent: Annotated[Name | None, Field(description="Of a machine: the program")] = None
    model: Annotated[Name | None, Field(description="Of a machine: the model behind it")] = None


class EvaluationIn(EvaluationFields, RecordIn):
    """An assessor's cells; they take the place of those the assessor filled before."""

    assessor: Annotated[
        Reference | None,
        Field(description="Who evaluates; the caller where none is named (`local` without keys)"),
    ] = None
    effective_at: Annotated[
        Instant | None, Field(description="From when it holds; now, where it isn't given")
    ] = None
    machine: Annotated[bool, Field(strict=True, description="Whether a machine made it")] = False


class Evaluation(EvaluationFields, RecordOut):
    """One assessor's cells, and for how long they were in force."""

    question: IdText
    assessor: Annotated[str, Field(description="The assessor's slug")]
    effective_at: Instant
    ended_at: Instant | None
    machine: bool


class Asked(Shape):
    """The question that the matrix answers."""

    id: IdText
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="The question")]


class Contributor(Shape):
    """An evaluation that is counted."""

    assessor: Annotated[str, Field(description="The assessor's slug")]
    evaluation: Annotated[IdText, Field(description="The id of the evaluation")]
    effective_at: Annotated[Instant, Field(description="From when it holds")]
    machine: Annotated[bool, Field(description="Whether a machine made it")]
    rationale: Annotated[str | None, Field(description="What the assessor says of the whole")]


class HypothesisStanding(Shape):
    """A hypothesis, and how much speaks against it. Not rated: rank and sums are null."""

    key: Annotated[str, Field(description="Its key")]
    text: Annotated[str, Field(description="Its words, or the title of its consequence")]
    consequence: Annotated[IdText | None, Field(description="The consequence it is, if it is one")]
    rank: Annotated[
        int | None, Field(description="1: least speaks against it; equal ones share a rank")
    ]
    leads: Annotated[bool, Field(description="Whether it has, or shares, the first rank")]
    weighted_inconsistency: Annotated[
        float | None, Field(description="The sum of v times the item's weight; ranks go by it")
    ]
    inconsistency: Annotated[
        float | None,
        Field(
            description="The sum of v: II 2, I 1, else 0; the mean of the assessors in each item"
        ),
    ]
    rated: Annotated[int, Field(description="How many items say something of it")]


class CellBy(Shape):
    """What one assessor has put into a cell."""

    assessor: Annotated[str, Field(description="The assessor's slug")]
    cell: Cell


class GroupCell(Shape):
    """A cell as all assessors together fill it; null where nobody says anything."""

    hypothesis: Annotated[str, Field(description="The key of the hypothesis")]
    consistency: Annotated[
        float | None, Field(description="The mean of CC 2, C 1, N 0, I -1, II -2; NA says nothing")
    ]
    inconsistency: Annotated[float | None, Field(description="The mean of v: 0 to 2")]
    disagreement: Annotated[
        float | None,
        Field(description="Population standard deviation of the consistency; null below two"),
    ]
    by: list[CellBy]


class ItemNote(Shape):
    """What one assessor says of an item."""

    assessor: Annotated[str, Field(description="The assessor's slug")]
    note: str


class WeighedItem(Shape):
    """A row of the matrix: a claim, what it weighs, and how it tells the hypotheses apart."""

    claim: Annotated[IdText, Field(description="The id of the claim")]
    claim_ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    statement: Annotated[str, Field(description="What it says")]
    grade: Annotated[
        str | None, Field(description="Reliability of its best origin and credibility, e.g. B2")
    ]
    credibility: Annotated[
        Level | None,
        Field(description="Credibility 1 and 2 high, 3 medium, 4 and 5 low; 6, unknown, is null"),
    ]
    relevance: Annotated[Level | None, Field(description="As the question says")]
    weight: Annotated[
        float,
        Field(
            description="Credibility times relevance: low 1/√2, medium 1, high √2; null is not"
            " weighed and leaves it as it is"
        ),
    ]
    contested: Annotated[bool, Field(description="Whether a claim denies or contradicts it")]
    retracted: Annotated[
        bool, Field(description="Whether it was taken back: then it doesn't count")
    ]
    diagnosticity: Annotated[
        float | None,
        Field(description="Spread of the consistency across hypotheses, 0 to 2: 0 tells nothing"),
    ]
    note: Annotated[str | None, Field(description="What the question says of it")]
    cells: Annotated[list[GroupCell], Field(description="One for each hypothesis, in their order")]
    notes: list[ItemNote]


class Flip(Shape):
    """An item without which another hypothesis would lead."""

    claim: Annotated[IdText, Field(description="The id of the claim")]
    claim_ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    leaders: Annotated[list[str], Field(description="Who would lead without it, by key")]


class Disagreement(Shape):
    """A cell that the assessors see differently."""

    claim: Annotated[IdText, Field(description="The id of the claim")]
    claim_ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    hypothesis: Annotated[str, Field(description="The key of the hypothesis")]
    n: Annotated[int, Field(description="How many assessors say something of it")]
    spread: Annotated[float, Field(description="Population standard deviation, 0 to 2")]
    lowest: Annotated[int, Field(description="The least consistent: -2 to 2")]
    highest: Annotated[int, Field(description="The most consistent: -2 to 2")]


class CompetingHypotheses(Shape):
    """A matrix of competing hypotheses at the moment asked for, weighed."""

    as_of: Annotated[Instant, Field(description="The moment the evaluations were in force")]
    question: Annotated[Asked | None, Field(description="Null: the alliance has none")]
    reading_aid: Annotated[str, Field(description="How the numbers are to be read")]
    n: Annotated[int, Field(description="How many assessors are counted")]
    assessors: list[Contributor]
    hypotheses: Annotated[list[HypothesisStanding], Field(description="In the question's order")]
    leaders: Annotated[
        list[str], Field(description="Those the least speaks against, by key; none if nobody rates")
    ]
    items: Annotated[list[WeighedItem], Field(description="In the question's order")]
    sensitivity: Annotated[
        list[Flip], Field(description="The items each of which, dropped alone, changes who leads")
    ]
    disagreements: Annotated[list[Disagreement], Field(description="The widest first")]
