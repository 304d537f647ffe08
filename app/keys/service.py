"""Keys as a resource: made, rotated, revoked; shown once, kept as hashes."""

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import audit, records
from app.kernel.access import LOCAL, ROLES, Principal
from app.kernel.db import Database, Tx, take_turn
from app.kernel.errors import Conflict, Gone, Invalid
from app.kernel.eyes import EVERYTHING
from app.kernel.filters import equals, refers
from app.kernel.listing import Rows
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.rights import GUARDS, WHO, guarded
from app.kernel.tables import table_of
from app.kernel.types import Label, Reference, Shape, now
from app.kernel.view import View
from app.keys.models import Key as Table
from app.keys.schemas import Key, KeyChange, KeyIn
from app.principals.models import Principal as Holder
from app.principals.service import as_caller

FORM = re.compile("ent_([0-9a-f]{8})_([0-9a-f]{64})([0-9a-f]{8})")
USED_EVERY = timedelta(minutes=1)
"""How precisely the last use is kept: not every request is to be a write."""


class KeyQuery(Rows):
    """Filters of keys."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "expires_at": True,
        "last_used_at": True,
    }

    principal: Annotated[list[Reference], refers("principal", "principals")] = []
    prefix: Annotated[list[Label], equals("prefix")] = []


class Keys(Resource):
    """Deleting a key revokes it."""

    model = Table
    accepts = KeyChange
    answers = Key
    query = KeyQuery
    noun = "key"
    expands = {"principal": "principal"}

    @property
    def made_from(self) -> type[Shape]:
        """A key is made for somebody, and stays theirs."""
        return KeyIn

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """A key that has expired already was meant otherwise."""
        expires = row["expires_at"]
        if (
            expires is not None
            and expires <= tx.now
            and (before or {}).get("expires_at") != expires
        ):
            raise Invalid.at("/expires_at", "lies in the past; delete a key to revoke it")

    def change(self, tx: Tx, before: Row, shape: Shape) -> Row:
        """Write the next version, unless nobody could then let anybody in."""
        with guarded(tx):
            return super().change(tx, before, shape)

    def remove(self, tx: Tx, before: Row) -> None:
        """Revoke a key, unless nobody could then let anybody in."""
        with guarded(tx):
            super().remove(tx, before)


keys = Keys()


def new_text() -> str:
    """A key: 256 random bits, with a beginning to tell it by and a checksum against typos."""
    start = f"ent_{secrets.token_hex(4)}_{secrets.token_hex(32)}"
    return f"{start}{_checksum(start)}"


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def digest_of(text: str, secret: bytes) -> str:
    """What is kept of a key."""
    return hmac.digest(secret, text.encode(), hashlib.sha256).hex()


def closed(session: Session) -> bool:
    """Whether there ever was a key: from the first on the service is closed to who has none.

    What has expired or was revoked leaves its row: what was closed doesn't open again by itself.
    """
    return session.execute(sa.select(Table.id).limit(1)).first() is not None


def good(session: Session, moment: datetime) -> list[sa.Row[Any]]:
    """The keys that let somebody in at a moment: `role`, `scopes` and `expires_at` of each."""
    view = View(EVERYTHING)
    key, holder = view.of(Table), view.of(Holder)
    statement = sa.select(holder.c.role, key.c.scopes, key.c.expires_at).join_from(
        key, holder, holder.c.id == key.c.principal
    )
    lasts = sa.or_(key.c.expires_at.is_(None), key.c.expires_at > moment)
    return list(session.execute(statement.where(lasts)))


def leading(keys: Iterable[sa.Row[Any]]) -> list[datetime | None]:
    """When those of some keys end that make others; None is never."""
    return [
        key.expires_at
        for key in keys
        if "admin" in ROLES[key.role] and (key.scopes is None or "admin" in key.scopes)
    ]


@contextmanager
def _way_in(tx: Tx) -> Iterator[None]:
    """Keep a key that makes others, where there is one. Raises Conflict.

    Whoever runs the service needs none: they make one by the command line.
    """
    take_turn(tx.session, "keys")
    before = leading(good(tx.session, tx.now))
    yield
    if before and not tx.caller.is_owner and not leading(good(tx.session, tx.now)):
        raise Conflict(
            "No key could make others any more. Make another admin's key first; where the service"
            " runs, `entente key create NAME --role admin` does."
        )


GUARDS.append(_way_in)


def make(tx: Tx, secret: bytes, shape: KeyIn) -> tuple[Row, str]:
    """A new key: its row, and the text that is shown once.

    Raises Conflict where it is the first, which closes the service, and can't make others.
    """
    if not closed(tx.session):
        holder = records.find(tx.session, Holder, shape.principal, tx.view)
        may = ROLES[holder["role"]] & set(ROLES["admin"] if shape.scopes is None else shape.scopes)
        if "admin" not in may:
            raise Conflict("The first key must be an admin's: it closes the service to all others.")
    text = new_text()
    row = keys.create(tx, shape, prefix=text[:12], digest=digest_of(text, secret))
    return row, text


def rotate(tx: Tx, secret: bytes, key: str, overlap: timedelta) -> tuple[Row, str]:
    """Another key for the same use; the old one ends after the overlap, if not before.

    Raises Conflict where the old one is good for nothing any more.
    """
    old = records.find(tx.session, Table, key, tx.view)
    end = tx.now + overlap
    if old["expires_at"] is not None and old["expires_at"] <= tx.now:
        raise Conflict("The key has expired; make a new one.")
    try:
        records.find(tx.session, Holder, old["principal"], tx.view)
    except Gone:
        raise Conflict("Its principal has been deleted.") from None
    shape = KeyIn(
        principal=old["principal"],
        name=old["name"],
        scopes=old["scopes"],
        expires_at=_later(old["expires_at"], end),
    )
    made = make(tx, secret, shape)
    if old["expires_at"] is None or old["expires_at"] > end:
        records.change(tx, Table, old, {"expires_at": end}, action="key_rotated")
    else:
        audit.note(tx, "key_rotated", kind=keys.kind, record=old["id"], version=old["version"])
    return made


def _later(expires: datetime | None, end: datetime) -> datetime | None:
    """A key made for a key that expires lives as long, and no less than the overlap."""
    return None if expires is None else max(expires, end + timedelta(minutes=1))


def known(
    session: Session, secret: bytes, text: str, moment: datetime
) -> tuple[Principal, Row] | None:
    """Whose key a text is, with its row; None unless it is somebody's and still good."""
    found = FORM.fullmatch(text)
    if found is None or not hmac.compare_digest(found[3], _checksum(text[: -len(found[3])])):
        return None
    return _holder(session, "digest", digest_of(text, secret), moment)


