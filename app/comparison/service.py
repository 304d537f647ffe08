"""Comparing two states: what differs, and who did what in between, why."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from app.comparison import queries
from app.comparison.queries import Between, DiffQuery
from app.comparison.schemas import Act, ClaimBetween
from app.consequences.queries import finding, judgement
from app.consequences.service import consequences
from app.domain import moves, yardstick
from app.kernel.eyes import Eyes
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.pooling import Pooling

NOTHING = Between()


def diff(session: Session, alliance: str, before: View, after: View, query: DiffQuery) -> Row:
    """What differs between an alliance in two views, filtered; five statements."""
    pooling = Pooling(**query.model_dump(include=set(Pooling.model_fields), exclude_unset=True))
    one, two = (queries.state(session, view, alliance, pooling) for view in (before, after))
    shown = [
        {key: judgement(row, view, pooling.method) for key, row in rows.items()}
        for rows, view in ((one, before), (two, after))
    ]
    differences = moves.compare(
        {key: held(one[key], shown[0][key], two.get(key), after.eyes) for key in one},
        {key: held(two[key], shown[1][key], one.get(key), after.eyes) for key in two},
        query.scale,
    )
    acts = queries.acts(session, before, after, alliance)
    claims = queries.claims(session, before, after, alliance)
    items = []
    for found in differences:
        if not _wanted(found, query):
            continue
        key = found.key
        old, new = one.get(key), two.get(key)
        record = new or one[key]
        item = {name: record[name] for name in ("ref", "title", "category")}
        item |= {"consequence": key, "kinds": list(found.kinds)}
        item |= {"log_odds_move": found.log_odds, "words_move": found.bands}
        item |= {
            side: _side(row, judged.get(key), query.scale)
            for side, row, judged in (("before", old, shown[0]), ("after", new, shown[1]))
        }
        item["changes"] = _changes(found, old, new)
        rewritten = new is not None and (old is None or old["version"] != new["version"])
        item["changed_by"] = record["recorded_by"] if rewritten else None
        item["changed_at"] = record["recorded_at"] if rewritten else None
        item |= _between("acts", acts.get(key, NOTHING), Act, recorded_at="recorded_at")
        item |= _between("claims", claims.get(key, NOTHING), ClaimBetween, said_at="effective_at")
        items.append(item)
    counts = Counter(kind for found in differences for kind in found.kinds)
    return {
        "from": before.moment,
        "to": after.moment,
        "known_from": before.known_at,
        "known_to": after.known_at,
        "method": pooling.method,
        "scale": query.scale,
        "counts": {kind: counts[kind] for kind in moves.KINDS},
        "items": items,
    }


def held(row: Row, judged: Mapping[str, Any], other: Row | None, eyes: Eyes) -> moves.Held:
    """A consequence as states are compared; what is said of it only where its version differs."""
    said: Row = {}
    if other is not None and other["version"] != row["version"]:
        said = consequences.told(row, eyes)
    estimate = judged["probability"] or dict.fromkeys(("point", "low", "high"))
    level = judged["risk"]["level"] if judged["risk"] else None
    return moves.Held(
        said=said | {name: row[f"{name}_status"] for name in ("outcome", "cause")},
        n=judged["n"],
        graded=(judged["impact"], judged["confidence"], level),
        **estimate,
    )


def _wanted(found: moves.Difference, query: DiffQuery) -> bool:
    if query.kind and not set(query.kind) & set(found.kinds):
        return False
    if query.moved_min is None:
        return True
    return found.log_odds is not None and abs(found.log_odds) >= query.moved_min


def _side(row: Row | None, judged: Mapping[str, Any] | None, scale: str) -> Row | None:
    if row is None or judged is None:
        return None
    estimate, risk = judged["probability"], judged["risk"]
    return {
        "probability": estimate,
        "word": yardstick.render(scale, estimate["point"]).word if estimate else None,
        **{name: judged[name] for name in ("n", "impact", "confidence")},
        "risk_level": risk["level"] if risk else None,
        "outcome": row["outcome_status"],
        "cause": row["cause_status"],
    }


def _changes(found: moves.Difference, old: Row | None, new: Row | None) -> list[Row]:
    if old is None or new is None:
        return []
    sides = []
    for row in (old, new):
        found_of_it = {name: finding(row, name) for name in ("outcome", "cause")}
        sides.append(to_jsonable_python({**consequences.said(row), **found_of_it}))
    return [
        {"pointer": f"/{name}", "before": sides[0][name], "after": sides[1][name]}
        for name in found.fields
    ]


def _between(name: str, between: Between, shape: type[Act | ClaimBetween], **other: str) -> Row:
    """The newest of what came in between, in its shape, and how many there are."""
    rows = [{out: row[other.get(out, out)] for out in shape.model_fields} for row in between.rows]
    return {name: rows, f"{name}_total": between.total}
