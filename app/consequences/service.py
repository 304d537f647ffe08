"""Consequences, outcomes and causes as resources, and the rules of writing them."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.consequences import models, queries
from app.consequences.schemas import (
    RESOLVED,
    Cause,
    CauseIn,
    CauseStatus,
    Consequence,
    ConsequenceOf,
    Outcome,
    OutcomeIn,
    OutcomeStatus,
)  # fmt: skip
from app.kernel import events, succession
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Invalid
from app.kernel.eyes import least
from app.kernel.filters import equals
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import Shape, instant_text
from app.kernel.view import View
from app.ratings.pooling import Pooling

BLOCK = 500


class Consequences(Resource):
    """A consequence is no part and no cause of itself, however long the way round."""

    model = models.Consequence
    accepts = ConsequenceOf
    answers = Consequence
    query = queries.AllConsequencesQuery
    noun = "consequence"
    fixed = ("alliance",)
    expands = {
        "alliance": "alliance",
        "affected": "affected/*",
        "part_of": "part_of",
        "caused_by": "caused_by/*/consequence",
    }

    @property
    def single_query(self) -> type[BaseModel]:
        """One consequence can be pooled as one likes, too."""
        return queries.ConsequenceSingle

    def keeps(self, view: View, query: BaseModel | None) -> bool:
        """Not what few ask: it would take the place of what many do."""
        return super().keeps(view, query) and queries.is_common(query)

    def part(self, query: BaseModel | None) -> BaseModel | None:
        """How to pool."""
        return queries.pooling_of(query) if isinstance(query, Pooling) else None

    def selection(self, session: Session, view: View, query: BaseModel | None = None) -> Selection:
        """Consequences with outcome, cause and judgement."""
        return queries.selection(session, view, query)

    def present(self, row: Row, view: View) -> Row:
        """The wire shape; the method is the one the row was pooled by."""
        return queries.present(row, view, row["j_method"])

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - the kernel's signature
        """Refuse cycles; in turn, so that no two writers close one between them. Date it."""
        if row["effective_at"] is not None:
            row["effective_at"] = succession.dated(tx, row["effective_at"], "/effective_at")
        causes = [edge["consequence"] for edge in row["caused_by"]]
        if row["part_of"] is None and not causes:
            return
        take_turn(tx.session, "consequences")
        if row["part_of"] is not None and _reaches(tx, "part_of", [row["part_of"]], row["id"]):
            raise Invalid.at("/part_of", "would make the consequence a part of itself")
        if causes and _reaches(tx, "caused_by", causes, row["id"]):
            # Which of them closes the circle is looked for only once it is known that one does.
            for index, cause in enumerate(causes):
                if _reaches(tx, "caused_by", [cause], row["id"]):
                    raise Invalid.at(
                        f"/caused_by/{index}/consequence",
                        "would make the consequence its own cause",
                    )


def _next(value: Any) -> list[str]:
    """What a consequence leads on to: its whole, or its causes."""
    return [edge["consequence"] for edge in value] if isinstance(value, list) else [value]


def _some(keys: set[str]) -> Iterable[list[str]]:
    """Keys in parts: a statement takes only so many parameters."""
    ordered = sorted(keys)
    return (ordered[n : n + BLOCK] for n in range(0, len(ordered), BLOCK))


def _reaches(tx: Tx, field: str, start: Iterable[str], goal: str) -> bool:
    """Whether one way or another leads from some consequences to one.

    A select a step, of what was reached by then: most chains are short, and the alliance large.
    """
    t = tx.view.of(models.Consequence)
    todo, seen = set(start), set[str]()
    while todo:
        if goal in todo:
            return True
        seen |= todo
        found: set[str] = set()
        for some in _some(todo):
            steps = sa.select(t.c[field]).where(t.c.id.in_(some), t.c[field].is_not(None))
            for value in tx.session.execute(steps).scalars():
                found.update(_next(value))
        todo = found - seen
    return False


SERIES = ("consequence", "marking")
"""Entries under one marking follow each other: a hidden one ends none in sight."""


class Findings(Resource):
    """An entry of a history: it holds until the next begins, and is never edited."""

    def columns(self, shape: Shape) -> Row:
        """`since` is when the entry begins to hold."""
        if not isinstance(shape, OutcomeIn | CauseIn):
            raise TypeError(shape)
        return {**super().columns(shape), "effective_at": shape.since}

    def present(self, row: Row, view: View) -> Row:
        """The wire shape, as it stood at the moment."""
        return {**row, "since": row["effective_at"], "ended_at": view.shown(row["ended_at"])}

    def said(self, row: Row) -> Row:
        """The fields people say, for the list of versions."""
        said = super().said({**row, "since": row["effective_at"]})
        return {**said, "ended_at": row["ended_at"]}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - entries are only made
        """Date it and give it its place in the succession."""
        row["effective_at"] = succession.begin(
            tx, models.Consequence, row["consequence"], row["effective_at"], "/since"
        )
        last, following = succession.neighbours(tx, self.model, row, SERIES)
        row["ended_at"] = following["effective_at"] if following else None
        succession.end(tx, self.model, last, row["effective_at"])

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Let it stand among those marked as it is."""
        succession.join(tx, self.model, row, before, SERIES)


