"""The wire shapes of scores of assessors and of pools."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import Field

from app.consequences.schemas import Category
from app.kernel.listing import Clocks, Tabular
from app.kernel.types import IdText, Instant, QueryBool, Reference, Shape

Horizon = Literal["quarter", "year", "three_years", "longer", "unstated"]
Scheduled = Annotated[
    Horizon,
    Field(
        description="From its `effective_at` to its `resolves_on`: at most 92, 366 or 1096 days, or"
        " `longer`; `unstated` without one of them"
    ),
]
Brier = Annotated[float, Field(description="Mean (p - o)², by days in force: 0 best, 1 worst")]
Log = Annotated[
    float, Field(description="Mean natural logarithm of the probability of what happened: 0 best")
]
Baseline = Annotated[
    float, Field(description="100 · ln(2p)/ln 2 of what happened: 100 best, 0 for even chance")
]
Days = Annotated[
    float,
    Field(
        description="Days for which a forecast was in force, added up; none before its consequence"
        " began"
    ),
]
Forecasts = Annotated[
    int, Field(description="Stretches of time in which one probability was held; 0 or more")
]


class ScoreQuery(Tabular, Clocks):
    """What is scored, and when it is asked."""

    method: Annotated[
        Literal["log_odds", "linear", "median"],
        Field(description="How the pool is made that is scored, or compared with"),
    ] = "log_odds"
    category: Annotated[
        list[Category],
        Field(description="Only consequences of this category; repeat it for any of several"),
    ] = []
    horizon: Annotated[
        list[Horizon],
        Field(description="Only consequences that look so far ahead; repeat it for any of several"),
    ] = []
    resolved_from: Annotated[
        Instant | None, Field(description="Only what was resolved at this instant or later")
    ] = None
    resolved_to: Annotated[
        Instant | None, Field(description="Only what was resolved earlier than this instant")
    ] = None
    include_machine: Annotated[
        QueryBool, Field(description="Let ratings by machines into pools and among the peers")
    ] = False
    in_time: Annotated[
        QueryBool,
        Field(
            description="Let each rating count from when it was written down here, not from the"
            " earlier day it may be dated"
        ),
    ] = False


class AssessorScoreQuery(ScoreQuery):
    """The same, of one assessor."""

    alliance: Annotated[
        list[Reference],
        Field(description="Only consequences of this alliance; repeat it for any of several"),
    ] = []


class Peer(Shape):
    """How much better than others at the same time; of one consequence as of the next."""

    score: Annotated[
        float,
        Field(
            description="Mean over the others of 100 · ln(p/p_j) of what happened, by days: 0 is as"
            " good as they were. Of a pool the others are the assessors in it"
        ),
    ]
    n: Annotated[int, Field(description="Consequences that others rated at the same time")]


class Decomposition(Shape):
    """The parts of the Brier score, in ten bins of probability (Murphy 1973, Stephenson 2008).

    brier = reliability - resolution + uncertainty + within_variance - within_covariance
    """

    reliability: Annotated[float, Field(description="0 where words mean what they say")]
    resolution: Annotated[float, Field(description="The more, the better told apart")]
    uncertainty: Annotated[float, Field(description="Of the outcomes themselves: 0 to 0.25")]
    within_variance: Annotated[float, Field(description="Of probabilities inside the bins")]
    within_covariance: Annotated[float, Field(description="Of them with outcomes, inside bins")]


class SkillAgainst(Shape):
    """1 - Brier / Brier of a reference, on the same consequences and days."""

    skill: Annotated[float, Field(description="1 perfect, 0 as good as the reference, below worse")]
    brier: Annotated[float, Field(description="The Brier score of who is scored")]
    reference: Annotated[float, Field(description="The Brier score of the reference")]
    n: Annotated[int, Field(description="Consequences for which there was a reference")]


class SkillScores(Shape):
    """What was added to what one knew before."""

    against_base_rate: Annotated[
        SkillAgainst | None,
        Field(description="Against the `base_rate` of each consequence; null where none has one"),
    ]
    against_pool: Annotated[
        SkillAgainst | None,
        Field(
            description="Against the pool as it stood just before each rating (of a pool: before"
            " it moved), held for the same days; null where there was none"
        ),
    ]


class CalibrationBin(Shape):
    """Forecasts in [low, high): what they said, and how much happened."""

    low: Annotated[float, Field(description="The lower edge, which belongs to it")]
    high: Annotated[float, Field(description="The upper edge")]
    n: Forecasts
    effective: Annotated[
        float, Field(description="How many whole consequences they are worth (Kish 1965)")
    ]
    mean: Annotated[float, Field(description="The mean of the probabilities")]
    share: Annotated[float, Field(description="The share that happened")]
    interval_low: Annotated[float, Field(description="Of the share: Wilson, 95 %, lower end")]
    interval_high: Annotated[float, Field(description="Of the share: Wilson, 95 %, upper end")]


class Calibration(Shape):
    """Whether probabilities meant what they said.

    Only of consequences whose scheduled day has passed and that were not annulled: to take what was
    resolved early would favour what happens, since an early outcome is nearly always a yes.
    """

    n: Annotated[int, Field(description="Consequences whose scheduled day has passed")]
    effective: Annotated[float, Field(description="How many whole consequences they are worth")]
    drawn_from: Annotated[
        int, Field(description="Bins are shown from so many effective consequences on")
    ]
    discrimination: Annotated[
        float | None,
        Field(
            description="Mean probability of what happened less that of what did not; null where"
            " only one of the two was seen"
        ),
    ]
    bins: Annotated[
        list[CalibrationBin] | None, Field(description="Null below `drawn_from`: it would be luck")
    ]


class Group(Shape):
    """The scores of a part of the consequences."""

    key: Annotated[str, Field(description="The category, horizon, year or method")]
    n: Annotated[int, Field(description="Consequences scored in it; 1 or more")]
    days: Days
    brier: Brier
    log: Log
    baseline: Baseline
    mean: Annotated[float, Field(description="The mean probability held")]
    share: Annotated[float, Field(description="The share that happened")]
    peer: Annotated[Peer | None, Field(description="Null where nobody else rated then")]


class Groups(Shape):
    """The same scores, part by part."""

    category: Annotated[list[Group], Field(description="By category")]
    horizon: Annotated[list[Group], Field(description="By how far ahead the consequence looks")]
    year: Annotated[list[Group], Field(description="By the year (UTC) it was resolved in")]
    method: Annotated[
        list[Group], Field(description="By how the pool is made; of an assessor none")
    ]


class Apart(Shape):
    """Consequences that were rated and aren't scored."""

    partial: Annotated[int, Field(description="Those that `partly_occurred`: neither 0 nor 1")]
    annulled: Annotated[int, Field(description="Those that were annulled")]
    open: Annotated[int, Field(description="Those of which nothing is settled yet")]
    overdue: Annotated[int, Field(description="Of the open and the partial those that are due")]
    late: Annotated[int, Field(description="Those resolved that nobody had rated by then")]


