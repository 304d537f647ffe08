"""Keys in paths, and the records that others stand under."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path
from sqlalchemy.orm import Session

from app.kernel import records
from app.kernel.db import Hold
from app.kernel.errors import NotFound
from app.kernel.resource import Resource
from app.kernel.view import View

Key = Annotated[
    str, Path(max_length=80, description="The id of the record, or its slug where it has one")
]
AllianceKey = Annotated[str, Path(max_length=80, description="The id or the slug of the alliance")]
ConsequenceKey = Annotated[str, Path(max_length=80, description="The id of the consequence")]
IndicatorKey = Annotated[str, Path(max_length=80, description="The id of the indicator")]
AssessmentKey = Annotated[str, Path(max_length=80, description="The id of the edition")]


@dataclass(frozen=True, slots=True)
class Parent:
    """The record whose path another stands under."""

    noun: str
    kind: str
    key: Any

    def of(
        self, under: Mapping[str, str], session: Session, view: View, hold: Hold | None = None
    ) -> str:
        """The id of the parent in a path. Raises NotFound or Gone."""
        model = Resource.known[self.kind].model
        return str(records.find(session, model, under[self.noun], view, hold)["id"])

    def ever(self, under: Mapping[str, str], session: Session, view: View) -> str:
        """The same of a parent that may have gone. Raises NotFound."""
        model = Resource.known[self.kind].model
        return str(records.ever(session, model, under[self.noun], view)["id"])


ALLIANCE = Parent("alliance", "alliances", AllianceKey)
CONSEQUENCE = Parent("consequence", "consequences", ConsequenceKey)
INDICATOR = Parent("indicator", "indicators", IndicatorKey)


def inside(
    session: Session,
    record: records.Row,
    parent: Parent | None,
    under: Mapping[str, str],
    view: View,
) -> None:
    """Refuse a record that isn't under the parent in its path."""
    if parent is not None and record[parent.noun] != parent.of(under, session, view):
        raise NotFound(f"There is no record {record['id']!r} under this {parent.noun}.")
