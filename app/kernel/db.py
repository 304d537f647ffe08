"""The database: one engine, one block for reading, one for writing. Only this module commits."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kernel import deadlines
from app.kernel.access import NOWHERE, Origin, Principal
from app.kernel.config import Settings
from app.kernel.errors import Unavailable, UnreadableError
from app.kernel.eyes import Eyes
from app.kernel.replica import SNAPSHOT, Replica
from app.kernel.types import now
from app.kernel.view import View

WRITING = "entente_writing"
POSTGRES = "postgresql"
SAMPLE = 400
"""Entries of each index that SQLite looks at to tell how many are alike."""
BUSY = 0.02
"""Seconds until a file that somebody else brings into WAL mode is asked again."""
TURNS = 4_711_002
"""The first half of the advisory locks of `take_turn`."""
Hold = Literal["name", "change", "close"]
"""What a writer keeps a row for, until its transaction ends."""
_HOLDS: dict[Hold, dict[str, Any]] = {
    "name": {"read": True, "key_share": True},
    "change": {"key_share": True},
    "close": {},
}


@dataclass(slots=True)
class Tx:
    """A write under way: all of it is kept, or none."""

    session: Session
    caller: Principal
    """Who writes: nothing they may not see is found, named or told of."""
    now: datetime
    """The instant the transaction began to write; every version it makes carries it."""
    promised: set[str] = field(default_factory=set)
    """Ids of records that will be there when the transaction ends: they may be named already."""
    stamps: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """What it has written, by table and key, and when that was recorded (see `records.change`)."""
    events: list[Any] = field(default_factory=list)
    """What is to be told of it (see `events`)."""
    wakes: bool = False
    """Whether there is something to do for who waits for events, though there is none."""
    origin: Origin = NOWHERE
    """The request it is made for."""
    acts: list[Any] = field(default_factory=list)
    """What is to stand of it in the audit log (see `audit`)."""
    last: bool = False
    """Whether it has the turn of what is done last (see `take_last`)."""

    def begin(self) -> None:
        """Begin to write only now: who waits for others is dated after them.

        All that is written together has one instant, so this comes before anything is written.
        """
        if not self.stamps:
            self.now = max(self.now, now())

    @property
    def by(self) -> str:
        """The name of who writes."""
        return self.caller.name

    @property
    def eyes(self) -> Eyes:
        """What they may see."""
        return self.caller.eyes

    @property
    def view(self) -> View:
        """The present, as the writer sees it from inside the transaction."""
        return View(self.eyes, now=self.now)


BEFORE_COMMIT: list[Callable[[Tx], None]] = []
"""What every transaction does last, put here by the modules that do it."""
LAST = "last"
"""The turn of everything that is done last: one for all of it, so that no two wait crosswise."""


COMPILED = 128
"""Statements kept compiled, and at times half as many again. The largest, of lists of the past that
are sorted by three names, take 1.4 MB each: who asks for many of those mustn't fill a machine."""


