"""Ratings as a resource: never edited; superseded by the next, or withdrawn with a reason."""

from collections.abc import Collection
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.assessors.models import Assessor
from app.assessors.service import Judged, settle_assessor
from app.domain.probability import logit
from app.kernel import records, succession
from app.kernel.db import Tx
from app.kernel.errors import Conflict, Forbidden, Invalid
from app.kernel.filters import at_least, at_most, before, equals, links_to, matches, refers
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.tables import Record
from app.kernel.types import IdText, Instant, QueryBool, QueryFloat, QueryInt, Reference, Shape
from app.kernel.view import View
from app.matrices.service import in_use, level_in
from app.ratings import assumptions, judgements
from app.ratings.judgements import latest
from app.ratings.models import RANKS
from app.ratings.models import Rating as Table
from app.ratings.schemas import Rating, RatingOf, Said, Status, Withdrawal

SERIES = ("consequence", "assessor", "marking")
"""An assessor's ratings under one marking follow each other: a hidden one ends none in sight."""
FILLED = {
    **{f"{of}{name}": "probability" for of in ("", "logit_") for name in ("point", "low", "high")},
    "confidence_rank": "confidence",
}
"""The fields by which columns of other names are filled."""
FATE = ("status", "ended_at", "withdrawn_at", "withdrawal_reason")
"""What becomes of a rating after it was made."""
SUPERSEDED = {"status": "superseded", "withdrawn_at": None, "withdrawal_reason": None}
"""The fate of one that another follows."""


class RatingQuery(Listing):
    """Filters of ratings."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "effective_at": False,
        "point": False,
        "impact": True,
    }
    default_sort: ClassVar[str] = "-effective_at"

    consequence: Annotated[list[IdText], equals("consequence")] = []
    assessor: Annotated[list[Reference], refers("assessor", "assessors")] = []
    round: Annotated[list[IdText], equals("round")] = []
    status: Annotated[list[Status], equals("status")] = []
    machine: Annotated[QueryBool | None, matches("machine")] = None
    assumption: Annotated[
        list[IdText],
        Field(description="Names this key assumption; repeat it for any of several"),
        links_to("factors", assumptions.FIELD),
    ] = []
    needs_review: Annotated[
        QueryBool | None,
        Field(description="Whether it is in force and an assumption it names is broken"),
        matches("needs_review"),
    ] = None
    probability_min: Annotated[QueryFloat | None, Field(ge=0, le=1), at_least("point")] = None
    probability_max: Annotated[QueryFloat | None, Field(ge=0, le=1), at_most("point")] = None
    impact_min: Annotated[QueryInt | None, Field(ge=1, le=5), at_least("impact")] = None
    effective_from: Annotated[Instant | None, at_least("effective_at")] = None
    effective_to: Annotated[Instant | None, before("effective_at")] = None


class Ratings(Judged):
    """Everything a rating sets in motion happens in its transaction."""

    model = Table
    accepts = RatingOf
    answers = Rating
    query = RatingQuery
    noun = "rating"
    expands = {
        "consequence": "consequence",
        "supersedes": "supersedes",
        "assumptions": "assumptions/*",
        "round": "round",
    }

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Ratings with the status they had at the moment, and their assessor's slug."""
        t, assessor = view.of(Table), view.of(Assessor)
        status = sa.case(
            (view.passed(t.c.withdrawn_at), "withdrawn"),
            (view.passed(t.c.ended_at), "superseded"),
            else_="in_force",
        )
        name = sa.func.coalesce(assessor.c.slug, sa.cast(t.c.assessor, sa.String(80)))
        others = [column for column in t.c if column.name != "status"]
        held = sa.func.coalesce(sa.not_(view.passed(t.c.ended_at)), sa.true())
        shaken = sa.and_(held, t.c.id.in_(assumptions.naming_broken(view)))
        statement = sa.select(
            *others,
            status.label("status"),
            name.label("assessor_slug"),
            shaken.label("needs_review"),
        )
        statement = statement.select_from(t.outerjoin(assessor, assessor.c.id == t.c.assessor))
        columns: dict[str, Any] = {column.name: column for column in t.c}
        columns |= {"status": status, "needs_review": shaken}
        return Selection(session, view, statement, columns)

    def present(self, row: Row, view: View) -> Row:
        """The wire shape: the interval as an object, the assessor by slug, its fate by then."""
        interval = {name: row[name] for name in ("point", "low", "high")}
        withdrawn = view.shown(row["withdrawn_at"])
        return {
            **row,
            "probability": interval,
            "assessor": row["assessor_slug"],
            "needs_review": bool(row["needs_review"]),
            "ended_at": view.shown(row["ended_at"]),
            "withdrawn_at": withdrawn,
            "withdrawal_reason": row["withdrawal_reason"] if withdrawn else None,
        }

    def said(self, row: Row) -> Row:
        """What was said, and what became of it, for the list of versions."""
        interval = {name: row[name] for name in ("point", "low", "high")}
        said = super().said({**row, "probability": interval})
        return {**said, **{name: row[name] for name in FATE}}

    def columns(self, shape: Shape) -> Row:
        """The columns a rating fills: point, low and high, with their log-odds to pool by."""
        if not isinstance(shape, Said):
            raise TypeError(shape)
        row = {**super().columns(shape), **shape.interval}
        row |= {f"logit_{name}": logit(row[name]) for name in ("point", "low", "high")}
        row["confidence_rank"] = None if shape.confidence is None else RANKS.index(shape.confidence)
        return row

    def differing(self, tx: Tx, shape: Shape, row: Row) -> list[str]:
        """The fields people say, for the columns that they fill."""
        names = super().differing(tx, shape, row)
        return list(dict.fromkeys(FILLED.get(name, name) for name in names))

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - ratings are only made
        """Date it, give it its assessor and its place in the succession, and its risk level."""
        _take_turn(tx, row)
        settle_assessor(tx, row)
        self.examine(tx, row)
        self._place(tx, row)
        self._level(tx, row)

    def examine(self, tx: Tx, row: Row) -> None:
        """Refuse what can't be said, whenever it comes into force. Raises Invalid."""
        if row["review_by"] is not None and row["review_by"] <= row["effective_at"]:
            raise Invalid.at("/review_by", "must be later than effective_at")
        assumptions.check(tx, row["assumptions"])

    def enter(self, tx: Tx, row: Row) -> Row:
        """Write a rating that was said, marked and examined before: now it takes its place."""
        _take_turn(tx, row)
        self._place(tx, row)
        self._level(tx, row)
        row = records.create(tx, Table, row, row["id"])
        self.saved(tx, row, None)
        return row

    def _place(self, tx: Tx, row: Row) -> None:
        last, following = succession.neighbours(tx, Table, row, SERIES)
        at = row["effective_at"]
        follows = (
            last if last and (last["withdrawn_at"] is None or last["withdrawn_at"] > at) else None
        )
        asked = row["supersedes"]
        if asked is not None and (follows is None or asked != follows["id"]):
            detail = "isn't the rating of this assessor that is in force then"
            raise Conflict(
                f"/supersedes: {detail}", errors=[{"pointer": "/supersedes", "detail": detail}]
            )
        row["supersedes"] = follows["id"] if follows else None
        row["ended_at"] = following["effective_at"] if following else None
        row["status"] = "superseded" if following else "in_force"
        if follows is not None:
            if follows["withdrawn_at"] is not None:
                # What the assessor took back then was what they held then: this one, now.
                row.update({name: follows[name] for name in FATE})
            succession.end(tx, Table, follows, at, **SUPERSEDED)
            if row["machine"] and not follows["machine"]:
                # It takes a rating out of the pools that it doesn't stand in itself.
                judgements.refresh(tx, row["consequence"], at, follows)
        if following is not None and row.get("withdrawn_at") is None:
            records.change(tx, Table, following, {"supersedes": row["id"]})

    def _level(self, tx: Tx, row: Row) -> None:
        if row["impact"] is None:
            return
        matrix = tx.session.execute(sa.select(in_use(tx.view))).mappings().one_or_none()
        if matrix is not None:
            row["risk_level"] = level_in(dict(matrix), row["point"], row["impact"])
            row["matrix"], row["matrix_version"] = matrix["name"], matrix["matrix_version"]

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """The judgement moves with the rating, which stands among those marked as it is."""
        row = succession.join(tx, Table, row, before, SERIES, **SUPERSEDED)
        if not row["machine"]:
            judgements.refresh(tx, row["consequence"], row["effective_at"], row, before)

    def redacted(self, tx: Tx, row: Row) -> None:
        """Nothing it was pooled into is left, at no time."""
        if not row["machine"]:
            judgements.redact(tx, row)


