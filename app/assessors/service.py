"""Assessors as a resource."""

from typing import Annotated, ClassVar

from app.assessors.models import Assessor as Table
from app.assessors.schemas import Assessor, AssessorIn
from app.kernel import records
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Gone, NotFound
from app.kernel.listing import Listing, equals, matches
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import QueryBool, Slug


class AssessorQuery(Listing):
    """Filters of assessors."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "name": False,
        "slug": False,
    }

    slug: Annotated[list[Slug], equals("slug")] = []
    machine: Annotated[QueryBool | None, matches("machine")] = None


class Assessors(Resource):
    """Whether an assessor is a machine is said once: its ratings depend on it."""

    model = Table
    accepts = AssessorIn
    answers = Assessor
    query = AssessorQuery
    noun = "assessor"
    fixed = ("machine", "slug")


assessors = Assessors()


def caller_as_assessor(tx: Tx) -> Row:
    """The caller's own record, made when missing: a rating is by them when none is named."""
    try:
        return records.find(tx.session, Table, tx.by)
    except (NotFound, Gone):
        take_turn(tx.session, "assessors")
    try:
        return records.find(tx.session, Table, tx.by)
    except (NotFound, Gone):
        shape = AssessorIn(slug=tx.by, name=tx.by, description="The user of this service.")
        return assessors.create(tx, shape)
