"""Principals as a resource, and what a row of them comes to when it asks."""

from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel.access import JUDGING, ROLES, Principal, Role
from app.kernel.db import Tx
from app.kernel.eyes import EVERYTHING
from app.kernel.filters import equals, matches
from app.kernel.listing import Rows
from app.kernel.markings import eyes_of
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.rights import WHO, guarded
from app.kernel.types import QueryBool, Shape, Slug, Tlp
from app.kernel.view import View
from app.principals.models import Principal as Table
from app.principals.schemas import Principal as Shown
from app.principals.schemas import PrincipalIn


class PrincipalQuery(Rows):
    """Filters of principals."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "slug": False,
    }

    slug: Annotated[list[Slug], equals("slug")] = []
    role: Annotated[list[Role], equals("role")] = []
    clearance: Annotated[list[Tlp], equals("clearance")] = []
    machine: Annotated[QueryBool | None, matches("machine")] = None


class Principals(Resource):
    """Their name stands in what they wrote, so it stays."""

    model = Table
    accepts = PrincipalIn
    answers = Shown
    query = PrincipalQuery
    noun = "principal"
    fixed = ("slug", "machine")

    def change(self, tx: Tx, before: Row, shape: Shape) -> Row:
        """Write the next version, unless nobody could then let anybody in."""
        with guarded(tx):
            return super().change(tx, before, shape)

    def remove(self, tx: Tx, before: Row) -> None:
        """Delete a principal, unless nobody could then let anybody in."""
        with guarded(tx):
            super().remove(tx, before)


principals = Principals()


def named(session: Session, slug: str) -> Principal | None:
    """The principal of a name as it stands now; None where nobody has it (any more)."""
    t = View(EVERYTHING).of(Table)
    row = session.execute(sa.select(t).where(t.c.slug == slug)).mappings().one_or_none()
    return None if row is None else as_caller(session, row)


def as_caller(session: Session, row: Any, scopes: list[str] | None = None) -> Principal:
    """What a row of principals may do and see, with a key of some scopes (None: of all)."""
    may = ROLES[row["role"]]
    if row["machine"]:
        may -= JUDGING - set(row["allowed"])
    may = may if scopes is None else may & set(scopes)
    name, auditor = row["slug"], "admin" in may
    return Principal(
        name=name,
        eyes=eyes_of(session, row["clearance"], row["groups"], name, auditor=auditor),
        may=may,
        assessor=row["assessor"],
        machine=row["machine"],
    )


WHO.append(named)
