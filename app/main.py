"""Wiring only: settings in, an application out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

import anyio.to_thread
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from app import api
from app.assessments import keys as signing
from app.changes.hub import Hub
from app.dataset import examples
from app.delivery.worker import Worker
from app.kernel import docs, logs, openapi
from app.kernel.access import Principal
from app.kernel.config import Settings, listed
from app.kernel.db import Database, violated
from app.kernel.deadlines import too_slow
from app.kernel.errors import (
    NO_PATH,
    BadRequest,
    Broken,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooSlow,
    Unavailable,
    taken,
)  # fmt: skip
from app.kernel.formats import PROBLEM
from app.kernel.gate import Gate, Room
from app.kernel.http import (
    from_validation,
    origin_of,
    problem_body,
    problem_response,
    readable,
)
from app.kernel.idempotency import Replay
from app.kernel.intake import Intake
from app.kernel.meta import secret
from app.kernel.metrics import MEDIA, Metrics
from app.kernel.migrations import lack, revision
from app.kernel.rates import Rates, address_of
from app.kernel.refusals import Refusals, is_refusal
from app.kernel.serving import settle
from app.kernel.shield import Shield
from app.kernel.stopping import on_stop
from app.kernel.telemetry import Telemetry
from app.keys.admission import KeyAdmission
from app.permissions import PERMISSIONS

VERSION = "0.1.0"

DESCRIPTION = """
Actors, graded claims, consequences with deadlines, each assessor's probability, and the pooled
judgement, as it stood on any day.

Begin with an alliance, ask for its consequences, then ask one of them for its judgement, its
history and its evidence. `as_of` asks what was in force in the world on a day, `known_at` what had
been written down here by then.

- **Keys.** A path takes an id, or the slug of a record that has one.
- **Lists** come in pages (`next` is the `cursor` of the one after), as JSON, CSV or NDJSON. A
  filter that is repeated means any of its values; one that names a record nobody here knows finds
  nothing. An unknown parameter is refused, never ignored.
- **Changes** need the record's `ETag` in `If-Match`, so that nobody overwrites what they haven't
  read. A `POST` with an `Idempotency-Key` can be sent again after a lost answer.
- **Limits.** `RateLimit` and `RateLimit-Policy` say how many requests of a minute are left; 429 and
  503 say in `Retry-After` when to ask again.
