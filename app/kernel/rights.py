"""What somebody may see, asked for anew each time: rights are derived, never copied."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.access import Principal
from app.kernel.db import Tx
from app.kernel.eyes import CLEAR
from app.kernel.view import View

WHO: list[Callable[[Session, str], Principal | None]] = []
"""Who knows principals by name, put here by the modules that do."""
GUARDS: list[Callable[[Tx], AbstractContextManager[None]]] = []
"""What looks at a change of who may do what, and may refuse it; put here in the same way."""


@contextmanager
def guarded(tx: Tx) -> Iterator[None]:
    """A change of who may do what."""
    with ExitStack() as stack:
        for guard in GUARDS:
            stack.enter_context(guard(tx))
        yield


def principal_of(session: Session, name: str) -> Principal | None:
    """The principal of a name as it stands now; None if there is none (any more)."""
    found = (look(session, name) for look in WHO)
    return next((principal for principal in found if principal is not None), None)


def view_of(session: Session, owner: str) -> View | None:
    """What the owner of a webhook may see now; None if there is no such owner."""
    return _view(principal_of(session, owner))


def view_now(session: Session, caller: Principal) -> View | None:
    """What may now be seen by who asked before; None once what they showed is good no more."""
    found = principal_of(session, caller.name) if caller.proof is None else None
    return _view(found if caller.proof is None else caller.proof.holder(session))


def _view(principal: Principal | None) -> View | None:
    return View(principal.eyes) if principal is not None and "read" in principal.may else None


def sees(view: View, event: Mapping[str, Any]) -> bool:
    """Whether an event is in a view: what `events.read` asks, without SQL."""
    eyes = view.eyes
    low, high = event["from_level"], event["to_level"]
    mine = low is None or low <= eyes.level < high
    sealed = event["sealed"]
    return mine and eyes.sees(event["marking"]) and (sealed is None or eyes.sees(sealed))


def marking_of(row: Mapping[str, Any]) -> int:
    """The number of the marking of a row."""
    return int(row.get("marking", CLEAR))
