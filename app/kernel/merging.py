"""Merging two records of one kind that turn out to be the same thing.

What named the one names the other from then on, each as a version of its own; the merged record
leaves a tombstone that leads to the one that stands.
"""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import records
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.references import EACH, Reference
from app.kernel.resource import Resource
from app.kernel.tables import table_of
from app.kernel.view import View


def merge(tx: Tx, resource: Resource, row: Row, into: Row) -> None:
    """Let `into` stand for both. Raises Invalid where they are one already."""
    if row["id"] == into["id"]:
        raise Invalid.at("/into", "a record can't be merged into itself")
    for owner in Resource.known.values():
        for reference in owner.model.references:
            if reference.target == resource.kind:
                for named in _naming(tx.session, owner, reference, row["id"]):
                    _rename(tx, owner, named, row["id"], into["id"])
    row = records.find(tx.session, resource.model, row["id"])
    records.change(tx, resource.model, row, {"deleted_at": tx.now, "merged_into": into["id"]})


def _naming(session: Session, owner: Resource, reference: Reference, target: str) -> list[str]:
    """The records of a kind that name the target in a reference."""
    if not reference.is_list:
        t = View().of(owner.model)
        statement = sa.select(t.c.id).where(t.c[reference.path] == target)
    else:
        link = table_of(Link)
        field = f"{owner.kind}.{reference.path.replace('/*', '').replace('/', '.')}"
        statement = sa.select(link.c.owner).where(link.c.field == field, link.c.target == target)
    return sorted(set(session.execute(statement).scalars()))


def _rename(tx: Tx, owner: Resource, record_id: str, old: str, new: str) -> None:
    before = records.find(tx.session, owner.model, record_id)
    if before["id"] == old:
        return  # it goes with the merge
    said = json.loads(json.dumps(owner.said(before)))
    for reference in owner.model.references:
        for place in list(reference.places(said)):
            if place.value == old:
                place.holder[place.key] = new
        if new == before["id"] or reference.path.endswith(EACH):
            _thin(said, reference, None if new != before["id"] else new)
    owner.change(tx, before, owner.accepts.model_validate_json(json.dumps(said)))


def _thin(said: Any, reference: Reference, own: str | None) -> None:
    """Take out of a record what names itself now, or names another twice."""
    values = said.get(reference.name)
    if not reference.is_list:
        said[reference.name] = None if values == own else values
        return
    kept: list[Any] = []
    for value in values or ():
        named = [place.value for place in reference.places({reference.name: [value]})]
        if own not in named and value not in kept:
            kept.append(value)
    said[reference.name] = kept
