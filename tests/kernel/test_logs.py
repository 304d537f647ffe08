"""The log says what happened to each request, and nothing of what people sent or stored."""

import json
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.kernel import logs
from app.kernel.config import Settings
from app.kernel.db import Database
from tests.command import Server, started
from tests.processes import Process

SECRET = "hush7831"  # noqa: S105 - nobody's
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PATIENCE = 60

Lines = list[dict[str, Any]]


@pytest.fixture
def serve(tmp_path: Path, database_url: str) -> Iterator[Callable[..., Server]]:
    """Start the service on the test's own store."""
    processes: list[Process] = []

    def start(**settings: str) -> Server:
        chosen = {"port": "0", "dataset": "none", **settings}
        processes.append(started(database_url, "serve", cwd=tmp_path, **chosen))
        return Server(processes[-1])

    yield start
    for process in processes:
        process.end(signal.SIGKILL)


def parsed(log: str) -> Lines:
    # What it says to who started it, before there is a log, is for people.
    return [json.loads(line) for line in log.splitlines() if not line.startswith("OPEN: ")]


def requests_in(lines: Lines) -> Lines:
    return [line for line in lines if line["logger"] == "entente.request"]


def broken(url: str) -> None:
    """Put something in the store that the service can't read, a secret with it."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(sa.text("UPDATE actors SET aliases = :it"), {"it": SECRET})
        else:
            connection.execute(sa.text(f"ALTER TABLE actors RENAME TO {SECRET}"))
    engine.dispose()


def test_a_line_per_request_and_no_secret_in_any(
    serve: Callable[..., Server], database_url: str
) -> None:
    server = serve(log_format="json")
    actor = {"slug": SECRET, "name": SECRET, "kind": "state"}
    keys = {"Cookie": SECRET, "Idempotency-Key": SECRET}
    assert server.ask("POST", "/v1/actors", actor, **keys).status == 201
    assert server.ask("GET", "/v1/actors", Authorization=f"Bearer {SECRET}").status == 401
    assert server.ask("POST", "/v1/actors", actor).status == 409
    trace = f"00-{TRACE}-00f067aa0ba902b7-01"
    headers = {"X-Request-Id": "asked-1", "traceparent": trace}
    assert server.ask("GET", f"/v1/actors/{SECRET}", **headers).status == 200
    assert server.ask("HEAD", f"/v1/actors?q={SECRET}").status == 200
    assert server.ask("GET", f"/v1/{SECRET}?key={SECRET}").status == 404
    assert server.ask("POST", "/v1/actors", {"slug": SECRET, SECRET: SECRET}).status == 422
    broken(database_url)
    failure = server.ask("GET", f"/v1/actors?q={SECRET}&name={SECRET}")
    assert failure.status in {422, 500}
    failure = server.ask("GET", "/v1/actors")
    assert failure.status == 500
    log = server.end()
    assert SECRET not in log
    lines = parsed(log)
    found = [(line["method"], line["route"], line["status"]) for line in requests_in(lines)]
    # That of a refusal comes once its entry is in the audit log, perhaps after the next request's.
    assert sorted(found[:7]) == [
        ("GET", "", 404),
        ("GET", "/v1/actors", 401),
        ("GET", "/v1/actors/{key}", 200),
        ("HEAD", "/v1/actors", 200),
        ("POST", "/v1/actors", 201),
        ("POST", "/v1/actors", 409),
        ("POST", "/v1/actors", 422),
    ]
    assert found[-1] == ("GET", "/v1/actors", 500)
    (third,) = (line for line in requests_in(lines) if line["request_id"] == "asked-1")
    assert third["trace_id"] == TRACE
    assert third["level"] == "info"
    assert third["caller"]
    assert 0 < third["ms"] < PATIENCE * 1000
    (error,) = (line for line in lines if line["level"] == "error")
    assert error["request_id"] == failure.headers["X-Request-Id"]
    assert error["route"] == "/v1/actors"
    assert "app/kernel" in error["exception"]


def test_the_password_of_the_database_is_in_no_log(
    serve: Callable[..., Server], database_url: str, store: Any
) -> None:
    if store.name == "sqlite":
        pytest.skip("an SQLite database has no password")
    url = sa.make_url(database_url).set(password=SECRET)
    server = serve(database_url=url.render_as_string(hide_password=False), log_format="text")
    assert server.ask("GET", "/v1/actors").status == 200
    broken(database_url)
    assert server.ask("GET", "/v1/actors").status == 500
    log = server.end()
    assert "Traceback" not in log
    assert "ProgrammingError (42P01)" in log
    assert SECRET not in log


def test_a_level_leaves_out_what_is_below_it(serve: Callable[..., Server]) -> None:
    server = serve(log_level="warning", log_format="json")
    assert server.ask("GET", "/v1/actors").status == 200
    # What the tests' PostgreSQL may lose is told; it has nothing to keep.
    lines = parsed(server.end())
    assert [line for line in lines if "power cut" not in line["event"]] == []


def test_the_servers_own_lines_have_the_same_form(serve: Callable[..., Server]) -> None:
    server = serve()
    assert server.ask("GET", "/healthz").status == 200
    lines = parsed(server.end())  # a pipe is no terminal: JSON
    assert {"event", "level", "logger", "timestamp"} == set(lines[0])
    assert "Application shutdown complete." in {line["event"] for line in lines}


def test_a_failure_is_told_with_its_causes_and_without_their_words() -> None:
    def fail() -> None:
        try:
            int(SECRET)
        except ValueError as error:
            raise ExceptionGroup(SECRET, [KeyError(SECRET)]) from error

    with pytest.raises(ExceptionGroup) as caught:
        fail()
    found = list(logs.told(caught.value))
    assert SECRET not in "\n".join(found)
    assert [line for line in found if not line.startswith("  ")] == [
        "builtins.ValueError",
        "which led to:",
        "builtins.ExceptionGroup",
        "of which one is:",
        "builtins.KeyError",
    ]


def test_a_database_error_keeps_its_code(database: Database) -> None:
    with database.read() as session, pytest.raises(sa.exc.DBAPIError) as caught:
        session.execute(sa.text("SELECT * FROM nowhere WHERE x = :x"), {"x": SECRET})
    assert SECRET not in str(caught.value)
    assert logs.kind_of(caught.value).endswith(("(42P01)", "(SQLITE_ERROR)"))


def test_a_method_nobody_knows_is_not_repeated(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "entente.request"):
        client.request(SECRET, "/v1/actors")
    assert [vars(record)["method"] for record in caplog.records] == ["other"]


@pytest.mark.parametrize(("form", "begins"), [("json", "{"), ("text", "20")])
def test_the_form_is_the_one_asked_for(
    form: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.configure(Settings(log_format=form))  # type: ignore[arg-type]  # one of two
        logging.getLogger("some.library").warning("It is %s.", "so")
    finally:
        root.handlers[:], root.level = before
        logging.captureWarnings(capture=False)
        logging.getLogger("uvicorn.access").disabled = False
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(begins)
    assert "It is so." in line
