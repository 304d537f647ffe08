"""Backup and restore of PostgreSQL, by its own tools where they are installed."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import Conflict, Unavailable
from app.kernel.migrations import known, lack

DUMP = ("--format=custom", "--no-owner", "--no-privileges")
RESTORE = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
BEFORE = "entente_before"
"""The schema in which the old content waits until the new one is there."""
VERSION = "alembic_version"


def dump(url: str, file: Path) -> None:
    """Write a dump: one snapshot, while others read and write."""
    _run(url, "pg_dump", [*DUMP, f"--file={file}"])


def restore(settings: Settings, file: Path, *, force: bool) -> str:
    """Put a dump in the place of the database, in one transaction; the revision it stands at."""
    url = settings.database_url
    found = _revision(url, file)
    database = Database.of(settings)
    try:
        with database.engine.connect() as connection:
            others = connection.execute(_OTHERS).scalar_one()
            there = sa.inspect(connection).has_table(VERSION)
        if others:
            raise Conflict("The database is in use: stop the service first.")
        if there and not force:
            raise Conflict("There is a database already; --force replaces it.")
        with _aside(database):
            _run(url, "pg_restore", [*RESTORE, str(file)])
    finally:
        database.close()
    return found


@contextmanager
def _aside(database: Database) -> Iterator[None]:
    """Make room for another content; the old one comes back if that doesn't arrive.

    Cleared table by table, what only a newer version has would be left, and in a migration's way.
    """
    _do(database, f"ALTER SCHEMA public RENAME TO {BEFORE}", "CREATE SCHEMA public")
    try:
        yield
    except BaseException:
        _do(database, "DROP SCHEMA public CASCADE", f"ALTER SCHEMA {BEFORE} RENAME TO public")
        raise
    _do(database, f"DROP SCHEMA {BEFORE} CASCADE")


def _do(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


_OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = 'entente'"
)


def _revision(url: str, file: Path) -> str:
    """The revision that the database in a dump stands at."""
    asked = ["--data-only", f"--table={VERSION}", "--file=-", str(file)]
    lines = _run(url, "pg_restore", asked, connected=False).splitlines()
    begins = next((n for n, line in enumerate(lines) if line.startswith("COPY ")), len(lines))
    found = next(iter(lines[begins + 1 :]), "")
    if not found:
        raise Conflict(f"{file} is no backup of this service.")
    if found not in known():
        raise Conflict(lack(found))
    return found


def _run(url: str, tool: str, arguments: Sequence[str], *, connected: bool = True) -> str:
    """Run a tool; the password goes by its environment, where other users can't see it."""
    where = sa.make_url(url)
    plain = where.set(drivername="postgresql", password=None).render_as_string()
    command = [tool, *arguments, *([f"--dbname={plain}"] if connected else [])]
    program = shutil.which(tool)
    if program is None:
        raise Unavailable(f"{tool} isn't installed here. Where it is: {shlex.join(command)}")
    secret = {"PGPASSWORD": str(where.password)} if where.password else {}
    done = subprocess.run(  # noqa: S603 - the tool is found by its name, as it would be by hand
        [program, *command[1:]], env={**os.environ, **secret}, capture_output=True, check=False
    )
    if done.returncode != 0:
        told = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(f"{tool}: {told[0] if told else 'it failed and gives no reason'}")
    return done.stdout.decode()
