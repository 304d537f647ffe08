"""Writing the synthetic set in bulk."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.bench import bulk
from app.bench.opinions import Opinions, first_version
from app.bench.world import BY, World
from app.kernel import links, search
from app.kernel.access import Principal
from app.kernel.db import Database
from app.kernel.records import Row
from app.kernel.tables import Base, Record, table_of
from app.ratings.models import Judgement, Rating

T = TypeVar("T")

BATCH = 20_000
SEARCH = table_of(search.SearchEntry)


def fill(
    database: Database,
    world: World,
    opinions: Opinions,
    progress: Callable[[int], None] = lambda _rows: None,
) -> None:
    """Write the set into a migrated, empty database. `progress` is told of records written."""
    _hurry(database)
    indexes = _without_indexes(database)
    numbers = count(1)
    for model, rows in world.records():
        for batch in batches(rows):
            with database.write(Principal.owner(BY)) as tx:
                _put(tx.session, model, batch, numbers)
            progress(len(batch))
    _put_opinions(database, opinions, numbers, progress)
    with database.write(Principal.owner(BY)) as tx:
        for index in indexes:
            tx.session.execute(sa.text(index))
    _settle(database, next(numbers))


def batches(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The rows, some at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


def _hurry(database: Database) -> None:
    """Nothing here has to outlive a power cut, and a large cache keeps the indexes in memory."""
    if database.is_postgres:
        return

    def prepare(connection: Any, _record: object) -> None:
        for pragma in ("synchronous=OFF", "cache_size=-1000000", "foreign_keys=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(database.engine, "connect", prepare)
    database.engine.dispose()


def _without_indexes(database: Database) -> list[str]:
    """Drop what SQLite makes faster in one go at the end: the statements that make it again."""
    if database.is_postgres:
        return []
    master = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    with database.write(Principal.owner(BY)) as tx:
        found = tx.session.execute(master).all()
        for name, _ in found:
            tx.session.execute(sa.text(f'DROP INDEX "{name}"'))
    return [sql for _, sql in found]


def _settle(database: Database, number: int) -> None:
    """Leave the database as one that has been at work for a while."""
    if database.is_postgres:
        sequence = "pg_get_serial_sequence('search_entries', 'number')"
        engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(
                sa.text(f"SELECT setval({sequence}, :next, false)"), {"next": number}
            )
            # The autovacuum daemon does it within minutes of any such load.
            connection.exec_driver_sql("VACUUM ANALYZE")
    else:
        database.analyze()
        raw = database.engine.raw_connection()  # a checkpoint runs outside every transaction
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
    database.engine.dispose()


def _put(
    session: Session, model: type[Record], rows: Sequence[Row], numbers: Iterator[int]
) -> None:
    """Records with what follows from them: their link rows and search entries."""
    kind = table_of(model).name
    bulk.insert(session, table_of(model), rows)
    if model.references or model.states:
        named = [link for row in rows for link in links.rows_of(kind, row, row["recorded_at"])]
        bulk.insert(session, table_of(links.Link), named)
    if model.searchable or model.label:
        bulk.insert(session, SEARCH, [_entry(model, row, next(numbers)) for row in rows])


def _entry(model: type[Record], row: Row, number: int) -> Row:
    return {**search.entry_of(model, row), "number": number}


def _put_opinions(
    database: Database,
    opinions: Opinions,
    numbers: Iterator[int],
    progress: Callable[[int], None],
) -> None:
    twins = Base.twins
    for batch in batches(opinions.ratings):
        past, present = _entries(batch, numbers)
        with database.write(Principal.owner(BY)) as tx:
            bulk.insert(tx.session, table_of(Rating), batch)
            bulk.insert(tx.session, SEARCH, present)
            bulk.insert(tx.session, twins["search_entries"], past)
        progress(len(batch))
    parts: tuple[tuple[sa.Table, Iterable[Row]], ...] = (
        (twins["ratings"], opinions.replaced_ratings()),
        (table_of(Judgement), opinions.judgements),
        (twins["judgements"], opinions.replaced_judgements()),
    )
    for table, rows in parts:
        for batch in batches(rows):
            with database.write(Principal.owner(BY)) as tx:
                bulk.insert(tx.session, table, batch)


def _entries(ratings: Sequence[Row], numbers: Iterator[int]) -> tuple[list[Row], list[Row]]:
    """Search entries of ratings as they were written, and of those written again since."""
    past: list[Row] = []
    present: list[Row] = []
    for row in ratings:
        entry = _entry(Rating, first_version(row), next(numbers))
        if row["ended_at"] is None:
            present.append(entry)
        else:
            past.append({**entry, "superseded_at": row["ended_at"], "sealed": None})
            present.append(_entry(Rating, row, next(numbers)))
    return past, present
