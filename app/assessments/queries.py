"""Reading editions, and what an edition is made of: the same selects that answer the API."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any, ClassVar

import rfc8785
from pydantic import Field
from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from app.assessments import stored
from app.assessments.models import Assessment
from app.kernel.filters import equals, refers
from app.kernel.listing import Listing
from app.kernel.resource import Resource
from app.kernel.tables import table_of
from app.kernel.types import QueryInt, Reference, Sha256, Tlp
from app.kernel.view import View, in_sight

Row = dict[str, Any]
Records = dict[str, list[Row]]

APART = frozenset({"alliances", "annotations", "assessments", "consequences", "matrices", "rounds"})
"""What is in an edition by a rule of its own or not at all, however it is named."""
STAMPS = frozenset({"created_by", "created_at", "recorded_by", "recorded_at", "included"})
"""What says who wrote a record down when: the edition's `known_at` and its versions do."""
NUMBERS = 1_000_000
"""No chain has more editions."""
BLOCK = 500
"""Ids a statement asks for."""


class AssessmentQuery(Listing):
    """Filters of editions of one alliance."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "number": False,
        "as_of": False,
    }
    default_sort: ClassVar[str] = "as_of"

    number: Annotated[list[Annotated[QueryInt, Field(ge=1, le=NUMBERS)]], equals("number")] = []
    tlp: Annotated[list[Tlp], equals("tlp")] = []
    hash: Annotated[list[Sha256], equals("hash")] = []


class AllAssessmentsQuery(AssessmentQuery):
    """Filters of editions of every alliance."""

    alliance: Annotated[list[Reference], refers("alliance", "alliances")] = []


# --- What an edition holds ----------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """A value as canonical JSON (RFC 8785)."""
    return rfc8785.dumps(value)


def gathered(session: Session, view: View, alliance: str) -> Records:
    """Every record the judgement on an alliance rests on, as the view answers it, by kind.

    All that stands under the alliance and its consequences, of ratings and findings those in force,
    and all that is named by these, however indirectly. Nothing of other alliances' judgements.
    """
    found = _Gathering(session, view)
    found.whole("alliances", "id", [alliance])
    found.whole("consequences", "alliance", [alliance])
    for kind, resource in found.known.items():
        columns = table_of(resource.model).c
        if kind not in APART and "consequence" in columns:
            found.whole(kind, "consequence", found.rows["consequences"])
        elif kind not in APART and "alliance" in columns:
            found.whole(kind, "alliance", [alliance])
    while found.named():
        pass
    found.matrices()
    return found.documents()


class _Gathering:
    """The rows found so far, by kind and id, and those whose references are yet to be followed."""

    def __init__(self, session: Session, view: View) -> None:
        self.session, self.view = session, view
        self.known = {kind: found for kind, found in Resource.known.items() if found.is_marked}
        self.rows: dict[str, dict[str, Row]] = {}
        self.fresh: list[tuple[str, Row]] = []

    def whole(self, kind: str, column: str, values: Iterable[str]) -> None:
        """Take every row of a kind where a column has one of the values."""
        mine = self.rows.setdefault(kind, {})
        for row in _read(self.session, self.view, self.known[kind], column, sorted(values)):
            mine[row["id"]] = row
            self.fresh.append((kind, row))

    def named(self) -> bool:
        """Take what the newest rows name; whether there was any."""
        asked: dict[str, set[str]] = {}
        for kind, row in self.fresh:
            for reference in self.known[kind].model.references:
                for place in reference.places(row):
                    if self._follows(place.target) and place.value not in self._ids(place.target):
                        asked.setdefault(place.target, set()).add(place.value)
        self.fresh = []
        for kind, ids in asked.items():
            self.whole(kind, "id", ids)
        return bool(self.fresh)

    def matrices(self) -> None:
        """Take the editions of matrices that the consequences are placed in."""
        judged = self.rows["consequences"].values()
        used = {(row["j_matrix_name"], row["j_matrix_edition"]) for row in judged}
        self.whole("matrices", "name", {name for name, _ in used if name})
        mine = self.rows["matrices"]
        for key in [
            key for key, row in mine.items() if (row["name"], row["matrix_version"]) not in used
        ]:
            del mine[key]

    def documents(self) -> Records:
        """The rows as they are answered, without their stamps."""
        return {
            kind: _documents(self.session, self.view, self.known[kind], list(rows.values()))
            for kind, rows in sorted(self.rows.items())
            if rows
        }

    def _follows(self, kind: str) -> bool:
        """What stands under a consequence is taken with it, or isn't this judgement's."""
        return kind not in APART and "consequence" not in table_of(self.known[kind].model).c

    def _ids(self, kind: str) -> Mapping[str, Row]:
        return self.rows.get(kind, {})


def _read(
    session: Session, view: View, resource: Resource, column: str, values: Sequence[str]
) -> Iterable[Row]:
    """The rows in force at the moment where a column has one of the values."""
    for start in range(0, len(values), BLOCK):
        some = values[start : start + BLOCK]
        yield from resource.among(session, view, column, some, in_force=True)


def _documents(session: Session, view: View, resource: Resource, rows: Sequence[Row]) -> list[Row]:
    found = resource.documents(session, sorted(rows, key=itemgetter("id")), view)
    plain: list[Row] = to_jsonable_python(found)
    return [{name: row[name] for name in row.keys() - STAMPS} for row in plain]


def parts(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The ids of the records that an edition holds something of."""
    return sorted({str(row["id"]) for rows in found.values() for row in rows})


# --- What was published -------------------------------------------------------------------------


def chain_of(session: Session, row: Mapping[str, Any], view: View) -> list[Row]:
    """The editions of a chain in sight, redacted ones among them, in order, as they are stored."""
    t = table_of(Assessment)
    same = (t.c.alliance == row["alliance"], t.c.chain == row["chain"])
    seen = in_sight(t, view.eyes.markings)
    return stored.rows(session, Assessment, *same, *seen, order=(t.c.number,))
