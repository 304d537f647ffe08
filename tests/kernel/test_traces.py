"""Spans are sent to a collector where one is named, and made nowhere else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient

from tests.command import Server, started
from tests.helpers import make_actor

SECRET = "hush7831"  # noqa: S105 - nobody's
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """The address of a receiver of OTLP, and the bodies it got, by path."""
    got: dict[str, list[bytes]] = {"/v1/traces": []}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.setdefault(self.path, []).append(body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def spans_in(bodies: list[bytes]) -> list[Span]:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span: Span) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in span.attributes}


def test_a_request_is_a_span_with_its_statements_below_it(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (address, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        process = started(database_url, "serve", cwd=tmp_path, port="0", dataset="none")
        server = Server(process)
        actor = {"slug": SECRET, "name": SECRET, "kind": "state"}
        assert server.ask("POST", "/v1/actors", actor).status == 201
        parent = f"00-{TRACE}-{PARENT}-01"
        path = f"/v1/actors?q={SECRET}&name={SECRET}"
        assert server.ask("GET", path, Cookie=SECRET).status == 422
        assert server.ask("GET", "/v1/actors?kind=state", traceparent=parent).status == 200
        log = server.end()  # what is left is sent as it ends
    assert TRACE in log
    everything = b"".join(got["/v1/traces"])
    assert SECRET.encode() not in everything
    spans = spans_in(got["/v1/traces"])
    (read,) = (span for span in spans if span.parent_span_id.hex() == PARENT)
    assert (read.name, read.trace_id.hex()) == ("GET /v1/actors", TRACE)
    assert attributes(read)["url.query"] == "REDACTED"
    below = [span for span in spans if span.parent_span_id == read.span_id]
    assert {span.name for span in below} >= {"SELECT"}
    (select,) = (span for span in below if span.name == "SELECT")
    assert "FROM actors" in attributes(select)["db.query.text"]
    assert set(got) == {"/v1/traces"}


def test_without_a_collector_no_span_is_made(start: Callable[..., TestClient]) -> None:
    client = start()
    make_actor(client)
    app: Any = client.app
    assert app._telemetry["tracer_provider"] is None  # noqa: SLF001 - nothing else would show it
    assert app._telemetry["tracing"] is False  # noqa: SLF001 - as above
