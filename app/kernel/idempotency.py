"""Idempotency-Key: the same key and body give the same answer, also after a crash.

The key, a fingerprint of the parsed body and the answer are written in the transaction of the
effect, so either all of them are there or none.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.db import Tx, is_postgres
from app.kernel.errors import BadRequest, Gone, InProgress, KeyReused, NotFound
from app.kernel.markings import number_of
from app.kernel.tables import Base, table_of
from app.kernel.types import Id, Json, UtcDateTime

_KEY = re.compile("[\x21-\x7e]{1,255}")


class StoredAnswer(Base):
    """The answer once given to a key."""

    __tablename__ = "stored_answers"

    scope: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    record: Mapped[str | None] = mapped_column(Id, index=True)
    """The record it is about, whose marking decides who may have it again."""
    marking: Mapped[int | None]
    status: Mapped[int]
    headers: Mapped[Any] = mapped_column(Json)
    body: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: str


class Replay(Exception):  # noqa: N818 - not an error: the answer is known already
    """Raised where a request was answered before; carries that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to have its effect once."""

    scope: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, caller: str, method: str, path: str, body: Any) -> "Once":
        """Bind a key to its caller, method, path and parsed body."""
        if not _KEY.fullmatch(key):
            raise BadRequest("Idempotency-Key must be 1 to 255 visible ASCII characters.")
        scope = json.dumps([caller, method, path, key])
        text = json.dumps(body, sort_keys=True)
        return cls(_hash(scope), _hash(text))

    def begin(self, tx: Tx) -> None:
        """Raise Replay where it was answered, KeyReused where the body differs.

        NotFound where the caller may not see any more what was answered.
        """
        session = tx.session
        if is_postgres(session):
            # The lock of the first request makes the second say 409 instead of hang.
            number = int(self.scope[:15], 16)
            if not session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar():
                raise InProgress
        table = table_of(StoredAnswer)
        row = session.execute(sa.select(table).where(table.c.scope == self.scope)).one_or_none()
        if row is None:
            return
        if row.fingerprint != self.fingerprint:
            raise KeyReused
        if row.status == Gone.status:
            raise Gone("The answer told of a record that was redacted since.")
        if row.marking is not None and not tx.eyes.sees(row.marking):
            raise NotFound
        raise Replay(Answer(row.status, row.headers, row.body))

    def keep(self, tx: Tx, answer: Answer, record: Mapping[str, Any]) -> None:
        """Remember the answer about a record, in the transaction of the effect."""
        marking = None
        if "tlp" in record:
            marking = number_of(tx.session, record["tlp"], record["audience"])
        tx.session.execute(
            sa.insert(table_of(StoredAnswer)).values(
                scope=self.scope,
                fingerprint=self.fingerprint,
                record=record["id"],
                marking=marking,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
                created_at=tx.now,
            )
        )


def erase(session: Session, record: str, slugs: Sequence[str]) -> None:
    """Forget the answers about a record, and those that name it by a slug.

    The keys stay: what they stand for is not to happen once more.
    """
    t = table_of(StoredAnswer)
    about = [t.c.record == record, *(t.c.body.contains(json.dumps(slug)) for slug in slugs)]
    blank = {"status": Gone.status, "headers": {}, "body": ""}
    session.execute(sa.update(t).where(sa.or_(*about)).values(blank))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
