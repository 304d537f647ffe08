"""Answering a list: a page, or the whole of it as a stream, each record with what it names."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_jsonable_python
from sqlalchemy.orm import Session

from app.kernel import listing, pages
from app.kernel.formats import CSV, NDJSON, csv_block, csv_columns, wanted_format
from app.kernel.http import Call, written
from app.kernel.listing import Listing
from app.kernel.parents import Parent
from app.kernel.records import Row
from app.kernel.resource import Resource
from app.kernel.view import View

BLOCK = 1000
"""Rows a block of an export."""
MEDIA = {"csv": f"{CSV}; charset=utf-8", "ndjson": NDJSON}
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One request for a list: who asks for what, under which parent."""

    caller: Call
    resource: Resource
    query: Listing
    parent: Parent | None = None
    under: Mapping[str, str] = field(default_factory=dict)

    def answer(self, more: Callable[[], str] = str) -> Response:
        """A page, or the whole of the list as a stream of CSV or NDJSON.

        `more` writes members that a page has beside its items, as JSON that begins with a comma.
        """
        names = listing.named(self.query.include, list(self.resource.expands), "include")
        fields = listing.named(
            self.query.fields, list(self.resource.answers.model_fields), "fields"
        )
        form = wanted_format(self.caller.request.headers.get("accept", "*/*"), self.query.format)
        block = Block(self.resource, form, names, fields, self.query.view)
        if form != "json" and self.query.limit is None:
            # The first block is read before the answer begins, so that a refusal can still be one.
            first, rows = self._page(self.query, block, BLOCK)
            return StreamingResponse(
                self._blocks(first, rows, block),
                media_type=MEDIA[form],
                headers={
                    "Content-Disposition": f'attachment; filename="{self.resource.kind}.{form}"'
                },
            )
        page, rows = self._page(self.query, block)
        stamp = present_stamp(block.view)
        if form == "json":
            items = ",".join(map(written, rows))
            total = f',"total":{page.total}' if self.query.total else ""
            body = f'{{"items":[{items}],"next":{json.dumps(page.next)}{total}{more()}}}'
            response = self.caller.answer(body, now=stamp)
        else:
            text = block.text(rows, head=True, mark=self.query.bom)
            response = self.caller.answer(text, now=stamp, media=MEDIA[form])
        if page.next is not None:
            url = self.caller.request.url.include_query_params(cursor=page.next)
            response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return response

    def _page(
        self, query: Listing, block: "Block", size: int | None = None
    ) -> tuple[pages.Page, list[Row]]:
        with self.caller.read() as session:
            selection = self.resource.selection(session, block.view, query)
            if self.parent is not None:
                key = self.under[self.parent.noun]
                named = listing.the_one(self.parent.kind, key, block.view)
                mine = selection.columns[self.parent.noun] == named
                selection = replace(selection, statement=selection.statement.where(mine))
            path = self.caller.request.url.path
            page = pages.page(selection, query, self.caller.secret, path, size)
            if not page.rows and self.parent is not None:
                # Tells an empty list from a parent that isn't there.
                self.parent.of(self.under, session, block.view)
            return page, block.documents(session, page.rows)

    def _blocks(self, page: pages.Page, rows: list[Row], block: "Block") -> Iterator[str]:
        """The list from beginning to end; holds no more than one block of rows."""
        yield block.text(rows, head=True, mark=self.query.bom)
        while page.next is not None:
            query = self.query.model_copy(update={"cursor": page.next})
            page, rows = self._page(query, block, BLOCK)
            yield block.text(rows, head=False, mark=False)


@dataclass(frozen=True, slots=True)
class Block:
    """How the rows of one answer are shown."""

    resource: Resource
    form: str
    include: list[str]
    fields: list[str]
    view: View

    def documents(self, session: Session, rows: list[Row]) -> list[Row]:
        """The rows as answers, with what they name and only the fields asked for."""
        shown = self.resource.documents(session, rows, self.view)
        expand(session, self.resource, self.view, shown, self.include)
        return [sparse(row, self.fields) for row in shown]

    def text(self, rows: list[Row], *, head: bool, mark: bool) -> str:
        """The rows as a piece of a table or of lines."""
        if self.form == "ndjson":
            return "".join(f"{written(row)}\n" for row in rows)
        columns = csv_columns(self.resource.answers)
        if self.fields:
            columns = [name for name in columns if name.split(".")[0] in {"id", *self.fields}]
        text = csv_block(columns, to_jsonable_python(rows), head=head)
        return MARK + text if mark else text


def sparse(record: Row, fields: list[str]) -> Row:
    """Only the fields asked for, and the id; all of them where none is."""
    only = {"id", "included", *fields}
    return {name: record[name] for name in record if name in only} if fields else record


def expand(
    session: Session, resource: Resource, view: View, shown: list[Row], names: list[str]
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
        found: dict[str, Row] = {}
        for kind in sorted({target for places in wanted for target, _ in places}):
            ids = sorted({value for places in wanted for target, value in places if target == kind})
            for start in range(0, len(ids), BLOCK):
                for row in Resource.known[kind].fetch(session, view, ids[start : start + BLOCK]):
                    found[row["id"]] = row
        for record, places in zip(shown, wanted, strict=True):
            record["included"][name] = [
                found[value] for _, value in dict.fromkeys(places) if value in found
            ]


def present_stamp(view: View) -> str:
    """The instant of the present as an answer writes it; empty for a past that was asked for."""
    return "" if view.as_of else view.now.isoformat().replace("+00:00", "Z")