def make_engine(settings: Settings) -> sa.Engine:
    """An engine for the configured database, with the guarantees the service relies on."""
    url = sa.make_url(settings.database_url)
    if url.drivername in {POSTGRES, "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    # What was sent is nobody's business who reads a log: failures don't repeat it.
    options: dict[str, Any] = {"json_serializer": _json, "json_deserializer": _parsed}
    options["hide_parameters"] = True
    options["query_cache_size"] = COMPILED
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
        seconds = settings.busy_timeout_seconds
        event.listen(engine, "connect", lambda raw, _record: _prepare_sqlite(raw, seconds))
        event.listen(engine, "begin", _begin_sqlite)
        deadlines.guard(engine, settings.query_timeout_seconds)
        return engine
    wait = int(settings.busy_timeout_seconds * 1000)
    limits = deadlines.server_options(settings.query_timeout_seconds)
    engine = sa.create_engine(
        url,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={
            **deadlines.connect_args(settings.query_timeout_seconds),
            "application_name": "entente",
            # No statement runs long enough to be worth compiling; PostgreSQL would take seconds.
            "options": f"-c lock_timeout={wait} -c timezone=UTC -c jit=off {limits}",
        },
        **options,
    )
    deadlines.guard(engine, settings.query_timeout_seconds)
    return engine


def _parsed(text: str) -> Any:
    """A stored document. Raises UnreadableError where somebody made something else of it."""
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise UnreadableError from None


def _json(value: object) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _prepare_sqlite(connection: sqlite3.Connection, seconds: float) -> None:
    # The driver's own transaction control is switched off: BEGIN is ours (see _begin_sqlite).
    connection.isolation_level = None
    _keep_a_log(connection, seconds)
    # FULL, not NORMAL: at power loss WAL with NORMAL loses writes that were acknowledged.
    # secure_delete: what is taken away is overwritten, or redacting would only hide it.
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32000",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _keep_a_log(connection: sqlite3.Connection, seconds: float) -> None:
    """Bring a new file into WAL mode. Where two do at once, SQLite refuses one without waiting."""
    until = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    # IMMEDIATE takes the writer's turn at once; a deferred one loses or fails under two writers.
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@dataclass(frozen=True, slots=True)
class Database:
    """Where the records are. `read` and `write` are the only ways to them."""

    engine: sa.Engine
    replica: Replica | None = None
    listeners: list[Callable[[], None]] = field(default_factory=list, compare=False)
    """Called once a transaction of this process is committed that has events, or `wakes`."""

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The configured database; connects on first use."""
        if not settings.database_read_url:
            return cls(make_engine(settings))
        if sa.make_url(settings.database_url).get_backend_name() == "sqlite":
            raise Unavailable("ENTENTE_DATABASE_READ_URL needs a primary that is PostgreSQL.")
        second = settings.model_copy(update={"database_url": settings.database_read_url})
        return cls(make_engine(settings), Replica(make_engine(second)))

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL rather than SQLite."""
        return self.engine.dialect.name == POSTGRES

    @property
    def engines(self) -> tuple[sa.Engine, ...]:
        """Every engine there is, the writing one first."""
        return (self.engine,) if self.replica is None else (self.engine, self.replica.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees the store as it is at one instant, and changes nothing.

        SQLite's transactions are snapshots; PostgreSQL's are where they are asked to be.
        """
        replica = None if self.replica is None else self.replica.connection(self.engine)
        if replica is None or self.replica is None:
            with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
                if self.is_postgres:
                    session.connection(execution_options=SNAPSHOT)
                yield session
            return
        with replica, Session(replica, autoflush=False, expire_on_commit=False) as session:
            try:
                yield session
            except DBAPIError:
                self.replica.rest()  # who asks again is answered by the primary
                raise

    @contextmanager
    def write(self, caller: Principal, origin: Origin = NOWHERE) -> Iterator[Tx]:
        """A transaction, committed when the block ends, rolled back when it raises."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            connection = session.connection(execution_options={WRITING: True})
            tx = Tx(session=session, caller=caller, now=now(), origin=origin)
            yield tx
            for last in BEFORE_COMMIT:
                last(tx)
            try:
                session.commit()
            except BaseException:
                # The transaction may still stand open, with the writer's turn: nobody is to get
                # this connection again.
                connection.invalidate()
                raise
        if tx.events or tx.wakes:
            for tell in self.listeners:
                tell()

    def analyze(self) -> None:
        """Let the database count what it holds, so that it plans by it; after a load, say.

        SQLite never does by itself, and then takes all lists to be equally long.
        """
        with self.engine.execution_options(**{WRITING: True}).begin() as connection:
            if not self.is_postgres:
                connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLE}")
            connection.exec_driver_sql("ANALYZE")

    def scrub(self) -> None:
        """Leave nothing in SQLite's log of what was taken away; a reader may delay that.

        PostgreSQL clears its pages by VACUUM, which is the operator's.
        """
        if not self.is_postgres:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def close(self) -> None:
        """Give every connection back."""
        for engine in self.engines:
            engine.dispose()


def violated(error: sa.exc.IntegrityError) -> str:
    """The name of the constraint a statement broke, as far as the database tells it."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""


def unreadable(error: DBAPIError) -> bool:
    """Whether what is stored is no value of its column: it was found, and can't be handed out.

    SQLite may hold text that isn't UTF-8, PostgreSQL an instant that Python has no year for.
    """
    found = isinstance(error, sa.exc.DataError) or "Could not decode" in str(error.orig)
    return found and error.statement is None


def is_postgres(session: Session) -> bool:
    """Whether a session talks to PostgreSQL rather than SQLite."""
    return session.get_bind().dialect.name == POSTGRES


def held(statement: sa.Select[Any], hold: Hold) -> sa.Select[Any]:
    """A select that keeps its rows from other writers (SQLite has one writer).

    To name a row, so that it isn't deleted or marked otherwise meanwhile; to change it, which is in
    the way of other changes and of no name; to close it, when nobody is to be naming it.
    A row that was changed while its turn was waited for is read again.
    """
    return statement.with_for_update(**_HOLDS[hold])


def take_turn(session: Session, what: str) -> None:
    """Make writers wait for each other where no one row is theirs (SQLite has one writer)."""
    if is_postgres(session):
        name = sa.func.hashtext(what)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(TURNS, name)))


# Made once: every write uses it, and making a statement costs as much as executing it.
_LAST = sa.select(
    sa.func.pg_advisory_xact_lock(TURNS, sa.func.hashtext(sa.literal_column(f"'{LAST}'")))
)


def take_last(tx: Tx) -> None:
    """Take the turn of everything that is done last, unless the transaction has it already."""
    if not tx.last and is_postgres(tx.session):
        tx.session.execute(_LAST)
    tx.last = True


def insert_once(session: Session, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert a row unless its key is there already, whoever put it there."""
    dialect = postgresql if is_postgres(session) else sqlite
    session.execute(dialect.insert(table).values(**values).on_conflict_do_nothing())
