"""Who asks: a name, a role, and eyes. Rights are looked up for each request, never kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from app.kernel.eyes import EVERYTHING, Eyes

Role = Literal["reader", "analyst", "editor", "admin"]
Permission = Literal["read", "write", "own", "edit", "rate", "resolve", "admin"]

ROLES: dict[str, frozenset[str]] = {
    "reader": frozenset({"read"}),
    "analyst": frozenset({"read", "write", "own", "rate"}),
    "editor": frozenset({"read", "write", "own", "edit", "rate", "resolve"}),
    "admin": frozenset({"read", "write", "own", "edit", "rate", "resolve", "admin"}),
}
"""What each role may do.

`own` is to change and delete what one made oneself, `edit` what others made; `rate` to rate under
one's own name, `resolve` to say what became of a consequence.
"""
LOCAL = "local"
"""The name of the caller while the service is open."""
JUDGING = frozenset({"rate", "resolve"})
"""What a machine may do only where its account says so."""


class Proof(Protocol):
    """What somebody showed of themselves, a key or a token; two of them can be told apart.

    What outlives its request asks anew who they are: a proof ends, and so does what it opened.
    """

    def holder(self, session: Any) -> "Principal | None":
        """Who they are now; None once it is good for nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, as it stands for this one request."""

    name: str
    eyes: Eyes = field(hash=False)
    may: frozenset[str] = field(default_factory=lambda: ROLES["admin"], hash=False)
    assessor: str | None = None
    """The slug of the assessor they rate as; None is their own name."""
    machine: bool = False
    proof: Proof | None = None
    """How that is known; None of who runs the service, and of a name looked up."""

    @classmethod
    def owner(cls, name: str) -> "Principal":
        """Who runs the service on this machine: sees everything, may do everything."""
        return cls(name, EVERYTHING)

    @property
    def is_owner(self) -> bool:
        """Whether nothing is kept from them."""
        return self.eyes.markings is None


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that an act was asked for by, as far as it is kept; of a command, its name."""

    route: str = ""
    """The path's template; of a command, its name."""
    method: str = ""
    path: str = ""
    address: str = ""
    request_id: str = ""
    status: int = 0
    """What it is answered with."""


NOWHERE = Origin()


class Admission(Protocol):
    """What the service asks about every request."""

    permissions: Mapping[str, str]
    """The permission that each `METHOD /path` needs."""
    secret: bytes
    """What keys are hashed with."""

    async def caller(self, request: Any) -> Principal:
        """Who asks. Raises Unauthorized."""

    def close(self) -> None:
        """Take nobody any more without a key: there is one now."""
