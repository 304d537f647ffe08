"""`/metrics` counts by templates and fixed words, never by what people send."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.kernel.db import Database
from tests.command import PATIENCE, Server, started
from tests.helpers import make_actor

Labels = dict[str, str]

SECRET = "hush7831"  # noqa: S105 - nobody's


def samples(client: TestClient, name: str) -> list[tuple[Labels, float]]:
    """The samples of a metric."""
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == name
    ]


def count(client: TestClient, name: str, **labels: str) -> float:
    return sum(value for found, value in samples(client, name) if found == labels)


REQUESTS = "http_server_request_duration_seconds_count"
STATEMENTS = "db_client_operation_duration_seconds_count"


def test_requests_are_counted_by_the_template_of_their_route(
    start: Callable[..., TestClient],
) -> None:
    client = start()
    actor = make_actor(client)
    for key in (actor["id"], actor["slug"], "nobody"):
        client.get(f"/v1/actors/{key}")
    labels = {"http_request_method": "GET", "http_route": "/v1/actors/{key}"}
    assert count(client, REQUESTS, **labels, http_response_status_code="200") == 2
    assert count(client, REQUESTS, **labels, http_response_status_code="404") == 1
    made = {"http_request_method": "POST", "http_route": "/v1/actors"}
    assert count(client, REQUESTS, **made, http_response_status_code="201") == 1


def test_nothing_that_was_sent_is_in_a_label(start: Callable[..., TestClient]) -> None:
    client = start()
    actor = make_actor(client, slug=SECRET, name=SECRET)
    client.get(f"/v1/actors/{SECRET}", headers={"Authorization": SECRET, "Host": SECRET})
    client.get(f"/v1/actors?q={SECRET}&{SECRET}=1")
    client.get(f"/{SECRET}")
    client.request(SECRET, "/v1/actors")
    text = client.get("/metrics").text
    assert SECRET not in text
    assert actor["id"] not in text


def test_what_is_asked_every_few_seconds_is_not_counted(start: Callable[..., TestClient]) -> None:
    client = start()
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200
    assert samples(client, REQUESTS) == []


def test_statements_are_timed_by_their_kind(
    start: Callable[..., TestClient], database: Database
) -> None:
    client = start()
    make_actor(client)
    found = {labels["db_operation_name"] for labels, _ in samples(client, STATEMENTS)}
    assert {"SELECT", "INSERT"} <= found <= {"SELECT", "INSERT", "BEGIN", "OTHER"}
    assert {labels["error_type"] for labels, _ in samples(client, STATEMENTS)} == {""}
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE actors RENAME TO elsewhere"))
    client.get("/v1/actors")
    errors = [labels for labels, _ in samples(client, STATEMENTS) if labels["error_type"]]
    assert {labels["error_type"] for labels in errors} <= {"OperationalError", "UndefinedTable"}
    assert len(errors) == 1


def test_connections_and_the_build_are_told(start: Callable[..., TestClient]) -> None:
    client = start(pool_size=5)
    client.get("/v1/actors")
    pool = {"db_client_connection_pool_name": "primary"}
    assert count(client, "db_client_connection_max", **pool) == 5
    idle = {**pool, "db_client_connection_state": "idle"}
    assert count(client, "db_client_connection_count", **idle) >= 1
    ((build, one),) = samples(client, "entente_build_info")
    assert one == 1
    assert set(build) == {"version", "python", "schema", "database"}


def test_the_metrics_say_what_they_are(client: TestClient) -> None:
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert re.search(r"^# TYPE entente_build_info gauge$", answer.text, re.MULTILINE)
    assert "/metrics" not in client.get("/openapi.json").text


def test_they_can_be_switched_off(start: Callable[..., TestClient]) -> None:
    assert start(metrics=False).get("/metrics").status_code == 404


def test_several_workers_tell_the_numbers_of_all(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(shared))
    server = Server(
        started(database_url, "serve", cwd=tmp_path, port="0", dataset="none", workers="2")
    )
    deadline = time.monotonic() + PATIENCE
    asked = 0
    while len({file.stem for file in shared.glob("counter_*.db")}) < 2:
        assert time.monotonic() < deadline, "one of them takes no request"
        assert server.ask("GET", "/v1/actors").status == 200
        asked += 1
    _, text = server.read("/metrics")
    server.end()
    (line,) = (line for line in text.splitlines() if line.startswith(REQUESTS))
    assert 'http_route="/v1/actors"' in line
    assert line.endswith(f" {asked}.0")
