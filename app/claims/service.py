"""Claims as a resource, and the rules of writing them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.claims import queries
from app.claims.models import Claim as Table
from app.claims.schemas import Claim, ClaimIn
from app.kernel import events, succession
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.eyes import EVERYTHING, least
from app.kernel.listing import Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.view import View
from app.sources.models import Source


class Claims(Resource):
    """A claim says when it was said, and doesn't stand against itself."""

    model = Table
    accepts = ClaimIn
    answers = Claim
    query = queries.ClaimQuery
    noun = "claim"
    numerous = True
    expands = {
        "alliance": "alliance",
        "speaker": "speaker",
        "about": "about/*",
        "actors": "about/*",
        "sources": "carriers/*/source",
        "relations": "relations/*/claim",
    }

    def part(self, query: BaseModel | None) -> BaseModel | None:
        """The links to one record, where they lead the list."""
        return queries.leading(query)[0]

    def given(self, query: BaseModel | None) -> Mapping[str, Any]:
        """What these links are to."""
        return {queries.LED: queries.leading(query)[1]}

    def selection(self, session: Session, view: View, query: Any = None) -> Selection:
        """Claims with their flags."""
        return queries.selection(session, view, query)

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Date the claim; refuse a relation to itself."""
        said = row["effective_at"] or (before["effective_at"] if before else None)
        row["effective_at"] = succession.dated(tx, said, "/effective_at")
        for index, relation in enumerate(row["relations"]):
            if relation["claim"] == row["id"]:
                raise Invalid.at(f"/relations/{index}/claim", "a claim has no relation to itself")
        self._check_locators(tx, row, before)

    def _check_locators(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Refuse a span behind the end of the text it is said to lie in, where that is known."""
        standing = before["carriers"] if before else []
        spans = {
            index: (carrier["source"], carrier["locator"])
            for index, carrier in enumerate(row["carriers"])
            if (carrier["locator"] or {}).get("end") is not None and carrier not in standing
        }
        if not spans:
            return
        t = tx.view.of(Source)
        statement = sa.select(t.c.id, t.c.text_length, t.c.text_sha256).where(
            t.c.id.in_(sorted({source for source, _ in spans.values()}))
        )
        texts = {source.id: source for source in tx.session.execute(statement)}
        for index, (source, locator) in spans.items():
            text = texts.get(source)
            if text is None or locator["sha256"] not in {None, text.text_sha256}:
                continue
            if text.text_length is not None and locator["end"] > text.text_length:
                detail = f"lies behind the end of the text ({text.text_length})"
                raise Invalid.at(f"/carriers/{index}/locator/end", detail)

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Tell which claims are contested from now on.

        Those that this one stands against now and didn't before; and those that a claim stands
        against which this one took back before, and takes back no longer. In a file that is loaded
        a claim may also come after those that stand against it.
        """
        after = row if row["deleted_at"] is None else None
        against = {row["id"]: row}
        claims = _related(after, *queries.OPPOSING) - _related(before, *queries.OPPOSING)
        freed = _related(before, "retracts") - _related(after, "retracts")
        if freed or row["id"] in tx.promised:
            others = queries.claims_of(tx.session, View(EVERYTHING, now=tx.now), freed, row["id"])
            against |= {other["id"]: other for other in others}
            claims = claims.union(*(_related(other, *queries.OPPOSING) for other in others))
        if not claims:
            return
        self._tell(tx, claims, against)

    def _tell(self, tx: Tx, claims: set[str], against: Mapping[str, Row]) -> None:
        """Tell who sees a claim that stands against others, as far as those are new to them."""
        marked = sorted({(other["marking"], other["tlp"]) for other in against.values()})
        for marking, tlp in marked:
            view = View(least(marking, tlp), now=tx.now)
            theirs = {key: row for key, row in against.items() if row["marking"] == marking}
            for claim in queries.newly_contested(tx.session, view, claims, theirs):
                for key, other in theirs.items():
                    if claim in _related(other, *queries.OPPOSING):
                        events.note_about(tx, CONTESTED, "claims", claim, {"by": key}, other)


CONTESTED = "claim.contested"


def _related(row: Mapping[str, Any] | None, *kinds: str) -> set[str]:
    """The claims that a claim names in relations of some kinds."""
    relations = row["relations"] if row else ()
    return {relation["claim"] for relation in relations if relation["kind"] in kinds}


claims = Claims()
