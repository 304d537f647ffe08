"""Who is told of requests and statements: the log, the metrics, and a collector of traces.

Requests become spans by the framework's own support, statements by two engine events. Where no
OTEL_EXPORTER_OTLP_ENDPOINT is set no span is made, and nothing is sent.
"""

import os
import re
from collections.abc import MutableMapping
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, StatusCode, Tracer
from sqlalchemy import event

from app.kernel import logs
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.metrics import Metrics

NAME = "entente"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SILENT = {"/healthz", "/readyz", "/metrics"}
"""Routes that are asked every few seconds and would drown the others."""

SHED = "shed"
"""Whether a request's state says that it was refused because there are too many."""
SAMPLE = 10.0
"""Seconds in which one line stands for all that are refused so: a flood isn't to fill the log."""

_KIND = re.compile(r"\s*(\w+)")
_KINDS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "PRAGMA", "BEGIN"}


class Telemetry:
    """What is told of one application, and to whom."""

    def __init__(self, settings: Settings, database: Database, version: str) -> None:
        self.metrics = Metrics(database, version) if settings.metrics else None
        self.traces: TracerProvider | None = None
        if any(os.environ.get(name) for name in ENDPOINTS):
            resource = Resource.create({"service.name": NAME, "service.version": version})
            self.traces = TracerProvider(resource=resource, shutdown_on_exit=False)
            self.traces.add_span_processor(_Discreet())
        self.shed = 0
        """Refused because there are too many, since that was last told."""
        self.tell_at = 0.0
        tracer = None if self.traces is None else self.traces.get_tracer(NAME, version)
        if self.metrics is not None or tracer is not None:
            for engine in database.engines:
                _Statements(engine, self.metrics, tracer)

    @property
    def of_framework(self) -> dict[str, Any]:
        """The framework's part: spans of requests, sent by it as the OTEL_… variables say.

        Its metrics cost as much as a fifth of a small request, ours a hundredth (decision 016); its
        logs would hold the messages of exceptions, which quote what was sent.
        """
        return {
            "tracer_provider": self.traces,
            "tracing": self.traces is not None,
            "auto_configure": self.traces is not None,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "exclude": lambda scope: scope.get("path") in SILENT,
        }

    def began(self) -> None:
        """A request has begun."""
        if self.metrics is not None:
            self.metrics.active.inc()

    def ended(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """A request has ended; status 0 where no answer was sent."""
        if self.metrics is not None:
            self.metrics.active.dec()
        route = logs.route_of(scope)
        if route in SILENT:
            return
        if self.metrics is not None:
            self.metrics.request(scope, route, status, seconds)
        if not scope.get("state", {}).get(SHED):
            logs.request(scope, route, status, seconds)

    def overloaded(self, scope: MutableMapping[str, Any]) -> None:
        """A request is refused because there are too many; every so often a line says how many."""
        scope["state"][SHED] = True
        if self.metrics is not None:
            self.metrics.overloaded.inc()
        self.shed += 1
        if perf_counter() >= self.tell_at:
            self.tell_at = perf_counter() + SAMPLE
            logs.shed(scope, self.shed)
            self.shed = 0


class _Discreet(SpanProcessor):
    """Takes the query out of a request's span: people search for what they keep to themselves."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Overwrite it before anything is sent."""
        del parent_context
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", "REDACTED")

    def on_end(self, span: ReadableSpan) -> None:
        """Nothing: who sends it comes after."""


class _Statements:
    """Times the statements of an engine; each is a span below that of its request."""

    def __init__(self, engine: sa.Engine, metrics: Metrics | None, tracer: Tracer | None) -> None:
        self.metrics = metrics
        self.tracer = tracer
        self.system = "postgresql" if engine.dialect.name == "postgresql" else "sqlite"
        event.listen(engine, "before_cursor_execute", self.before)
        event.listen(engine, "after_cursor_execute", self.after)
        event.listen(engine, "handle_error", self.failed)

    def before(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any,
        _many: bool,  # noqa: FBT001 - the signature is SQLAlchemy's
    ) -> None:  # fmt: skip
        """Begin to measure."""
        span = None
        if self.tracer is not None:
            kind = kind_of(statement)
            span = self.tracer.start_span(
                kind,
                kind=SpanKind.CLIENT,
                attributes={
                    "db.system.name": self.system,
                    "db.operation.name": kind,
                    "db.query.text": statement,
                },
            )
        context.entente_began = (perf_counter(), span)

    def after(
        self, _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any,
        _many: bool,  # noqa: FBT001 - the signature is SQLAlchemy's
    ) -> None:  # fmt: skip
        """Say how long it took."""
        self._end(statement, context, "")

    def failed(self, failure: sa.engine.ExceptionContext) -> None:
        """Say that it failed."""
        context, statement = failure.execution_context, failure.statement
        if context is not None and statement is not None:
            self._end(statement, context, type(failure.original_exception).__name__)

    def _end(self, statement: str, context: Any, error: str) -> None:
        began, span = context.__dict__.pop("entente_began", (0.0, None))
        if not began:
            return
        if self.metrics is not None:
            self.metrics.statement(kind_of(statement), error, perf_counter() - began)
        if span is not None:
            if error:
                span.set_attribute("error.type", error)
                span.set_status(StatusCode.ERROR)
            span.end()


def kind_of(statement: str) -> str:
    """The kind of a statement: SELECT, INSERT …; OTHER for what isn't one of the common ones."""
    found = _KIND.match(statement)
    kind = found[1].upper() if found else ""
    return kind if kind in _KINDS else "OTHER"
