"""What the service writes for who operates it: one line per request, and failures.

A line never holds what a person sent or stored: no query values, bodies, headers, paths with ids,
and no exception messages, which quote all of these. Everything goes through the standard library's
`logging`, so that libraries and the server it runs in come out in the same form.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from opentelemetry import trace
from sqlalchemy.exc import DBAPIError, StatementError

from app.kernel.config import Settings

log = logging.getLogger("entente")
requests = logging.getLogger("entente.request")

LOUD = 500
"""A status from which on a request is a warning."""

ASKED = "entente.method"
"""Where a request's scope holds the method it was asked by, if it is served by another."""
METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def configure(settings: Settings) -> None:
    """Send every log of this process to standard error, in the form the settings name."""
    terminal = sys.stderr.isatty()
    as_text = settings.log_format == "text" or (not settings.log_format and terminal)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _extras,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _quiet,
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_text:
        last.append(structlog.dev.ConsoleRenderer(colors=terminal))
    else:
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    form = structlog.stdlib.ProcessorFormatter if as_text else _Json
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form(processors=last, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # The server's own line per request would hold the path and the query.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(capture=True)


class _Json(structlog.stdlib.ProcessorFormatter):
    """JSON; the line of a request is written without the chain that other lines pass through."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields = getattr(record, "fields", None)
        if fields is None:
            return super().format(record)
        return _encode(
            {
                "event": record.msg,
                **fields,
                "level": record.levelname.lower(),
                "logger": record.name,
                "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            }
        )


_encode = json.JSONEncoder(ensure_ascii=False).encode


def request(scope: MutableMapping[str, Any], route: str, status: int, seconds: float) -> None:
    """Write the line of one request."""
    level = logging.WARNING if status >= LOUD or not status else logging.INFO
    if not requests.isEnabledFor(level):
        return
    fields = {**about(scope, route), "status": status, "ms": round(seconds * 1000, 2)}
    # Made here: to look for the place that logs, as `log.info` does, costs more than all the rest.
    record = logging.LogRecord(requests.name, level, __file__, 0, "request", None, None)
    record.__dict__.update(fields, fields=fields)
    requests.handle(record)


def failed(scope: MutableMapping[str, Any], error: Exception) -> None:
    """Say why a request is told to come again."""
    fields = {**about(scope, route_of(scope)), "cause": kind_of(error)}
    log.warning("the database doesn't answer", extra=fields)


def broken(scope: MutableMapping[str, Any]) -> None:
    """Say that an edition isn't what was published: somebody has to look at the store."""
    log.error("an edition is broken", extra=about(scope, route_of(scope)))


def shed(scope: MutableMapping[str, Any], count: int) -> None:
    """Say that requests are refused because there are too many: this one and those before it."""
    log.warning("too much at once", extra={**about(scope, route_of(scope)), "refused": count})


def about(scope: MutableMapping[str, Any], route: str) -> dict[str, Any]:
    """What a line may say of a request: the route's template, never the path."""
    method = scope.get(ASKED) or scope["method"]
    state = scope.get("state", {})
    found = {
        "method": method if method in METHODS else "other",
        "route": route,
        "request_id": state.get("request_id", ""),
        "caller": state.get("caller", ""),
    }
    if trace_id := _trace_of(scope):
        found["trace_id"] = trace_id
    return found


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that was found; empty where there is none."""
    within = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(within, "path", None) or getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else ""


def _trace_of(scope: MutableMapping[str, Any]) -> str:
    """The trace a request belongs to: ours, or where none is kept the one its sender named."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return format(context.trace_id, "032x")
    for name, value in scope["headers"]:
        if name == b"traceparent" and (found := _TRACEPARENT.fullmatch(value)):
            return str(found[1], "ascii")
    return ""


# --- Exceptions ---------------------------------------------------------------------------------


def _extras(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What was said beside the message."""
    event = _ADDED(_logger, _name, event)
    event.pop("fields", None)
    return event


_ADDED = structlog.stdlib.ExtraAdder()


def _quiet(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # the server says the same twice
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(told(error))
    return event


def told(error: BaseException, depth: int = 0) -> Iterator[str]:
    """A traceback without messages: where it happened, what kind of failure, and from what."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _DEEPEST:
        yield from told(cause, depth + 1)
        yield "which led to:"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield kind_of(error)
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        for one in error.exceptions:
            yield "of which one is:"
            yield from told(one, depth + 1)


_DEEPEST = 8


def kind_of(error: BaseException) -> str:
    """The class of a failure, and the database's own code for it."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    origin = error.orig if isinstance(error, DBAPIError | StatementError) else error
    code = getattr(origin, "sqlstate", None) or getattr(origin, "sqlite_errorname", None)
    return f"{name} ({code})" if code else name
