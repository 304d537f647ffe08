"""A backup taken while people write holds what was acknowledged, and comes back whole."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from app.kernel.config import Settings
from app.main import create_app
from app.operate import dumps
from tests.client import Client
from tests.command import Server, entente, refused, started, succeeded
from tests.helpers import ids, make, read
from tests.operate.postgres import TOOLS

WRITERS = 3


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's tools, of the version of its server."""
    if TOOLS is not None:
        monkeypatch.setenv("PATH", str(TOOLS), prepend=os.pathsep)


@pytest.fixture
def tools(store: Any) -> None:
    """Skips where a dump can't be made."""
    if store.name == "postgresql" and TOOLS is None:
        pytest.skip("PostgreSQL's tools aren't here")


class Load:
    """Writers that remember what they were told is kept."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.kept: list[str] = []
        self.over = threading.Event()
        self.enough = threading.Event()

    def run(self, writer: int) -> None:
        number = 0
        while not self.over.is_set():
            slug = f"w{writer}-{number}"
            number += 1
            answer = self.server.ask(
                "POST", "/v1/actors", {"slug": slug, "name": slug, "kind": "state"}
            )
            assert answer.status == 201
            self.kept.append(slug)
            if len(self.kept) > 10 * WRITERS:
                self.enough.set()


@contextmanager
def writing(server: Server) -> Iterator[Load]:
    load = Load(server)
    threads = [threading.Thread(target=load.run, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        assert load.enough.wait(60)
        yield load
    finally:
        load.over.set()
        for thread in threads:
            thread.join()


@pytest.mark.usefixtures("tools")
def test_what_was_acknowledged_before_a_backup_is_in_it(
    store: Any, empty_template: str, tmp_path: Path
) -> None:
    url, file = store.make(empty_template), tmp_path / "all.backup"
    server = Server(started(url, "serve", cwd=tmp_path, port="0", dataset="none"))
    with writing(server) as load:
        before = list(load.kept)
        told = succeeded(entente(url, "backup", file))
        during = len(load.kept)
    assert during > len(before), "nobody wrote meanwhile"
    assert f"{file}: " in told
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []

    in_use = refused(entente(url, "restore", file, "--force"))
    assert in_use.endswith("in use: stop the service first.")
    server.end()
    assert "already; --force replaces it." in refused(entente(url, "restore", file))
    assert "revision" in succeeded(entente(url, "restore", file, "--force"))
    assert slugs(url) >= set(before)
    assert not [line for line in doctor(url) if "postgres_durability" not in line]
    store.drop(url)


def slugs(url: str) -> set[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = set(connection.execute(sa.text("SELECT slug FROM actors")).scalars())
    engine.dispose()
    return found


def doctor(url: str) -> list[str]:
    told = entente(url, "doctor").stdout.splitlines()
    return [line for line in told if not line.startswith("Healthy")]


@pytest.mark.usefixtures("tools")
def test_a_restore_undoes_what_came_after_and_leaves_nothing_of_it(
    store: Any, loaded_template: str, tmp_path: Path
) -> None:
    url, file = store.make(loaded_template), tmp_path / "all.backup"
    before = slugs(url)
    succeeded(entente(url, "backup", file))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE actors SET slug = 'x' || slug"))
        connection.execute(sa.text("CREATE TABLE newer (id INTEGER)"))
    engine.dispose()
    succeeded(entente(url, "restore", file, "--force"))
    assert slugs(url) == before
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        assert not sa.inspect(connection).has_table("newer")
    assert [line for line in doctor(url) if "postgres_durability" not in line] == []
    store.drop(url)


@pytest.mark.usefixtures("tools")
def test_a_backup_comes_back_where_nothing_was(
    store: Any, loaded_template: str, tmp_path: Path
) -> None:
    url, file, fresh = store.make(loaded_template), tmp_path / "all.backup", store.make(None)
    succeeded(entente(url, "backup", file))
    succeeded(entente(fresh, "restore", file))
    assert slugs(fresh) == slugs(url)
    store.drop(url)
    store.drop(fresh)


@pytest.mark.usefixtures("tools")
def test_a_file_is_not_overwritten_unless_that_is_asked(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    file.write_text("precious")
    told = refused(entente(database_url, "backup", file))
    assert told == f"{file} is there already; --force replaces it."
    assert file.read_text() == "precious"
    succeeded(entente(database_url, "backup", file, "--force"))
    assert file.stat().st_size > 1000
    missing = tmp_path / "nowhere" / "all.backup"
    assert refused(entente(database_url, "backup", missing)) == (
        f"There is no folder {missing.parent}."
    )


@pytest.mark.usefixtures("tools")
def test_a_file_of_a_newer_version_or_of_another_kind_is_refused(
    store: Any, loaded_template: str, tmp_path: Path
) -> None:
    url = store.make(loaded_template)
    engine = sa.create_engine(url)
    newer = "UPDATE alembic_version SET version_num = '9999'"
    another = "DROP TABLE alembic_version"
    for statement, words in ((newer, "a newer one has migrated it"), (another, "is no backup")):
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()
        file = dumped(store, url, tmp_path / words.replace(" ", "-"))
        assert words in refused(entente(url, "restore", file, "--force"))
    text = tmp_path / "text"
    text.write_text("no database at all, but some words that say so" * 40)
    refused(entente(url, "restore", text, "--force"))
    assert len(slugs(url)) > 5
    store.drop(url)


def dumped(store: Any, url: str, file: Path) -> Path:
    """A copy of a database, made past the command, which refuses what it doesn't know."""
    if store.name == "postgresql":
        dumps.dump(url, file)
    else:
        with sqlite3.connect(sa.make_url(url).database or "") as source:
            source.backup(sqlite3.connect(file))
    return file


