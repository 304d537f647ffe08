"""The Ed25519 keys (RFC 8032) that editions are signed with: one signs, the others only verify.

A new key is endorsed by the one before it, so who trusts one key can follow to all later ones.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy.orm import Session

from app.assessments import stored
from app.assessments.models import SigningKey
from app.kernel import audit
from app.kernel.access import Principal
from app.kernel.db import Database, Tx, take_turn
from app.kernel.errors import Conflict, NotFound
from app.kernel.ids import derived_id, is_id
from app.kernel.tables import table_of

TURN = "assessments"
"""Who publishes, redacts or rotates waits for who does."""
ENDORSES = b"entente-signing-key/1 "
"""Before the public key in what the key before it signs, so that it can't pass for a statement."""

SIGNATURE = re.compile("[0-9a-f]{128}")

Row = dict[str, Any]


def key_id(made_at: datetime, public: str) -> str:
    """The id of a key: it follows from when it was made and from its public half, in hex."""
    return derived_id(made_at, "signing_keys", public)


def prepare(database: Database) -> None:
    """Make the first key, unless there is one."""
    with database.read() as session:
        if _current(session) is not None:
            return
    with database.write(Principal.owner("service")) as tx:
        current(tx)


def current(tx: Tx) -> Row:
    """The key that signs; made here if there is none yet. Takes the turn of editions."""
    take_turn(tx.session, TURN)
    return _current(tx.session) or _make(tx, None)


def _current(session: Session) -> Row | None:
    t = table_of(SigningKey)
    found = session.execute(sa.select(t).where(t.c.retired_at.is_(None))).mappings().one_or_none()
    return dict(found) if found else None


def rotate(tx: Tx) -> Row:
    """Let a new key sign from now on, and leave of the one before what verifies."""
    before = current(tx)
    tx.begin()
    fresh = _make(tx, before)
    t = table_of(SigningKey)
    retired = sa.update(t).where(t.c.id == before["id"])
    tx.session.execute(retired.values(retired_at=tx.now, private=None))
    audit.note(tx, "key_rotated", kind=t.name, record=before["id"])
    return fresh


def _make(tx: Tx, before: Row | None) -> Row:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    row: Row = {
        "id": key_id(tx.now, public.hex()),
        "public": public.hex(),
        "private": private.private_bytes_raw().hex(),
        "made_at": tx.now,
        "retired_at": None,
        "endorsed_by": before["id"] if before else None,
        "endorsement": sign(before, ENDORSES + public) if before else None,
    }
    tx.session.execute(sa.insert(table_of(SigningKey)).values(row))
    return row


def sign(key: Mapping[str, Any], content: bytes) -> str:
    """The signature of a key under a content, in hex.

    Raises Conflict where the key has no private half, or that of another: nobody could verify it.
    """
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["private"] or ""))
    except ValueError:
        private = None
    if private is None or private.public_key().public_bytes_raw().hex() != key["public"]:
        raise Conflict(
            f"The signing key {key['id']} isn't what was made here: it was changed past the"
            " service, or the store is damaged. A backup has what it was."
        )
    return private.sign(content).hex()


def signed(key: Mapping[str, Any], content: bytes, signature: str) -> bool:
    """Whether a signature is that of a key under a content, in the one form we write it."""
    if not SIGNATURE.fullmatch(signature):
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public"]))
        public.verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_named(key: Mapping[str, Any]) -> bool:
    """Whether a key has the id that follows from its public half."""
    made_at = key["made_at"]
    return isinstance(made_at, datetime) and key_id(made_at, key["public"]) == str(key["id"])


def is_endorsed(key: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a named key is the first there was, or each one before it endorses the next."""
    if key["endorsed_by"] is None:
        times = [other["made_at"] for other in known.values() if is_named(other)]
        return key["endorsement"] is None and all(key["made_at"] <= at for at in times)
    before = known.get(key["endorsed_by"])
    if before is None or not is_named(before) or before["made_at"] >= key["made_at"]:
        return False
    said = ENDORSES + bytes.fromhex(key["public"])
    return signed(before, said, key["endorsement"] or "") and is_endorsed(before, known)


def find(session: Session, key: str) -> Row:
    """A key by its id. Raises NotFound."""
    t = table_of(SigningKey)
    wanted = sa.select(t).where(t.c.id == key)
    found = session.execute(wanted).mappings().one_or_none() if is_id(key) else None
    if found is None:
        raise NotFound(f"There is no signing key {key!r}.")
    return dict(found)


def as_stored(session: Session) -> Sequence[Row]:
    """All keys there have been, also those that were changed past the service (see `stored`)."""
    return stored.rows(session, SigningKey)


def every(session: Session) -> Sequence[Row]:
    """All keys there have been, the newest first."""
    t = table_of(SigningKey)
    order = (t.c.retired_at.is_(None).desc(), t.c.retired_at.desc())
    return [dict(row) for row in session.execute(sa.select(t).order_by(*order)).mappings()]