class Resolved(Shape):
    """One consequence that is scored."""

    consequence: Annotated[IdText, Field(description="Its id")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    title: Annotated[str, Field(description="Its title")]
    category: Annotated[str, Field(description="Its category")]
    horizon: Scheduled
    outcome: Annotated[
        Literal["occurred", "did_not_occur"], Field(description="What came of it, as held then")
    ]
    since: Annotated[Instant, Field(description="Since when that holds")]
    resolves_on: Annotated[dt.date | None, Field(description="When it was due to be resolved")]
    closed: Annotated[
        Instant,
        Field(description="Until when forecasts count: `since`, or the end of the day it was due"),
    ]
    due: Annotated[bool, Field(description="Whether that day has passed: calibration takes it in")]
    probability: Annotated[float, Field(description="The mean held, by days, between 0 and 1")]
    days: Days
    forecasts: Forecasts
    brier: Brier
    log: Log
    baseline: Baseline
    peer: Annotated[float | None, Field(description="Null where nobody else rated then")]
    base_rate: Annotated[float | None, Field(description="What it was said to be from the start")]


class Scores(Shape):
    """Scores at the moment asked for. Nothing resolved: n is 0 and every score null."""

    as_of: Annotated[Instant, Field(description="The moment asked about")]
    subject: Annotated[str, Field(description="The slug of the assessor or the alliance")]
    method: Annotated[str, Field(description="How the pool is made")]
    n: Annotated[int, Field(description="Consequences scored, each counting once; 0 or more")]
    forecasts: Forecasts
    days: Days
    backdated: Annotated[
        int, Field(description="Ratings that count and were written down after their closing")
    ]
    apart: Annotated[Apart, Field(description="What was rated and isn't scored, counted")]
    brier: Brier | None
    log: Log | None
    baseline: Baseline | None
    mean: Annotated[float | None, Field(description="The mean probability held")]
    share: Annotated[float | None, Field(description="The share that happened")]
    peer: Annotated[Peer | None, Field(description="Null where nobody else rated then")]
    decomposition: Annotated[Decomposition | None, Field(description="The Brier score in parts")]
    skill: Annotated[SkillScores | None, Field(description="Against what one knew before")]
    calibration: Annotated[Calibration | None, Field(description="Null where nothing is due yet")]
    by: Annotated[Groups, Field(description="Part by part")]
    resolved: Annotated[list[Resolved], Field(description="Each consequence scored, by closing")]
    caveat: Annotated[str, Field(description="What the numbers can't bear")]


class SourceScoreQuery(Tabular, Clocks):
    """Which of the claims of a source, and when."""

    alliance: Annotated[
        list[Reference],
        Field(description="Only claims of this alliance; repeat it for any of several"),
    ] = []


Claims = Annotated[int, Field(description="Claims it carries; 0 or more")]
HELD = "Those that outcomes or later claims bear out"
Share = Annotated[
    float | None,
    Field(description="Of those that held or did not, the share that did; null without any"),
]
Low = Annotated[float | None, Field(description="Of that share: Wilson, 95 %, lower end")]
High = Annotated[float | None, Field(description="Of that share: Wilson, 95 %, upper end")]


class Verdicts(Shape):
    """How many claims held."""

    claims: Claims
    held: Annotated[int, Field(description=HELD)]
    not_held: Annotated[int, Field(description="Those they speak against, and those taken back")]
    mixed: Annotated[int, Field(description="Those of which they say both")]
    open: Annotated[int, Field(description="Those that nothing settles yet")]
    share: Share
    interval_low: Low
    interval_high: High


class GradeVerdicts(Verdicts):
    """How many claims of one declared grade held."""

    grade: Annotated[
        str,
        Field(
            description="Reliability of the source and credibility of the claim, as declared",
            examples=["B2"],
        ),
    ]


class Settler(Shape):
    """An outcome or a later claim that settles a claim."""

    kind: Annotated[Literal["outcome", "claim"], Field(description="Which of the two")]
    id: Annotated[IdText, Field(description="The id of the consequence, or of the claim")]
    how: Annotated[
        str, Field(description="The outcome, or the relation of the later claim to this one")
    ]
    at: Annotated[Instant, Field(description="Since when the outcome holds; when it was said")]
    verdict: Annotated[Literal["held", "not_held"], Field(description="What it says of the claim")]


class Settled(Shape):
    """A claim that is settled, and by what."""

    claim: Annotated[IdText, Field(description="Its id")]
    ref: Annotated[str | None, Field(description="The analyst's own label of it")]
    statement: Annotated[str, Field(description="What it says")]
    grade: Annotated[str, Field(description="As declared", examples=["B2"])]
    said_at: Annotated[Instant, Field(description="From when it speaks")]
    verdict: Annotated[Literal["held", "not_held", "mixed"], Field(description="What came of it")]
    by: Annotated[list[Settler], Field(description="What settles it, oldest first")]


class SourceScores(Verdicts):
    """How many of the claims of a source held, at the moment asked for.

    An outcome settles a claim that was said before it and bears on it by an evidence link. Else a
    retraction does, and else a later claim of an independent origin and a higher grade that
    supports, denies or contradicts it: judged on both axes, as good on both, better on one.
    """

    as_of: Annotated[Instant, Field(description="The moment asked about")]
    source: Annotated[str, Field(description="The slug of the source")]
    reliability: Annotated[str, Field(description="Its declared reliability, A … F")]
    by_grade: Annotated[list[GradeVerdicts], Field(description="By declared grade, best first")]
    settled: Annotated[list[Settled], Field(description="Each claim that is settled, oldest first")]
    caveat: Annotated[str, Field(description="What the numbers can't bear")]


Answer = dict[str, Any]
"""An answer before it is written."""
