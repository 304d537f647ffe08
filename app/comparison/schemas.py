"""The wire shapes of comparisons."""

from typing import Annotated, Literal

from pydantic import Field

from app.consequences.schemas import CauseStatus, OutcomeStatus
from app.evidence.schemas import Bearing, BearsOn
from app.kernel.schemas import Change
from app.kernel.types import IdText, Instant, Shape
from app.ratings.schemas import ConfidenceHeld, Count, Estimate, ImpactHeld, Scale

Kind = Literal["new", "dropped", "modified", "moved"]
MOST = 20
"""Acts and claims shown of a consequence, the newest; beside them stands how many there are."""


ActRecord = Annotated[IdText, Field(description="The id of the rating, outcome or cause")]
ActPoint = Annotated[float | None, Field(description="Of a rating: its point, between 0 and 1")]
ActStatus = Annotated[str | None, Field(description="Of a finding: its status")]
ActMachine = Annotated[bool | None, Field(description="Of a rating: whether a machine made it")]


class HeldThen(Shape):
    """What was held of a consequence on one of the two sides."""

    probability: Annotated[
        Estimate | None, Field(description="The pooled probability with its interval")
    ]
    word: Annotated[str | None, Field(description="The point in the words of the scale")]
    n: Count
    impact: ImpactHeld
    confidence: ConfidenceHeld
    risk_level: Annotated[
        int | None, Field(description="0 the lowest … 4 the highest; null without an impact")
    ]
    outcome: Annotated[OutcomeStatus | None, Field(description="What was found; null: nothing yet")]
    cause: Annotated[CauseStatus | None, Field(description="What was found of the cause")]


class Act(Shape):
    """Something that came in between: a rating, its withdrawal, an outcome or a cause."""

    kind: Annotated[
        Literal["rating", "withdrawal", "outcome", "cause"], Field(description="What was done")
    ]
    record: ActRecord
    by: Annotated[
        str | None, Field(description="The assessor's slug; of a finding, who wrote it down")
    ]
    effective_at: Annotated[Instant, Field(description="From when it holds")]
    recorded_at: Annotated[Instant, Field(description="When it was written down")]
    probability: ActPoint
    status: ActStatus
    machine: ActMachine
    reason: Annotated[
        str | None,
        Field(
            description="`change_reason` of a rating, or else its rationale; why it was withdrawn;"
            " the note on a finding"
        ),
    ]


class ClaimBetween(Shape):
    """A claim that came in between and bears on the consequence."""

    claim: Annotated[IdText, Field(description="The id of the claim")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    statement: Annotated[str, Field(description="What it states")]
    speaker: Annotated[str | None, Field(description="The slug of who said it; null: unknown")]
    said_at: Annotated[Instant, Field(description="When it was said")]
    bears_on: Annotated[BearsOn, Field(description="The outcome or the cause")]
    bearing: Annotated[Bearing, Field(description="Which way it speaks")]


ActsTotal = Annotated[int, Field(description="How many came in between, 0 or more")]
Claims = Annotated[
    list[ClaimBetween],
    Field(description=f"Claims that came in between, oldest first; the newest {MOST}"),
]
ClaimsTotal = Annotated[int, Field(description="How many of them there are, 0 or more")]


class Differing(Shape):
    """A consequence that differs, and what it was and is."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title, as it was last")]
    category: Annotated[str, Field(description="Its category, as it was last")]
    kinds: Annotated[
        list[Kind],
        Field(description="How it differs: `new` or `dropped`, else `modified`, `moved` or both"),
    ]
    log_odds_move: Annotated[
        float | None,
        Field(description="Log-odds (natural) after less before; null unless rated on both sides"),
    ]
    words_move: Annotated[
        int | None,
        Field(description="By how many words of the scale it moved, up positive; null likewise"),
    ]
    before: Annotated[HeldThen | None, Field(description="At `from`; null where it is new")]
    after: Annotated[HeldThen | None, Field(description="At `to`; null where it is dropped")]
    changes: Annotated[
        list[Change], Field(description="What is said of it otherwise, by field; `/outcome` too")
    ]


class DiffItem(Differing):
    """A consequence that differs, what it was and is, and what came in between."""

    changed_by: Annotated[
        str | None,
        Field(description="Who wrote the version at `to`, where it is another; else null"),
    ]
    changed_at: Annotated[Instant | None, Field(description="When that was; else null")]
    acts: Annotated[
        list[Act], Field(description=f"What came in between, oldest first; the newest {MOST}")
    ]
    acts_total: ActsTotal
    claims: Claims
    claims_total: ClaimsTotal


class EditionAct(Shape):
    """Something the later of two editions holds and the earlier doesn't; or a rating that ended."""

    kind: Annotated[
        Literal["rating", "ended", "outcome", "cause"],
        Field(
            description="What was done; `ended`: the later edition holds neither this rating nor"
            " another of its assessor, since it was withdrawn or is marked above that edition"
        ),
    ]
    record: ActRecord
    by: Annotated[str | None, Field(description="Of a rating: the assessor's slug")]
    effective_at: Annotated[
        Instant | None, Field(description="From when it holds; null where a rating ended")
    ]
    probability: ActPoint
    status: ActStatus
    machine: ActMachine
    reason: Annotated[
        str | None,
        Field(
            description="`change_reason` of a rating, or else its rationale; the note on a finding"
        ),
    ]


class EditionDiffItem(Differing):
    """A consequence that differs between two editions, and what came in between."""

    version_before: Annotated[
        int | None,
        Field(description="Its version in the earlier edition; `…/versions` says who wrote it"),
    ]
    version_after: Annotated[int | None, Field(description="Its version in the later edition")]
    acts: Annotated[
        list[EditionAct],
        Field(description=f"What came in between, oldest first; the newest {MOST}"),
    ]
    acts_total: ActsTotal
    claims: Claims
    claims_total: ClaimsTotal


class DiffCounts(Shape):
    """How many consequences differ, whatever is filtered; one may be modified and moved."""

    new: Annotated[int, Field(description="There at `to` and not at `from`")]
    dropped: Annotated[int, Field(description="There at `from` and not at `to`")]
    modified: Annotated[int, Field(description="Said otherwise, or resolved otherwise")]
    moved: Annotated[int, Field(description="Judged otherwise")]


class Compared(Shape):
    """Which two states were compared, and how many consequences differ."""

    from_: Annotated[Instant, Field(alias="from", description="The first moment")]
    to: Annotated[Instant, Field(description="The second moment")]
    known_from: Annotated[
        Instant | None, Field(description="What had been recorded by then, at `from`; null: all")
    ]
    known_to: Annotated[
        Instant | None, Field(description="What had been recorded by then, at `to`; null: all")
    ]
    method: Annotated[str, Field(description="The pool that is the headline")]
    scale: Annotated[Scale, Field(description="The yardstick of the words")]
    counts: Annotated[DiffCounts, Field(description="How many differ, before any filter")]


class Diff(Compared):
    """What differs between two states of an alliance."""

    items: Annotated[list[DiffItem], Field(description="Those that differ, by their ids")]


class EditionDiff(Compared):
    """What differs between two editions, told forwards from the one that judges the earlier day."""

    from_edition: Annotated[IdText, Field(description="The id of the earlier edition")]
    to_edition: Annotated[IdText, Field(description="The id of the later edition")]
    items: Annotated[list[EditionDiffItem], Field(description="Those that differ, by their ids")]
