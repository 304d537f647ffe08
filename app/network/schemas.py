"""The wire shapes of the causal network, and of what is asked of it."""

from typing import Annotated, Literal

from pydantic import Field

from app.evidence.schemas import EvidenceBalance
from app.kernel.types import NEARLY, IdText, Instant, Reference, Shape, plainly
from app.ratings.schemas import Count

MOST = 300
"""Entries of a list of a question at most: as many as a network has nodes."""

Strength = Annotated[
    float,
    Field(ge=NEARLY, le=1, strict=True, allow_inf_nan=False),
    plainly("must be a number above 0 and at most 1, e.g. 0.6 for 60 per cent"),
]
LOG_ODDS = "in log-odds (natural)"
LeftOut = Literal["no_strength", "parent_unrated", "child_unrated", "other_alliance"]
BaseFrom = Literal["judged", "leak", "assumed_leak"]
Flaw = Literal["part_exceeds_whole", "earlier_exceeds_later", "derived_far_from_judged"]


class NetworkNode(Shape):
    """A consequence in the network. Nobody rated it: all but `n` and `leak` is null."""

    id: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    outcome: Annotated[
        str | None,
        Field(description="What was found of it by then. It moves nothing here: assume it instead"),
    ]
    n: Count
    judged: Annotated[
        float | None, Field(description="The pool of its ratings, between 0 and 1; null: not rated")
    ]
    leak: Annotated[
        float | None, Field(description="Its leak as it was said; null: nobody has said")
    ]
    base: Annotated[
        float | None,
        Field(description="How likely it is by nothing in the network: what it is reckoned with"),
    ]
    base_from: Annotated[
        BaseFrom | None,
        Field(
            description="Where `base` is from: `judged` where no cause counts, else its `leak`, or"
            " `assumed_leak` where nobody has said one"
        ),
    ]
    derived: Annotated[
        float | None,
        Field(description="How likely its causes make it, from 0 to 1; null: not rated"),
    ]
    difference: Annotated[
        float | None,
        Field(description=f"`derived` less `judged`, {LOG_ODDS}; null where one has none"),
    ]
    incoherent: Annotated[
        list[Flaw], Field(description="Which of `incoherences` it is one of, each once")
    ]


class NetworkEdge(Shape):
    """A cause that is named, and whether it counts."""

    parent: Annotated[IdText, Field(description="The consequence that is a cause")]
    child: Annotated[IdText, Field(description="The consequence that names it in `caused_by`")]
    strength: Annotated[
        float | None,
        Field(description="How likely the parent alone brings the child about; null: not said"),
    ]
    left_out: Annotated[
        LeftOut | None, Field(description="Why it isn't reckoned with; null: it is")
    ]


class Incoherence(Shape):
    """Two probabilities that don't go together."""

    kind: Annotated[
        Flaw,
        Field(
            description="A part judged likelier than its whole; an outcome judged likelier by an"
            " earlier day than one of the same title is by a later; what causes make likely far"
            " from what is judged"
        ),
    ]
    consequence: Annotated[IdText, Field(description="The part, the earlier, or the one far off")]
    against: Annotated[IdText, Field(description="The whole, the later, or the same once more")]
    probability: Annotated[float, Field(description="What is judged of `consequence`")]
    limit: Annotated[float, Field(description="What is judged of `against`, or derived")]
    gap: Annotated[float, Field(description=f"How far they are apart, {LOG_ODDS}; above 0")]


class EdgeMove(Shape):
    """What a strength does to the headline."""

    parent: Annotated[IdText, Field(description="The consequence that is a cause")]
    child: Annotated[IdText, Field(description="The consequence it is a cause of")]
    strength: Annotated[float, Field(description="The strength it is reckoned with")]
    log_odds_move: Annotated[
        float | None,
        Field(
            description="The move of the headline without it; null: it would be certain or"
            " impossible, or what is assumed would be"
        ),
    ]
    slope: Annotated[float, Field(description="The headline's probability by it, the derivative")]


class BaseMove(Shape):
    """What the base of a consequence does to the headline."""

    consequence: Annotated[IdText, Field(description="The consequence whose base it is")]
    base: Annotated[float, Field(description="The base it is reckoned with")]
    base_from: Annotated[BaseFrom, Field(description="As in the nodes")]
    log_odds_move: Annotated[
        float | None,
        Field(
            description="The move of the headline if it were 0; null: it would be certain or"
            " impossible, or what is assumed would be"
        ),
    ]
    slope: Annotated[float, Field(description="The headline's probability by it, the derivative")]


class RatingMove(Shape):
    """What a rating does to the headline, through the pool it is in."""

    rating: Annotated[IdText, Field(description="The id of the rating")]
    assessor: Annotated[str, Field(description="The assessor's slug")]
    consequence: Annotated[IdText, Field(description="The consequence it rates")]
    probability: Annotated[float, Field(description="Its point, between 0 and 1")]
    judged: Annotated[float, Field(description="The pool with it")]
    judged_without: Annotated[
        float | None, Field(description="The pool without it; null: it is the only one")
    ]
    log_odds_move: Annotated[
        float | None,
        Field(description="The move of the headline without it; null: as `judged_without`"),
    ]


