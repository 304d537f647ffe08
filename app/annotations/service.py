"""Annotations as a resource: pinned to a version, checked when made, outdated by change."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from markdown_it import MarkdownIt
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.annotations import selectors
from app.annotations.models import Annotation as Table
from app.annotations.schemas import (
    Annotation,
    AnnotationChange,
    AnnotationIn,
    AnnotationNote,
    Motivation,
    Status,
    TargetType,
)  # fmt: skip
from app.kernel import history, markings, records
from app.kernel.db import Tx
from app.kernel.errors import Forbidden, Gone, Invalid, NotFound
from app.kernel.filters import equals, matches, refers_to_any
from app.kernel.ids import is_id
from app.kernel.listing import Listing, Selection
from app.kernel.records import Row
from app.kernel.references import Reference
from app.kernel.resource import DATED, Resource
from app.kernel.tables import Base, Record, table_of
from app.kernel.types import IdText, Label, QueryBool, Shape, Slug
from app.kernel.view import View
from app.sources.service import text_of

SAID = ("tlp", "audience", "downgrade", "motivation", "body", "status")
SPANNED = {"claims": "/statement"}
"""The field a selector selects in, where no pointer says another."""

# No HTML passes through, no link runs a script, and no picture calls another host.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image")


class AnnotationQuery(Listing):
    """Filters of annotations."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "creator": False,
        "status": False,
    }
    default_sort: ClassVar[str] = "-id"

    target: Annotated[
        list[Slug],
        Field(description="Only where it is about this: the id of a record, or its slug"),
        refers_to_any("target"),
    ] = []
    target_type: Annotated[list[TargetType], equals("target_type")] = []
    motivation: Annotated[list[Motivation], equals("motivation")] = []
    creator: Annotated[list[Label], equals("creator")] = []
    status: Annotated[list[Status], equals("status")] = []
    reply_to: Annotated[list[IdText], equals("reply_to")] = []
    outdated: Annotated[QueryBool | None, matches("outdated")] = None