def test_a_damaged_backup_is_refused(store: Any, loaded_template: str, tmp_path: Path) -> None:
    if store.name != "sqlite":
        pytest.skip("pg_restore says so itself")
    url, file = store.make(loaded_template), tmp_path / "all.backup"
    succeeded(entente(url, "backup", file))
    with file.open("r+b") as content:
        content.seek(60 * 4096)
        content.write(b"\xff" * 8192)
    before = slugs(url)
    assert str(file) in refused(entente(url, "restore", file, "--force"))
    assert slugs(url) == before
    store.drop(url)


def test_a_database_that_cannot_be_opened_is_put_aside(
    store: Any, loaded_template: str, tmp_path: Path
) -> None:
    if store.name != "sqlite":
        pytest.skip("of SQLite")
    url, file = store.make(loaded_template), tmp_path / "all.backup"
    before = slugs(url)
    succeeded(entente(url, "backup", file))
    path = Path(sa.make_url(url).database or "")
    path.write_bytes(b"no longer a database" * 1000)
    succeeded(entente(url, "restore", file, "--force"))
    assert slugs(url) == before
    assert path.with_name(f"{path.name}.broken").read_bytes().startswith(b"no longer")
    path.with_name(f"{path.name}.broken").unlink()
    store.drop(url)


def test_a_service_that_only_waits_is_noticed(
    store: Any, empty_template: str, tmp_path: Path
) -> None:
    url, file = store.make(empty_template), tmp_path / "all.backup"
    if store.name == "postgresql" and TOOLS is None:
        pytest.skip("PostgreSQL's tools aren't here")
    succeeded(entente(url, "backup", file))
    server = Server(started(url, "serve", cwd=tmp_path, port="0", dataset="none"))
    assert server.ask("GET", "/v1/actors").status == 200  # it has the store open by now
    assert "stop the service first" in refused(entente(url, "restore", file, "--force"))
    assert server.ask("GET", "/v1/actors").status == 200
    server.end()
    store.drop(url)


def test_without_its_tools_the_command_is_told(
    store: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.name != "postgresql":
        pytest.skip("of PostgreSQL")
    monkeypatch.setenv("PATH", str(tmp_path))
    url = sa.make_url(database_url).set(password="hush7831")  # noqa: S106 - nobody's
    told = refused(
        entente(url.render_as_string(hide_password=False), "backup", tmp_path / "all.backup")
    )
    assert told.startswith("pg_dump isn't installed here. Where it is: pg_dump --format=custom")
    assert "hush7831" not in told
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_fails_leaves_what_was(
    store: Any, loaded_template: str, tmp_path: Path
) -> None:
    if store.name != "postgresql" or TOOLS is None:
        pytest.skip("of PostgreSQL: an SQLite file is checked before anything is touched")
    url, file = store.make(loaded_template), tmp_path / "all.backup"
    succeeded(entente(url, "backup", file))
    before = slugs(url)
    with file.open("r+b") as content:
        content.truncate(file.stat().st_size * 3 // 4)
    assert refused(entente(url, "restore", file, "--force")).startswith("pg_restore: ")
    assert slugs(url) == before
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        schemas = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'public'")
        assert schemas.fetchone() == (1,)
    store.drop(url)


def test_the_restored_service_answers(store: Any, loaded_template: str, tmp_path: Path) -> None:
    """Of SQLite here; the others show it of PostgreSQL."""
    if store.name != "sqlite":
        pytest.skip("as the doctor says")
    url, file = store.make(loaded_template), tmp_path / "all.backup"
    succeeded(entente(url, "backup", file))
    succeeded(entente(url, "restore", file, "--force"))
    server = Server(started(url, "serve", cwd=tmp_path, port="0"))
    assert server.ask("GET", "/v1/actors?q=example").status == 200
    server.end()
    store.drop(url)


def test_what_is_not_there_is_not_backed_up_and_not_made(tmp_path: Path) -> None:
    file, database = tmp_path / "all.backup", tmp_path / "typo.db"
    told = refused(entente(f"sqlite:///{database}", "backup", file))
    assert told.startswith(f"There is no database at sqlite:///{database}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("tools")
def test_what_happens_after_a_restore_comes_behind_all_that_was_told_before_it(
    store: Any, empty_template: str, tmp_path: Path
) -> None:
    url, file = store.make(empty_template), tmp_path / "all.backup"

    def made(*slugs: str) -> list[str]:
        settings = Settings(database_url=url, pool_size=2, deliver=False)
        with Client(create_app(settings)) as client:
            for slug in slugs:
                make(client, "actors", {"slug": slug, "name": slug, "kind": "state"})
            return ids(read(client, "changes"))

    kept = made("kept")
    succeeded(entente(url, "backup", file))
    told = made("lost", "again")
    succeeded(entente(url, "restore", file, "--force"))
    assert made() == kept
    after = made("again", "new")
    assert after[: len(kept)] == kept
    assert min(after[len(kept) :]) > max(told)
    store.drop(url)