- **Problems** follow RFC 9457; the `type` of each leads to a page that explains it.
"""

CORS_ASKED = [
    "Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
    "Last-Event-ID", "X-Request-Id",
]  # fmt: skip
CORS_SHOWN = [
    "Content-Disposition", "ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit",
    "RateLimit-Policy", "Retry-After", "X-Request-Id",
]  # fmt: skip
"""The headers that pages of named origins may send, and see."""


def create_app(
    settings: Settings | None = None,
    database: Database | None = None,
    caller: Principal | None = None,
) -> FastAPI:
    """The application. Its database must have been migrated. `caller` asks all, if one is given."""
    settings = settings or Settings()
    store = database or Database.of(settings)
    admission = KeyAdmission(settings, store, PERMISSIONS, caller)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # A thread without a connection would only wait for one.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.pool_size
        app.state.secret = secret(store, "cursor_secret")
        admission.prepare()
        signing.prepare(store)
        app.state.hub = hub = Hub(store)
        work = asyncio.create_task(Worker(store, settings).run()) if settings.deliver else None
        with on_stop(hub.close):
            yield
        await hub.closed_down()
        if work is not None:
            work.cancel()
            await asyncio.wait([work])
        if database is None:
            store.close()

    telemetry = Telemetry(settings, store, VERSION)
    app = FastAPI(
        title="Entente",
        version=VERSION,
        summary="Geopolitical risk assessments that can be queried, replayed and annotated",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        dependencies=[Depends(readable)],
        telemetry=telemetry.of_framework,  # type: ignore[arg-type]  # its dictionary, made elsewhere
    )
    app.state.settings = settings
    app.state.database = store
    app.state.refusals = Refusals(store)
    app.state.admission = admission
    api.add(app)
    _add_health(app, store)
    if telemetry.metrics is not None:
        _add_metrics(app, telemetry.metrics)
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

    # Each stands outside the ones before it.
    gate = Gate.of(settings.in_flight, settings.pool_size, settings.queue_seconds)
    app.state.rates = rates = Rates(settings.rate_per_minute, settings.rate_per_address_per_minute)
    app.add_middleware(Room, gate=gate)
    app.add_middleware(
        Intake,
        max_body_bytes=settings.max_body_bytes,
        render=render,
        watch=telemetry,
        admit=(gate.door, rates.admit),
    )
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=listed(settings.cors_origins),
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=CORS_ASKED,
            expose_headers=CORS_SHOWN,
        )
    app.add_middleware(Shield, counted=rates, https=settings.public_url.startswith("https://"))
    return app


def worker() -> FastAPI:
    """The application of one of several processes, from its environment."""
    settings = Settings()
    logs.configure(settings)
    app = create_app(settings)
    settle()
    return app


def _add_health(app: FastAPI, store: Database) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        # On the event loop: no thread or connection has to come free for it.
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> dict[str, str]:
        with store.read() as session:
            session.execute(sa.select(1))
            found = revision(session.connection())
        if reason := lack(found):
            raise Unavailable(reason)
        return {"status": "ready", "schema": found}


def _add_metrics(app: FastAPI, metrics: Metrics) -> None:
    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(may_see_metrics)])
    def read_metrics() -> Response:
        return Response(metrics.text(), media_type=MEDIA)


async def may_see_metrics(request: Request) -> None:
    """Raises Unauthorized or Forbidden: figures of the service are for who runs it."""
    admission: KeyAdmission = request.app.state.admission
    if "admin" not in (await admission.caller(request)).may:
        raise Forbidden("Metrics are for administrators; a key of one may have that scope alone.")


def _add_handlers(app: FastAPI) -> None:
    """One renderer for everything that isn't the answer asked for."""
    ways = cache(partial(openapi.ways, app))

    # On the event loop, where they take nothing but a moment: a thread would have to come free.
    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        response = problem_response(problem, request)
        if request.scope.get("route") is not None and is_refusal(problem.status, request.method):
            refusals: Refusals = app.state.refusals
            caller = getattr(request.state, "caller", None)
            if refusals.take(origin_of(request, problem.status), caller, address_of(request.scope)):
                response.background = BackgroundTask(refusals.write)
        return response

    @app.exception_handler(Replay)
    async def on_replay(_request: Request, replay: Replay) -> Response:
        answer = replay.answer
        headers = {**answer.headers, "Idempotent-Replayed": "true"}
        return Response(answer.body, answer.status, headers, "application/json")

    @app.exception_handler(RequestValidationError)
    def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(from_validation(error, request.scope.get("route")), request)

    @app.exception_handler(HTTPException)
    def on_http(request: Request, error: HTTPException) -> Response:
        kinds: dict[int, type[Problem]] = {404: NotFound, 405: MethodNotAllowed}
        kind = kinds.get(error.status_code, BadRequest)
        headers: Any = error.headers
        detail, path = "", request.scope["path"]
        if kind is NotFound:
            detail = NO_PATH + openapi.beside(ways(), path)
        elif kind is MethodNotAllowed:
            # The framework names the methods of one route only, and a path may have several.
            headers = {"Allow": openapi.allowed(ways(), path)}
            detail = openapi.instead(ways(), path, request.method)
        return problem_response(kind(detail, headers=headers), request)

    _add_database_handlers(app)


def _add_database_handlers(app: FastAPI) -> None:
    @app.exception_handler(Broken)
    def on_broken(request: Request, problem: Broken) -> Response:
        logs.broken(request.scope)
        return problem_response(problem, request)

    @app.exception_handler(IntegrityError)
    def on_conflict(request: Request, error: IntegrityError) -> Response:
        # Two writers at once took one slug, ref or link; the one that looked first has it.
        return problem_response(taken(violated(error)), request)

    @app.exception_handler(PoolTimeout)
    def on_busy(request: Request, error: PoolTimeout) -> Response:
        logs.failed(request.scope, error)
        return problem_response(Unavailable(headers={"Retry-After": "2"}), request)

    @app.exception_handler(DBAPIError)
    def on_database(request: Request, error: DBAPIError) -> Response:
        if too_slow(error):
            return problem_response(TooSlow(headers={"Retry-After": "5"}), request)
        if isinstance(error, sa.exc.OperationalError) or error.connection_invalidated:
            logs.failed(request.scope, error)
            return problem_response(Unavailable(headers={"Retry-After": "2"}), request)
        raise error
