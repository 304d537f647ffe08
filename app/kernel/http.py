"""HTTP matters that every route shares: the caller, problems, validators, formats."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, get_origin
from urllib.parse import quote, unquote

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy.orm import Session

from app.kernel.access import Admission, Origin, Principal
from app.kernel.config import Settings
from app.kernel.db import Database, Tx
from app.kernel.errors import (
    BadRequest,
    Forbidden,
    Invalid,
    Moved,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
)
from app.kernel.eyes import Eyes
from app.kernel.formats import JSON, PROBLEM
from app.kernel.idempotency import Answer, Once
from app.kernel.intake import REFUSAL
from app.kernel.listing import Clocks
from app.kernel.rates import Rates
from app.kernel.types import BROKEN
from app.kernel.view import View
from app.kernel.wording import DERIVED, no_parameter, pointer, told


class Call:
    """One request: who asks, and the two ways to the store."""

    def __init__(self, request: Request, caller: Principal) -> None:
        self.request = request
        self.database: Database = request.app.state.database
        self.settings: Settings = request.app.state.settings
        self.secret: bytes = request.app.state.secret
        self.admission: Admission = request.app.state.admission
        self.caller = caller
        request.state.caller = caller.name  # for the log
        self.once: Once | None = None

    @property
    def eyes(self) -> Eyes:
        """What the caller may see."""
        return self.caller.eyes

    @property
    def scope(self) -> str:
        """What a cursor is bound to beside its query: the path and who asks."""
        return json.dumps([self.request.url.path, self.caller.name])

    def view(self, query: Clocks) -> View:
        """The caller's view, at the clocks of the query."""
        return View(self.eyes, as_of=query.as_of, known_at=query.known_at)

    def owns(self, row: Mapping[str, Any]) -> None:
        """Refuse a change of what others made to who may change only their own."""
        if "edit" not in self.caller.may and row["created_by"] != self.caller.name:
            raise Forbidden(f"It was made by {row['created_by']}; editors may change it.")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading."""
        with self.database.read() as session:
            yield session

    @contextmanager
    def write(self, body: BaseModel | None = None) -> Iterator[Tx]:
        """A transaction; with an Idempotency-Key the body's effect happens once."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and body is not None:
            # What isn't said may mean another thing than the same said: a marking is found then.
            content = body.model_dump(mode="json", exclude_unset=True)
            path = self.request.url.path
            self.once = Once.of(key, self.caller.name, self.request.method, path, content)
        with self.database.write(self.caller, origin_of(self.request)) as tx:
            if self.once is not None:
                self.once.begin(tx)
            yield tx

    def created(
        self,
        tx: Tx,
        record: Mapping[str, Any],
        location: str,
        kept: Mapping[str, Any] | None = None,
    ) -> Response:
        """The answer to a POST that made a record, kept under its key.

        `kept` is what is kept instead, where the record holds what is shown only once.
        """
        body = written(record)
        headers = {"Location": location, "ETag": record_tag(record, body)}
        if self.once is not None:
            again = body if kept is None else written(kept)
            self.once.keep(tx, Answer(201, headers, again), record)
        return Response(body, 201, headers, JSON)

    def leads_on(self, response: Response, cursor: str | None) -> Response:
        """An answer that says where the next page is, if there is one."""
        if cursor is not None:
            url = self.request.url.include_query_params(cursor=cursor)
            response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return response

    def answer(
        self,
        body: str,
        record: Mapping[str, Any] | None = None,
        *,
        now: str = "",
        passing: str = "",
        media: str = JSON,
    ) -> Response:
        """An answer to a GET, or 304 when the caller has it. `record`: the one it is about.

        `now` is the instant the answer was made, where the body tells it, and `passing` what else
        in it time alone changes: the ETag leaves both out, so that an answer about the present
        stays the same while nothing is written.
        """
        content = body
        for moving in (now, passing):
            content = content.replace(moving, "") if moving else content
        tag = list_tag(content) if record is None else record_tag(record, content)
        headers = {
            "ETag": tag,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Authorization",
        }
        if _matches_any(self.request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, media)


_SECRET = re.compile("ent_[0-9A-Za-z_%]+")
"""What begins like a key, wherever somebody may have put it by mistake."""


def origin_of(request: Request, status: int = 0) -> Origin:
    """What the audit log keeps of a request: no query, no header but its id, no body."""
    route = request.scope.get("route")
    path: bytes = request.scope.get("raw_path") or b""
    asked = unquote(path.decode("latin-1"))
    return Origin(
        route=f"/v1{route.path}" if route else "",
        method=request.method,
        path=quote(_SECRET.sub("ent_", asked), safe="/:@")[:300],
        address=request.client.host[:60] if request.client else "",
        request_id=_SECRET.sub("ent_", request.state.request_id),
        status=status or getattr(route, "status_code", None) or 200,
    )


def written(document: Any) -> str:
    """A document as JSON text."""
    return to_json(document).decode()


async def admitted(request: Request) -> Call:
    """The call of a request: who asks is found out, and whether they may.

    It is counted under their name. Raises Unauthorized without valid credentials, Forbidden where
    the path and method need more; only who may ask is told what is wrong with the request.
    """
    admission: Admission = request.app.state.admission
    caller = await admission.caller(request)
    request.state.caller = caller.name
    rates: Rates = request.app.state.rates
    rates.spend(request.scope, caller.name)
    needed = admission.permissions[_asked(request)]
    if needed not in caller.may:
        raise Forbidden(f"This needs the permission {needed!r}, which {caller.name} hasn't.")
    check_readable(request)
    return Call(request, caller)


def _asked(request: Request) -> str:
    return f"{request.method} {request.scope['route'].path}"


