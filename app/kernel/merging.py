"""Merging two records of one kind that turn out to be the same thing.

What named the one names the other from then on, each as a version of its own; the merged record
leaves a tombstone that leads to the one that stands.
"""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import records
from app.kernel.db import Tx, take_turn
from app.kernel.errors import Gone, Invalid
from app.kernel.eyes import EVERYTHING, covers
from app.kernel.links import Link
from app.kernel.records import Row
from app.kernel.references import Place, Reference
from app.kernel.resource import Resource
from app.kernel.tables import table_of
from app.kernel.types import parse_instant
from app.kernel.view import View


def merge(tx: Tx, resource: Resource, key: str, into: str) -> Row:
    """Let the record `into` stand for both; answer it.

    Merges come one after the other: of two that cross, the second finds its record merged. What is
    being written meanwhile is waited for before the record is closed: whoever changes it may have
    to hold the record itself, because it names it. Raises Invalid where there is no such record,
    they are one already, or `into` isn't for all who see what would name it then.
    """
    take_turn(tx.session, "merging")
    named = {"into": into}
    records.resolve(tx, [Reference("into", resource.kind)], named)
    row = records.find(tx.session, resource.model, key, tx.view)
    if row["id"] == named["into"]:
        raise Invalid.at("/into", "a record can't be merged into itself")
    other = records.find(tx.session, resource.model, named["into"], tx.view)
    if not covers((row["tlp"], row["audience"]), (other["tlp"], other["audience"])):
        raise Invalid.at("/into", "isn't for all who see the record that would be merged into it")
    for owner, record_id in _naming(tx.session, resource, row["id"]):
        _held(tx, owner, record_id)
    row = records.take(tx, resource.model, row["id"], "close")
    for owner, record_id in _naming(tx.session, resource, row["id"]):
        _rename(tx, owner, record_id, row["id"], named["into"])
    row = records.find(tx.session, resource.model, row["id"], tx.view)
    records.change(tx, resource.model, row, {"deleted_at": tx.now, "merged_into": named["into"]})
    return records.find(tx.session, resource.model, named["into"], tx.view)


def _naming(session: Session, resource: Resource, target: str) -> list[tuple[Resource, str]]:
    """The records that name a record of a kind, each once."""
    found: dict[tuple[str, str], Resource] = {}
    for owner in Resource.known.values():
        for reference in owner.model.references:
            if reference.target == resource.kind:
                for record_id in _naming_in(session, owner, reference, target):
                    found[owner.kind, record_id] = owner
    return [(found[kind, record_id], record_id) for kind, record_id in sorted(found)]


def _naming_in(
    session: Session, owner: Resource, reference: Reference, target: str
) -> Iterable[str]:
    if not reference.is_list:
        t = View(EVERYTHING).of(owner.model)
        statement = sa.select(t.c.id).where(t.c[reference.path] == target)
    else:
        link = table_of(Link)
        path = reference.path.replace("/*", "").replace("/", ".")
        fields = link.c.field == f"{owner.kind}.{path}"
        statement = sa.select(link.c.owner).where(fields, link.c.target == target)
    return session.execute(statement).scalars()


def _held(tx: Tx, owner: Resource, record_id: str) -> Row | None:
    """A record to be changed, or None where it was deleted while its turn was waited for."""
    try:
        return records.find(tx.session, owner.model, record_id, View(EVERYTHING), "change")
    except Gone:
        return None


def _rename(tx: Tx, owner: Resource, record_id: str, old: str, new: str) -> None:
    before = _held(tx, owner, record_id)
    if before is None or before["id"] == old:
        return  # it goes with the merge, if it hasn't gone
    said = json.loads(json.dumps(owner.said(before)))
    for reference in owner.model.references:
        for place in list(reference.places(said)):
            if place.value == old:
                place.holder[place.key] = new
        _thin(said, reference, None if new != before["id"] else new)
    shape = owner.accepts.model_validate_json(json.dumps(said))
    try:
        # Who merges needn't see all that is renamed, and gets to see no more by it.
        owner.rename(tx, before, shape)
    except Invalid:
        if tx.eyes.sees(before["marking"]):
            raise
        # Nothing tells them of it: it goes on to name what leads to the record that stands.


def _thin(said: Any, reference: Reference, own: str | None) -> None:
    """Take out of a record what names itself now, or says twice the same of another.

    Of two times that overlap one is made, from the earlier beginning to the later end.
    """
    if not reference.is_list:
        if own is not None and said.get(reference.name) == own:
            said[reference.name] = None
        return
    kept: list[Place] = []
    dropped: list[Place] = []
    for place in reference.places(said):
        twin = next((other for other in kept if place.repeats(other)), None)
        if twin is not None:
            _join(twin, place)
        (kept if twin is None and place.value != own else dropped).append(place)
    for place in reversed(dropped):
        holder, steps = said, place.list.split("/")[1:]
        for step in steps:
            holder = holder[int(step) if step.isdigit() else step]
        del holder[int(place.pointer[len(place.list) + 1 :].split("/", 1)[0])]
    if dropped:
        _thin(said, reference, own)  # a time that was made longer may reach another


def _join(kept: Place, other: Place) -> None:
    """Let an entry hold for the time of another as well."""
    for name, choose in ((kept.reference.since, min), (kept.reference.until, max)):
        if name:
            both = (kept.beside(name), other.beside(name))
            kept.holder[name] = None if None in both else choose(both, key=parse_instant)
