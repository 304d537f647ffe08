"""Sources as a resource, and the rules of their texts and origins."""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.kernel import search
from app.kernel.db import Tx, insert_once, take_turn
from app.kernel.errors import Invalid
from app.kernel.filters import at_least, before, equals, refers
from app.kernel.listing import Listing
from app.kernel.records import Row
from app.kernel.resource import KEPT, Resource
from app.kernel.tables import table_of
from app.kernel.types import Instant, Reference, Shape, Slug, VagueDate
from app.kernel.view import View
from app.sources.models import Source as Table
from app.sources.models import SourceText
from app.sources.schemas import Kind, Reliability, Source, SourceIn

DERIVATIONS = 50
"""The longest chain of copies that is followed."""


class SourceQuery(Listing):
    """Filters of sources."""

    sorts: ClassVar[dict[str, bool]] = {
        "id": False,
        "created_at": False,
        "title": False,
        "slug": False,
        "reliability": False,
        "published_from": True,
    }

    slug: Annotated[list[Slug], equals("slug")] = []
    kind: Annotated[list[Kind], equals("kind")] = []
    reliability: Annotated[list[Reliability], equals("reliability")] = []
    derived_from: Annotated[list[Reference], refers("derived_from", "sources")] = []
    published_from: Annotated[Instant | None, at_least("published_from")] = None
    published_to: Annotated[Instant | None, before("published_from")] = None


class Sources(Resource):
    """A source may hold its text; what copies what has no cycle."""

    model = Table
    accepts = SourceIn
    answers = Source
    query = SourceQuery
    noun = "source"
    mergeable = True
    expands = {"derived_from": "derived_from"}

    def columns(self, shape: Shape) -> Row:
        """The columns of a source, with the text's hash and the date's beginning."""
        row = super().columns(shape)
        if not isinstance(shape, SourceIn):
            raise TypeError(shape)
        row["published_from"] = beginning(shape.published)
        if shape.text is not None:
            digest = sha256(shape.text)
            for name, value in (("text_sha256", digest), ("text_length", len(shape.text))):
                if row[name] not in {None, value}:
                    raise Invalid.at(f"/{name}", f"isn't that of the text, which is {value}")
                row[name] = value
            row["text"] = shape.text
        return row

    def patched(self, row: Row, patch: Row) -> Row:
        """A new text brings its own hash and length; without it they go as well."""
        said = self.said(row)
        return {**said, "text_sha256": None, "text_length": None} if "text" in patch else said

    def check(self, tx: Tx, row: Row, before: Row | None) -> None:
        """Keep the text under its hash; refuse a source that copies itself."""
        text = row.pop("text", None)
        if text is not None and text_of(tx.session, row["id"], row["text_sha256"]) is None:
            keep_text(tx.session, row["id"], text)
            if before is not None and before["text_sha256"] == row["text_sha256"]:
                # Its hash alone was known so far: no new version, but more to be found.
                search.renew(tx.session, Table, before)
        t = tx.view.of(Table)
        current = row["derived_from"]
        if current is not None:
            # In turn, so that no two writers close a cycle between them.
            take_turn(tx.session, "sources")
        for _ in range(DERIVATIONS):
            if current is None:
                return
            if current == row["id"]:
                raise Invalid.at("/derived_from", "a source can't be a copy of itself")
            current = tx.session.execute(
                sa.select(t.c.derived_from).where(t.c.id == current)
            ).scalar()
        raise Invalid.at("/derived_from", f"is a chain of more than {DERIVATIONS} copies")

    def redacted(self, tx: Tx, row: Row) -> None:
        """Its texts go with it."""
        table = table_of(SourceText)
        tx.session.execute(sa.delete(table).where(table.c.source == row["id"]))


sources = Sources()


def sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def keep_text(session: Session, source: str, text: str) -> None:
    """Keep a text of a source under its hash, once."""
    kept = {"source": source, "sha256": sha256(text), "content": text}
    insert_once(session, table_of(SourceText), kept)


def text_of(session: Session, source: str, digest: str | None) -> str | None:
    """The text of a source with a hash, or None where it isn't held."""
    table = table_of(SourceText)
    statement = sa.select(table.c.content).where(table.c.source == source, table.c.sha256 == digest)
    found: str | None = session.execute(statement).scalar()
    return found


def origins(
    session: Session, view: View, ids: Collection[str] | sa.Select[Any]
) -> dict[str, tuple[str, str]]:
    """For each source, the one it was first copied from (itself, if from none), and its grade.

    Ten reprints of one communiqué are one origin. One statement, however long the chains, and
    however many the sources where a select finds them.
    """
    if isinstance(ids, sa.Select):
        rows = session.execute(_first_of(view, ids))
    else:
        rows = session.execute(_kept_first_of(view.timeless), {**view.clocks, "ids": sorted(ids)})
    return {row.source: (row.origin, row.reliability) for row in rows}


@lru_cache(KEPT)
def _kept_first_of(view: View) -> sa.Select[Any]:
    ids: Any = sa.bindparam("ids", type_=table_of(Table).c.id.type, expanding=True)
    return _first_of(view, ids)


def _first_of(view: View, ids: Any) -> sa.Select[Any]:
    """Of each source what it was copied from, and that from, one after another."""
    t = view.of(Table)
    start = sa.select(
        t.c.id.label("source"),
        t.c.id.label("origin"),
        t.c.derived_from,
        t.c.reliability,
        sa.literal(0).label("step"),
    ).where(t.c.id.in_(ids))
    walk = start.cte("walk", recursive=True)
    parent = view.of(Table, "parent")
    walk = walk.union_all(
        sa.select(
            walk.c.source,
            parent.c.id,
            parent.c.derived_from,
            parent.c.reliability,
            walk.c.step + 1,
        ).where(parent.c.id == walk.c.derived_from, walk.c.step < DERIVATIONS)
    )
    return sa.select(walk.c.source, walk.c.origin, walk.c.reliability).order_by(walk.c.step)


def beginning(date: VagueDate | None) -> datetime | None:
    """The first instant a vague date may mean."""
    return None if date is None else datetime.combine(date.first_day, time(), UTC)
