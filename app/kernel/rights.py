"""What somebody may see, asked for anew each time: rights are derived, never copied."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.access import Principal
from app.kernel.eyes import CLEAR
from app.kernel.view import View

WHO: list[Callable[[Session, str], Principal | None]] = []
"""Who knows principals by name, put here by the modules that do."""


def principal_of(session: Session, name: str) -> Principal | None:
    """The principal of a name as it stands now; None if there is none (any more)."""
    found = (look(session, name) for look in WHO)
    return next((principal for principal in found if principal is not None), None)


def view_of(session: Session, owner: str) -> View | None:
    """What the owner of a stream or a webhook may see now; None if there is no such owner."""
    principal = principal_of(session, owner)
    return None if principal is None else View(principal.eyes)


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
