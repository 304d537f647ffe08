"""Where a set is kept while it is measured: a file, or a database of a PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.kernel.config import Settings
from app.kernel.db import Database, make_engine

PREFIX = "entente_bench"


@contextmanager
def folder(*, keep: bool) -> Iterator[Path]:
    """A folder for what the run writes."""
    place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}_"))
    try:
        yield place
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def made(url: str | None, name: str, place: Path, *, keep: bool) -> Iterator[str]:
    """The URL of a new database; removed at the end.

    On a PostgreSQL server it stands beside the one of the URL given, which isn't touched. Raises
    FileExistsError where there is one of that name.
    """
    if url is None:
        yield f"sqlite:///{place / name}.db"
        if not keep:
            for path in place.glob(f"{name}.db*"):
                path.unlink()
        return
    full = f"{PREFIX}_{name}"
    settings = Settings(database_url=url, query_timeout_seconds=0)
    engine = make_engine(settings).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            known = sa.select(sa.text("1")).select_from(sa.text("pg_database"))
            if connection.execute(known.where(sa.column("datname") == full)).first():
                raise FileExistsError(f"The server has a database {full} already.")
            connection.exec_driver_sql(f"CREATE DATABASE {full} TEMPLATE template0 ENCODING 'UTF8'")
        yield engine.url.set(database=full).render_as_string(hide_password=False)
        if not keep:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {full} WITH (FORCE)")
    finally:
        engine.dispose()


def version(database: Database) -> str:
    """The database and its version, as people name them."""
    name, asked = ("PostgreSQL", "SHOW server_version") if database.is_postgres else (
        "SQLite", "SELECT sqlite_version()",
    )  # fmt: skip
    with database.engine.connect() as connection:
        return f"{name} {connection.exec_driver_sql(asked).scalar_one()}"
