"""HTTP for comparisons, under their alliance and under an edition."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.comparison import editions
from app.comparison.queries import DiffQuery, EditionDiffQuery
from app.comparison.schemas import Diff, DiffItem, EditionDiff, EditionDiffItem
from app.comparison.service import diff
from app.kernel.errors import Invalid
from app.kernel.http import Caller, written
from app.kernel.parents import ALLIANCE, AllianceKey, AssessmentKey
from app.kernel.reading import asked_format, present_stamp, table
from app.kernel.responses import LIST, READ, UNCHANGED, series
from app.kernel.routing import ResourceRouter
from app.kernel.view import View

router = ResourceRouter(tags=["comparison"])


@router.get(
    "/alliances/{alliance}/diff",
    operation_id="get_diff",
    summary="Compare an alliance at two moments: what is new, modified, dropped, moved, and why",
    response_model=Diff,
    responses={**LIST, **UNCHANGED, 200: series("What differs; as CSV or NDJSON, its `items`")},
)
def get_diff(
    caller: Caller, alliance: AllianceKey, query: Annotated[DiffQuery, Query()]
) -> Response:
    """Consequences that differ, each with what came in between: ratings, findings, claims.

    In between came what began after `from` or, where `known_from` is given, was written down after
    that. What was reworded or deleted shows where `known_from` and `known_to` differ.
    """
    form = asked_format(caller, query.format)
    known_to = query.known_to or query.known_at
    after = View(caller.eyes, as_of=query.to, known_at=known_to)
    if query.from_ > after.moment:
        raise Invalid.at("?from", "is later than now")
    known_from = query.known_from or query.known_at
    before = replace(after, as_of=query.from_, known_at=known_from)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, after)
        found = diff(session, owner, before, after, query)
    if form != "json":
        return table(caller, form, DiffItem, found["items"])
    return caller.answer(written(found), now=present_stamp(after))


@router.get(
    "/assessments/{assessment}/diff",
    operation_id="get_edition_diff",
    summary="Compare two editions of an alliance: what is new, modified, dropped, moved, and why",
    response_model=EditionDiff,
    responses={
        **LIST, **READ, **UNCHANGED, 200: series("What differs; as CSV or NDJSON, its `items`")
    },
)  # fmt: skip
def get_edition_diff(
    caller: Caller, assessment: AssessmentKey, query: Annotated[EditionDiffQuery, Query()]
) -> Response:
    """Told forwards from the edition of the earlier day to that of the later, whichever is asked.

    It is made of what the two hold, each at its own marking, and of no record: it never changes.
    """
    form = asked_format(caller, query.format)
    with caller.read() as session:
        found = editions.diff(session, assessment, View(caller.eyes), query)
    if form != "json":
        return table(caller, form, EditionDiffItem, found["items"])
    return caller.answer(written(found))
