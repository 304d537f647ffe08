"""Backup and restore of SQLite; of PostgreSQL by its own tools (see `dumps`).

A backup is taken in one step inside one read: what was acknowledged before it began is in it, and
writers go on meanwhile. A restore writes into the database by SQLite's own means, so that if it is
cut short the old content is still there, and nobody is left with a file that was moved away.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import Conflict, Unavailable
from app.kernel.migrations import known, lack
from app.operate import dumps

PRIVATE = 0o600
SHARED_LOCK = (0x40000002, 510)
"""The bytes of an SQLite file that everyone who has it open in WAL mode holds a lock on."""


def write(database: Database, settings: Settings, file: Path, *, force: bool) -> None:
    """Write a backup in its place, once it is whole and checked."""
    if file.exists() and not force:
        raise Conflict(f"{file} is there already; --force replaces it.")
    if not file.resolve().parent.is_dir():
        raise Conflict(f"There is no folder {file.parent}.")
    with _placed(file) as part:
        if database.is_postgres:
            dumps.dump(settings.database_url, part)
            return
        with closing(_opened(_path(settings.database_url), "ro")) as source:
            copy(source, part)


def copy(source: sqlite3.Connection, part: Path) -> None:
    """Copy a database into a file of its own, and check it."""
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        source.backup(target)  # all pages in one step: one state, and no writer is kept waiting
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a journal beside it
        check(target, part)


@contextmanager
def _placed(file: Path) -> Iterator[Path]:
    """A part beside a file, which takes its place when it is whole and on the disk."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
    try:
        yield part
        sync(part)
        part.replace(file)
        sync(file.resolve().parent)
    finally:
        part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that isn't whole."""
    try:
        found = connection.execute("PRAGMA integrity_check").fetchone()[0]
        foreign = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"{path} can't be read as a database: {error}.") from None
    if found != "ok" or foreign is not None:
        raise Unavailable(f"{path} is damaged: {found if found != 'ok' else 'a key leads nowhere'}")


def restore(settings: Settings, file: Path, *, force: bool) -> str:
    """Put a backup in the place of the configured database; the revision it stands at.

    Raises Conflict while the service runs, over a database that is there unless forced, and for a
    file that a newer version has written.
    """
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return dumps.restore(settings, file, force=force)
    target = _path(settings.database_url)
    with closing(_opened(file, "ro")) as source:
        check(source, file)
        found = _revision(source, file)
        if target.exists() and not force:
            raise Conflict(f"{target} is there already; --force replaces it.")
        if not target.exists():
            with _placed(target) as part:
                copy(source, part)
        elif _is_whole(target):
            _overwrite(source, target)
        else:
            with _nobody_has(target):
                target.replace(target.with_name(f"{target.name}.broken"))
                for journal in ("-wal", "-shm"):
                    target.with_name(target.name + journal).unlink(missing_ok=True)
                with _placed(target) as part:
                    copy(source, part)
    return found


def _overwrite(source: sqlite3.Connection, target: Path) -> None:
    """Write into a database that nobody else has open, all of it or nothing."""
    with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
        try:
            # In WAL mode everybody who has a database open keeps a lock on it, and to leave the
            # mode takes the only one. It is then kept, so that nobody comes in between.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError:
            raise Conflict(f"{target} is in use: stop the service first.") from None
        source.backup(connection)
        check(connection, target)
    sync(target)


@contextmanager
def _nobody_has(target: Path) -> Iterator[None]:
    """Hold the lock of a file that can't be opened as a database. Raises Conflict."""
    with target.open("r+b") as file:
        start, length = SHARED_LOCK
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except OSError:
            raise Conflict(f"{target} is in use: stop the service first.") from None
        yield


def _is_whole(path: Path) -> bool:
    """Whether a file can be opened as a database, so far as to be written into."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path, timeout=1)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return True
    return False


def _revision(source: sqlite3.Connection, file: Path) -> str:
    try:
        row = source.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise Conflict(f"{file} is no backup of this service.") from None
    found = str(row[0]) if row else ""
    if found not in known():
        raise Conflict(lack(found))
    return found


def _path(url: str) -> Path:
    return Path(sa.make_url(url).database or "")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None)
