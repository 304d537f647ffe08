"""Checks of what the records stand on: the configuration and the database itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app import dataset
from app.kernel.db import Database
from app.operate.patient import FEW, Finding, Patient

FULL = 2
"""What SQLite says of `synchronous=FULL`."""


def configuration(patient: Patient) -> Iterator[Finding]:
    """What the settings name is there."""
    name = patient.settings.dataset
    folder = dataset.folder(name)
    if folder is not None and not folder.is_dir():
        yield Finding("configuration", f"there is no data set {name!r}", "ENTENTE_DATASET")
    path = sa.make_url(patient.settings.database_url).database or ""
    if not patient.database.is_postgres:
        for place in (Path(path), Path(path).resolve().parent):
            if not os.access(place, os.W_OK):
                yield Finding("configuration", "can't be written", str(place))


def sqlite_file(patient: Patient) -> Iterator[Finding]:
    """SQLite finds its file whole, and every foreign key leads somewhere."""
    if patient.database.is_postgres:
        return
    with patient.database.engine.connect() as connection:
        for row in connection.exec_driver_sql("PRAGMA integrity_check").fetchmany(FEW):
            if row[0] != "ok":
                yield Finding("sqlite_file", "the file is damaged", row[0])
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(FEW):
            what = f"names a row of {row[2]} that isn't there"
            yield Finding("sqlite_file", what, f"{row[0]}, row {row[1]}")


def sqlite_pragmas(patient: Patient) -> Iterator[Finding]:
    """A connection of the service has the guarantees it relies on."""
    if patient.database.is_postgres:
        return
    wanted = {"journal_mode": "wal", "synchronous": FULL, "foreign_keys": 1}
    with patient.database.engine.connect() as connection:
        for name, value in wanted.items():
            found = connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            if found != value:
                what = f"{name} is {found}, not {value}: acknowledged writes can be lost"
                yield Finding("sqlite_pragmas", what)


DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def postgres_durability(patient: Patient) -> Iterator[Finding]:
    """PostgreSQL keeps what it has acknowledged, also through a power cut."""
    for name, value in loose(patient.database):
        what = f"{name} is {value}: a power cut can lose acknowledged writes"
        yield Finding("postgres_durability", what, severity="warning")


def loose(database: Database) -> list[tuple[str, str]]:
    """The settings of PostgreSQL by which acknowledged writes can be lost."""
    if not database.is_postgres:
        return []
    with database.engine.connect() as connection:
        found = [
            (name, str(connection.execute(sa.select(sa.func.current_setting(name))).scalar()))
            for name in DURABLE
        ]
    return [(name, value) for name, value in found if value in {"off", "local"}]


def postgres_room(patient: Patient) -> Iterator[Finding]:
    """PostgreSQL takes as many connections as the service may open."""
    if not patient.database.is_postgres:
        return
    size = patient.settings.pool_size
    with patient.database.engine.connect() as connection:
        most, kept = (
            int(str(connection.execute(sa.select(sa.func.current_setting(name))).scalar()))
            for name in ("max_connections", "superuser_reserved_connections")
        )
    if size > most - kept:
        what = f"it takes {most - kept} connections, and the service may open {size}"
        yield Finding("postgres_room", what, "ENTENTE_POOL_SIZE", "warning")


def replica(patient: Patient) -> Iterator[Finding]:
    """The replica answers, and is one."""
    found = patient.database.replica
    if found is None:
        return
    try:
        with found.engine.connect() as connection:
            standby = connection.execute(sa.select(sa.func.pg_is_in_recovery())).scalar()
    except DBAPIError as error:
        what = "the replica doesn't answer; the primary does its work"
        yield Finding("replica", what, type(error.orig).__name__, "warning")
        return
    if not standby:
        what = "is no standby: what is written would be missing there"
        yield Finding("replica", what, "ENTENTE_DATABASE_READ_URL")
