"""Indicators and readings as resources, and what is told when a threshold is crossed."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.indicators import models, queries
from app.indicators.schemas import Indicator, IndicatorOf, Reading, ReadingOf
from app.kernel import events, records, succession
from app.kernel.db import Tx
from app.kernel.errors import NotFound
from app.kernel.listing import Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import Record
from app.kernel.types import VagueDate, parse_instant
from app.kernel.view import View

CROSSED = "indicator.crossed"


class Indicators(Resource):
    """An indicator shows its latest reading."""

    model = models.Indicator
    accepts = IndicatorOf
    answers = Indicator
    query = queries.IndicatorQuery
    noun = "indicator"
    called = "an indicator"
    fixed = ("consequence",)
    expands = {"alliance": "alliance", "consequence": "consequence"}

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Indicators with their latest reading."""
        return queries.selection(session, view)

    def present(self, row: Row, view: View) -> Row:  # noqa: ARG002 - the kernel's signature
        """The wire shape."""
        return queries.present(row)

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Date it, and place it in the alliance of its consequence."""
        if row["effective_at"] is not None:
            row["effective_at"] = succession.dated(tx, row["effective_at"], "/effective_at")
        if before is None:
            consequences = Record.kinds["consequences"]
            owner = records.find(tx.session, consequences, row["consequence"], tx.view)
            row["alliance"] = owner["alliance"]


class Readings(Resource):
    """A reading that crosses tells of it."""

    model = models.Reading
    accepts = ReadingOf
    answers = Reading
    query = queries.ReadingQuery
    noun = "reading"
    fixed = ("indicator",)
    expands = {"indicator": "indicator", "consequence": "consequence", "claims": "claims/*"}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Date it; refuse one more where the consequence was deleted."""
        said = row["effective_at"] or (before["effective_at"] if before else _implied(row))
        row["effective_at"] = succession.dated(tx, said, "/effective_at")
        if before is None:
            indicator = records.find(tx.session, models.Indicator, row["indicator"], tx.view)
            row["consequence"] = indicator["consequence"]
            # It may be out of the writer's sight, where the indicator was marked below it.
            with suppress(NotFound):
                consequences = Record.kinds["consequences"]
                records.find(tx.session, consequences, row["consequence"], tx.view, "name")

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Tell that the threshold is crossed, to who sees the reading that crosses it."""
        if _crosses(row) and not _crosses(before):
            data = {"reading": row["id"], "consequence": row["consequence"]}
            events.note_about(tx, CROSSED, "indicators", row["indicator"], data, row)


def _crosses(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["crosses"] and row["deleted_at"] is None


def _implied(row: Mapping[str, Any]) -> datetime | None:
    """From when a reading holds that doesn't say so."""
    if row["date"] is not None:
        return parse_instant(VagueDate(**row["date"]).first_day.isoformat())
    return parse_instant(row["period"]["to"]) if row["period"] is not None else None


indicators = Indicators()
readings = Readings()
