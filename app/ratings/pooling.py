"""The judgement as SQL: which pool stands at the moment, for as many consequences as are asked.

The usual pool (people's ratings, equal weights) is read from `judgements`, where every rating keeps
it up to date. Any other weighting is pooled here from the ratings in force. Both give one row a
consequence with the same columns, so lists filter and sort by them in the database.

Formulas: domain.md §5, and `app.domain.pooling`, which tests hold against this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nextafter
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from app.assessors.models import Assessor
from app.kernel.filters import Where, at_least, at_most, equals, matches
from app.kernel.types import QueryBool, QueryFloat, QueryInt, Slug
from app.kernel.view import View
from app.matrices.service import DEFAULT_NAME, in_use, level_of
from app.ratings.models import RANKS, Judgement, Rating
from app.ratings.weights import recency, worth

Method = Literal["log_odds", "linear", "median"]
TIE = 1e-9
"""Distances in log-odds that differ by less are equal; then the smaller id dissents."""
STEEP = 700.0
"""exp of more overflows; the sigmoid is 0 to the last digit long before."""
CERTAIN = 36.7
"""From here on the sigmoid would round to 1, which is no probability."""


def _factor(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """`auto` or a number, or the one reason why it is neither."""
    if isinstance(value, str) and value.isascii() and value.replace(".", "", 1).isdigit():
        value = float(value)
    try:
        return check(value)
    except ValidationError:
        raise ValueError("must be auto, or a number from 0.01 to 10") from None


class Pooling(BaseModel, frozen=True):
    """How to pool: what a caller may choose."""

    method: Annotated[Method, Field(description="The pool that is the headline")] = "log_odds"
    extremize: Annotated[
        Literal["auto"] | Annotated[float, Field(ge=0.01, le=10, strict=True)],
        WrapValidator(_factor),
        Field(description="Factor d of the log-odds pool; `auto` after Neyman & Roughgarden 2021"),
    ] = 1.0
    half_life_days: Annotated[
        QueryFloat | None,
        Field(
            ge=0.1,
            le=100_000,
            description="Let a rating's weight halve in so many days before the newest",
        ),
    ] = None
    include_machine: Annotated[
        QueryBool, Field(description="Let ratings by machines into the pool")
    ] = False
    matrix: Annotated[Slug, Field(description="The risk matrix to place it in")] = DEFAULT_NAME

    @property
    def usual(self) -> bool:
        """Whether the pool asked for is the one that is kept."""
        return self.half_life_days is None and not self.include_machine


class Weighing(Pooling):
    """How to pool at one moment: by what each assessor was worth until then, too."""

    skill: Annotated[
        QueryBool,
        Field(
            description="Weigh assessors by their Brier scores, as known at that moment: 1 without"
            " any, from 0.25 to 4 with"
        ),
    ] = False


class JudgementFilters(BaseModel):
    """Filters by the judgement; they are evaluated where and when the list is."""

    probability_min: Annotated[QueryFloat | None, Field(ge=0, le=1), at_least("probability")] = None
    probability_max: Annotated[QueryFloat | None, Field(ge=0, le=1), at_most("probability")] = None
    risk_level: Annotated[
        list[Annotated[QueryInt, Field(ge=0, le=4)]],
        Field(description="By the matrix: 0 the lowest … 4 the highest"),
        equals("risk_level"),
    ] = []
    risk_level_min: Annotated[QueryInt | None, Field(ge=0, le=4), at_least("risk_level")] = None
    impact: Annotated[list[Annotated[QueryInt, Field(ge=1, le=5)]], equals("impact")] = []
    impact_min: Annotated[QueryInt | None, Field(ge=1, le=5), at_least("impact")] = None
    impact_max: Annotated[QueryInt | None, Field(ge=1, le=5), at_most("impact")] = None
    n_min: Annotated[QueryInt | None, Field(ge=0, le=100_000), at_least("n")] = None
    n_max: Annotated[QueryInt | None, Field(ge=0, le=100_000), at_most("n")] = None
    confidence: Annotated[
        list[Literal["low", "moderate", "high"]],
        Where(equals("confidence_rank").predicate, lambda words: {"": [*map(RANKS.index, words)]}),
    ] = []
    stale: Annotated[QueryBool | None, matches("stale")] = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The judgement joined to a select: what to join, what to read, what to filter by."""

    statement: sa.Select[Any]
    columns: Mapping[str, sa.ColumnElement[Any]]


