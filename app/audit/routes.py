"""HTTP for the audit log."""

from fastapi.responses import Response

from app.audit.schemas import Chain
from app.audit.service import audit_log
from app.kernel.audit import verify
from app.kernel.http import Caller, written
from app.kernel.responses import TAG, UNCHANGED, problems
from app.kernel.routes import mount_list
from app.kernel.routing import ResourceRouter

BASE = "/audit"


router = ResourceRouter(tags=["audit"])
mount_list(router, audit_log, BASE, "list_audit")


@router.get(
    f"{BASE}/verify",
    operation_id="verify_audit",
    summary="Check the chain of the audit log from its first entry on",
    response_model=Chain,
    responses={**problems(422), **UNCHANGED, 200: TAG},
)
def verify_audit(caller: Caller) -> Response:
    """A walk along all of the log, a block at a time."""
    found = verify(caller.database)
    chain = Chain(
        checked=found.checked,
        intact=found.first_broken is None,
        first_broken=found.first_broken,
        head=found.head,
    )
    return caller.answer(written(chain))
