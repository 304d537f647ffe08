"""What an edition holds, as it is told on: to briefs, and to comparisons of two editions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.assessments import seals, stored
from app.assessments.models import Assessment
from app.assessments.seals import Known
from app.assessments.stored import Row
from app.kernel import records
from app.kernel.errors import Broken, Gone
from app.kernel.tables import table_of
from app.kernel.types import parse_instant
from app.kernel.view import View, in_sight


@dataclass(frozen=True, slots=True)
class State:
    """The judgement on an alliance as an edition holds it: what two editions are compared by."""

    edition: Row
    """The row of the edition, as it is stored."""
    as_of: datetime
    known_at: datetime
    records: Mapping[str, Sequence[Mapping[str, Any]]]
    """Documents by kind, as the API answered them; instants are text."""


def state_of(session: Session, key: str, view: View) -> State:
    """The state of an edition in sight.

    Raises NotFound, Gone when it was redacted, or Broken when it isn't what was published.
    """
    with stored.reading():
        there = records.find(session, Assessment, key, view)["id"]
    (row,) = stored.rows(session, Assessment, table_of(Assessment).c.id == there)
    return _opened(session, row, Known.of(session))


def state_before(session: Session, row: Mapping[str, Any], view: View) -> State | int | None:
    """The state of the edition of its chain that looks back the least further than another.

    An edition that was made before it may judge a later day; what changed is told forwards. None if
    there is none or it is redacted; its number where it isn't what was published.
    """
    t = table_of(Assessment)
    same = (t.c.alliance == row["alliance"], t.c.chain == row["chain"], t.c.deleted_at.is_(None))
    earlier = (t.c.number < row["number"], t.c.as_of <= row["as_of"])
    conditions = (*same, *earlier, *in_sight(t, view.eyes.markings))
    newest = (t.c.as_of.desc(), t.c.number.desc())
    found = stored.rows(session, Assessment, *conditions, order=newest, limit=1)
    for before in found:
        try:
            return _opened(session, before, Known.of(session))
        except Broken:
            return int(before["number"])
        except Gone:
            return None
    return None


def _opened(session: Session, row: Row, known: Known) -> State:
    statement, content = seals.opened(session, row, known)
    as_of, known_at = (parse_instant(statement[name]) for name in ("as_of", "known_at"))
    return State(row, as_of, known_at, content["records"])
