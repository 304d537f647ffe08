"""A server in a process of its own, and the memory it takes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import app
from app.bench.load import LoadError

START_SECONDS = 120
_ROOT = Path(app.__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int

    def memory(self, name: str) -> int | None:
        """Bytes of memory: `VmRSS` it has now, `VmHWM` the most it had. None where none tells."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        except OSError:
            return None
        found = next((line.split() for line in lines if line.startswith(f"{name}:")), None)
        return int(found[1]) * 1024 if found else None

    def processor_seconds(self) -> float | None:
        """Processor time it took since it started."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self) -> None:
        """Let the most it had be counted from now on."""
        try:
            Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        except OSError:
            return


@contextmanager
def serving(factory: str, settings: Mapping[str, str]) -> Iterator[Server]:
    """Serve an application with one worker, as `entente serve` does; stopped at the end."""
    port = _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("ENTENTE_")
    }
    command = [
        sys.executable, "-m", "uvicorn", factory, "--factory", "--app-dir", str(_ROOT),
        "--host", "127.0.0.1", "--port", str(port),
        "--no-access-log", "--no-server-header", "--log-level", "warning",
    ]  # fmt: skip
    with subprocess.Popen(command, env=environment | dict(settings)) as process:  # noqa: S603 - our own server
        try:
            _await(process, port)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise LoadError("A server didn't start.")
