"""What a resource is: its tables and shapes, and the rules it adds to the common ways.

A folder under `app` subclasses `Resource` once a kind. The kernel reads, writes, lists, patches,
loads and exports it through this, without knowing what it is about.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.kernel import markings, records
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.eyes import EVERYTHING, Eyes, narrows
from app.kernel.ids import is_id, is_slug, new_id
from app.kernel.listing import Rows, Selection, Single, columns_of
from app.kernel.records import Row
from app.kernel.references import Reference
from app.kernel.schemas import VersionedOut, page_of, patch_of
from app.kernel.tables import Record, Versioned, table_of
from app.kernel.types import Shape
from app.kernel.view import View

AUDITED = ("downgrade",)
"""Fields for who may read the audit log: a reason speaks of what it was given to lower."""


class Listed(ABC):
    """What can be listed: rows that filters choose, sorts order and three formats show."""

    every: ClassVar[dict[str, "Listed"]] = {}

    answers: ClassVar[type[BaseModel]]
    query: ClassVar[type[Rows]]
    expands: ClassVar[Mapping[str, str]] = {}
    """Names of `include`, each with the path of the reference it follows."""
    plural: ClassVar[str] = ""
    """What a list of them is called, where it is another word than the kind's own."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.page_shape = page_of(self.answers)
        Listed.every[kind] = self

    @abstractmethod
    def selection(self, session: Session, view: View, query: BaseModel | None = None) -> Selection:
        """What a list of this kind reads."""

    def part(self, query: BaseModel | None) -> BaseModel | None:  # noqa: ARG002 - of most kinds it is none
        """What of a query a selection that is kept is made from, as something to find it by."""
        return None

    def given(self, query: BaseModel | None) -> Mapping[str, Any]:  # noqa: ARG002 - of most kinds it is none
        """What of a query is a parameter of the selection made for it."""
        return {}

    def keeps(self, view: View, query: BaseModel | None) -> bool:  # noqa: ARG002 - of most kinds any
        """Whether the selection for a query can be made once for all who ask alike."""
        return not view.absent

    def kept(self, session: Session, view: View, query: BaseModel | None = None) -> Selection:
        """The selection, made once for all who ask alike: to make it costs more than to ask it.

        What is made from it is asked with what it is `asked`.
        """
        if self.keeps(view, query):
            found = _selection(self, view.timeless, self.part(query))
        else:
            found = self.selection(session, view, query)
        return replace(found, session=session, asked={**view.clocks, **self.given(query)})

    @abstractmethod
    def documents(self, session: Session, rows: Sequence[Row], view: View) -> list[Row]:
        """The answers made from rows: the fields of the answered shape, ready to be written."""

    def parts(
        self,
        session: Session,  # noqa: ARG002 - some kinds have parts
        view: View,  # noqa: ARG002 - as above
        query: BaseModel | None,  # noqa: ARG002 - as above
    ) -> Sequence[Selection]:
        """What a list is made of, where a page of each part costs less than a page of the whole."""
        return ()

    def expansion(self, name: str) -> Reference:
        """The reference that a name of `include` follows."""
        raise KeyError(name)


KEPT = 128
"""Selections that are kept made; the largest take 1.4 MB, most a tenth of that."""


@lru_cache(KEPT)
def _selection(resource: Listed, view: View, part: BaseModel | None) -> Selection:
    return resource.selection(Session(), view, part)


@lru_cache(KEPT)
def _among(
    resource: Listed,
    view: View,
    part: BaseModel | None,
    column: str,
    **how: bool,
) -> sa.Select[Any]:
    return _selection(resource, view, part).among(column, **how)


DATED = ("effective_at", "as_of")
"""When a record holds: what lies a little ahead was now."""
FOUND = ("assessor", "creator", "supersedes", "agent", "model")
"""What is found where nobody says it."""


