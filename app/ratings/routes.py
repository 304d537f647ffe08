"""HTTP for ratings: made under their consequence, read anywhere, withdrawn, never edited."""

from fastapi.responses import Response

from app.kernel.handlers import answer_of
from app.kernel.http import Caller, IdempotencyKey
from app.kernel.parents import CONSEQUENCE, Key
from app.kernel.responses import MADE, MAKE
from app.kernel.routes import mount, mount_create, mount_list
from app.kernel.routing import ResourceRouter
from app.ratings.schemas import Rating, RatingIn, Withdrawal
from app.ratings.service import ratings, withdraw

UNDER = "/consequences/{consequence}/ratings"


router = ResourceRouter(tags=["ratings"])
mount_list(router, ratings, UNDER, "list_consequence_ratings", CONSEQUENCE)
mount_create(router, ratings, UNDER, "rate_consequence", CONSEQUENCE, accepts=RatingIn)
mount(router, ratings, writable=False)


@router.post(
    "/ratings/{key}/withdraw",
    operation_id="withdraw_rating",
    summary="Take a rating back, with the reason",
    status_code=201,
    response_model=Rating,
    responses={**MAKE, 201: MADE},
)
def withdraw_rating(
    caller: Caller,
    key: Key,
    body: Withdrawal,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
) -> Response:
    """From then on the assessor holds no view of the consequence, until the next rating.

    The rating before it doesn't come back into force.
    """
    with caller.write(body) as tx:
        row = withdraw(tx, key, body)
        return caller.created(tx, answer_of(ratings, tx, row), ratings.address(row))
