"""The `entente` command: in this process, or as one of its own where it serves or races."""

import http.client
import json
import os
import signal
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from app.cli import main
from tests.processes import Process

PATIENCE = 60
ROOT = Path(__file__).resolve().parent.parent


def environment(url: str, **settings: str) -> dict[str, str]:
    """The variables that say so."""
    given = {"database_url": url, **settings}
    return {f"ENTENTE_{name.upper()}": value for name, value in given.items()}


def without() -> dict[str, None]:
    """The variables that are the tests' own, and no settings."""
    return dict.fromkeys(name for name in os.environ if name.startswith("ENTENTE_REQUIRE_"))


def entente(url: str, *arguments: str | Path, **settings: str) -> Result:
    """Run a command here; what would be a traceback fails the test."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        return CliRunner().invoke(
            main,
            [str(argument) for argument in arguments],
            prog_name="entente",
            env={**without(), **environment(url, **settings)},
            catch_exceptions=False,
        )
    finally:
        signal.signal(signal.SIGTERM, before)


def succeeded(result: Result) -> str:
    """What a command that did well wrote."""
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result, code: int = 1) -> str:
    """The one line by which a command refuses, without its `Error: `."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    *before, line = result.stderr.splitlines()
    assert line.startswith("Error: "), result.stderr
    # Besides: what was being done, or how the command is used.
    assert all(other.startswith(("Loading ", "Usage: ", "Try ")) or not other for other in before)
    return line.removeprefix("Error: ")


def started(url: str, *arguments: str, cwd: Path | None, **settings: str) -> Process:
    """Run a command in a process of its own, in this folder or another."""
    return Process(arguments, {**os.environ, **environment(url, **settings)}, cwd)


class Server:
    """A service in a process of its own, whose log is read at its end."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.port = process.port()

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> http.client.HTTPResponse:
        """The answer to a request, read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        content = None if body is None else json.dumps(body)
        given = {"Content-Type": "application/json", **headers}
        connection.request(method, path, content, given)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer

    def read(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def end(self) -> str:
        """Stop it; what it wrote."""
        return self.process.end(signal.SIGTERM)