@dataclass(frozen=True, slots=True)
class Shown:
    """A key somebody showed, by its id: good until it expires, is revoked, or its holder goes."""

    key: str

    def holder(self, session: Session) -> Principal | None:
        """Whose it is now."""
        found = _holder(session, "id", self.key, now())
        return None if found is None else found[0]


def _holder(
    session: Session, column: str, value: str, moment: datetime
) -> tuple[Principal, Row] | None:
    """Whose the key is that has a value in a column, with its row; None unless it is good."""
    row = session.execute(_by(column), {"value": value}).mappings().one_or_none()
    if row is None or (row["key_expires_at"] is not None and row["key_expires_at"] <= moment):
        return None
    caller = as_caller(session, row, row["key_scopes"])
    return replace(caller, proof=Shown(row["key_id"])), dict(row)


@cache
def _by(column: str) -> sa.Select[Any]:
    """The holder of a key that has a `value` in a column: asked with every request, made once."""
    view = View(EVERYTHING)
    key, holder = view.of(Table), view.of(Holder)
    used = (
        key.c[name].label(f"key_{name}") for name in ("id", "scopes", "expires_at", "last_used_at")
    )
    wanted = sa.select(holder, *used).join(key, key.c.principal == holder.c.id)
    return wanted.where(key.c[column] == sa.bindparam("value"))


def touch(database: Database, row: Row, moment: datetime) -> None:
    """Keep when a key was last used, at most once a minute."""
    last = row["key_last_used_at"]
    if last is not None and moment - last < USED_EVERY:
        return
    table = table_of(Table)
    with database.write(Principal.owner("service")) as tx:
        tx.session.execute(
            sa.update(table).where(table.c.id == row["key_id"]).values(last_used_at=moment)
        )


def _local(session: Session, name: str) -> Principal | None:
    """The caller of an open service, while it is open."""
    return Principal.owner(LOCAL) if name == LOCAL and not closed(session) else None


WHO.append(_local)