class Annotations(Resource):
    """A note stays on the version it was made on, whatever becomes of its target."""

    model = Table
    accepts = AnnotationChange
    answers = Annotation
    query = AnnotationQuery
    noun = "annotation"
    expands = {"reply_to": "reply_to"}

    @property
    def made_from(self) -> type[Shape]:
        """A note is made with its target, which it keeps."""
        return AnnotationIn

    @property
    def names(self) -> tuple[Reference, ...]:
        """A note is marked no lower than what it is about, either: it may quote it."""
        return (*Table.references, Reference("target", {k: k for k in Record.kinds}, "target_type"))

    @property
    def named_in_files(self) -> tuple[Reference, ...]:
        """A target may be of any kind."""
        return (*Table.references, Reference("target/id", {k: k for k in Record.kinds}, by="type"))

    def selection(
        self,
        session: Session,
        view: View,
        query: BaseModel | None = None,  # noqa: ARG002 - the kernel's signature
    ) -> Selection:
        """Annotations, each with whether its target is still at that version.

        What is said of a claim isn't there before the claim is: it would tell of it.
        """
        t = view.of(Table)
        standing: dict[str, Any] = {}
        begins: dict[str, Any] = {}
        for kind, model in Record.kinds.items():
            target = view.of(model, f"target_{kind}")
            statement = sa.select(target.c.version).where(target.c.id == t.c.target)
            standing[kind] = statement.scalar_subquery()
            for name in DATED:
                if name in target.c:
                    statement = sa.select(target.c[name]).where(target.c.id == t.c.target)
                    begins[kind] = statement.scalar_subquery()
        version = sa.case(standing, value=t.c.target_type)
        outdated = sa.func.coalesce(version != t.c.target_version, sa.true())
        columns: dict[str, Any] = {column.name: column for column in t.c}
        columns |= {"outdated": outdated, "consequence": t.c.target}
        columns["effective_at"] = sa.case(begins, value=t.c.target_type)
        statement = sa.select(t, outdated.label("outdated"))
        return Selection(session, view, statement, columns)

    def present(self, row: Row, view: View) -> Row:  # noqa: ARG002 - the kernel's signature
        """The wire shape, with the body rendered."""
        return {
            **row,
            "target": {
                "type": row["target_type"],
                "id": row["target"],
                "version": row["target_version"],
                "pointer": row["pointer"],
                "selector": row["selector"],
                "sha256": row["sha256"],
            },
            "body_html": _markdown.render(row["body"]),
            "outdated": bool(row["outdated"]),
        }

    def quoting(self, session: Session, record: str) -> Sequence[str]:
        """Those with a quote of the record, in any version, that weren't redacted themselves."""
        quoting: set[str] = set()
        for t in (table_of(Table), Base.twins[self.kind]):
            rows = session.execute(sa.select(t.c.id, t.c.selector).where(t.c.target == record))
            quoting |= {row.id for row in rows if any("exact" in part for part in row.selector)}
        return sorted(quoting)

    def create(self, tx: Tx, shape: Shape, record_id: str = "", **fixed: Any) -> Row:
        """Pin the target, check every selector against it, and write the note."""
        if not isinstance(shape, AnnotationNote):
            raise TypeError(shape)
        said = shape.model_dump(mode="json")
        row: Row = {name: said[name] for name in SAID}
        row["creator"] = shape.creator or tx.by
        if row["creator"] != tx.by and "edit" not in tx.caller.may:
            raise Forbidden(f"{tx.by} annotates as {tx.by}, and only as that.")
        row["reply_to"] = said.get("reply_to")
        if "consequence" in fixed:
            row |= self._pinned(tx, {"type": "consequences", "id": fixed["consequence"]})
        else:
            row |= self._inherited(tx, row["reply_to"]) if row["reply_to"] else {}
            row |= self._pinned(tx, said["target"]) if said["target"] else {}
        named = records.resolve(tx, self.names, row)
        markings.settle(tx, row, named, said="tlp" in shape.model_fields_set)
        row = records.create(tx, self.model, row, record_id)
        self.saved(tx, row, None)
        return row

    def differing(self, tx: Tx, shape: Shape, row: Row) -> list[str]:
        """What is pinned is compared as far as it was said."""
        said = shape.model_dump(mode="json")
        plain = shape.model_copy(update={"target": None})
        names = [name for name in super().differing(tx, plain, row) if name != "target"]
        target = said.get("target")
        if target is None:
            return names
        selector = target.get("selector") or []
        default = SPANNED.get(target["type"]) if selector else None
        pinned = {
            "target_type": target["type"],
            "target": target["id"] if is_id(target["id"]) else row["target"],
            "target_version": target.get("version") or row["target_version"],
            "pointer": target.get("pointer") or default,
            "selector": selector,
            "sha256": target.get("sha256") or row["sha256"],
        }
        return names + ["target"] * any(row[name] != value for name, value in pinned.items())

    def _inherited(self, tx: Tx, reply_to: str) -> Row:
        try:
            answered = records.find(tx.session, Table, reply_to, tx.view)
        except (NotFound, Gone):
            raise Invalid.at(
                "/reply_to", f"there is no record {reply_to!r} in annotations"
            ) from None
        names = ("target_type", "target", "target_version", "pointer", "selector", "sha256")
        return {name: answered[name] for name in names}

    def _pinned(self, tx: Tx, target: Row) -> Row:
        resource = Resource.known[target["type"]]
        try:
            current = records.find(tx.session, resource.model, target["id"], tx.view)
        except (NotFound, Gone):
            detail = f"there is no record {target['id']!r} in {target['type']}"
            raise Invalid.at("/target/id", detail) from None
        pinned = self._version(tx, resource, current, target.get("version"))
        pointer, selector = target.get("pointer"), target.get("selector") or []
        if target["type"] == "sources" and pointer == "/text":
            raise Invalid.at(
                "/target/pointer", "leave it out: without one, a selector selects in the text"
            )
        said = {**resource.told(pinned, tx.eyes), "text_sha256": pinned.get("text_sha256")}
        value = selectors.value_at(said, pointer) if pointer else None
        digest = pinned.get("text_sha256") if target["type"] == "sources" and not pointer else None
        if target.get("sha256") not in {None, digest}:
            raise Invalid.at("/target/sha256", "isn't that of the text in that version")
        if selector:
            pointer = pointer or SPANNED.get(target["type"])
            value = selectors.value_at(said, pointer) if pointer else value
            self._check_spans(tx.session, selector, pinned, pointer, value)
        return {
            "target_type": target["type"],
            "target": current["id"],
            "target_version": pinned["version"],
            "pointer": pointer,
            "selector": selector,
            "sha256": digest,
        }

    def _version(self, tx: Tx, resource: Resource, current: Row, version: int | None) -> Row:
        if version in {None, current["version"]}:
            return current
        found = history.versions(
            tx.session, resource.model, current["id"], tx.eyes, (version or 0) + 1, 1
        )
        if not found or found[0]["version"] != version:
            raise Invalid.at("/target/version", "there is no such version of the record")
        return found[0]

    def _check_spans(
        self, session: Session, selector: list[Row], pinned: Row, pointer: str | None, value: Any
    ) -> None:
        if pointer is None:
            self._check_text(session, selector, pinned)
        elif isinstance(value, str):
            selectors.check_spans(selector, value)
        else:
            raise Invalid.at("/target/selector", f"selects in {pointer}, which isn't a text")

    def _check_text(self, session: Session, selector: list[Row], pinned: Row) -> None:
        """Check spans of a source's text; of one not held here, only its length is known."""
        if "text_sha256" not in pinned or pinned["text_sha256"] is None:
            raise Invalid.at(
                "/target/selector", "needs a pointer to a text, or a source with a text"
            )
        text = text_of(session, pinned["id"], pinned["text_sha256"])
        if text is not None:
            selectors.check_spans(selector, text)
        elif any(part["type"] == "TextQuoteSelector" for part in selector):
            raise Invalid.at(
                "/target/selector",
                "a quote can't be checked: the text isn't held here; give a position",
            )
        else:
            self._check_positions(selector, pinned["text_length"] or 0)

    def _check_positions(self, selector: list[Row], length: int) -> None:
        for index, part in enumerate(selector):
            if part["end"] > length:
                detail = f"lies behind the end of the text ({length})"
                raise Invalid.at(f"/target/selector/{index}/end", detail)
        spans = [(part["start"], part["end"]) for part in selector]
        selectors.agree(spans, len(spans) - 1)


annotations = Annotations()
