"""What if: the network with outcomes assumed, strengths changed, claims or assessors dropped."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from app.evidence.service import balances, resting_on
from app.kernel.errors import Invalid
from app.kernel.records import Row
from app.kernel.view import Absent, View
from app.network.model import ASSUMED_LEAK, Held, Model, logit_move
from app.network.queries import Graph, Pooled, assessors_there, claims_there, graph
from app.network.schemas import Assumption, StrengthSet, WhatIf
from app.network.sensitivity import sensitivity

_STILL = 1e-9
"""Nats that count as no move: what is left of rounding."""

Fault = tuple[str, str]
"""Where in the question, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of which alliance, by whom, of which moment, pooled how."""

    session: Session
    view: View
    alliance: str
    pooled: Pooled
    body: WhatIf


def what_if(asked: Question) -> Row:
    """The network before and after. Raises Invalid naming what of the question can't be.

    Everything is read through two views, of which the second lacks what is dropped; nothing is
    written.
    """
    session, view, body = asked.session, asked.view, asked.body
    before = graph(session, view, asked.alliance, asked.pooled)
    without = _checked(asked, before)
    after = before
    if body.drop_assessors:
        after = graph(session, without, asked.alliance, asked.pooled)
    strengths = {(one.parent, one.child): one.strength for one in body.strengths}
    models = Model(before, {}), Model(after, strengths)
    observed, do = _held(body.assume), _held(body.intervene)
    _refuse(_unrated(body, models[1]))
    derived = models[0].derived({}, {}), models[1].derived(observed, do)
    told = None
    if body.headline is not None:
        named = body.headline, "/headline"
        told = sensitivity(session, without, models[1], asked.pooled, named, (observed, do))
    return {
        "as_of": view.moment,
        "method": asked.pooled.pooling.method,
        "assumed_leak": ASSUMED_LEAK,
        "before": _states(models[0], derived[0]),
        "after": _states(models[1], derived[1]),
        "moves": _moves(before, *derived, besides={*observed, *do}),
        "evidence": _evidence(asked, without, before) if body.drop_claims else [],
        "sensitivity": told,
    }


def _held(assumptions: Sequence[Assumption]) -> Held:
    return {one.consequence: one.occurred for one in assumptions}


# --- What can't be asked ------------------------------------------------------------------------


def _checked(asked: Question, known: Graph) -> View:
    """The view without what is dropped, once all that is named is there."""
    body, session, view = asked.body, asked.session, asked.view
    faults = [*_assumed(body, known), *_strengths(body.strengths, known)]
    claims: Collection[str] = ()
    if body.drop_claims:
        claims = claims_there(session, view, body.drop_claims)
        faults += _unknown("/drop_claims", body.drop_claims, claims, "claims")
    assessors: Mapping[str, str] = {}
    if body.drop_assessors:
        assessors = assessors_there(session, view, body.drop_assessors)
        faults += _unknown("/drop_assessors", body.drop_assessors, assessors, "assessors")
    if body.headline is not None and body.headline not in known.nodes:
        faults.append(("/headline", _no_record(body.headline, "consequences")))
    _refuse(faults)
    absent = (
        Absent("claims", "id", frozenset(claims)),
        Absent("ratings", "assessor", frozenset(assessors.values())),
    )
    return replace(view, absent=tuple(some for some in absent if some.values))


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults]
        raise Invalid(": ".join(faults[0]), errors=errors[:100])


def _no_record(key: str, kind: str) -> str:
    return f"there is no record {key!r} in {kind}"


def _unknown(at: str, keys: Sequence[str], known: Collection[str], kind: str) -> list[Fault]:
    return [
        (f"{at}/{index}", _no_record(key, kind))
        for index, key in enumerate(keys)
        if key not in known
    ]


def _assumed(body: WhatIf, known: Graph) -> Iterator[Fault]:
    seen = set[str]()
    for pointer, one in _assumptions(body):
        if one.consequence not in known.nodes:
            yield pointer, _no_record(one.consequence, "consequences of this alliance")
        elif one.consequence in seen:
            yield pointer, "is assumed already"
        seen.add(one.consequence)


def _assumptions(body: WhatIf) -> Iterator[tuple[str, Assumption]]:
    for name, some in (("assume", body.assume), ("intervene", body.intervene)):
        for index, one in enumerate(some):
            yield f"/{name}/{index}/consequence", one


def _unrated(body: WhatIf, model: Model) -> list[Fault]:
    """An outcome that nobody judges stands apart: to assume it would move nothing."""
    detail = "is not rated, so that it takes no part in the network"
    return [
        (pointer, detail)
        for pointer, one in _assumptions(body)
        if one.consequence not in model.judged
    ]


def _strengths(strengths: Sequence[StrengthSet], known: Graph) -> Iterator[Fault]:
    named = {(cause.parent, cause.child) for cause in known.causes}
    seen = set[tuple[str, str]]()
    for index, one in enumerate(strengths):
        pair = one.parent, one.child
        lost = [
            (f"/strengths/{index}/{end}", _no_record(key, "consequences of this alliance"))
            for end, key in zip(("parent", "child"), pair, strict=True)
            if key not in known.nodes
        ]
        yield from lost
        if not lost and pair not in named:
            yield f"/strengths/{index}", "the child doesn't name the parent in `caused_by`"
        elif pair in seen:
            yield f"/strengths/{index}", "is given another strength already"
        seen.add(pair)


# --- Before and after ---------------------------------------------------------------------------


def _states(model: Model, derived: Mapping[str, float]) -> list[Row]:
    return [
        {
            "id": key,
            "judged": row["probability"] if row["n"] else None,
            "base": model.bases[key][0] if key in model.bases else None,
            "derived": derived.get(key),
        }
        for key, row in model.graph.nodes.items()
    ]


def _moves(
    known: Graph,
    before: Mapping[str, float],
    after: Mapping[str, float],
    besides: Collection[str],
) -> list[Row]:
    found = []
    for key, was in before.items():
        then = after.get(key)
        move = logit_move(was, then)
        if key not in besides and was != then and (move is None or abs(move) > _STILL):
            names = {name: known.nodes[key][name] for name in ("id", "ref", "title")}
            found.append({**names, "before": was, "after": then, "log_odds_move": move})
    return sorted(found, key=_furthest_first)


def _furthest_first(move: Row) -> tuple[bool, bool, float, str]:
    size = move["log_odds_move"]
    return move["after"] is None, size is not None, -abs(size or 0.0), move["id"]


def _evidence(asked: Question, without: View, known: Graph) -> list[dict[str, Any]]:
    session, view = asked.session, asked.view
    touched = resting_on(session, view, asked.body.drop_claims)
    some = [key for key in known.nodes if key in set(touched)]
    before, after = balances(session, view, some), balances(session, without, some)
    return [
        {
            "consequence": key,
            **{name: known.nodes[key][name] for name in ("ref", "title")},
            "before": before[key].model_dump(),
            "after": after[key].model_dump(),
        }
        for key in some
        if before[key] != after[key]
    ]
