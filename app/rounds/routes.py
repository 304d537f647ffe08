"""HTTP for rounds: opened, answered, closed, revealed, and what they came to."""

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response

from app.kernel.handlers import answer_of
from app.kernel.http import Call, Caller, IdempotencyKey, written
from app.kernel.listing import PageQuery
from app.kernel.parents import ALLIANCE, Key
from app.kernel.reading import present_stamp
from app.kernel.responses import LIST, MADE, MAKE, READ, TAG, UNCHANGED, problems
from app.kernel.routes import mount_create, mount_list, mount_single
from app.kernel.routing import ResourceRouter
from app.kernel.schemas import Nothing
from app.kernel.view import View
from app.rounds import queries, sealed, service
from app.rounds.queries import ResultsQuery, RoundQuery
from app.rounds.schemas import AnswerIn, Results, Round, SealedPage, SealedRating
from app.rounds.service import rounds

BASE = "/rounds"
UNDER = "/alliances/{alliance}/rounds"
ANSWERS = f"{BASE}/{{round}}/ratings"
RoundKey = Annotated[str, Path(alias="round", max_length=80, description="The id of the round")]

router = ResourceRouter(tags=["rounds"])
mount_list(router, rounds, UNDER, "list_alliance_rounds", ALLIANCE, query=RoundQuery)
mount_create(router, rounds, UNDER, "create_round", ALLIANCE)
mount_list(router, rounds, BASE, "list_rounds")
mount_single(router, rounds, BASE)


@router.get(
    ANSWERS,
    operation_id="list_round_answers",
    summary="List your own sealed answers to a round",
    response_model=SealedPage,
    responses={**LIST, **UNCHANGED, 200: TAG},
)
def list_round_answers(
    caller: Caller, round_: RoundKey, query: Annotated[PageQuery, Query()]
) -> Response:
    """Newest first, with those they replaced. Nobody is shown another's.

    What was revealed is no longer sealed: it is among the ratings, `/v1/ratings?round=`.
    """
    with caller.read() as session:
        found = rounds.read(session, round_, View(caller.eyes))
        rows = sealed.page(session, caller.caller, found["id"], query.cursor, query.limit + 1)
    revealed = found["status"] == "revealed"
    items = [sealed.shown(row, revealed=revealed) for row in rows[: query.limit]]
    more = items[-1]["id"] if len(rows) > query.limit else None
    return caller.answer(written({"items": items, "next": more}))


@router.post(
    ANSWERS,
    operation_id="answer_round",
    summary="Answer a round: a rating that stays sealed until it is revealed",
    status_code=201,
    response_model=SealedRating,
    responses={**MAKE, 201: MADE},
)
def answer_round(
    caller: Caller,
    round_: RoundKey,
    body: AnswerIn,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
) -> Response:
    """While the round is open, a later answer to the same consequence replaces this one.

    Only who gave an answer may replace it: another's for the same assessor is a 409.
    """
    with caller.write(body) as tx:
        row = sealed.answer(tx, round_, body)
        where = f"/v1{BASE}/{row['round']}/ratings/{row['id']}"
        return caller.created(tx, sealed.shown(row), where)


@router.get(
    f"{ANSWERS}/{{key}}",
    operation_id="get_round_answer",
    summary="Read one of your own sealed answers",
    response_model=SealedRating,
    responses={**READ, **UNCHANGED, 200: TAG},
)
def get_round_answer(caller: Caller, round_: RoundKey, key: Key) -> Response:
    """Once it is revealed, the rating at `/v1/ratings` with the same id takes its place."""
    with caller.read() as session:
        found = rounds.read(session, round_, View(caller.eyes))
        row = sealed.find(session, caller.caller, found["id"], key)
    shown = sealed.shown(row, revealed=found["status"] == "revealed")
    return caller.answer(written(shown), shown)


@router.post(
    f"{BASE}/{{key}}/close",
    operation_id="close_round",
    summary="Close a round: it takes no answers any more",
    status_code=201,
    response_model=Round,
    responses={**MAKE, 201: MADE},
)
def close_round(
    caller: Caller,
    key: Key,
    body: Nothing,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - as above
) -> Response:
    """The answers stay sealed. There is no way back."""
    with caller.write(body) as tx:
        return _moved_on(caller, tx, service.close(tx, key))


@router.post(
    f"{BASE}/{{key}}/reveal",
    operation_id="reveal_round",
    summary="Reveal a closed round: its answers become ratings, all at once",
    status_code=201,
    response_model=Round,
    responses={**MAKE, 201: MADE},
)
def reveal_round(
    caller: Caller,
    key: Key,
    body: Nothing,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - as above
) -> Response:
    """Each holds from when it was said, and is recorded now."""
    with caller.write(body) as tx:
        return _moved_on(caller, tx, service.reveal(tx, key))


def _moved_on(caller: Call, tx: Any, row: dict[str, Any]) -> Response:
    return caller.created(tx, answer_of(rounds, tx, row), rounds.address(row))


@router.get(
    f"{BASE}/{{key}}/results",
    operation_id="get_round_results",
    summary="Read what a revealed round came to, beside the round before",
    response_model=Results,
    responses={**READ, **problems(409), **UNCHANGED, 200: TAG},
)
def get_round_results(
    caller: Caller, key: Key, query: Annotated[ResultsQuery, Query()]
) -> Response:
    """The pool of each round is of its own ratings alone, whatever was rated since."""
    view = caller.view(query)
    with caller.read() as session:
        found = queries.results(session, rounds.read(session, key, view), view, query)
    return caller.answer(written(found), now=present_stamp(view))
