"""Questions and evaluations as resources, and the rules of writing them."""

from typing import Annotated, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.ach.models import Evaluation as EvaluationTable
from app.ach.models import Question as QuestionTable
from app.ach.queries import evaluations_with_assessors, hypotheses_in_sight
from app.ach.schemas import Evaluation, EvaluationIn, Question, QuestionIn
from app.assessors.service import Judged, settle_assessor
from app.kernel import records, succession
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.filters import equals, links_to, matches, refers
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import Record
from app.kernel.types import IdText, QueryBool, Ref, Reference
from app.kernel.view import View

SERIES = ("question", "assessor", "marking")
"""An assessor's evaluations under one marking follow each other (see `ratings.service.SERIES`)."""


class QuestionQuery(Listing):
    """Filters of questions."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "ref": True,
    }

    ref: Annotated[list[Ref], equals("ref")] = []
    claim: Annotated[list[IdText], links_to("claims", "questions.items.claim")] = []
    consequence: Annotated[
        list[IdText], links_to("consequences", "questions.hypotheses.consequence")
    ] = []


class Questions(Resource):
    """What a question names is of its own alliance."""

    model = QuestionTable
    accepts = QuestionIn
    answers = Question
    query = QuestionQuery
    noun = "question"
    expands = {
        "alliance": "alliance",
        "claims": "items/*/claim",
        "consequences": "hypotheses/*/consequence",
    }

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Refuse claims and consequences of another alliance."""
        alliance = (before or row)["alliance"]
        for reference in self.model.references[1:]:
            kind = str(reference.target)
            places = list(reference.places(row))
            t = tx.view.of(Record.kinds[kind])
            named = t.c.id.in_(sorted({place.value for place in places}))
            elsewhere = sa.select(t.c.id).where(named, t.c.alliance.is_distinct_from(alliance))
            others = set(tx.session.execute(elsewhere).scalars())
            for place in places:
                if place.value in others:
                    raise Invalid.at(place.pointer, f"is not one of the {kind} of this alliance")


class EvaluationQuery(Listing):
    """Filters of evaluations."""

    sorts: ClassVar[dict[str, bool]] = {"id": False, "created_at": False, "effective_at": False}
    default_sort: ClassVar[str] = "-effective_at"

    assessor: Annotated[list[Reference], refers("assessor", "assessors")] = []
    claim: Annotated[list[IdText], links_to("claims", "evaluations.items.claim")] = []
    machine: Annotated[QueryBool | None, matches("machine")] = None


class Evaluations(Judged):
    """An assessor's cells hold until the assessor's next; they are never edited."""

    model = EvaluationTable
    accepts = EvaluationIn
    answers = Evaluation
    query = EvaluationQuery
    noun = "evaluation"
    expands = {"question": "question", "claims": "items/*/claim"}

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Evaluations with their assessor's slug."""
        t, statement = evaluations_with_assessors(view)
        return Selection(session, view, statement, {column.name: column for column in t.c})

    def present(self, row: Row, view: View) -> Row:
        """The wire shape: the assessor by slug, its end if it had come by then."""
        return {**row, "assessor": row["assessor_slug"], "ended_at": view.shown(row["ended_at"])}

    def said(self, row: Row) -> Row:
        """What was said, and until when it held, for the list of versions."""
        return {**super().said(row), "ended_at": row["ended_at"]}

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:  # noqa: ARG002 - they are only made
        """Date it, give it its assessor and its place in the succession."""
        row["effective_at"] = succession.begin(
            tx, QuestionTable, row["question"], row["effective_at"], "/effective_at"
        )
        settle_assessor(tx, row)
        _fit(tx, row)
        last, following = succession.neighbours(tx, self.model, row, SERIES)
        row["ended_at"] = following["effective_at"] if following else None
        succession.end(tx, self.model, last, row["effective_at"])

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Let it stand among those marked as it is."""
        succession.join(tx, self.model, row, before, SERIES)


def _fit(tx: Tx, row: Row) -> None:
    """Refuse a row or a column that the question doesn't have; what is hidden, it hasn't."""
    question = records.find(tx.session, QuestionTable, row["question"], tx.view)
    claims = {item["claim"] for item in question["items"]}
    keys = {found["key"] for found in hypotheses_in_sight(tx.session, tx.view, question)}
    for index, item in enumerate(row["items"]):
        if item["claim"] not in claims:
            raise Invalid.at(f"/items/{index}/claim", "is not among the items of the question")
        for key in item["cells"]:
            if key not in keys:
                detail = "is no hypothesis of the question"
                raise Invalid.at(f"/items/{index}/cells/{key}", detail)


questions = Questions()
evaluations = Evaluations()
