"""Factors as a resource; of key assumptions, what is told when one is broken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.factors.models import Factor as Table
from app.factors.queries import FactorQuery, status
from app.factors.schemas import ASSUMPTION, Factor, FactorIn
from app.kernel import events, succession
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import instant_text, parse_instant
from app.kernel.view import View

BROKEN = "assumption.broken"


class Factors(Resource):
    """Only an assumption holds or is broken."""

    model = Table
    accepts = FactorIn
    answers = Factor
    query = FactorQuery
    noun = "factor"
    expands = {"alliance": "alliance", "claims": "claims/*", "bears_on": "bears_on/*/id"}

    def present(self, row: Row, view: View) -> Row:
        """Add the status in force; a past that is asked for knows nothing of what came after."""
        begun = Table.states[0].begun(row, view.moment)
        statuses = row["statuses"] if view.as_of is None else begun
        return {**row, "statuses": statuses, "status": begun[-1] if begun else None}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - the kernel's signature
        """Refuse a status of what isn't assumed, and one of later."""
        if row["statuses"] and row["kind"] != ASSUMPTION:
            raise Invalid.at("/statuses", f"only a factor of the kind {ASSUMPTION} has them")
        for index, entry in enumerate(row["statuses"]):
            pointer = f"/statuses/{index}/since"
            since = succession.dated(tx, parse_instant(entry["since"]), pointer)
            entry["since"] = instant_text(since)

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Tell that an assumption is broken from now on."""
        if _broken(row, tx.now) and not _broken(before, tx.now):
            events.note(tx, BROKEN, "factors", row)


def _broken(row: Mapping[str, Any] | None, moment: datetime) -> bool:
    if row is None or row["deleted_at"] is not None:
        return False
    found = status(row, moment)
    return found is not None and found["status"] == "broken"


factors = Factors()
