"""HTTP matters that every route shares: the caller, problems, validators, formats."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy.orm import Session

from app.kernel.config import Settings
from app.kernel.db import Database, Tx
from app.kernel.errors import (
    BadRequest,
    Invalid,
    Moved,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
)
from app.kernel.formats import JSON, PROBLEM
from app.kernel.idempotency import Answer, Once
from app.kernel.intake import REFUSAL
from app.kernel.types import BROKEN

LOCAL = "local"
"""The name of the caller while the service has no keys."""


class Call:
    """One request: who asks, and the two ways to the store."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.database: Database = request.app.state.database
        self.settings: Settings = request.app.state.settings
        self.secret: bytes = request.app.state.secret
        self.caller = LOCAL
        self.once: Once | None = None

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
            content = body.model_dump(mode="json")
            path = self.request.url.path
            self.once = Once.of(key, self.caller, self.request.method, path, content)
        with self.database.write(self.caller) as tx:
            if self.once is not None:
                self.once.begin(tx.session)
            yield tx

    def created(self, tx: Tx, record: Mapping[str, Any], location: str) -> Response:
        """The answer to a POST that made a record, kept under its key."""
        body = written(record)
        headers = {"Location": location, "ETag": record_tag(record["version"], body)}
        if self.once is not None:
            self.once.keep(tx, Answer(201, headers, body))
        return Response(body, 201, headers, JSON)

    def answer(
        self,
        body: str,
        version: int | None = None,
        *,
        now: str = "",
        passing: str = "",
        media: str = JSON,
    ) -> Response:
        """An answer to a GET, or 304 when the caller has it.

        `now` is the instant the answer was made, where the body tells it, and `passing` what else
        in it time alone changes: the ETag leaves both out, so that an answer about the present
        stays the same while nothing is written.
        """
        content = body
        for moving in (now, passing):
            content = content.replace(moving, "") if moving else content
        tag = list_tag(content) if version is None else record_tag(version, content)
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept"}
        if _matches_any(self.request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, media)


def written(document: Any) -> str:
    """A document as JSON text."""
    return to_json(document).decode()


def get_call(request: Request) -> Call:
    """The call of a request."""
    return Call(request)


Caller = Annotated[Call, Depends(get_call)]
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


def record_tag(version: int, content: str) -> str:
    """The strong ETag of a record: its version, and what is shown beside it."""
    return f'"{version}-{_digest(content)}"'


def list_tag(content: str) -> str:
    """The strong ETag of a list."""
    return f'"{_digest(content)}"'


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _matches_any(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    return header.strip() == "*" or tag in {f'"{found[1]}"' for found in _TAG.findall(header)}


def require_version(header: str | None, version: int) -> None:
    """Check If-Match against the version of a record. Weak tags never match (RFC 9110 §13.1.1)."""
    if header is None:
        raise PreconditionRequired
    if header.strip() == "*":
        return
    tags = _TAG.findall(header)
    if not tags:
        raise BadRequest("If-Match isn't a list of entity tags.")
    if not any(not weak and tag.split("-")[0] == str(version) for weak, tag in tags):
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
        headers["Location"] = problem.location(request.url.path)
    return Response(body, problem.status, headers, PROBLEM)


def from_validation(error: RequestValidationError) -> Problem:
    """What pydantic found, with a pointer to each place."""
    errors: list[dict[str, str]] = []
    for found in error.errors():
        source, *steps = found["loc"]
        if source == "body":
            broken = found.get("ctx", {}).get(BROKEN)
            pointer = _pointer(steps, error.body, missing=found["type"] == "missing")
            pointer += f"/{broken}" if broken else ""
        elif source == "query":
            pointer = f"?{steps[0]}" if steps else "?"
        else:
            pointer = f"{source}:{'/'.join(map(str, steps))}"
        detail = found["msg"].removeprefix("Value error, ")
        errors.append({"pointer": pointer, "detail": detail[:500]})
    errors = [dict(pair) for pair in dict.fromkeys(tuple(error.items()) for error in errors)]
    first = errors[0] if errors else {"pointer": "", "detail": "invalid"}
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Invalid(f"{first['pointer'] or 'body'}: {first['detail']}{more}", errors=errors[:100])


def _pointer(steps: Sequence[str | int], body: Any, *, missing: bool) -> str:
    """Where in a body a fault is. Steps that aren't in it name a check or one of several shapes."""
    here, pointer = body, ""
    for index, step in enumerate(steps):
        within: Any = range(len(here)) if isinstance(here, list) else here
        if isinstance(within, Mapping | range) and step in within:
            here = here[step]
        elif not missing or index < len(steps) - 1:
            continue
        pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
    return pointer


# --- Parameters ---------------------------------------------------------------------------------


def readable(request: Request) -> None:
    """Refuse a body that can't be read, and query parameters that the route doesn't have.

    A typo must not go unnoticed; and where there is no such path or method, that is said first.
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
        raise Invalid.at(f"?{name}", "there is no such parameter")