Caller = Annotated[Call, Depends(admitted)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Send the same key again after a lost answer: the effect happens once",
    ),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=4000, description="The record's ETag, or `*`")
]

# --- Validators ---------------------------------------------------------------------------------

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS = re.compile(rf"(?:[ \t]*(?:{_TAG.pattern}[ \t]*)?(?:,|$))+")
"""A list may have empty elements (RFC 9110 §5.6.1.2); whatever else stands there is junk."""


def record_tag(record: Mapping[str, Any], content: str) -> str:
    """The strong ETag of a record: its version, whose it is, and what is shown beside it."""
    return f'"{_version_tag(record)}-{_digest(content)}"'


def _version_tag(record: Mapping[str, Any]) -> str:
    return f"{record['version']}-{_digest(record['id'])[:8]}"


def list_tag(content: str) -> str:
    """The strong ETag of a list."""
    return f'"{_digest(content)}"'


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _matches_any(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    return header.strip() == "*" or tag in {f'"{found}"' for _, found in _tags_in(header)}


def _tags_in(header: str) -> list[tuple[str, str]]:
    """The entity tags of a header, each with its mark of weakness; none where it isn't a list."""
    return _TAG.findall(header) if _TAGS.fullmatch(header) else []


def require_version(header: str | None, record: Mapping[str, Any]) -> None:
    """Check If-Match against the version of a record, whatever is shown beside it.

    Weak tags never match (RFC 9110 §13.1.1).
    """
    if header is None:
        raise PreconditionRequired
    if header.strip() == "*":
        return
    tags = _tags_in(header)
    if not tags:
        raise BadRequest(
            "If-Match isn't a list of entity tags: take the ETag header of the record as it is,"
            ' with its quotes, e.g. "1-0a2b-3c4d".'
        )
    mine = _version_tag(record)
    if not any(not weak and tag.rpartition("-")[0] == mine for weak, tag in tags):
        raise PreconditionFailed


# --- Problems -----------------------------------------------------------------------------------


def problem_body(problem: Problem, base: str, path: str, request_id: str) -> bytes:
    """A problem as JSON."""
    return json.dumps(
        {
            "type": f"{base}/problems/{problem.slug}",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
            "instance": path,
            "request_id": request_id,
            "errors": problem.errors,
        },
        ensure_ascii=False,
    ).encode("utf-8", "replace")


def problem_response(problem: Problem, request: Request) -> Response:
    """A problem as an answer."""
    body = problem_body(
        problem,
        request.app.state.settings.public_url,
        request.url.path,
        request.state.request_id,
    )
    headers = dict(problem.headers)
    if isinstance(problem, Moved):
        query = request.url.query
        headers["Location"] = problem.location(request.url.path) + (f"?{query}" if query else "")
    return Response(body, problem.status, headers, PROBLEM)


def from_validation(error: RequestValidationError, route: Any = None) -> Problem:
    """What pydantic found in a request to a route, with a pointer to each place."""
    errors: list[dict[str, str]] = []
    for found in error.errors():
        source, *steps = found["loc"]
        unknown = found["type"] == "extra_forbidden"
        detail = told(found)
        if source == "body":
            place = pointer(found, steps, error.body)
            if unknown and len(steps) == 1 and steps[0] in _shown(route):
                detail = DERIVED
        elif source == "query":
            # A rule about several parameters names the one that breaks it.
            name = str(steps[0] if steps else found.get("ctx", {}).get(BROKEN, ""))
            place = f"?{name}"
            if unknown:
                detail = no_parameter(name, _parameters(route))
        else:
            place = f"{source}:{'/'.join(map(str, steps))}"
        errors.append({"pointer": place, "detail": detail[:500]})
    errors = [dict(pair) for pair in dict.fromkeys(tuple(error.items()) for error in errors)]
    first = errors[0] if errors else {"pointer": "", "detail": "invalid"}
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Invalid(f"{first['pointer'] or 'body'}: {first['detail']}{more}", errors=errors[:100])


def _shown(route: Any) -> Iterable[str]:
    """The fields that the answer of a route has."""
    return getattr(getattr(route, "response_model", None), "model_fields", ())


# --- Parameters ---------------------------------------------------------------------------------


async def readable(request: Request) -> None:
    """Look at a request that anybody may make; the others are looked at when they are admitted."""
    admission: Admission = request.app.state.admission
    if _asked(request) not in admission.permissions:
        check_readable(request)


def check_readable(request: Request) -> None:
    """Refuse a body that can't be read, and query parameters that the route doesn't have.

    A typo must not go unnoticed; and where there is no such path or method, or the caller may not
    ask, that is said first.
    """
    refusal = getattr(request.state, REFUSAL, None)
    if refusal is not None:
        raise refusal
    route = request.scope.get("route")
    dependant = getattr(route, "dependant", None)
    if dependant is None or not request.query_params:
        return
    # Where a route has parameters they are one query model, which refuses what it doesn't know.
    if not dependant.query_params:
        name = next(iter(request.query_params))
        raise Invalid.at(f"?{name}", "there is no such parameter: this path takes none")
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) == len(set(names)):
        return
    known = _parameters(route)
    for name in names:
        if known.get(name) and names.count(name) > 1:
            raise Invalid.at(f"?{name}", "is given more than once")


def _parameters(route: Any) -> Mapping[str, bool]:
    """The parameters of a route that takes some, each with whether it takes but one value."""
    return _of_query(route.dependant.query_params[0].field_info.annotation)


@cache
def _of_query(query: type[BaseModel]) -> Mapping[str, bool]:
    return {
        field.alias or name: get_origin(field.annotation) is not list
        for name, field in query.model_fields.items()
    }
