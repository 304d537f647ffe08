"""The database: one engine, one block for reading, one for writing. Only this module commits."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.kernel.config import Settings
from app.kernel.types import now

WRITING = "entente_writing"
POSTGRES = "postgresql"
TURNS = 4_711_002
"""The first half of the advisory locks of `take_turn`."""


@dataclass(slots=True)
class Tx:
    """A write under way: all of it is kept, or none."""

    session: Session
    by: str
    """Who writes."""
    now: datetime
    """The instant the transaction began to write; every version it makes carries it."""
    promised: set[str] = field(default_factory=set)
    """Ids of records that will be there when the transaction ends: they may be named already."""


def make_engine(settings: Settings) -> sa.Engine:
    """An engine for the configured database, with the guarantees the service relies on."""
    url = sa.make_url(settings.database_url)
    if url.drivername in {POSTGRES, "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"json_serializer": _json}
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url,
            connect_args={
                "check_same_thread": False,
                "timeout": settings.busy_timeout_seconds,
            },
            poolclass=sa.QueuePool,
            pool_size=settings.pool_size,
            max_overflow=0,
            **options,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    wait = int(settings.busy_timeout_seconds * 1000)
    return sa.create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": "entente",
            "options": f"-c lock_timeout={wait} -c timezone=UTC",
        },
        **options,
    )


def _json(value: object) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction control is switched off: BEGIN is ours (see _begin_sqlite).
    connection.isolation_level = None
    # FULL, not NORMAL: at power loss WAL with NORMAL loses writes that were acknowledged.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # IMMEDIATE takes the writer's turn at once; a deferred one loses or fails under two writers.
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@dataclass(frozen=True, slots=True)
class Database:
    """Where the records are. `read` and `write` are the only ways to them."""

    engine: sa.Engine

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The configured database; connects on first use."""
        return cls(make_engine(settings))

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL rather than SQLite."""
        return self.engine.dialect.name == POSTGRES

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees the store and changes nothing."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, by: str) -> Iterator[Tx]:
        """A transaction, committed when the block ends, rolled back when it raises."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            connection = session.connection(execution_options={WRITING: True})
            yield Tx(session=session, by=by, now=now())
            try:
                session.commit()
            except BaseException:
                # The transaction may still stand open, with the writer's turn: nobody is to get
                # this connection again.
                connection.invalidate()
                raise

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def is_postgres(session: Session) -> bool:
    """Whether a session talks to PostgreSQL rather than SQLite."""
    return session.get_bind().dialect.name == POSTGRES


def take_turn(session: Session, what: str) -> None:
    """Make writers wait for each other where no one row is theirs (SQLite has one writer)."""
    if is_postgres(session):
        name = sa.func.hashtext(what)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(TURNS, name)))


def insert_once(session: Session, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert a row unless its key is there already, whoever put it there."""
    dialect = postgresql if is_postgres(session) else sqlite
    session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
