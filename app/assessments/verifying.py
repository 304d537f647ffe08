"""Verifying an edition: its content, its fields, its signature, and the chain it stands in.

What is looked at is in `seals`. That the end of a chain was cut off isn't found: keep its head.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.assessments import queries, seals, stored
from app.assessments.models import Assessment
from app.assessments.seals import Known
from app.assessments.stored import Row, document
from app.kernel import records
from app.kernel.ids import is_id
from app.kernel.tables import table_of
from app.kernel.view import View, in_sight


def verify(session: Session, key: str, view: View) -> Row:
    """Whether an edition is what was published. Raises NotFound."""
    row = _row(session, key, view)
    known = Known.of(session)
    chain = _walk(queries.chain_of(session, row, view), known)
    gone = row["id"] in known.redacted
    content = stored.content_of(session, row["id"])
    statement = document(row["statement"])
    checks = {
        "content": None if gone and content is None else seals.is_content(content, statement),
        "record": seals.is_recorded(row, statement, known) and seals.is_said(row, content, known),
        "hash": seals.is_hashed(row),
        "signature": seals.is_signed(row, known),
        "key": seals.is_of_its_time(row, known),
        "chain": _is_chained(row, chain["first_broken"]),
    }
    whole = all(found is not False for found in checks.values())
    return {
        "id": row["id"],
        "number": row["number"] if isinstance(row["number"], int) else 0,
        "hash": row["hash"],
        "status": ("redacted" if gone else "intact") if whole else "broken",
        "checks": checks,
        "chain": chain,
    }


def _row(session: Session, key: str, view: View) -> Row:
    """An edition in sight as it is stored, whatever became of it. Raises NotFound."""
    t = table_of(Assessment)
    seen = in_sight(t, view.eyes.markings)
    found = stored.rows(session, Assessment, t.c.id == key, *seen) if is_id(key) else []
    if not found:
        raise records.missing(session, Assessment, key, view)
    return found[0]


def _is_chained(row: Row, broken: int | None) -> bool:
    """Whether each edition up to the one after it names the one before."""
    return broken is None or (isinstance(row["number"], int) and broken > row["number"] + 1)


def _walk(chain: Sequence[Row], known: Known) -> Row:
    """How far the editions of a chain fit, from the first on."""
    previous, first = None, None
    for number, row in enumerate(chain, start=1):
        fits = row["number"] == number and row["previous"] == previous
        recorded = seals.is_recorded(row, document(row["statement"]), known)
        if not (fits and recorded and seals.is_hashed(row) and seals.is_signed(row, known)):
            first = number
            break
        previous = row["hash"]
    return {"editions": len(chain), "first_broken": first, "head": previous}
