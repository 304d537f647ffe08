"""Which single number moves a headline most: a strength, a base, or a rating."""

from sqlalchemy.orm import Session

from app.consequences.judgement import counts, weights_of
from app.domain.influence import Influence, influences, rebased
from app.domain.leave_one_out import pools_without
from app.domain.network import Network
from app.domain.probability import DomainError
from app.kernel.errors import Invalid
from app.kernel.records import Row
from app.kernel.types import NEARLY
from app.kernel.view import View
from app.network.model import Held, Model
from app.network.queries import Pooled
from app.ratings.judgements import latest, opinion
from app.ratings.service import held

MOST = 20
"""Of each kind, the strongest."""
_NOTHING = 1e-9
"""Nats a unit of a number below which it has no bearing: what is left of rounding."""


def sensitivity(
    session: Session,
    view: View,
    model: Model,
    pooled: Pooled,
    asked: tuple[str, str],
    held_to: tuple[Held, Held] = ({}, {}),
) -> Row:
    """What moves a headline, given what is observed and what is brought about (`held_to`).

    `asked` is the headline and where it was named. One statement. Raises Invalid where the
    headline isn't in sight or nothing can bear on it.
    """
    headline, pointer = asked
    if headline not in model.graph.nodes:
        raise Invalid.at(pointer, f"there is no record {headline!r} in consequences")
    if headline not in model.judged:
        raise Invalid.at(pointer, "is not rated, so that nothing bears on it")
    observed, do = held_to
    network = model.network(headline, *observed, *do)
    try:
        found = influences(network, headline, observed, do)
    except (DomainError, ZeroDivisionError):
        raise Invalid.at(
            pointer, "is assumed, certain or impossible: nothing bears on it"
        ) from None
    p = model.derived(observed, do)[headline]
    bearing = [one for one in found if abs(one.slope) > _NOTHING * p * (1.0 - p)]
    edges = [one for one in bearing if one.parent is not None]
    bases = [one for one in bearing if one.parent is None]
    rated = _ratings(session, view, model, pooled, bases)
    rebase = [(row["consequence"], row["judged_without"]) for row in rated]
    _add_moves(network, headline, rated, rebase, held_to)
    return {
        "headline": headline,
        "probability": p,
        "edges": [_edge(one) for one in edges[:MOST]],
        "bases": [_base(model, one) for one in bases[:MOST]],
        "ratings": sorted(rated, key=_strongest_first)[:MOST],
    }


def _ratings(
    session: Session, view: View, model: Model, pooled: Pooled, bases: list[Influence]
) -> list[Row]:
    """The ratings in the pools that bear on the headline, each with the pool without it."""
    roots = [one.node for one in bases if model.bases[one.node][1] == "judged"]
    of: dict[str, list[Row]] = {root: [] for root in roots}
    for row in held(session, view, roots):
        if counts(row, pooled.pooling):
            of[row["consequence"]].append(row)
    found = []
    for root, rows in of.items():
        some = latest(rows)
        weights = [
            weight * pooled.worth.get(row["assessor"], 1.0)
            for row, weight in zip(some, weights_of(some, pooled.pooling), strict=True)
        ]
        opinions = [opinion(row, weight) for row, weight in zip(some, weights, strict=True)]
        pools = pools_without(opinions, pooled.pooling.method, pooled.pooling.extremize)
        found += [
            {
                "rating": row["id"],
                "assessor": row["assessor_slug"],
                "consequence": root,
                "probability": row["point"],
                "judged": model.graph.nodes[root]["probability"],
                "judged_without": without,
            }
            for row, without in zip(some, pools, strict=True)
        ]
    return found


def _add_moves(
    network: Network,
    headline: str,
    rated: list[Row],
    rebase: list[tuple[str, float | None]],
    held_to: tuple[Held, Held],
) -> None:
    bases = [
        (key, min(max(base, NEARLY), 1.0 - NEARLY)) for key, base in rebase if base is not None
    ]
    moves = iter(rebased(network, headline, bases, *held_to))
    for row in rated:
        row["log_odds_move"] = None if row["judged_without"] is None else next(moves)


def _edge(one: Influence) -> Row:
    return {
        "parent": one.parent,
        "child": one.node,
        "strength": one.value,
        "log_odds_move": one.dropped,
        "slope": one.slope,
    }


def _base(model: Model, one: Influence) -> Row:
    return {
        "consequence": one.node,
        "base": one.value,
        "base_from": model.bases[one.node][1],
        "log_odds_move": one.dropped,
        "slope": one.slope,
    }


def _strongest_first(row: Row) -> tuple[bool, float, str]:
    size = row["log_odds_move"]
    return size is not None, -abs(size or 0.0), row["rating"]