def join(
    statement: sa.Select[Any],
    consequence: sa.ColumnElement[Any],
    view: View,
    pooling: Pooling,
    only: sa.Select[Any] | None = None,
    skill: Mapping[str, float] | None = None,
) -> Joined:
    """Join each consequence's judgement at the moment, in the statement that lists them.

    `only` are the ids of those that are asked for: what isn't kept is pooled for no others. `skill`
    is what some assessors weigh; the others weigh 1.
    """
    j, there = _judgements(view, pooling, consequence, only, skill or {})
    matrix = in_use(view, pooling.matrix)
    point, low, high, log_odds = _headline(j, pooling)
    level = level_of(matrix, point, j.c.impact)
    x = _logit(point) if pooling.method != "log_odds" else _factor_of(j, pooling) * j.c.logit
    above, below = _logit(j.c.most) - x, x - _logit(j.c.least)
    furthest = sa.case(
        (j.c.n < 2, None),  # noqa: PLR2004 - one has nobody to differ from
        (above > below + TIE, j.c.most_rating),
        (below > above + TIE, j.c.least_rating),
        (j.c.least_rating < j.c.most_rating, j.c.least_rating),
        else_=j.c.most_rating,
    )
    dissent, assessor = view.of(Rating, "dissent"), view.of(Assessor, "dissenter")
    stale = sa.and_(j.c.review_by.is_not(None), j.c.review_by < view.moment)
    shown: dict[str, sa.ColumnElement[Any]] = {
        "method": sa.literal(pooling.method),
        "n": sa.func.coalesce(j.c.n, 0),
        "probability": point,
        "probability_low": low,
        "probability_high": high,
        "pool_log_odds": log_odds,
        "pool_linear": j.c.linear,
        "pool_median": j.c.median,
        "spread_min": j.c.least,
        "spread_q1": j.c.q1,
        "spread_q3": j.c.q3,
        "spread_max": j.c.most,
        "log_odds_sd": j.c.log_odds_sd,
        "impact": j.c.impact,
        "confidence_rank": j.c.confidence_rank,
        "risk_level": level,
        "matrix_name": matrix.c.name,
        "matrix_edition": matrix.c.matrix_version,
        "matrix_names": matrix.c.level_names,
        "last_rated_at": j.c.last_rated_at,
        "review_by": j.c.review_by,
        "stale": sa.func.coalesce(stale, sa.false()),
        "dissent_rating": dissent.c.id,
        "dissent_assessor": sa.func.coalesce(
            assessor.c.slug, sa.cast(dissent.c.assessor, sa.String(80))
        ),
        "dissent_probability": dissent.c.point,
        "dissent_rationale": dissent.c.rationale,
    }
    joined = (
        statement.add_columns(*(column.label(f"j_{name}") for name, column in shown.items()))
        .outerjoin(j, sa.and_(j.c.consequence == consequence, there))
        .outerjoin(matrix, sa.true())
        .outerjoin(dissent, dissent.c.id == furthest)
        .outerjoin(assessor, assessor.c.id == dissent.c.assessor)
    )
    expected = point * j.c.impact
    return Joined(joined, shown | {"expected_impact": expected, "risk": level * 10.0 + expected})


def are_kept(view: View, pooling: Pooling, skill: Mapping[str, float]) -> bool:
    """Whether all the pools asked for are kept, and none has to be made."""
    return pooling.usual and not (skill or view.lacks(Rating) or view.eyes.addressed)


