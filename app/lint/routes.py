"""HTTP for lint."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.kernel.http import Caller, written
from app.kernel.parents import ALLIANCE, AllianceKey
from app.kernel.reading import asked_format, present_stamp, table
from app.kernel.responses import LIST, TAG, UNCHANGED, problems, series
from app.kernel.routing import ResourceRouter
from app.lint.schemas import FindingShape, Lint, LintQuery, LintRules
from app.lint.service import asked, described, lint

router = ResourceRouter(tags=["lint"])


@router.get(
    "/alliances/{alliance}/lint",
    operation_id="lint_alliance",
    summary="Find faults of tradecraft in an alliance, by the standards of ICD 203",
    response_model=Lint,
    responses={**LIST, **UNCHANGED, 200: series("The faults; as CSV or NDJSON, its `items`")},
)
def lint_alliance(
    caller: Caller, alliance: AllianceKey, query: Annotated[LintQuery, Query()]
) -> Response:
    """Faults in what the caller sees, at the moment asked for; `/v1/lint/rules` explains each."""
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        owner = ALLIANCE.of({"alliance": alliance}, session, view)
        found = lint(session, view, owner, asked(query))
    if form != "json":
        return table(caller, form, FindingShape, found["items"])
    return caller.answer(written(found), now=present_stamp(view))


@router.get(
    "/lint/rules",
    operation_id="get_lint_rules",
    summary="Tell the rules of lint: what is a fault, by which standard, how it is mended",
    response_model=LintRules,
    responses={**problems(422), **UNCHANGED, 200: TAG},
)
def get_lint_rules(caller: Caller) -> Response:
    """Each rule with the standard of ICD 203 it belongs to."""
    return caller.answer(written({"items": described(), "next": None}))