class Sensitivity(Shape):
    """Which single numbers move the headline most, the strongest first; null counts as most.

    Twenty of each kind at most. A rating counts where its pool does: of consequences no cause of
    which counts.
    """

    headline: Annotated[IdText, Field(description="The consequence that was asked about")]
    probability: Annotated[float, Field(description="What is derived of it")]
    edges: Annotated[list[EdgeMove], Field(description="Of the strengths")]
    bases: Annotated[list[BaseMove], Field(description="Of the judged roots and the leaks")]
    ratings: Annotated[list[RatingMove], Field(description="Of the ratings")]


class NetworkAnswer(Shape):
    """The consequences of an alliance as causes of each other, at the moment asked for."""

    as_of: Annotated[Instant, Field(description="The moment the judgements were in force")]
    method: Annotated[str, Field(description="The pool that is reckoned with")]
    assumed_leak: Annotated[
        float, Field(description="The leak of those that have causes and say none")
    ]
    far: Annotated[
        float, Field(description=f"From where on derived is far from judged, {LOG_ODDS}")
    ]
    nodes: Annotated[list[NetworkNode], Field(description="Every consequence, by its id")]
    edges: Annotated[list[NetworkEdge], Field(description="Every cause that is named")]
    unrated: Annotated[
        list[IdText], Field(description="Those nobody rated: no edge of theirs counts")
    ]
    incoherences: Annotated[list[Incoherence], Field(description="What doesn't go together")]
    sensitivity: Annotated[Sensitivity | None, Field(description="Null without a `headline`")]


# --- What if ------------------------------------------------------------------------------------


class Assumption(Shape):
    """An outcome that is taken for granted."""

    consequence: IdText
    occurred: Annotated[bool, Field(strict=True, description="Whether it comes true")]


class StrengthSet(Shape):
    """Another strength of a cause that is named."""

    parent: Annotated[IdText, Field(description="The consequence that is a cause")]
    child: Annotated[IdText, Field(description="The consequence that names it in `caused_by`")]
    strength: Annotated[
        Strength, Field(description="How likely it alone brings the child about; 1: surely")
    ]


class WhatIf(Shape):
    """What is taken to be otherwise. Nothing of it is stored."""

    assume: Annotated[
        list[Assumption],
        Field(
            max_length=MOST,
            description="Given that these are seen to come true, or not: it speaks about their"
            " causes as well as about their effects",
        ),
    ] = []
    intervene: Annotated[
        list[Assumption],
        Field(
            max_length=MOST,
            description="If somebody brought these about, or prevented them: it says nothing about"
            " their causes",
        ),
    ] = []
    strengths: Annotated[list[StrengthSet], Field(max_length=1500)] = []
    drop_claims: Annotated[
        list[IdText],
        Field(
            max_length=200,
            description="Count the evidence without these claims. Claims move no probability:"
            " assessors weigh them, and say so in their next rating",
        ),
    ] = []
    drop_assessors: Annotated[
        list[Reference],
        Field(max_length=100, description="Pool without the ratings of these assessors"),
    ] = []
    headline: Annotated[
        IdText | None, Field(description="Tell which single numbers move this consequence most")
    ] = None


class NodeState(Shape):
    """A consequence before or after."""

    id: Annotated[IdText, Field(description="The id of the consequence")]
    judged: Annotated[float | None, Field(description="The pool of its ratings; null: not rated")]
    base: Annotated[float | None, Field(description="As in the network")]
    derived: Annotated[
        float | None,
        Field(description="From 0 to 1; what is assumed is 0 or 1; null: not rated"),
    ]


class Move(Shape):
    """A consequence that what was asked moves."""

    id: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    before: Annotated[float, Field(description="What was derived of it, from 0 to 1")]
    after: Annotated[
        float | None, Field(description="What is then, from 0 to 1; null: nobody is left who rates")
    ]
    log_odds_move: Annotated[
        float | None,
        Field(description=f"The move, {LOG_ODDS}; null where one of them is 0, 1 or null"),
    ]


class EvidenceMove(Shape):
    """The evidence on a consequence with and without the claims that are dropped."""

    consequence: Annotated[IdText, Field(description="The id of the consequence")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    before: EvidenceBalance
    after: EvidenceBalance


class WhatIfAnswer(Shape):
    """The network before and after."""

    as_of: Annotated[Instant, Field(description="The moment the judgements were in force")]
    method: Annotated[str, Field(description="The pool that is reckoned with")]
    assumed_leak: Annotated[
        float, Field(description="The leak of those that have causes and say none")
    ]
    before: Annotated[list[NodeState], Field(description="Every consequence as it stands, by id")]
    after: Annotated[list[NodeState], Field(description="The same as asked")]
    moves: Annotated[
        list[Move],
        Field(
            description="What moves, less what was assumed: first what becomes certain or"
            " impossible, then by the size of the move, last what nobody rates any more"
        ),
    ]
    evidence: Annotated[
        list[EvidenceMove],
        Field(description="Consequences whose evidence counts otherwise without `drop_claims`"),
    ]
    sensitivity: Annotated[
        Sensitivity | None, Field(description="After; null without a `headline`")
    ]