def _judgements(
    view: View,
    pooling: Pooling,
    consequence: sa.ColumnElement[Any],
    only: sa.Select[Any] | None,
    skill: Mapping[str, float],
) -> tuple[sa.FromClause, sa.ColumnElement[bool]]:
    """Judgements by consequence, and the condition under which one of them holds at the moment.

    Kept ones as far as they are the reader's: pools with ratings that name an audience they are in
    are theirs alone, and made when asked for.
    """
    j = view.of(Judgement, "judgement")
    if are_kept(view, pooling, skill):
        return j, _in_force(view, j, consequence)
    if skill or not pooling.usual or view.lacks(Rating):
        return _live(view, pooling, only, skill), sa.true()
    r = view.of(Rating, "addressed")
    apart = sa.select(r.c.consequence).where(r.c.marking.in_(sorted(view.eyes.addressed)))
    if only is not None:
        apart = apart.where(r.c.consequence.in_(only))
    theirs = sa.select(j).where(_in_force(view, j, j.c.consequence), j.c.consequence.not_in(apart))
    live = _live(view, pooling, apart)
    columns = [column.name for column in live.c]
    both = sa.union_all(
        theirs.with_only_columns(*(j.c[name] for name in columns)),
        sa.select(*(live.c[name] for name in columns)),
    )
    return both.subquery("judgement"), sa.true()