class Resource(Listed):
    """One kind of record, and how it is read and written."""

    known: ClassVar[dict[str, "Resource"]] = {}

    model: ClassVar[type[Versioned]]
    accepts: ClassVar[type[Shape]]
    answers: ClassVar[type[VersionedOut]]
    answers_one: ClassVar[type[VersionedOut] | None] = None
    """The shape of the read of one record, where it holds more (see `enrich`)."""
    noun: ClassVar[str]
    called: ClassVar[str] = ""
    """The noun with its article, where it is another than the noun's own."""
    makes: ClassVar[str] = ""
    """What making one is called, where there is a better word than adding it."""
    mergeable: ClassVar[bool] = False
    """Whether two of them may turn out to be the same thing."""
    numerous: ClassVar[bool] = False
    """Whether there may be so many that a list of the past has to walk an index, too."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that are said once and never changed."""

    def __init__(self) -> None:
        super().__init__(table_of(self.model).name)
        self.patch_shape = patch_of(self.accepts, f"{self.answers.__name__}Patch")
        self.is_marked = issubclass(self.model, Record)
        self.path = ""
        """Where its records are, with the parent's noun in braces (see `routes.mount_single`)."""
        self.fields = tuple(name for name in self.answers.model_fields if name != "included")
        self.fields_of_all = tuple(name for name in self.fields if name not in AUDITED)
        Resource.known[self.kind] = self

    def address(self, row: Row) -> str:
        """Where a record is read."""
        return f"/v1{self.path.format(**row)}/{row['id']}"

    @property
    def made_from(self) -> type[Shape]:
        """The shape a record is made from, where it is another than the one it is changed by."""
        return self.accepts

    @property
    def names(self) -> tuple[Reference, ...]:
        """Where a record names others, and is to be marked no lower than they are."""
        return self.model.references

    @property
    def named_in_files(self) -> tuple[Reference, ...]:
        """Where a record of a file names others."""
        return self.model.references

    @property
    def single_query(self) -> type[BaseModel]:
        """The parameters of the read of one record."""
        return Single

    # --- Reading ----------------------------------------------------------------------------------

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - some kinds choose their plan by it
    ) -> Selection:
        """What a list of this kind reads."""
        t = view.of(self.model)
        return Selection(session, view, sa.select(t), columns_of(self.model, t))

    def parts(self, session: Session, view: View, query: BaseModel | None) -> Sequence[Selection]:
        """Of the past what stands and what was replaced, where there is much of both."""
        if view.known_at is None or not self.numerous:
            return ()
        return [self.selection(session, half, query) for half in view.halves(self.model)]

    def present(self, row: Row, view: View) -> Row:  # noqa: ARG002 - some kinds show the moment
        """The fields of the answer made from a row read."""
        return row

    def read(self, session: Session, key: str, view: View, query: BaseModel | None = None) -> Row:
        """One record by id or slug, as it is answered. Raises NotFound or Gone."""
        column = self._key(session, key, view)
        return self._first(session, key, view, self.among(session, view, column, [key], query))

    def read_from(self, selection: Selection, key: str) -> Row:
        """The same out of what a list would read."""
        session, view = selection.session, selection.view
        statement = selection.among(self._key(session, key, view))
        return self._first(session, key, view, selection.rows(statement, keys=[key]))

    def fetch(
        self, session: Session, view: View, ids: Sequence[str], query: BaseModel | None = None
    ) -> list[Row]:
        """Several records by id, in one statement."""
        rows = self.among(session, view, "id", ids, query)
        return self.documents(session, rows, view)

    def _key(self, session: Session, key: str, view: View) -> str:
        """The column that a key stands in."""
        column = "id" if is_id(key) else "slug"
        if column not in table_of(self.model).c or not (is_id(key) or is_slug(key)):
            raise records.missing(session, self.model, key, view)
        return column

    def _first(self, session: Session, key: str, view: View, rows: Sequence[Row]) -> Row:
        """Differently marked records may have one slug; then the oldest, as everywhere."""
        if not rows:
            raise records.missing(session, self.model, key, view)
        return self.documents(session, rows[:1], view)[0]

    def among(
        self,
        session: Session,
        view: View,
        column: str,
        keys: Sequence[str],
        query: BaseModel | None = None,
        **how: bool,
    ) -> list[Row]:
        """The rows that were there and have one of the keys in a column, by id: one statement.

        `how` is what `Selection.among` takes.
        """
        if self.keeps(view, query):
            statement = _among(self, view.timeless, self.part(query), column, **how)
        else:
            statement = self.selection(session, view, query).among(column, **how)
        found = session.execute(statement, {**view.clocks, **self.given(query), "keys": keys})
        return [dict(row) for row in found.mappings()]

    def documents(self, session: Session, rows: Sequence[Row], view: View) -> list[Row]:
        """The answers made from rows: the fields of the answered shape, ready to be written."""
        shown = [self.present(row, view) for row in rows]
        self.complete(session, shown, view)
        names = self.fields if view.eyes.auditor else self.fields_of_all
        return [{name: row[name] for name in names} for row in shown]

    def complete(self, session: Session, rows: list[Row], view: View) -> None:
        """Add to a page what no select can say in one go, in a constant number of statements."""

    def enrich(self, session: Session, document: Row, view: View) -> None:
        """Add to the read of one record what a list leaves out."""

    def expansion(self, name: str) -> Reference:
        """The reference that a name of `include` follows."""
        path = self.expands[name]
        return next(ref for ref in self.model.references if ref.path == path)

    # --- Writing ----------------------------------------------------------------------------------

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Rules beyond the shape. Raises Invalid or Conflict; `row` may be completed."""

    def saved(self, tx: Tx, row: Row, before: Row | None) -> None:
        """What else must be true in the same transaction."""

    def create(self, tx: Tx, shape: Shape, record_id: str = "", **fixed: Any) -> Row:
        """Write a new record. `fixed` are fields the path says (the alliance it is under)."""
        row = {**self.columns(shape), **fixed}
        named = records.resolve(tx, self.names, row)
        if self.is_marked:
            markings.settle(tx, row, named, said="tlp" in shape.model_fields_set)
        row["id"] = record_id or new_id()
        self.check(tx, row, None)
        row = records.create(tx, self.model, row, row["id"])
        self.saved(tx, row, None)
        return row

    def change(self, tx: Tx, before: Row, shape: Shape) -> Row:
        """Write the next version of a record; an equal one is not written."""
        return self._next(tx, before, shape, keep=False)

    def rename(self, tx: Tx, before: Row, shape: Shape) -> Row:
        """The same of one that names another record now: it keeps its marking, whoever writes."""
        return self._next(tx, before, shape, keep=True)

    def _next(self, tx: Tx, before: Row, shape: Shape, *, keep: bool) -> Row:
        row = self.columns(shape)
        whole = {**before, **row}
        named = records.resolve(tx, self.names, whole, before=before)
        if self.is_marked and not keep:
            markings.settle(tx, whole, named, said=True)
            row["marking"] = whole["marking"]
        row = {name: whole[name] for name in row}
        for name in self.fixed:
            if row.get(name) != before.get(name):
                raise Invalid.at(f"/{name}", "can't be changed once the record is made")
        row["id"] = before["id"]
        self.check(tx, row, before)
        if all(before[name] == value for name, value in row.items()):
            return before
        return self.rewrite(tx, before, row)

    def rewrite(self, tx: Tx, before: Row, values: Mapping[str, Any]) -> Row:
        """Write the next version, and what must be true with it.

        What stands under a record that is marked higher goes up with it: it would tell of it. But
        nothing goes to readers who couldn't see it before, nor is it taken from its own for them.
        """
        after = records.change(tx, self.model, before, values)
        self.saved(tx, after, before)
        if self.is_marked and after["marking"] != before["marking"]:
            own = (after["tlp"], after["audience"])
            for other in Resource.known.values():
                for found in records.under(tx.session, other.model, after["id"]):
                    # A reply went up with its note, if that was before it in the list.
                    row = records.find(tx.session, other.model, found["id"], View(EVERYTHING))
                    if row["marking"] != after["marking"] and narrows(
                        own, (row["tlp"], row["audience"])
                    ):
                        other.rewrite(tx, row, {name: after[name] for name in markings.FIELDS})
        return after

    def remove(self, tx: Tx, before: Row) -> None:
        """Delete a record, leaving its tombstone."""
        after = records.remove(tx, self.model, before)
        self.saved(tx, after, before)

    def redacted(self, tx: Tx, row: Row) -> None:
        """Remove what else is kept of a record whose content has just been removed."""

    def forget(self, tx: Tx, record: str) -> None:
        """Remove what is kept here of another record whose content has just been removed."""

    def quoting(self, session: Session, record: str) -> Sequence[str]:  # noqa: ARG002 - some kinds quote others
        """The ids of those that quote a record, which go with it."""
        return ()

    def columns(self, shape: Shape) -> Row:
        """The columns that a shape fills: lists as JSON, instants as instants."""
        plain = shape.model_dump(mode="json")
        table = table_of(self.model)
        return {
            name: getattr(shape, name)
            if isinstance(getattr(shape, name), date | datetime)
            else value
            for name, value in plain.items()
            if name in table.c
        }

    def differing(self, tx: Tx, shape: Shape, row: Row) -> list[str]:  # noqa: ARG002 - some kinds look up what they found
        """The fields in which a shape says another thing than the row that was made of it.

        What was found when it was made is no difference, nor a slug, which may have meant another.
        """
        said = self.columns(shape)
        found = set(DATED) | ({"tlp", "audience"} - shape.model_fields_set)
        found |= {name for name in FOUND if not said.get(name)}
        for reference in self.names:
            places = reference.places(said)
            found |= {place.pointer.split("/")[1] for place in places if not is_id(place.value)}
        return [name for name, value in said.items() if name not in found and row[name] != value]

    def patched(self, row: Row, patch: Row) -> Row:  # noqa: ARG002 - what a patch implies is the kind's to say
        """What a merge patch is applied to."""
        return self.said(row)

    def told(self, row: Row, eyes: Eyes) -> Row:
        """The same, as far as a reader of the row is told."""
        said = self.said(row)
        return said if eyes.auditor else {name: said[name] for name in said if name not in AUDITED}

    def said(self, row: Row) -> Row:
        """The part of a row that people say: the fields of the accepted shape, as JSON."""
        fields = {name: row[name] for name in self.accepts.model_fields if name in row}
        return self.accepts.model_construct(**fields).model_dump(mode="json", warnings=False)
