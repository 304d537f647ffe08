"""The timeline as a list."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.kernel.listing import Selection
from app.kernel.records import Row
from app.kernel.resource import Listed
from app.kernel.types import parse_instant
from app.kernel.view import View
from app.timeline import queries
from app.timeline.schemas import TimelineEntry


class Timeline(Listed):
    """Entries are made from the records when they are asked for; a page is one statement."""

    answers = TimelineEntry
    query = queries.TimelineQuery
    plural = "the timeline"

    def part(self, query: BaseModel | None) -> BaseModel | None:
        """The kinds asked for."""
        return queries.kinds_of(query)

    def selection(self, session: Session, view: View, query: BaseModel | None = None) -> Selection:
        """The entries of the kinds asked for."""
        return queries.whole(session, view, queries.kinds_of(query))

    def parts(self, session: Session, view: View, query: BaseModel | None) -> Sequence[Selection]:
        """A selection a kind: each finds its own page by what it is indexed by."""
        return queries.parts(session, view, queries.kinds_of(query))

    def documents(self, session: Session, rows: Sequence[Row], view: View) -> list[Row]:  # noqa: ARG002 - the kernel's signature
        """The entries as they are answered; a status brings the note it has in its history."""
        return [
            {name: row[name] for name in TimelineEntry.model_fields}
            | ({"reason": _note(row)} if row["kind"] == "status" else {})
            for row in rows
        ]


def _note(row: Row) -> Any:
    entries = row["statuses"] or ()
    found = (e["note"] for e in entries if parse_instant(e["since"]) == row["effective_at"])
    return next(found, None)


timeline = Timeline("timeline")
