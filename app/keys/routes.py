"""HTTP for keys."""

from datetime import timedelta

from fastapi.responses import Response

from app.kernel.db import Tx
from app.kernel.handlers import answer_of
from app.kernel.http import Call, Caller, IdempotencyKey
from app.kernel.parents import Key
from app.kernel.records import Row
from app.kernel.responses import MADE, MAKE, MERGE
from app.kernel.routes import mount_list, mount_single
from app.kernel.routing import ResourceRouter
from app.keys.schemas import KeyIn, NewKey, RotationIn
from app.keys.service import keys, make, rotate

BASE = "/keys"


router = ResourceRouter(tags=["keys"])
mount_list(router, keys, BASE, "list_keys")
mount_single(router, keys, BASE)


@router.post(
    BASE,
    operation_id="create_key",
    summary="Make a key, shown this once",
    status_code=201,
    response_model=NewKey,
    responses={**MAKE, 201: MADE},
)
def create_key(caller: Caller, body: KeyIn, idempotency_key: IdempotencyKey = None) -> Response:  # noqa: ARG001 - documented here, read by the call
    """A key of a principal."""
    with caller.write(body) as tx:
        answer = _shown(caller, tx, *make(tx, caller.admission.secret, body))
    caller.admission.close()
    return answer


@router.post(
    f"{BASE}/{{key}}/rotate",
    operation_id="rotate_key",
    summary="Make another key for the same use; the old one ends after an overlap",
    status_code=201,
    response_model=NewKey,
    responses={**MERGE, 201: MADE},
)
def rotate_key(
    caller: Caller,
    key: Key,
    body: RotationIn,
    idempotency_key: IdempotencyKey = None,  # noqa: ARG001 - documented here, read by the call
) -> Response:
    """The new key, beside which the old one stays good for a while."""
    with caller.write(body) as tx:
        overlap = timedelta(hours=body.overlap_hours)
        return _shown(caller, tx, *rotate(tx, caller.admission.secret, key, overlap))


def _shown(caller: Call, tx: Tx, row: Row, text: str) -> Response:
    document = answer_of(keys, tx, row)
    shown = {**document, "key": text}
    return caller.created(tx, shown, keys.address(row), kept={**document, "key": None})