class OutcomeQuery(Listing):
    """Filters of outcomes."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False, "effective_at": False}
    default_sort: ClassVar[str] = "effective_at"

    status: Annotated[list[OutcomeStatus], equals("status")] = []


class CauseQuery(Listing):
    """Filters of causes."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False, "effective_at": False}
    default_sort: ClassVar[str] = "effective_at"

    status: Annotated[list[CauseStatus], equals("status")] = []


class Outcomes(Findings):
    """The history of what was found of an outcome."""

    model = models.Outcome
    accepts = OutcomeIn
    answers = Outcome
    query = OutcomeQuery
    noun = "outcome"
    expands = {"claims": "claims/*"}

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Tell that the consequence is resolved, or otherwise than it was, from now on."""
        super().saved(tx, row, before)
        if before is None and row["status"] in RESOLVED and _is_news(tx, row):
            data = {
                "outcome": row["id"],
                "status": row["status"],
                "since": instant_text(row["effective_at"]),
            }
            events.note_about(tx, RESOLUTION, "consequences", row["consequence"], data, row)

    def redacted(self, tx: Tx, row: Row) -> None:
        """What was told of it says no more than that there was one."""
        nothing = {"outcome": row["id"], "status": None, "since": None}
        at = row["created_at"]
        events.retell(tx.session, RESOLUTION, row["consequence"], nothing, at, at)


RESOLUTION = "consequence.resolved"


def _is_news(tx: Tx, row: Row) -> bool:
    """Whether an entry that was just made is in force, and says another status than was held.

    By what everybody sees who sees the entry: what some of them see besides tells nobody anything.
    """
    if row["ended_at"] is not None:
        return False
    t = View(least(row["marking"], row["tlp"])).of(models.Outcome)
    until = sa.or_(t.c.ended_at.is_(None), t.c.ended_at == row["effective_at"])
    others = sa.select(t.c.status, t.c.effective_at).where(
        t.c.consequence == row["consequence"], t.c.id != row["id"], until
    )
    newest = others.order_by(t.c.effective_at.desc(), t.c.id.desc()).limit(1)
    held = tx.session.execute(newest).one_or_none()
    return held is None or (
        held.status != row["status"] and held.effective_at <= row["effective_at"]
    )


class Causes(Findings):
    """The history of what was found of a cause."""

    model = models.Cause
    accepts = CauseIn
    answers = Cause
    query = CauseQuery
    noun = "cause"
    expands = {"claims": "claims/*"}


consequences = Consequences()
outcomes = Outcomes()
causes = Causes()
