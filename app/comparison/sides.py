"""What is the same of every comparison: two sides of a consequence, how they differ, what is shown.

Two moments of an alliance and two editions are compared by this, each after its own reading.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from app.comparison.queries import Between, Shown
from app.comparison.schemas import MOST, ClaimBetween
from app.domain import moves, yardstick
from app.kernel.records import Row

FOUND = ("outcome", "cause")
NAMES = ("ref", "title", "category")


@dataclass(frozen=True, slots=True)
class Side:
    """A consequence on one of the two sides."""

    record: Row
    """Its `NAMES`, at least."""
    judgement: Mapping[str, Any]
    """What is held of it, as it is answered."""
    found: Mapping[str, Row | None]
    """What was found of its `FOUND`, as it is answered."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """What else is said of it, by field, as JSON; may be left out where it is known to be the same
    on both sides."""

    def status(self, name: str) -> str | None:
        """What was found of the outcome or the cause; None: nothing yet."""
        found = self.found[name]
        return None if found is None else str(found["status"])


Sides = Mapping[str, Side]
Came = Mapping[str, Between]
"""What came in between, by consequence."""


def newest(rows: Sequence[Row]) -> Between:
    """The newest of some rows, which come oldest first."""
    return Between(rows[-MOST:], len(rows))


def compared(before: Sides, after: Sides, query: Shown) -> Row:
    """What differs between two sides: `counts` of all, and `items` of what is wanted of it.

    An item lacks what came in between: that is found in other ways.
    """
    differences = moves.compare(
        {key: _held(side) for key, side in before.items()},
        {key: _held(side) for key, side in after.items()},
        query.scale,
    )
    counts = Counter(kind for found in differences for kind in found.kinds)
    return {
        "counts": {kind: counts[kind] for kind in moves.KINDS},
        "items": [
            _item(found, before.get(found.key), after.get(found.key), query.scale)
            for found in differences
            if _wanted(found, query)
        ],
    }


def between(key: str, acts: Came, claims: Came, act: type[BaseModel]) -> Row:
    """What came in between for a consequence: acts in their shape, claims, how many of each."""
    return {
        **_came("acts", acts.get(key, Between()), act),
        **_came("claims", claims.get(key, Between()), ClaimBetween, said_at="effective_at"),
    }


def _came(name: str, found: Between, shape: type[BaseModel], **other: str) -> Row:
    """The rows, in a shape of which some fields have `other` names, and how many there are."""
    rows = [{out: row[other.get(out, out)] for out in shape.model_fields} for row in found.rows]
    return {name: rows, f"{name}_total": found.total}


def _held(side: Side) -> moves.Held:
    judged = side.judgement
    estimate = judged["probability"] or dict.fromkeys(("point", "low", "high"))
    level = judged["risk"]["level"] if judged["risk"] else None
    return moves.Held(
        said={**side.said, **{name: side.status(name) for name in FOUND}},
        n=judged["n"],
        graded=(judged["impact"], judged["confidence"], level),
        **estimate,
    )


def _wanted(found: moves.Difference, query: Shown) -> bool:
    if query.kind and not set(query.kind) & set(found.kinds):
        return False
    if query.moved_min is None:
        return True
    return found.log_odds is not None and abs(found.log_odds) >= query.moved_min


def _item(found: moves.Difference, old: Side | None, new: Side | None, scale: str) -> Row:
    last = new or old
    return {
        "consequence": found.key,
        **({name: last.record[name] for name in NAMES} if last else {}),
        "kinds": list(found.kinds),
        "log_odds_move": found.log_odds,
        "words_move": found.bands,
        "before": _shown(old, scale),
        "after": _shown(new, scale),
        "changes": _changes(found, old, new),
    }


def _shown(side: Side | None, scale: str) -> Row | None:
    if side is None:
        return None
    judged = side.judgement
    estimate, risk = judged["probability"], judged["risk"]
    return {
        "probability": estimate,
        "word": yardstick.render(scale, estimate["point"]).word if estimate else None,
        **{name: judged[name] for name in ("n", "impact", "confidence")},
        "risk_level": risk["level"] if risk else None,
        **{name: side.status(name) for name in FOUND},
    }


def _changes(found: moves.Difference, old: Side | None, new: Side | None) -> list[Row]:
    if old is None or new is None:
        return []
    one, two = (to_jsonable_python({**side.said, **side.found}) for side in (old, new))
    return [
        {"pointer": f"/{name}", "before": one.get(name), "after": two.get(name)}
        for name in found.fields
    ]
