"""Tokens of an OpenID Connect issuer: checked, and read into what the bearer may do and see."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from jwt import PyJWKClient, PyJWKSet
from sqlalchemy.orm import Session

from app.kernel.access import ROLES, Principal
from app.kernel.config import Settings
from app.kernel.errors import Unauthorized
from app.kernel.eyes import LEVELS
from app.kernel.ids import is_slug
from app.kernel.markings import eyes_of
from app.kernel.types import now

FETCH_SECONDS = 5
KEEP_SECONDS = 300
"""How long fetched keys are good; a key id that isn't among them is looked for at once."""
RANK = ("reader", "analyst", "editor", "admin")


@dataclass(frozen=True, slots=True)
class Shown:
    """A token somebody showed, as it was read: it says who they are until it expires."""

    name: str
    role: str
    clearance: str
    groups: tuple[str, ...]
    until: int
    """When it expires, in seconds since 1970."""

    def bearer(self, session: Session) -> Principal:
        """Who bears it, and what they may see by it at this moment."""
        may = ROLES[self.role]
        return Principal(
            name=self.name,
            eyes=eyes_of(session, self.clearance, self.groups, self.name, auditor="admin" in may),
            may=may,
            proof=self,
        )

    def holder(self, session: Session) -> Principal | None:
        """Who bears it, until it expires; the leeway is for clocks, and not for what stays open."""
        return None if self.until <= now().timestamp() else self.bearer(session)


class Issuer:
    """One issuer, and how its claims are read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        place = settings.oidc_jwks or f"{settings.oidc_issuer}/.well-known/jwks.json"
        self.fetched = (
            PyJWKClient(place, timeout=FETCH_SECONDS, lifespan=KEEP_SECONDS)
            if place.startswith(("https://", "http://"))
            else None
        )
        self.file = Path(place)

    @classmethod
    def of(cls, settings: Settings) -> "Issuer | None":
        """The configured issuer, if there is one."""
        return cls(settings) if settings.oidc_issuer else None

    def principal(self, session: Session, token: str) -> Principal:
        """Who bears a token. Raises Unauthorized, without telling a guesser which check failed."""
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, OSError, ValueError) as error:
            raise Unauthorized(f"The token isn't good here: {_reason(error)}.") from None
        settings = self.settings
        name = self._name(claims)
        groups = [text for text in _texts(claims.get(settings.oidc_groups_claim)) if is_slug(text)]
        clearance = str(claims.get(settings.oidc_clearance_claim, LEVELS[0])).upper()
        role = self._role(_texts(claims.get(settings.oidc_role_claim)))
        if role is None:
            raise Unauthorized("The token names no role that means anything here.")
        shown = Shown(
            name,
            role,
            clearance if clearance in LEVELS else LEVELS[0],
            tuple(groups),
            int(claims["exp"]),
        )
        return shown.bearer(session)

    def _claims(self, token: str) -> dict[str, Any]:
        settings = self.settings
        found: dict[str, Any] = jwt.decode(
            token,
            self._key(token),
            algorithms=settings.oidc_algorithms.split(","),
            audience=settings.oidc_audience,
            issuer=settings.oidc_issuer,
            leeway=settings.oidc_leeway_seconds,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        kind = str(jwt.get_unverified_header(token).get("typ", "JWT")).lower()
        if kind.removeprefix("application/") not in {"jwt", "at+jwt"}:
            raise jwt.InvalidTokenError("it is no token for access")
        return found

    def _key(self, token: str) -> Any:
        """The key a token names, of those the issuer publishes and of no others."""
        if self.fetched is not None:
            return self.fetched.get_signing_key_from_jwt(token).key
        wanted = jwt.get_unverified_header(token).get("kid")
        for key in PyJWKSet.from_json(self.file.read_text(encoding="utf-8")).keys:
            if key.key_id == wanted:
                return key.key
        raise jwt.InvalidTokenError("its key isn't the issuer's")

    def _name(self, claims: dict[str, Any]) -> str:
        """A name nobody else has: readable, and told apart by the issuer and the subject."""
        sign = hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()[:16]
        told = str(claims.get(self.settings.oidc_name_claim, claims["sub"])).lower()
        words = re.findall("[a-z0-9]+", told) or ["user"]
        return f"{'-'.join(words)[:50].strip('-')}-{sign}"

    def _role(self, told: Iterable[str]) -> str | None:
        roles = {self.roles.get(text) for text in told}
        return next((role for role in reversed(RANK) if role in roles), None)

    @property
    def roles(self) -> dict[str, str]:
        """What the issuer calls our roles."""
        found: dict[str, str] = json.loads(self.settings.oidc_roles)
        return found


def _texts(value: object) -> list[str]:
    """A claim that may be one text or several."""
    if isinstance(value, str):
        return value.split()
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _reason(error: Exception) -> str:
    """What is wrong, where it helps who is honest; no more."""
    match error:
        case jwt.ExpiredSignatureError():
            return "it has expired"
        case jwt.InvalidAudienceError():
            return "it is for another audience"
        case jwt.InvalidIssuerError():
            return "it is by another issuer"
        case jwt.ImmatureSignatureError():
            return "it isn't valid yet"
        case _:
            return "it can't be verified"
