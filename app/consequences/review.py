"""Why a consequence is to be judged anew: made when asked for, from what the reader may see."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.consequences import queries
from app.consequences.schemas import RESOLVED
from app.consequences.service import consequences
from app.indicators.queries import crossings
from app.kernel.records import Row
from app.kernel.types import Id, UtcDateTime, parse_instant
from app.kernel.view import View
from app.ratings.assumptions import broken_of
from app.ratings.pooling import Pooling
from app.ratings.service import in_force


def review(session: Session, key: str, view: View, pooling: Pooling) -> Row:
    """The reasons at the moment, the earliest first. Raises NotFound or Gone."""
    asked = queries.ConsequenceSingle(**pooling.model_dump(exclude_unset=True))
    record = consequences.read(session, key, view, asked)
    owner, judgement = record["id"], record["judgement"]
    outcome, found_at = queries.outcome_held(session, view, owner)
    answered = queries.answers(
        sa.literal(owner, Id),
        sa.literal(judgement["last_rated_at"], UtcDateTime),
        sa.literal(outcome, sa.Text),
        sa.literal(found_at, UtcDateTime),
    )
    reasons = [
        {
            "kind": "indicator_crossed",
            "id": row["indicator"],
            "reading": row["id"],
            "title": row["statement"],
            "since": row["effective_at"],
            "note": row["note"],
            "ratings": None,
        }
        for row in crossings(session, view, answered)
    ]
    if outcome not in RESOLVED:
        reasons += _of_judgement(session, view, owner, judgement, pooling)
    reasons.sort(key=lambda reason: reason["since"])
    return {
        "as_of": view.moment,
        "consequence": owner,
        "due": bool(reasons),
        "reasons": reasons,
    }


def _of_judgement(
    session: Session, view: View, owner: str, judgement: Row, pooling: Pooling
) -> list[Row]:
    """What is wrong with the judgement itself: what it rests on is broken, or its time is over."""
    reasons = [
        {
            "kind": "assumption_broken",
            "id": row["id"],
            "reading": None,
            "title": row["title"],
            "since": parse_instant(row["status"]["since"]),
            "note": row["status"]["note"],
            "ratings": row["ratings"],
        }
        for row in broken_of(session, view, owner, machines=pooling.include_machine)
    ]
    if judgement["stale"]:
        reasons.append(
            {
                "kind": "stale",
                "id": None,
                "reading": None,
                "title": None,
                "since": judgement["review_by"],
                "note": None,
                "ratings": _overdue(session, view, owner, pooling),
            }
        )
    return reasons


def _overdue(session: Session, view: View, consequence: str, pooling: Pooling) -> list[str]:
    return [
        row["id"]
        for row in in_force(session, view, consequence)
        if row["review_by"] is not None
        and row["review_by"] < view.moment
        and (pooling.include_machine or not row["machine"])
    ]
