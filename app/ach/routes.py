"""HTTP for competing hypotheses: questions, evaluations, and the matrix made of them."""

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import Response
from pydantic import Field
from pydantic_core import to_jsonable_python

from app.ach.queries import matrix
from app.ach.schemas import CompetingHypotheses, WeighedItem
from app.ach.service import evaluations, questions
from app.kernel.formats import csv_block
from app.kernel.http import Caller, written
from app.kernel.listing import Clocks, Tabular
from app.kernel.parents import ALLIANCE, AllianceKey, Parent
from app.kernel.reading import MEDIA, asked_format, present_stamp, table
from app.kernel.records import Row
from app.kernel.responses import LIST, UNCHANGED, series
from app.kernel.routes import mount, mount_create, mount_list, mount_single
from app.kernel.routing import ResourceRouter
from app.kernel.types import QueryBool, Ref, Reference

QuestionKey = Annotated[str, Path(max_length=80, description="The id of the question")]
QUESTION = Parent("question", "questions", QuestionKey)
UNDER = "/alliances/{alliance}/questions"
COLUMNS = (
    "claim", "claim_ref", "statement", "grade", "credibility", "relevance", "weight",
    "diagnosticity",
)  # fmt: skip
"""The columns of a table before those of the hypotheses, whose keys are in capitals."""


class MatrixQuery(Tabular, Clocks):
    """Which question, whose cells, and when."""

    question: Annotated[
        Ref | None, Field(description="Its id or its ref; may be left out where there is but one")
    ] = None
    assessor: Annotated[
        list[Reference], Field(max_length=50, description="Only these; all where none is named")
    ] = []
    include_machine: Annotated[
        QueryBool, Field(description="Count the evaluations of machines as well")
    ] = False


router = ResourceRouter(tags=["hypotheses"])


@router.get(
    "/alliances/{alliance}/ach",
    operation_id="get_competing_hypotheses",
    summary="Weigh the competing hypotheses of a question against the claims",
    response_model=CompetingHypotheses,
    responses={**LIST, **UNCHANGED, 200: series("The matrix; as CSV or NDJSON, its items")},
)
def get_competing_hypotheses(
    caller: Caller, alliance: AllianceKey, query: Annotated[MatrixQuery, Query()]
) -> Response:
    """What speaks against each, which items decide, and where the assessors disagree.

    As CSV a row an item and a column a hypothesis. A cell is the mean of the consistency, -2 to 2;
    of one assessor asked for, it is the assessor's own: CC, C, N, I, II or NA.
    """
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, view)
        found = matrix(
            session,
            view,
            owner,
            query.question,
            query.assessor,
            include_machine=query.include_machine,
        )
    if form == "csv":
        return caller.answer(_as_table(found, own=len(query.assessor) == 1), media=MEDIA[form])
    if form != "json":
        return table(caller, form, WeighedItem, found["items"])
    return caller.answer(written(found), now=present_stamp(view))


def _as_table(found: Row, *, own: bool) -> str:
    keys = [hypothesis["key"] for hypothesis in found["hypotheses"]]
    rows = [
        {
            **{name: item[name] for name in COLUMNS},
            **{
                cell["hypothesis"]: next((by["cell"] for by in cell["by"]), None)
                if own
                else cell["consistency"]
                for cell in item["cells"]
            },
        }
        for item in found["items"]
    ]
    return csv_block([*COLUMNS, *keys], to_jsonable_python(rows), head=True)


mount_list(router, questions, UNDER, "list_questions", ALLIANCE)
mount_create(router, questions, UNDER, "create_question", ALLIANCE)
mount_single(router, questions, "/questions")
mount(router, evaluations, QUESTION, writable=False)
