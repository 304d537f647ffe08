"""The `entente` command: in this process, or as one of its own where it serves or races."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import main

ROOT = Path(__file__).resolve().parent.parent
ENTENTE = [sys.executable, "-c", "from app.cli import main; main(prog_name='entente')"]


def environment(url: str, **settings: str) -> dict[str, str]:
    """The variables that say so."""
    given = {"database_url": url, **settings}
    return {f"ENTENTE_{name.upper()}": value for name, value in given.items()}


def entente(url: str, *arguments: str | Path, **settings: str) -> Result:
    """Run a command here; what would be a traceback fails the test."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        return CliRunner().invoke(
            main,
            [str(argument) for argument in arguments],
            prog_name="entente",
            env=environment(url, **settings),
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


def started(url: str, *arguments: str, cwd: Path, **settings: str) -> subprocess.Popen[str]:
    """Run a command in a process of its own."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 - our own command
        [*ENTENTE, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment(url, **settings)},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
