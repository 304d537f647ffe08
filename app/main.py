"""Wiring only: settings in, an application out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app import api
from app.dataset import examples
from app.kernel import docs, openapi
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import (
    BadRequest,
    Conflict,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unavailable,
)  # fmt: skip
from app.kernel.formats import PROBLEM
from app.kernel.http import (
    from_validation,
    problem_body,
    problem_response,
    readable,
)
from app.kernel.idempotency import Replay
from app.kernel.intake import Intake
from app.kernel.meta import cursor_secret
from app.kernel.migrations import lack, revision

DESCRIPTION = """
Actors, graded claims, consequences with deadlines, each assessor's probability, and the pooled
judgement, as it stood on any day.

Begin with an alliance, ask for its consequences, then ask one of them for its judgement, its
history and its evidence. `as_of` asks what was in force in the world on a day, `known_at` what had
been written down here by then.

- **Keys.** A path takes an id, or the slug of a record that has one.
- **Lists** come in pages (`next` is the `cursor` of the one after), as JSON, CSV or NDJSON. A
  filter that is repeated means any of its values. An unknown parameter is refused, never ignored.
- **Changes** need the record's `ETag` in `If-Match`, so that nobody overwrites what they haven't
  read. A `POST` with an `Idempotency-Key` can be sent again after a lost answer.
- **Problems** follow RFC 9457; the `type` of each leads to a page that explains it.
"""


def create_app(settings: Settings | None = None, database: Database | None = None) -> FastAPI:
    """The application. Its database must have been migrated."""
    settings = settings or Settings()
    store = database or Database.of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # A thread without a connection would only wait for one.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        app.state.secret = cursor_secret(store)
        yield
        if database is None:
            store.close()

    app = FastAPI(
        title="Entente",
        version="0.1.0",
        summary="Geopolitical risk assessments that can be queried, replayed and annotated",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        dependencies=[Depends(readable)],
    )
    app.state.settings = settings
    app.state.database = store
    app.include_router(api.router)
    _add_health(app, store)
    docs.add(app)
    _add_handlers(app)
    tags = [{"name": name, "description": text} for name, text, _ in api.TAGS]
    app.openapi = lambda: openapi.document(app, tags, examples(settings.dataset))  # type: ignore[method-assign]  # FastAPI's own way to replace it

    def render(
        problem: Problem, path: str, request_id: str
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        body = problem_body(problem, settings.public_url, path, request_id)
        headers = [
            (b"content-type", PROBLEM.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        return problem.status, headers, body

    app.add_middleware(Intake, max_body_bytes=settings.max_body_bytes, render=render)
    return app


def _add_health(app: FastAPI, store: Database) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> dict[str, str]:
        with store.read() as session:
            session.execute(sa.select(1))
            found = revision(session.connection())
        if reason := lack(found):
            raise Unavailable(reason)
        return {"status": "ready", "schema": found}


def _add_handlers(app: FastAPI) -> None:
    """One renderer for everything that isn't the answer asked for."""

    @app.exception_handler(Problem)
    def on_problem(request: Request, problem: Problem) -> Response:
        return problem_response(problem, request)

    @app.exception_handler(Replay)
    def on_replay(_request: Request, replay: Replay) -> Response:
        answer = replay.answer
        headers = {**answer.headers, "Idempotent-Replayed": "true"}
        return Response(answer.body, answer.status, headers, "application/json")

    @app.exception_handler(RequestValidationError)
    def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(from_validation(error), request)

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> Response:
        kinds: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}
        kind = kinds.get(error.status_code, BadRequest)
        headers: Any = error.headers
        if kind is MethodNotAllowed:
            # The framework names the methods of one route only, and a path may have several.
            headers = {"Allow": openapi.allowed(app.openapi(), request.scope["path"])}
        return problem_response(kind(headers=headers), request)

    @app.exception_handler(IntegrityError)
    def on_conflict(request: Request, _error: IntegrityError) -> Response:
        # Two writers at once took one slug, ref or link; the one that looked first has it.
        return problem_response(Conflict(), request)

    @app.exception_handler(PoolTimeout)
    def on_busy(request: Request, _error: PoolTimeout) -> Response:
        return problem_response(Unavailable(headers={"Retry-After": "2"}), request)

    @app.exception_handler(DBAPIError)
    def on_database(request: Request, error: DBAPIError) -> Response:
        if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
            return problem_response(Unavailable(headers={"Retry-After": "2"}), request)
        raise error
