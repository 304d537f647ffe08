"""The seal of an edition: its statement's hash and signature, and all else held against that.

Every column is held against the statement, and the statement against hash and signature, so that
one changed byte in any of them is found. Rows are as `stored` reads them: what was changed past the
service may be of any type, and a check that can't be made has failed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.assessments import keys, stored
from app.assessments.models import Assessment
from app.assessments.stored import Row, document
from app.kernel import markings, redacted
from app.kernel.errors import Broken, Gone
from app.kernel.eyes import LEVELS, covers
from app.kernel.tables import table_of
from app.kernel.types import instant_text

FORM = "entente-edition/1"
SAID = ("title", "note", "downgrade")
"""What its publisher says of it, which goes with the content where it is redacted."""


def sha256(content: bytes) -> str:
    """The SHA-256 of a content, in hex."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What seals are held against beside the rows."""

    keys: Mapping[str, Row]
    markings: Mapping[int, tuple[str, Sequence[str]]]
    redacted: frozenset[str]

    @classmethod
    def of(cls, session: Session) -> "Known":
        """All of it, in three statements."""
        known = {found["id"]: found for found in keys.as_stored(session)}
        gone = redacted.every(session, table_of(Assessment).name)
        return cls(known, markings.every(session), gone)


def opened(session: Session, row: Row, known: Known) -> tuple[Row, Row]:
    """The statement and the content of an edition that is what was published.

    Raises Gone where it was redacted, and Broken where it is anything else.
    """
    content = stored.content_of(session, row["id"])
    if content is None and row["id"] in known.redacted:
        raise Gone("What the edition held is gone.")
    statement = document(row["statement"])
    if content is None or not _is_whole(row, statement, content, known):
        raise Broken(
            f"The edition {row['id']} isn't what was published any more:"
            f" /v1/assessments/{row['id']}/verify says what was changed."
        )
    return statement, document(content)


def _is_whole(row: Row, statement: Row, content: str, known: Known) -> bool:
    return (
        is_hashed(row)
        and is_signed(row, known)
        and is_of_its_time(row, known)
        and is_recorded(row, statement, known)
        and is_content(content, statement)
        and is_said(row, content, known)
    )


def is_content(content: str | None, statement: Row) -> bool:
    """Whether what an edition holds has the hash that its statement names."""
    return content is not None and sha256(content.encode()) == statement.get("content")


def is_recorded(row: Row, statement: Row, known: Known) -> bool:
    """Whether a row says what its statement does.

    It may have been marked higher since, with its alliance, and never lower; its versions then, and
    when it is redacted, are later ones.
    """
    same = ("id", "alliance", "number", "previous", "key")
    times = ("as_of", "known_at")
    return (
        statement.get("form") == FORM
        and all(row[name] == statement.get(name) for name in same)
        and all(_is_instant(row[name], statement.get(name)) for name in times)
        and row["created_by"] == statement.get("published_by")
        and _is_instant(row["created_at"], statement.get("known_at"))
        and row["merged_into"] is None
        and _is_marked(row, statement, known)
        and _is_versioned(row, known)
    )


def _is_instant(found: Any, said: Any) -> bool:
    return isinstance(found, datetime) and instant_text(found) == said


def _is_marked(row: Row, statement: Row, known: Known) -> bool:
    """Whether a row is marked as it was published, or higher."""
    now, then = (row["tlp"], row["audience"]), (statement.get("tlp"), statement.get("audience"))
    for tlp, audience in (now, then):
        if tlp not in LEVELS or not isinstance(audience, list):
            return False
        if not all(isinstance(name, str) for name in audience):
            return False
    now, then = (now[0], sorted(now[1])), (str(then[0]), sorted(then[1] or ()))
    numbered = (known.markings.get(row["marking"]), known.markings.get(row["chain"]))
    return numbered == (now, then) and (now == then or covers(now, then))


def _is_versioned(row: Row, known: Known) -> bool:
    """Whether there are later versions only of what was raised or redacted, which is deleted."""
    gone = row["id"] in known.redacted
    if not isinstance(row["version"], int) or isinstance(row["deleted_at"], datetime) != gone:
        return False
    if not gone and row["deleted_at"] is not None:
        return False
    if gone or row["marking"] != row["chain"]:
        return row["version"] > 1
    first = (row["created_by"], row["created_at"])
    return row["version"] == 1 and (row["recorded_by"], row["recorded_at"]) == first


def is_said(row: Row, content: str | None, known: Known) -> bool:
    """Whether a row says of its edition what its content does; of a redacted one, nothing."""
    if row["id"] in known.redacted:
        return not any(row[name] for name in SAID)
    found = document(content or "")
    return bool(found) and all(row[name] == found.get(name) for name in SAID)


def is_hashed(row: Row) -> bool:
    """Whether the hash is that of the statement."""
    return bool(sha256(row["statement"].encode()) == row["hash"])


def is_signed(row: Row, known: Known) -> bool:
    """Whether the signature is that of its key, under the statement."""
    key = known.keys.get(row["key"])
    return key is not None and keys.signed(key, row["statement"].encode(), row["signature"])


def is_of_its_time(row: Row, known: Known) -> bool:
    """Whether the key was this service's own when it signed, as those before it say."""
    key = known.keys.get(row["key"])
    if key is None or not keys.is_named(key) or not keys.is_endorsed(key, known.keys):
        return False
    if key["retired_at"] is None:
        return True
    instants = (row["known_at"], key["retired_at"])
    return all(isinstance(at, datetime) for at in instants) and bool(instants[0] <= instants[1])
