"""Bringing a database to the schema this version of the service needs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.kernel.errors import Unavailable

HERE = Path(__file__).resolve().parent.parent
BY_HAND = ("search_index", "ix_search_entries_words", "ix_claims_by_")
"""How the names begin of what Alembic can't compare: each database's own way to find words, which
migrations make by hand, and indexes of expressions."""
LOCK = 4_711_001
"""The PostgreSQL advisory lock under which migrations run, one process at a time."""
START = 4_711_003
"""The one under which a service prepares its database: migrates it, and fills it if empty."""


def folder() -> Path:
    """Where the migrations are: in an installed package, or beside the sources."""
    packaged = HERE / "_migrations"
    return packaged if packaged.is_dir() else HERE.parent / "migrations"


def configuration(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, made here so that no file has to be found."""
    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str:
    """The newest revision this version of the service has."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


@cache
def known() -> frozenset[str]:
    """The revisions this version of the service knows; one of them is that before the first."""
    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return frozenset({"", *(script.revision for script in scripts)})


def lack(found: str) -> str:
    """What keeps this version from a database that stands at a revision; empty if nothing does."""
    if found == head():
        return ""
    if found in known():
        return "The database hasn't been migrated; `entente migrate` does it."
    return (
        f"The database stands at revision {found}, which this version of the service doesn't know:"
        " a newer one has migrated it."
    )


def include(thing: object, name: str | None, kind: str, reflected: object, other: object) -> bool:
    """Whether Alembic compares a table or an index with the models: not what is made by hand."""
    del thing, kind, reflected, other
    return not (name or "").startswith(BY_HAND)


def revision(connection: sa.Connection) -> str:
    """The revision a database stands at; empty when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def migrate(engine: sa.Engine, target: str = "head") -> None:
    """Bring the database to a revision, in one transaction.

    Raises Unavailable if it stands at one this version doesn't know.
    """
    with engine.connect() as plain:
        connection = plain.execution_options(entente_writing=True)
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            # Asked in turn: a newer version may have migrated it while this one waited.
            found = revision(connection)
            if found not in known():
                raise Unavailable(lack(found))
            command.upgrade(configuration(connection), target)


@contextmanager
def starting(engine: sa.Engine) -> Iterator[None]:
    """A turn: of the services that start on one database, one at a time prepares it."""
    if engine.dialect.name != "postgresql":
        with _alone_in(Path(engine.url.database or "").resolve().parent):
            yield
        return
    # A connection beside the pool's, which may have only one; its end gives the lock back.
    own = sa.create_engine(engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with own.connect() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(START)))
        yield


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which leaves nothing behind however the process ends.

    The file's own locks are SQLite's: whoever opens and closes it besides would take them away.
    """
    if not folder.is_dir():  # of a URI that is no path
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems of networks have no such lock
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
