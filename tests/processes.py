"""The `entente` command in processes of its own, which can be sent signals, and killed.

To import the service takes longer than most of what such a process is then asked. So one process
of a run's worker has imported it, and done nothing else; the others begin as forks of that one.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from app.cli import main

PATIENCE = 120
READY = "Docs: "
"""Begins the line of a service that can be asked from now on."""

_forks = get_context("forkserver")
_forks.set_forkserver_preload(["app.__main__"])


class Process:
    """A command that runs, with what it says on `stdout` to be read as it comes."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        stdout, says = _forks.Pipe(duplex=False)
        stderr, logs = _forks.Pipe(duplex=False)
        given = (list(arguments), dict(environment), str(cwd or Path.cwd()), says, logs)
        self._process = _forks.Process(target=_run, args=given)
        self._process.start()
        says.close()
        logs.close()
        self.stdout = _text_of(stdout)
        self._log = list[str]()
        # Nobody reads a log before the end, and who writes it must not wait for that.
        self._reader = threading.Thread(target=self._read, args=[_text_of(stderr)], daemon=True)
        self._reader.start()

    def _read(self, stderr: TextIO) -> None:
        with stderr:
            self._log.extend(stderr)

    def port(self) -> int:
        """The port of a service, once it can be asked."""
        found = urlsplit(address_in(self.said())).port
        assert found is not None
        return found

    def said(self) -> list[str]:
        """The lines of a service until it can be asked. Fails where it ends before that."""
        lines = list[str]()
        # One that hangs would be waited for.
        with self._within(PATIENCE):
            for line in self.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith(READY):
                    return lines
        raise AssertionError(self.communicate()[1])

    @contextmanager
    def _within(self, patience: float) -> Iterator[None]:
        """Kill it unless it is done by then."""
        watch = threading.Timer(patience, self.send_signal, [signal.SIGKILL])
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code (a signal is negative), or None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def end(self, number: signal.Signals, patience: float = PATIENCE) -> str:
        """End it by a signal; its log."""
        self.send_signal(number)
        return self.communicate(patience)[1]

    def communicate(self, patience: float = PATIENCE) -> tuple[str, str]:
        """Wait for its end; what is left of `stdout`, and its whole log.

        One that doesn't end is killed, and says so by its exit code.
        """
        with self._within(patience):
            said = "" if self.stdout.closed else self.stdout.read()
            self.stdout.close()
            self._process.join()
        self._reader.join()
        return said, "".join(self._log)


def address_in(lines: Sequence[str]) -> str:
    """The address of a service, from what it said until it could be asked."""
    return lines[-1].removeprefix(READY).removesuffix("/docs")


def _text_of(pipe: Connection) -> TextIO:
    with pipe:
        return os.fdopen(os.dup(pipe.fileno()), encoding="utf-8")


def _run(
    arguments: list[str], environment: dict[str, str], cwd: str, says: Connection, logs: Connection
) -> None:
    """What a fork does: become the command."""
    os.dup2(sys.stdin.fileno(), 0)  # the null device, under a number that no other process has
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
    for pipe, number in ((says, 1), (logs, 2)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    main(arguments, prog_name="entente")
