"""Assessors as a resource."""

from typing import Annotated, Any, ClassVar

from app.assessors.models import Assessor as Table
from app.assessors.schemas import Assessor, AssessorIn
from app.kernel import records
from app.kernel.access import Principal
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Forbidden, Gone, NotFound
from app.kernel.eyes import covers
from app.kernel.listing import Listing, equals, matches
from app.kernel.markings import FIELDS
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.types import QueryBool, Shape, Slug

MADE_HERE = "A user of this service."
"""The description of a record that the service makes of who rates."""


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

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Let nobody make the record by which another one will rate. Raises Forbidden."""
        if before is None and row["slug"] != own_slug(tx.caller) and "edit" not in tx.caller.may:
            raise Forbidden(f"{tx.by} is the assessor {own_slug(tx.caller)}, and no other.")


assessors = Assessors()


def own_slug(caller: Principal) -> str:
    """The slug of the assessor a caller rates as."""
    return caller.assessor or caller.name


class Judged(Resource):
    """What an assessor says: marked no lower than the record of who says it."""

    def create(self, tx: Tx, shape: Shape, record_id: str = "", **fixed: Any) -> Row:
        """Write what an assessor says; the caller does, where nobody is named."""
        by = _named(tx, getattr(shape, "assessor", None))
        return super().create(tx, shape, record_id, **{**fixed, "assessor": by})


def _named(tx: Tx, asked: str | None) -> str | None:
    """The assessor that a record is to name from the start; None: settled once it is marked.

    A record of the caller's that says no more than the slug, as the service makes it, follows what
    they say (see `caller_as_assessor`); what somebody has written of them has a marking to keep.
    """
    own = _own(tx)
    if own is None or asked not in {None, own["id"], own["slug"]}:
        return asked
    bare = own["name"] == own["slug"] and own["description"] == MADE_HERE
    return None if bare else str(own["id"])


def settle_assessor(tx: Tx, row: Row) -> None:
    """Whose judgement a row is: the caller's own, unless an editor writes down another's.

    Of a machine's it says which. Raises Forbidden.
    """
    if row["assessor"] is None:
        row["assessor"] = caller_as_assessor(tx, row)["id"]
    assessor = records.find(tx.session, Table, row["assessor"], tx.view)
    if assessor["slug"] != own_slug(tx.caller) and "edit" not in tx.caller.may:
        raise Forbidden(f"{tx.by} rates as {own_slug(tx.caller)}, and only as that.")
    row["machine"] = row["machine"] or assessor["machine"] or tx.caller.machine
    row["agent"] = row["agent"] or (assessor["agent"] if row["machine"] else None)
    row["model"] = row["model"] or (assessor["model"] if row["machine"] else None)


def caller_as_assessor(tx: Tx, row: Row) -> Row:
    """The caller's own record, for a row they write; made when missing.

    It shows to whom a rating of theirs does, and to nobody before: a hidden rating makes no name
    appear.
    """
    own = _own(tx)
    if own is None:
        take_turn(tx.session, "assessors")
        own = _own(tx)
    marked = {name: row[name] for name in FIELDS}
    if own is None:
        slug = own_slug(tx.caller)
        said = {"slug": slug, "name": slug, "description": MADE_HERE}
        shape = AssessorIn.model_validate({**said, "machine": tx.caller.machine, "tlp": row["tlp"]})
        return assessors.create(tx, shape.model_copy(update={"audience": row["audience"]}))
    if not covers((row["tlp"], row["audience"]), (own["tlp"], own["audience"])):
        return assessors.rewrite(tx, own, marked)
    return own


def _own(tx: Tx) -> Row | None:
    try:
        return records.find(tx.session, Table, own_slug(tx.caller), tx.view)
    except (NotFound, Gone):
        return None
