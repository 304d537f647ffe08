"""The wire shapes of lint."""

from typing import Annotated, Literal

from pydantic import Field

from app.kernel.listing import Clocks, Tabular
from app.kernel.types import IdText, Instant, Shape

RuleId = Literal[
    "no-source", "single-origin", "interested-party-only", "contested-claim-relied-on",
    "no-base-rate", "likelihood-and-confidence-in-one-sentence", "words-of-two-scales",
    "machine-only", "no-alternative", "stale", "changed-without-reason",
    "assumption-broken", "no-resolution-criteria", "no-deadline",
]  # fmt: skip
Severity = Literal["error", "warning", "info"]
Standard = Annotated[
    int, Field(ge=1, le=9, description="The analytic standard of ICD 203, D.6.e: 1 … 9")
]


class LintQuery(Tabular, Clocks):
    """When to look, and which rules to look by."""

    rule: Annotated[
        list[RuleId], Field(description="Only by this rule; repeat it for any of several")
    ] = []
    not_rule: Annotated[
        list[RuleId], Field(description="Not by this rule; repeat it for several")
    ] = []
    severity: Annotated[
        list[Severity], Field(description="Only by rules this grave; repeat it for any of several")
    ] = []


class RuleShape(Shape):
    """A rule: what is a fault, by which standard, and how it is mended."""

    id: Annotated[RuleId, Field(description="Its name")]
    standard: Standard
    severity: Annotated[Severity, Field(description="How grave it is")]
    wrong: Annotated[str, Field(description="What is wrong where it is broken")]
    mend: Annotated[str, Field(description="How that is mended")]


class LintRules(Shape):
    """Every rule there is."""

    items: Annotated[list[RuleShape], Field(description="By standard")]
    next: Annotated[str | None, Field(description="Always null: these are all")]


class Pointed(Shape):
    """A record that a finding points at."""

    type: Annotated[
        Literal["consequences", "ratings", "claims", "factors"],
        Field(description="Its kind, in the plural"),
    ]
    id: Annotated[IdText, Field(description="Its id")]
    ref: Annotated[str | None, Field(description="The analyst's own label; ratings have none")]


class FindingShape(Shape):
    """A fault: the rule that is broken, and where."""

    rule: Annotated[RuleId, Field(description="The rule")]
    standard: Standard
    severity: Annotated[Severity, Field(description="How grave it is")]
    records: Annotated[list[Pointed], Field(description="The records it is about, the main first")]
    detail: Annotated[str, Field(description="What is wrong here")]


class LintCounts(Shape):
    """How many faults of each gravity were found."""

    error: Annotated[int, Field(description="What makes a judgement unsound")]
    warning: Annotated[int, Field(description="What weakens it")]
    info: Annotated[int, Field(description="What would make it stronger")]


class Lint(Shape):
    """The faults of an alliance at the moment asked for."""

    as_of: Annotated[Instant, Field(description="The moment looked at")]
    counts: Annotated[LintCounts, Field(description="How many there are")]
    items: Annotated[list[FindingShape], Field(description="By standard and rule")]