ratings = Ratings()


def _take_turn(tx: Tx, row: Row) -> None:
    """Date a rating, once it is its consequence's turn."""
    consequences, at = Record.kinds["consequences"], row["effective_at"]
    row["effective_at"] = succession.begin(
        tx, consequences, row["consequence"], at, "/effective_at"
    )


def withdraw(tx: Tx, key: str, shape: Withdrawal) -> Row:
    """Take a rating back. Its assessor then holds nothing until the next rating."""
    owner = records.find(tx.session, Table, key, tx.view)["consequence"]
    consequences = Record.kinds["consequences"]
    at = succession.begin(tx, consequences, owner, shape.effective_at, "/effective_at")
    row = records.find(tx.session, Table, key, tx.view)
    if row["created_by"] != tx.by and "edit" not in tx.caller.may:
        raise Forbidden(f"It was made by {row['created_by']}; editors may withdraw it.")
    if row["status"] != "in_force":
        raise Conflict(f"The rating is {row['status']} already.")
    if at < row["effective_at"]:
        raise Invalid.at("/effective_at", "is earlier than the rating's own")
    after = records.change(
        tx,
        Table,
        row,
        {
            "status": "withdrawn",
            "ended_at": at,
            "withdrawn_at": at,
            "withdrawal_reason": shape.reason,
        },
        action="withdrawn",
    )
    ratings.saved(tx, {**after, "effective_at": at}, row)
    return after


def in_force(session: Session, view: View, consequence: str) -> list[Row]:
    """The ratings of a consequence in force at the moment, with their assessors' slugs."""
    return latest(held(session, view, [consequence]))


def held(session: Session, view: View, consequences: Collection[str]) -> list[Row]:
    """The same of several, and of each assessor all: under different markings they may be more."""
    return ratings.among(session, view, "consequence", sorted(consequences), in_force=True)


def of_consequence(session: Session, view: View, consequence: str) -> list[Row]:
    """Every rating of a consequence that had been recorded, for its history."""
    t = view.of(Table)
    statement = sa.select(t).where(t.c.consequence == consequence).order_by(t.c.id)
    return [dict(row) for row in session.execute(statement).mappings()]
