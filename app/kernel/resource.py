"""What a resource is: its tables and shapes, and the rules it adds to the common ways.

A folder under `app` subclasses `Resource` once a kind. The kernel reads, writes, lists, patches,
loads and exports it through this, without knowing what it is about.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.kernel import records
from app.kernel.db import Tx
from app.kernel.errors import Invalid
from app.kernel.ids import is_id, is_slug, new_id
from app.kernel.listing import Listing, Selection, Single, columns_of
from app.kernel.records import Row
from app.kernel.references import Reference
from app.kernel.schemas import RecordIn, RecordOut, page_of, patch_of
from app.kernel.tables import Record, table_of
from app.kernel.view import View


class Resource:
    """One kind of record, and how it is read and written."""

    known: ClassVar[dict[str, "Resource"]] = {}

    model: ClassVar[type[Record]]
    accepts: ClassVar[type[RecordIn]]
    answers: ClassVar[type[RecordOut]]
    answers_one: ClassVar[type[RecordOut] | None] = None
    """The shape of the read of one record, where it holds more (see `enrich`)."""
    query: ClassVar[type[Listing]]
    noun: ClassVar[str]
    called: ClassVar[str] = ""
    """The noun with its article, where it is another than the noun's own."""
    mergeable: ClassVar[bool] = False
    """Whether two of them may turn out to be the same thing."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Fields that are said once and never changed."""
    expands: ClassVar[Mapping[str, str]] = {}
    """Names of `include`, each with the path of the reference it follows."""

    def __init__(self) -> None:
        self.kind = table_of(self.model).name
        self.page_shape = page_of(self.answers)
        self.patch_shape = patch_of(self.accepts, f"{self.answers.__name__}Patch")
        self.path = ""
        """Where its records are, with the parent's noun in braces (see `routes.mount_single`)."""
        self.fields = tuple(name for name in self.answers.model_fields if name != "included")
        Resource.known[self.kind] = self

    def address(self, row: Row) -> str:
        """Where a record is read."""
        return f"/v1{self.path.format(**row)}/{row['id']}"

    @property
    def made_from(self) -> type[RecordIn]:
        """The shape a record is made from, where it is another than the one it is changed by."""
        return self.accepts

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

    def present(self, row: Row, view: View) -> Row:  # noqa: ARG002 - some kinds show the moment
        """The fields of the answer made from a row read."""
        return row

    def read(self, session: Session, key: str, view: View, query: BaseModel | None = None) -> Row:
        """One record by id or slug, as it is answered. Raises NotFound or Gone."""
        selection = self.selection(session, view, query)
        column = "id" if is_id(key) else "slug"
        if column not in selection.columns or not (is_id(key) or is_slug(key)):
            raise records.missing(session, self.model, key, view)
        statement = selection.statement.where(selection.columns[column] == key)
        row = session.execute(statement).mappings().one_or_none()
        if row is None:
            raise records.missing(session, self.model, key, view)
        return self.documents(session, [dict(row)], view)[0]

    def fetch(
        self, session: Session, view: View, ids: Sequence[str], query: BaseModel | None = None
    ) -> list[Row]:
        """Several records by id, in one statement."""
        selection = self.selection(session, view, query)
        statement = selection.statement.where(selection.columns["id"].in_(list(ids)))
        rows = session.execute(statement.order_by(selection.columns["id"])).mappings()
        return self.documents(session, [dict(row) for row in rows], view)

    def documents(self, session: Session, rows: Sequence[Row], view: View) -> list[Row]:
        """The answers made from rows: the fields of the answered shape, ready to be written."""
        shown = [self.present(row, view) for row in rows]
        self.complete(session, shown, view)
        return [{name: row[name] for name in self.fields} for row in shown]

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

    def create(self, tx: Tx, shape: RecordIn, record_id: str = "", **fixed: Any) -> Row:
        """Write a new record. `fixed` are fields the path says (the alliance it is under)."""
        row = {**self.columns(shape), **fixed}
        records.resolve(tx, self.model.references, row)
        row["id"] = record_id or new_id()
        self.check(tx, row, None)
        row = records.create(tx, self.model, row, row["id"])
        self.saved(tx, row, None)
        return row

    def change(self, tx: Tx, before: Row, shape: RecordIn) -> Row:
        """Write the next version of a record; an equal one is not written."""
        row = self.columns(shape)
        records.resolve(tx, self.model.references, row, before=before)
        for name in self.fixed:
            if row.get(name) != before.get(name):
                raise Invalid.at(f"/{name}", "can't be changed once the record is made")
        row["id"] = before["id"]
        self.check(tx, row, before)
        if all(before[name] == value for name, value in row.items()):
            return before
        after = records.change(tx, self.model, before, row)
        self.saved(tx, after, before)
        return after

    def remove(self, tx: Tx, before: Row) -> None:
        """Delete a record, leaving its tombstone."""
        after = records.remove(tx, self.model, before)
        self.saved(tx, after, before)

    def columns(self, shape: RecordIn) -> Row:
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

    def patched(self, row: Row, patch: Row) -> Row:  # noqa: ARG002 - what a patch implies is the kind's to say
        """What a merge patch is applied to."""
        return self.said(row)

    def said(self, row: Row) -> Row:
        """The part of a row that people say: the fields of the accepted shape, as JSON."""
        fields = {name: row[name] for name in self.accepts.model_fields if name in row}
        return self.accepts.model_construct(**fields).model_dump(mode="json", warnings=False)