def _in_force(
    view: View, j: sa.FromClause, consequence: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Whether a kept judgement holds at the moment: the last begun, unless nobody rated since.

    Stretches don't overlap, so one step into the index finds it, however many there are.
    """
    level = view.eyes.level
    mine = sa.and_(j.c.from_level <= level, j.c.to_level > level)
    if view.as_of is None:
        return sa.and_(mine, view.holds(j))
    begun = view.of(Judgement, "begun")
    newest = (
        sa.select(sa.func.max(begun.c.effective_at, type_=Judgement.effective_at.type))
        .where(
            begun.c.consequence == consequence,
            begun.c.from_level <= level,
            begun.c.to_level > level,
            begun.c.effective_at <= view.as_of,
        )
        .correlate(consequence.table)
        .scalar_subquery()
    )
    return sa.and_(mine, j.c.effective_at == newest, view.holds(j))


def _headline(j: sa.FromClause, pooling: Pooling) -> tuple[Any, Any, Any, Any]:
    """Point, low and high by the method asked for, and the log-odds pool of the points."""
    log_odds: tuple[Any, ...] = (j.c.log_odds, j.c.log_odds_low, j.c.log_odds_high)
    if pooling.extremize != 1.0:
        d = _factor_of(j, pooling)
        log_odds = (_sigma(d * j.c.logit), _sigma(d * j.c.logit_low), _sigma(d * j.c.logit_high))
    point, low, high = log_odds
    if pooling.method == "log_odds":
        return point, low, high, point
    name = pooling.method
    return j.c[name], j.c[f"{name}_low"], j.c[f"{name}_high"], point


def _factor_of(j: sa.FromClause, pooling: Pooling) -> Any:
    if pooling.extremize != "auto":
        return sa.literal(pooling.extremize, sa.Float)
    n = sa.cast(j.c.n, sa.Float)
    return n * (sa.func.sqrt(3 * n * n - 3 * n + 1) - 2) / (n * n - n - 1)


def _sigma(x: Any) -> sa.ColumnElement[Any]:
    bounded = sa.case((x < -STEEP, -STEEP), else_=x)
    rising = sa.cast(1.0, sa.Float) / (1.0 + sa.func.exp(-bounded, type_=sa.Float))
    return sa.case((x > CERTAIN, sa.literal(nextafter(1.0, 0.0), sa.Float)), else_=rising)


def _logit(p: Any) -> sa.ColumnElement[float]:
    return sa.func.ln(p / sa.func.nullif(1.0 - p, 0.0), type_=sa.Float)


_POOLED = (
    "id", "consequence", "assessor", "effective_at", "review_by", "point", "low", "high",
    "logit_point", "logit_low", "logit_high", "impact", "confidence_rank",
)  # fmt: skip
"""What of a rating goes into a pool."""


def _live(
    view: View,
    pooling: Pooling,
    only: sa.Select[Any] | None = None,
    skill: Mapping[str, float] | None = None,
) -> sa.Subquery:
    """The same columns as `judgements`, pooled from the ratings in force at the moment."""
    r = view.of(Rating)
    base = sa.select(*(r.c[name] for name in _POOLED)).where(
        view.holds(r), sa.or_(r.c.ended_at.is_(None), r.c.ended_at > r.c.effective_at)
    )
    if not pooling.include_machine:
        base = base.where(r.c.machine.is_(False))
    if only is not None:
        base = base.where(r.c.consequence.in_(only))
    # Under different markings an assessor may hold several ratings; the latest counts.
    place = sa.func.row_number().over(
        partition_by=(r.c.consequence, r.c.assessor),
        order_by=(r.c.effective_at.desc(), r.c.id.desc()),
    )
    all_of_them = base.add_columns(place.label("place")).subquery("held")
    r = sa.select(all_of_them).where(all_of_them.c.place == 1).subquery("in_force")
    weight = recency(r, pooling.half_life_days)
    sides: sa.FromClause = r
    if skill:
        of = worth(skill)
        weight = weight * sa.func.coalesce(of.c.worth, 1.0)
        sides = r.outerjoin(of, of.c.assessor == r.c.assessor)
    weighed = sa.select(r, weight.label("w")).select_from(sides).subquery("weighed")
    t = weighed.c

    def over(what: Any, *order: Any) -> Any:
        return what.over(partition_by=t.consequence, order_by=order or None)

    def running(column: str) -> Any:
        return over(sa.func.sum(t.w), t[column], t.id)

    def rank(column: str) -> Any:
        return over(sa.func.row_number(), t[column].is_(None), t[column], t.id)

    total = over(sa.func.sum(t.w))
    mean = over(sa.func.sum(t.w * t.logit_point)) / total
    ordered = sa.select(
        weighed,
        total.label("total"),
        mean.label("mean"),
        *(running(name).label(f"sum_{name}") for name in ("point", "low", "high")),
        rank("impact").label("rank_impact"),
        over(sa.func.count(t.impact)).label("count_impact"),
        rank("confidence_rank").label("rank_confidence"),
        over(sa.func.count(t.confidence_rank)).label("count_confidence"),
        over(sa.func.first_value(t.id), t.point.asc(), t.id.asc()).label("first_id"),
        over(sa.func.first_value(t.id), t.point.desc(), t.id.asc()).label("last_id"),
    ).subquery("ordered")
    o = ordered.c

    def average(column: str) -> Any:
        return sa.func.sum(o.w * o[column]) / sa.func.sum(o.w)

    def quantile(column: str, q: float) -> Any:
        reached, slack = o[f"sum_{column}"], o.total * 1e-12
        lower = sa.func.min(sa.case((reached >= o.total * q - slack, o[column])))
        upper = sa.func.min(sa.case((reached > o.total * q + slack, o[column])))
        return (lower + sa.func.coalesce(upper, sa.func.max(o[column]))) / 2.0

    deviation = o.logit_point - o.mean
    means = {name: average(f"logit_{name}") for name in ("point", "low", "high")}
    return (
        sa.select(
            o.consequence,
            sa.func.count().label("n"),
            *(
                _sigma(mean).label("log_odds" + ("" if name == "point" else f"_{name}"))
                for name, mean in means.items()
            ),
            means["point"].label("logit"),
            means["low"].label("logit_low"),
            means["high"].label("logit_high"),
            average("point").label("linear"),
            average("low").label("linear_low"),
            average("high").label("linear_high"),
            quantile("point", 0.5).label("median"),
            quantile("low", 0.5).label("median_low"),
            quantile("high", 0.5).label("median_high"),
            sa.func.min(o.point).label("least"),
            quantile("point", 0.25).label("q1"),
            quantile("point", 0.75).label("q3"),
            sa.func.max(o.point).label("most"),
            sa.func.sqrt(sa.func.sum(o.w * deviation * deviation) / sa.func.sum(o.w)).label(
                "log_odds_sd"
            ),
            sa.cast(sa.func.min(sa.cast(o.first_id, sa.String(36))), Rating.id.type).label(
                "least_rating"
            ),
            sa.cast(sa.func.min(sa.cast(o.last_id, sa.String(36))), Rating.id.type).label(
                "most_rating"
            ),
            sa.func.min(sa.case((o.rank_impact == o.count_impact // 2 + 1, o.impact))).label(
                "impact"
            ),
            sa.func.min(
                sa.case((o.rank_confidence == (o.count_confidence - 1) // 2 + 1, o.confidence_rank))
            ).label("confidence_rank"),
            sa.func.max(o.effective_at, type_=Rating.effective_at.type).label("last_rated_at"),
            sa.func.min(o.review_by, type_=Rating.effective_at.type).label("review_by"),
        )
        .group_by(o.consequence)
        .subquery("judgement")
    )
