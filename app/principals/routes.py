"""HTTP for principals, and who the caller is."""

from fastapi.responses import Response

from app.kernel.eyes import LEVELS
from app.kernel.http import Caller, written
from app.kernel.responses import TAG, UNCHANGED, problems
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter
from app.principals.schemas import Me
from app.principals.service import principals

router = ResourceRouter(tags=["principals"])
mount(router, principals)


@router.get(
    "/me",
    operation_id="get_me",
    summary="Ask who you are here, what you may do and see",
    response_model=Me,
    responses={**problems(422), **UNCHANGED, 200: TAG},
)
def get_me(caller: Caller) -> Response:
    """The caller as the service sees it."""
    who = caller.caller
    me = Me(
        name=who.name,
        permissions=sorted(who.may),  # type: ignore[arg-type]  # pydantic checks them
        clearance=LEVELS[-1] if who.is_owner else who.eyes.clearance,  # type: ignore[arg-type]  # as above
        groups=sorted(who.eyes.groups),
        machine=who.machine,
        assessor=who.assessor or who.name,
        open=who.is_owner,
    )
    return caller.answer(written(me))
