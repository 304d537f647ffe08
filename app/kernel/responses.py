"""What an operation may answer, for the document: problems, validators, formats."""

from typing import Any

from app.kernel import errors
from app.kernel.formats import CSV, NDJSON

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The problem answers an operation may give, for the document.

    `openapi` gives them their shape: a model here would be built anew for each of them.
    """
    titles = {problem.status: problem.title for problem in reversed(errors.Problem.known.values())}
    return {
        status: {"description": titles[status]}
        for status in sorted({*statuses, 401, 403, 429, 500, 503})
    }


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}}


READ = problems(308, 404, 410, 422)
MAKE = problems(400, 404, 409, 410, 413, 415, 422)
CHANGE = problems(308, 400, 404, 409, 410, 412, 413, 415, 422, 428)
MERGE = problems(308, 400, 404, 409, 410, 413, 415, 422)
REMOVE = problems(308, 400, 404, 409, 410, 412, 422, 428)
LIST = problems(400, 404, 406, 410, 422)
VERSIONS = problems(308, 400, 404, 410, 422)
SEARCH = problems(400, 422)
TAG: dict[str, Any] = {
    "headers": {"ETag": _header("For If-None-Match, and for If-Match of a change")}
}
UNCHANGED: Responses = {304: {"description": "The caller has this answer already"}}
MADE = {"headers": {**TAG["headers"], "Location": _header("Where the record is")}}
PAGE = {"headers": {**TAG["headers"], "Link": _header('The page after this one, `rel="next"`')}}
TABLES = {
    "description": "A page; as CSV or NDJSON without `limit`, the whole list",
    **PAGE,
    "content": {
        CSV: {"schema": {"type": "string", "description": "A row a record, with a header row"}},
        NDJSON: {
            "schema": {"type": "string", "description": "A JSON object a line, a record each"}
        },
    },
}


def series(description: str) -> dict[str, Any]:
    """An answer that can be a table, whole: it has no page after it."""
    return {**TABLES, "description": description, "headers": TAG["headers"]}
