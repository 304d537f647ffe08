"""HTTP for search."""

from typing import Annotated, Literal

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.kernel import search
from app.kernel.http import Caller, written
from app.kernel.listing import CURSOR_LENGTH, PAGE_LIMIT
from app.kernel.pages import fingerprint, read_cursor, write_cursor
from app.kernel.parents import ALLIANCE, CONSEQUENCE
from app.kernel.resource import Resource
from app.kernel.responses import PAGE, SEARCH, UNCHANGED
from app.kernel.routing import ResourceRouter
from app.kernel.types import IdText, QueryInt, Shape
from app.kernel.view import View

Kind = Literal[
    "actors", "alliances", "annotations", "assessments", "assessors", "causes", "claims",
    "consequences", "contradictions", "evaluations", "evidence", "exchanges", "factors",
    "indicators", "items", "matrices", "outcomes", "questions", "ratings", "readings",
    "rounds", "sources",
]  # fmt: skip


class SearchQuery(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: Annotated[
        str,
        Field(
            min_length=1,
            max_length=300,
            description='Words, "a phrase", a beginning*; all must be there, nothing is an error',
        ),
    ]
    type: Annotated[list[Kind], Field(description="Only records of these kinds")] = []
    limit: Annotated[QueryInt, Field(ge=1, le=PAGE_LIMIT, description="Records a page")] = 20
    cursor: Annotated[
        str | None,
        Field(max_length=CURSOR_LENGTH, description="`next` of the page before, unchanged"),
    ] = None


class Found(Shape):
    """A record found."""

    type: Kind
    id: IdText
    title: str
    snippet: Annotated[str, Field(description="Plain text around the first word found")]
    rank: Annotated[float, Field(description="How well it fits; a word of the title counts four")]
    path: Annotated[str, Field(description="Where the record is")]


class SearchPage(Shape):
    """A page of records found, best first, among the 200 newest that match."""

    items: list[Found]
    next: str | None


router = ResourceRouter(tags=["search"])


@router.get(
    "/search",
    operation_id="search",
    summary="Search the text of all records",
    response_model=SearchPage,
    responses={**SEARCH, **UNCHANGED, 200: PAGE},
)
def search_records(caller: Caller, query: Annotated[SearchQuery, Query()]) -> Response:
    """Every record whose text holds all that is asked for, best first."""
    bound = fingerprint(query, caller.scope)
    after = read_cursor(query.cursor, bound, caller.secret) if query.cursor else None
    with caller.read() as session:
        hits = search.find(session, View(caller.eyes), query.q, query.type, _under())
    if after is not None:
        hits = [hit for hit in hits if (-hit.rank, hit.record) > (after[0], after[1])]
    page = hits[: query.limit]
    more = None
    if len(hits) > query.limit:
        more = write_cursor([-page[-1].rank, page[-1].record], bound, caller.secret)
    items = [
        {
            "type": hit.kind,
            "id": hit.record,
            "title": hit.title,
            "snippet": hit.snippet,
            "rank": hit.rank,
            "path": _path(hit),
        }
        for hit in page
    ]
    return caller.leads_on(caller.answer(written({"items": items, "next": more})), more)


def _under() -> dict[str, list[str]]:
    """The kinds that are read under another, by the kind of that."""
    found: dict[str, list[str]] = {}
    for parent in (ALLIANCE, CONSEQUENCE):
        part = f"{{{parent.noun}}}"
        found[parent.kind] = [kind for kind, one in Resource.known.items() if part in one.path]
    return found


def _path(hit: search.Hit) -> str:
    base = Resource.known[hit.kind].path
    for parent in (ALLIANCE, CONSEQUENCE):
        base = base.replace(f"{{{parent.noun}}}", hit.parent or "")
    return f"/v1{base}/{hit.record}"
