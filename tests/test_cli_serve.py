"""`entente serve` as the process that people start."""

import json
import signal
import socket
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import entente, refused, started
from tests.processes import Process, address_in

PATIENCE = 120
HOST = "127.0.0.2"
"""This machine, by another address than the one that nobody has to ask for."""

Start = Callable[..., "Service"]


class Service:
    """A service that runs, and what it has written."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines = process.said()

    def get(self, path: str) -> tuple[str, bytes]:
        """The media type and the content of an answer."""
        address = address_in(self.lines) + path
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - our own
            return answer.headers.get_content_type(), answer.read()

    def items(self, path: str) -> list[Any]:
        """The items of a list."""
        found: list[Any] = json.loads(self.get(f"/v1/{path}")[1])["items"]
        return found

    def stop(self, how: signal.Signals) -> tuple[int | None, str]:
        """End it; its exit code and what it wrote for who operates it."""
        log = self.process.end(how)
        return self.process.returncode, log


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Start]:
    """Start services in an empty folder; none outlives the test."""
    services: list[Service] = []

    def start(url: str, *arguments: str, **settings: str) -> Service:
        process = started(url, "serve", *arguments, cwd=tmp_path, **settings)
        services.append(Service(process))
        return services[-1]

    yield start
    for service in services:
        service.process.end(signal.SIGKILL)


def free_port() -> str:
    with socket.create_server((HOST, 0)) as taken:
        return str(taken.getsockname()[1])


def test_an_empty_database_is_migrated_and_filled_and_a_full_one_is_left(
    blank_url: str, serve: Start
) -> None:
    port = free_port()
    first = serve(blank_url, host=HOST, port=port)
    assert first.lines == ["Loaded the data set russia-dprk.", f"Docs: http://{HOST}:{port}/docs"]
    assert first.get("/docs")[0] == "text/html"
    assert len(first.items("consequences")) == 13
    code, log = first.stop(signal.SIGTERM)
    assert code == 0
    assert "Application shutdown complete." in log
    assert "Traceback" not in log

    second = serve(blank_url, "--host", "127.0.0.1", "--port", "0", host=HOST, port=port)
    (line,) = second.lines
    assert line.startswith("Docs: http://127.0.0.1:")
    assert f":{port}/" not in line
    assert len(second.items("consequences")) == 13
    code, log = second.stop(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in log


def test_two_that_start_at_once_without_a_file_both_serve_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    processes = [started(url, "serve", cwd=tmp_path, port="0") for _ in range(2)]
    services = [Service(process) for process in processes]
    lines = [line for service in services for line in service.lines]
    assert sum(line.startswith("Loaded the data set") for line in lines) == 1
    assert sum(line.startswith("Docs: ") for line in lines) == 2
    assert [len(service.items("alliances")) for service in services] == [1, 1]
    (loaded,) = services[0].items("audit?action=loaded")
    assert loaded["route"] == "entente load"
    for service in services:
        service.stop(signal.SIGTERM)


def test_without_a_data_set_it_starts_empty_and_leaves_only_its_database(
    serve: Start, tmp_path: Path
) -> None:
    service = serve("sqlite:///own.db", "--access-log", port="0", dataset="none")
    assert len(service.lines) == 1
    assert service.items("actors") == []
    code, _ = service.stop(signal.SIGTERM)
    assert code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["own.db"]


@pytest.mark.parametrize(
    ("how", "workers"), [(signal.SIGTERM, "1"), (signal.SIGINT, "1"), (signal.SIGTERM, "2")]
)
def test_one_that_is_stopped_as_soon_as_it_can_be_asked_ends_well(
    serve: Start, how: signal.Signals, workers: str
) -> None:
    service = serve("sqlite:///own.db", port="0", dataset="none", workers=workers)
    code, log = service.stop(how)
    assert code == 0
    assert "Aborted" not in log
    assert "Traceback" not in log


def test_an_address_that_is_taken_is_told_before_anything_is_done(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(entente(f"sqlite:///{path}", "serve", host=HOST, port=str(port)))
    assert told == f"Can't listen on {HOST}:{port}: Address already in use"
    assert not path.exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no..name", "::ffff:192.0.2.1"])
def test_an_address_of_another_machine_is_told(host: str) -> None:
    told = refused(entente("sqlite:///unused.db", "serve", "--host", host, "--port", "0"))
    assert told.startswith(f"Can't listen on {host}:0: ")


def test_a_data_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/own.db"
    told = refused(entente(url, "serve", port="0", dataset="unheard-of"))
    assert told.startswith(
        "There is no data set 'unheard-of'; name a folder, or one that is here: "
    )
