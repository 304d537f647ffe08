"""Claims as a resource, and the rules of writing them."""

from typing import Any

from sqlalchemy.orm import Session

from app.claims import queries
from app.claims.models import Claim as Table
from app.claims.schemas import Claim, ClaimIn
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.listing import Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.view import View


class Claims(Resource):
    """A claim says when it was said, and doesn't stand against itself."""

    model = Table
    accepts = ClaimIn
    answers = Claim
    query = queries.ClaimQuery
    noun = "claim"
    expands = {
        "alliance": "alliance",
        "speaker": "speaker",
        "about": "about/*",
        "actors": "about/*",
        "sources": "carriers/*/source",
        "relations": "relations/*/claim",
    }

    def selection(self, session: Session, view: View, query: Any = None) -> Selection:
        """Claims with their flags."""
        return queries.selection(session, view, query)

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Date the claim; refuse a relation to itself or the same one twice."""
        if row["effective_at"] is None:
            row["effective_at"] = before["effective_at"] if before else tx.now
        seen: set[tuple[str, str]] = set()
        for index, relation in enumerate(row["relations"]):
            pair = (relation["kind"], relation["claim"])
            if relation["claim"] == row["id"]:
                raise Invalid.at(f"/relations/{index}/claim", "a claim has no relation to itself")
            if pair in seen:
                raise Invalid.at(f"/relations/{index}", "the same relation stands there twice")
            seen.add(pair)


claims = Claims()
