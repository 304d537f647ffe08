"""Assessors as a resource."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from app.assessors.models import Assessor as Table
from app.assessors.schemas import Assessor, AssessorIn
from app.kernel import records
from app.kernel.access import Principal
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Forbidden, Gone, NotFound
from app.kernel.eyes import covers, least, narrows
from app.kernel.filters import equals, matches
from app.kernel.listing import Listing
from app.kernel.markings import FIELDS
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.tables import table_of
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
        by = assessor_named(tx, getattr(shape, "assessor", None))
        return super().create(tx, shape, record_id, **{**fixed, "assessor": by})

    def differing(self, tx: Tx, shape: Shape, row: Row) -> list[str]:
        """Of a machine's nobody has to say that a machine made it."""
        names = super().differing(tx, shape, row)
        t = table_of(Table)
        by = sa.select(t.c.machine).where(t.c.id == row["assessor"])
        if "machine" in names and row["machine"] and tx.session.execute(by).scalar():
            names.remove("machine")
        return names


def assessor_named(tx: Tx, asked: str | None) -> str | None:
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
    intended_assessor(tx, row)


def intended_assessor(tx: Tx, row: Row) -> Row | None:
    """The assessor a row names, or the caller's own record if there is one: none is made.

    The row is told whether a machine made it. Raises Forbidden.
    """
    if row["assessor"] is None:
        assessor = _own(tx)
    else:
        assessor = records.find(tx.session, Table, row["assessor"], tx.view)
        if assessor["slug"] != own_slug(tx.caller) and "edit" not in tx.caller.may:
            raise Forbidden(f"{tx.by} rates as {own_slug(tx.caller)}, and only as that.")
    told = assessor or {"machine": False, "agent": None, "model": None}
    row["machine"] = row["machine"] or told["machine"] or tx.caller.machine
    row["agent"] = row["agent"] or (told["agent"] if row["machine"] else None)
    row["model"] = row["model"] or (told["model"] if row["machine"] else None)
    return assessor


def caller_as_assessor(tx: Tx, row: Row) -> Row:
    """The caller's own record, for a row they write; made when missing.

    It shows to whom a rating of theirs does, and to nobody before: a hidden rating makes no name
    appear.
    """
    own = _own(tx)
    if own is None:
        take_turn(tx.session, "assessors")
        own = _own(tx)
    return _make(tx, row) if own is None else _show(tx, own, row)


def _make(tx: Tx, row: Row) -> Row:
    slug = own_slug(tx.caller)
    said = {"slug": slug, "name": slug, "description": MADE_HERE}
    shape = AssessorIn.model_validate({**said, "machine": tx.caller.machine, "tlp": row["tlp"]})
    return assessors.create(tx, shape.model_copy(update={"audience": row["audience"]}))


def _show(tx: Tx, own: Row, row: Row) -> Row:
    if covers((row["tlp"], row["audience"]), (own["tlp"], own["audience"])):
        return own
    return assessors.rewrite(tx, own, {name: row[name] for name in FIELDS})


def assessor_of_before(tx: Tx, row: Row) -> Row:
    """The record of who said before what is shown only now: the caller is they again.

    `row` names the record they had then, if they had one; else they may have made one since. What
    others made under their slug is theirs only where all who see the row see that, too: it may be
    another's, hidden from them.
    """
    t = table_of(Table)
    if row["assessor"] is not None:
        known = sa.select(t).where(t.c.id == row["assessor"])
        own = dict(tx.session.execute(known).mappings().one())
        return own if own["deleted_at"] else _show(tx, own, row)
    take_turn(tx.session, "assessors")
    same = (t.c.slug == own_slug(tx.caller), t.c.deleted_at.is_(None))
    rows = tx.session.execute(sa.select(t).where(*same).order_by(t.c.id)).mappings()
    found = [dict(other) for other in rows]
    for other in found:
        if other["created_by"] == tx.by:
            return _show(tx, other, row)
    marked = (row["tlp"], row["audience"])
    for other in found:
        if narrows(marked, (other["tlp"], other["audience"])):
            return other
    # With no more eyes than are in the row's audience: what else has that slug isn't in the way.
    eyes = least(row["marking"], row["tlp"])
    eyes = replace(eyes, groups=frozenset(row["audience"]), name=tx.by)
    who, tx.caller = tx.caller, replace(tx.caller, eyes=eyes)
    made = _make(tx, row)
    tx.caller = who
    return made


def _own(tx: Tx) -> Row | None:
    try:
        return records.find(tx.session, Table, own_slug(tx.caller), tx.view)
    except (NotFound, Gone):
        return None
