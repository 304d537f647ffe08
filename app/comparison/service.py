"""Comparing two moments of an alliance: what differs, and who did what in between, why."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.comparison import queries, sides
from app.comparison.queries import DiffQuery
from app.comparison.schemas import Act
from app.comparison.sides import FOUND, Side
from app.consequences.queries import finding, judgement
from app.consequences.service import consequences
from app.kernel.eyes import Eyes
from app.kernel.records import Row
from app.kernel.view import View
from app.ratings.pooling import Pooling


def diff(session: Session, alliance: str, before: View, after: View, query: DiffQuery) -> Row:
    """What differs between an alliance in two views, filtered; five statements."""
    pooling = Pooling(**query.model_dump(include=set(Pooling.model_fields), exclude_unset=True))
    one, two = (queries.state(session, view, alliance, pooling) for view in (before, after))
    found = sides.compared(
        {key: _side(row, two.get(key), before, after.eyes, pooling) for key, row in one.items()},
        {key: _side(row, one.get(key), after, after.eyes, pooling) for key, row in two.items()},
        query,
    )
    acts = queries.acts(session, before, after, alliance)
    claims = queries.claims(session, before, after, alliance)
    for item in found["items"]:
        key = item["consequence"]
        item.update(_rewritten(key, one, two))
        item.update(sides.between(key, acts, claims, Act))
    return {
        "from": before.moment,
        "to": after.moment,
        "known_from": before.known_at,
        "known_to": after.known_at,
        "method": pooling.method,
        "scale": query.scale,
        **found,
    }


def _side(row: Row, other: Row | None, view: View, eyes: Eyes, pooling: Pooling) -> Side:
    """A consequence as states are compared; what is said of it only where its version differs."""
    differs = other is not None and other["version"] != row["version"]
    return Side(
        record=row,
        judgement=judgement(row, view, pooling.method),
        found={name: finding(row, name) for name in FOUND},
        said=consequences.told(row, eyes) if differs else {},
    )


def _rewritten(key: str, one: Mapping[str, Row], two: Mapping[str, Row]) -> Row:
    """Who wrote the version on the second side, and when, where it is another."""
    old, new = one.get(key), two.get(key)
    if new is None or (old is not None and old["version"] == new["version"]):
        return {"changed_by": None, "changed_at": None}
    return {"changed_by": new["recorded_by"], "changed_at": new["recorded_at"]}
