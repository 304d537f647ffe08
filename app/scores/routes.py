"""HTTP for scores, under who or what is scored."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from app.kernel.http import Call, Caller, written
from app.kernel.parents import AllianceKey, Key
from app.kernel.reading import asked_format, present_stamp, table
from app.kernel.responses import LIST, READ, UNCHANGED, series
from app.kernel.routing import ResourceRouter
from app.scores.carried import score_source
from app.scores.queries import score_assessor, score_pool
from app.scores.schemas import (
    Answer,
    AssessorScoreQuery,
    Resolved,
    ScoreQuery,
    Scores,
    Settled,
    SourceScoreQuery,
    SourceScores,
)  # fmt: skip

RESOLVED = {**READ, **LIST, **UNCHANGED, 200: series("The scores; as CSV or NDJSON, `resolved`")}
SETTLED = {**READ, **LIST, **UNCHANGED, 200: series("The scores; as CSV or NDJSON, `settled`")}


router = ResourceRouter(tags=["scores"])


@router.get(
    "/assessors/{key}/scores",
    operation_id="get_assessor_scores",
    summary="Score an assessor: Brier in parts, log, peers, skill, calibration",
    response_model=Scores,
    responses=RESOLVED,
)
def get_assessor_scores(
    caller: Caller, key: Key, query: Annotated[AssessorScoreQuery, Query()]
) -> Response:
    """Each rating counts for the days it was in force until its consequence was resolved.

    `occurred` is 1, `did_not_occur` 0; what occurred in part and what was annulled is counted
    apart. The outcome is the one held at the moment: where it was corrected, the correction.
    """
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        found = score_assessor(session, key, view, query)
    return _answered(caller, form, found, present_stamp(view))


@router.get(
    "/alliances/{alliance}/scores",
    operation_id="get_alliance_scores",
    summary="Score the pool of all who rated an alliance, by method",
    response_model=Scores,
    responses=RESOLVED,
)
def get_alliance_scores(
    caller: Caller, alliance: AllianceKey, query: Annotated[ScoreQuery, Query()]
) -> Response:
    """The pool as it stood from rating to rating, scored as an assessor is."""
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        found = score_pool(session, alliance, view, query)
    return _answered(caller, form, found, present_stamp(view))


@router.get(
    "/sources/{key}/scores",
    operation_id="get_source_scores",
    summary="Score a source: of its claims that are settled, how many held, by grade",
    response_model=SourceScores,
    responses=SETTLED,
)
def get_source_scores(
    caller: Caller, key: Key, query: Annotated[SourceScoreQuery, Query()]
) -> Response:
    """Outcomes settle a claim before retractions, and retractions before other claims."""
    form = asked_format(caller, query.format)
    view = caller.view(query)
    with caller.read() as session:
        found = score_source(session, key, view, query)
    if form != "json":
        return table(caller, form, Settled, found["settled"])
    return caller.answer(written(found), now=present_stamp(view))


def _answered(caller: Call, form: str, found: Answer, now: str) -> Response:
    if form != "json":
        return table(caller, form, Resolved, found["resolved"])
    return caller.answer(written(found), now=now)
