"""Answering a list: a page, or the whole of it as a stream, each record with what it names."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from app.kernel import listing, pages
from app.kernel.formats import CSV, NDJSON, csv_block, csv_columns, wanted_format
from app.kernel.http import Call, written
from app.kernel.listing import Rows
from app.kernel.parents import Parent
from app.kernel.records import Row
from app.kernel.resource import Listed, Resource
from app.kernel.view import View

BLOCK = 1000
"""Rows a block of an export."""
MEDIA = {"csv": f"{CSV}; charset=utf-8", "ndjson": NDJSON}
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One request for a list: who asks for what, under which parent."""

    caller: Call
    resource: Listed
    query: Rows
    parent: Parent | None = None
    under: Mapping[str, str] = field(default_factory=dict)

    def answer(self, more: Callable[[Session], str] = lambda _session: "") -> Response:
        """A page, or the whole of the list as a stream of CSV or NDJSON.

        `more` writes members that a page has beside its items, as JSON that begins with a comma. It
        reads in the session of the page: both are of one instant.
        """
        names = listing.named(self.query.include, list(self.resource.expands), "include")
        fields = listing.named(
            self.query.fields, list(self.resource.answers.model_fields), "fields"
        )
        form = asked_format(self.caller, self.query.format)
        block = Block(self.resource, form, names, fields, self.caller.view(self.query))
        if form != "json" and self.query.limit is None:
            # The first block is read before the answer begins, so that a refusal can still be one.
            with self.caller.read() as session:
                first, rows = self._page(session, self.query, block, BLOCK)
            return StreamingResponse(
                self._blocks(first, rows, block),
                media_type=MEDIA[form],
                headers={"Content-Disposition": _file(self.resource.kind, form)},
            )
        with self.caller.read() as session:
            page, rows = self._page(session, self.query, block)
            members = more(session) if form == "json" else ""
        stamp = present_stamp(block.view)
        if form == "json":
            items = ",".join(map(written, rows))
            total = f',"total":{page.total}' if self.query.total else ""
            body = f'{{"items":[{items}],"next":{json.dumps(page.next)}{total}{members}}}'
            response = self.caller.answer(body, now=stamp)
        else:
            text = block.text(rows, head=True, mark=self.query.bom)
            response = self.caller.answer(text, now=stamp, media=MEDIA[form])
        return self.caller.leads_on(response, page.next)

    def _page(
        self, session: Session, query: Rows, block: "Block", size: int = 0
    ) -> tuple[pages.Page, list[Row]]:
        page = pages.page(self.resource, session, block.view, query, self._place, size)
        if not page.rows and self.parent is not None:
            # Tells an empty list from a parent that isn't there.
            self.parent.of(self.under, session, block.view)
        return page, block.documents(session, page.rows)

    @property
    def _place(self) -> pages.Place:
        under = None
        if self.parent is not None:
            key = self.under[self.parent.noun]
            under = pages.Under(self.parent.noun, self.parent.kind, key)
        return pages.Place(self.caller.scope, self.caller.secret, under)

    def _blocks(self, page: pages.Page, rows: list[Row], block: "Block") -> Iterator[str]:
        """The list from beginning to end; holds no more than one block of rows.

        While a reader takes a block, however slowly, its rows are gone and only its text waits.
        """
        texts = [block.text(rows, head=True, mark=self.query.bom)]
        following = page.next
        del page, rows
        yield texts.pop()
        while following is not None:
            query = self.query.model_copy(update={"cursor": following})
            with self.caller.read() as session:
                page, rows = self._page(session, query, block, BLOCK)
            texts.append(block.text(rows, head=False, mark=False))
            following = page.next
            del page, rows
            yield texts.pop()


@dataclass(frozen=True, slots=True)
class Block:
    """How the rows of one answer are shown."""

    resource: Listed
    form: str
    include: list[str]
    fields: list[str]
    view: View

    def documents(self, session: Session, rows: list[Row]) -> list[Row]:
        """The rows as answers, with what they name and only the fields asked for."""
        shown = self.resource.documents(session, rows, self.view)
        as_shown = _label if self.form == "csv" else _whole
        expand(session, self.resource, self.view, shown, self.include, as_shown)
        return [sparse(row, self.fields) for row in shown]

    def text(self, rows: list[Row], *, head: bool, mark: bool) -> str:
        """The rows as a piece of a table or of lines."""
        if self.form == "ndjson":
            return "".join(f"{written(row)}\n" for row in rows)
        columns = csv_columns(self.resource.answers)
        if self.fields:
            columns = [name for name in columns if name.split(".")[0] in {"id", *self.fields}]
        columns = [*columns, *(f"included.{name}" for name in self.include)]
        text = csv_block(columns, to_jsonable_python(rows), head=head)
        return MARK + text if mark else text


def asked_format(caller: Call, asked: str | None) -> str:
    """The format of an answer: by the parameter, else by the Accept header."""
    return wanted_format(caller.request.headers.get("accept", "*/*"), asked)


def table(caller: Call, form: str, shape: type[BaseModel], rows: list[Row]) -> Response:
    """Rows that are no records, such as a series, as CSV or NDJSON: one row an item."""
    text = "".join(f"{written(row)}\n" for row in rows)
    if form == "csv":
        text = csv_block(csv_columns(shape), to_jsonable_python(rows), head=True)
    answer = caller.answer(text, media=MEDIA[form])
    answer.headers["Content-Disposition"] = _file(caller.request.url.path.rsplit("/", 1)[1], form)
    return answer


def _file(name: str, form: str) -> str:
    return f'attachment; filename="{name}.{form}"'


def sparse(record: Row, fields: list[str]) -> Row:
    """Only the fields asked for, and the id; all of them where none is."""
    only = {"id", "included", *fields}
    return {name: record[name] for name in record if name in only} if fields else record


def _whole(_kind: str, record: Row) -> Row:
    return record


def _label(kind: str, record: Row) -> str:
    """What people call a record, for the cell of a table: its ref and its name or title."""
    label = Resource.known[kind].model.label
    said = [record.get("ref"), record[label] if label else None]
    return " ".join(filter(None, said)) or str(record["id"])


def expand(
    session: Session,
    resource: Listed,
    view: View,
    shown: list[Row],
    names: list[str],
    as_shown: Callable[[str, Row], Row | str] = _whole,
) -> None:
    """Add the records named by `include` to each answer; one statement a kind of a name."""
    if names:
        for record in shown:
            record["included"] = {}
    for name in names:
        reference = resource.expansion(name)
        wanted = [
            [(place.target, place.value) for place in reference.places(record)] for record in shown
        ]
        found: dict[str, Row | str] = {}
        for kind in sorted({target for places in wanted for target, _ in places}):
            ids = sorted({value for places in wanted for target, value in places if target == kind})
            for start in range(0, len(ids), BLOCK):
                for row in Resource.known[kind].fetch(session, view, ids[start : start + BLOCK]):
                    found[row["id"]] = as_shown(kind, row)
        for record, places in zip(shown, wanted, strict=True):
            record["included"][name] = [
                found[value] for _, value in dict.fromkeys(places) if value in found
            ]


def present_stamp(view: View) -> str:
    """The instant of the present as an answer writes it; empty for a past that was asked for."""
    return "" if view.as_of else view.now.isoformat().replace("+00:00", "Z")
