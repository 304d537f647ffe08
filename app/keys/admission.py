"""Admission: who asks, by key or by token, and whether the service is open."""

import ipaddress
import logging
import time
from collections.abc import Mapping

from anyio.to_thread import run_sync
from fastapi import Request
from sqlalchemy.exc import DBAPIError

from app.kernel.access import LOCAL, Principal
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import Unauthorized
from app.kernel.meta import secret
from app.kernel.types import now
from app.keys import service
from app.keys.oidc import Issuer

LOOK_EVERY = 1.0
"""Seconds after which an open service looks again whether there is a key."""

log = logging.getLogger("entente")


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class KeyAdmission:
    """Finds out who asks. Open, on a loopback address, until the first key; never again."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        permissions: Mapping[str, str],
        always: Principal | None = None,
    ) -> None:
        self.always = always
        self.permissions = permissions
        self.database = database
        self.issuer = Issuer.of(settings)
        self.local = self.issuer is None and is_loopback(settings.host)
        self.open = False
        self._look_at = 0.0

    def prepare(self) -> None:
        """Read what doesn't change while the service runs."""
        self.secret = secret(self.database, "key_secret")
        self._look()

    def _look(self) -> None:
        if self.local:
            with self.database.read() as session:
                self.open = not service.closed(session)
        self._look_at = time.monotonic() + LOOK_EVERY

    def close(self) -> None:
        """Take nobody any more without a key: there is one now."""
        self.open = False

    async def caller(self, request: Request) -> Principal:
        """Who asks. Raises Unauthorized."""
        if self.always is not None:
            return self.always
        header = request.headers.get("authorization")
        if header is not None:
            scheme, _, text = header.partition(" ")
            if scheme.lower() != "bearer" or not text.strip():
                raise Unauthorized("The Authorization header must be `Bearer` and a key or token.")
            return await run_sync(self._shown, text.strip())
        if self.open and time.monotonic() >= self._look_at:
            await run_sync(self._look)
        if self.open:
            return Principal.owner(LOCAL)
        raise Unauthorized

    def _shown(self, text: str) -> Principal:
        at = now()
        if self.issuer is not None and text.count(".") == 2:  # noqa: PLR2004 - a JWT has two dots
            with self.database.read() as session:
                return self.issuer.principal(session, text)
        with self.database.read() as session:
            found = service.known(session, self.secret, text, at)
        if found is None:
            raise Unauthorized("Nobody is known by this key; it may have expired or been revoked.")
        principal, row = found
        try:
            service.touch(self.database, row, at)
        except DBAPIError:
            log.warning("the last use of a key could not be kept")
        return principal
