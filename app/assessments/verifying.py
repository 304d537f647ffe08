"""Verifying an edition: its content, its fields, its signature, and the chain it stands in.

Every column is held against the statement, and the statement against hash and signature, so that
one changed byte in any of them is found. That the end of a chain was cut off is not: keep its head.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.assessments import keys, queries
from app.assessments.models import Assessment
from app.assessments.queries import Row
from app.assessments.service import FORM, SAID, sha256
from app.kernel import records, redacted
from app.kernel.eyes import LEVELS, covers
from app.kernel.types import instant_text
from app.kernel.view import View

Keys = Mapping[str, Row]


def verify(session: Session, key: str, view: View) -> Row:
    """Whether an edition is what was published. Raises NotFound."""
    row = records.ever(session, Assessment, key, view)
    known = {found["id"]: found for found in keys.every(session)}
    chain = _walk(queries.chain_of(session, row, view), known)
    gone = redacted.when(session, row["id"]) is not None
    content = queries.content_of(session, row["id"])
    statement = _parsed(row["statement"])
    broken = chain["first_broken"]
    checks = {
        "content": None
        if gone and content is None
        else content is not None and sha256(content.encode()) == statement.get("content"),
        "record": _is_recorded(row, statement)
        and (gone or _is_said(row, _parsed(content or "null"))),
        "hash": _is_hashed(row),
        "signature": _is_signed(row, known),
        "key": _is_of_its_time(row, known),
        "chain": broken is None or broken > row["number"] + 1,
    }
    whole = all(found is not False for found in checks.values())
    return {
        "id": row["id"],
        "number": row["number"],
        "hash": row["hash"],
        "status": ("redacted" if gone else "intact") if whole else "broken",
        "checks": checks,
        "chain": chain,
    }


def _walk(chain: Sequence[Row], known: Keys) -> Row:
    """How far the editions of a chain fit, from the first on."""
    previous, first = None, None
    for number, row in enumerate(chain, start=1):
        statement = _parsed(row["statement"])
        fits = row["number"] == number and row["previous"] == previous
        whole = _is_recorded(row, statement) and _is_hashed(row) and _is_signed(row, known)
        if not fits or not whole:
            first = number
            break
        previous = row["hash"]
    return {"editions": len(chain), "first_broken": first, "head": previous}


def _parsed(text: str) -> dict[str, Any]:
    """A stored document; what was changed so that it is none is an empty one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_recorded(row: Row, statement: Row) -> bool:
    """Whether a row says what its statement does.

    It may have been marked higher since, with its alliance, and never lower; its versions then, and
    when it is redacted, are later ones.
    """
    same = ("id", "alliance", "number", "previous", "key")
    times = ("as_of", "known_at")
    fresh = row["version"] > 1 or (
        (row["recorded_by"], row["recorded_at"]) == (row["created_by"], row["created_at"])
        and row["deleted_at"] is None
    )
    return (
        statement.get("form") == FORM
        and all(row[name] == statement.get(name) for name in same)
        and all(instant_text(row[name]) == statement.get(name) for name in times)
        and row["created_by"] == statement.get("published_by")
        and instant_text(row["created_at"]) == statement.get("known_at")
        and row["merged_into"] is None
        and fresh
        and _is_marked(row, statement.get("tlp"), statement.get("audience"))
    )


def _is_marked(row: Row, tlp: Any, audience: Any) -> bool:
    """Whether a row is marked as it was published, or higher."""
    if row["tlp"] not in LEVELS or tlp not in LEVELS or not isinstance(audience, list):
        return False
    now, then = (row["tlp"], sorted(row["audience"])), (tlp, audience)
    same = now == then
    return (row["marking"] == row["chain"]) == same and (same or covers(now, then))


def _is_said(row: Row, content: Row) -> bool:
    return bool(content) and all(row[name] == content.get(name) for name in SAID)


def _is_hashed(row: Row) -> bool:
    return bool(sha256(row["statement"].encode()) == row["hash"])


def _is_signed(row: Row, known: Keys) -> bool:
    key = known.get(row["key"])
    return key is not None and keys.signed(key, row["statement"].encode(), row["signature"])


def _is_of_its_time(row: Row, known: Keys) -> bool:
    """Whether the key was this service's own when it signed, as those before it say."""
    key = known.get(row["key"])
    if key is None or not keys.is_named(key) or not keys.is_endorsed(key, known):
        return False
    return key["retired_at"] is None or bool(row["known_at"] <= key["retired_at"])
