"""What every command shares: settings, the database, and failures told in one line."""

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.dataset.files import LoadError
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import Problem
from app.kernel.migrations import lack, revision
from app.kernel.wording import told


class Plain(click.Group):
    """Commands whose expected failures are one line each, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a failure a person can mend becomes a message and exit code 1."""
        try:
            return super().invoke(ctx)
        except (LoadError, Problem, DBAPIError, ModuleNotFoundError) as error:
            message = _said(error)
        except BrokenPipeError:
            raise  # click ends quietly when the reader of the output has gone
        except OSError as error:
            message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(message)


def _said(error: Exception) -> str:
    """The failure in one line."""
    match error:
        case Problem():
            return error.detail
        case DBAPIError():
            return f"The database doesn't do what it was asked: {said_by(error)}"
        case ModuleNotFoundError(name="psycopg"):
            return "PostgreSQL needs its driver: pip install 'entente[postgres]'"
        case ModuleNotFoundError():
            raise error
        case _:
            return str(error)


def said_by(error: DBAPIError) -> str:
    """The driver's first line; the others tell people what they didn't ask."""
    return next(iter(str(error.orig).strip().splitlines()), "it gives no reason")


def configured(**changes: object) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    _doubt_names()
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [f"ENTENTE_{str(e['loc'][0]).upper()}: {told(e)}" for e in error.errors()]
        raise click.ClickException("; ".join(lines)) from None


def _doubt_names() -> None:
    """Warn of variables that nothing reads: a slip in a name would leave the default in place."""
    known = list(Settings.model_fields)
    for name in sorted(os.environ):
        prefix, _, rest = name.lower().partition("_")
        if prefix == "entente" and rest not in known:
            near = difflib.get_close_matches(rest, known, 1)
            meant = f"; is ENTENTE_{near[0].upper()} meant?" if near else "."
            click.echo(f"Warning: there is no setting {name}{meant}", err=True)


def _is_there(url: sa.URL) -> bool:
    """Whether a database may be there: of a file it can be told without making one."""
    path = url.database or ""
    return url.get_backend_name() != "sqlite" or path.startswith("file:") or Path(path).exists()


@contextmanager
def opened(
    settings: Settings, *, migrated: bool = True, there: bool | None = None
) -> Iterator[Database]:
    """The configured database, reached before anything else is done, and closed at the end.

    What a command asks of it may take its time: a migration, the loading of a large set. One that
    needs it `migrated`, or `there`, must find it: SQLite makes a file of whatever it is asked for.
    """
    url = sa.make_url(settings.database_url)
    where = url.render_as_string(hide_password=True)
    database = Database.of(settings.model_copy(update={"query_timeout_seconds": 0.0}))
    try:
        if (migrated if there is None else there) and not _is_there(url):
            raise click.ClickException(
                f"There is no database at {where}; `entente migrate` makes one, and `entente serve`"
                " fills it as well. ENTENTE_DATABASE_URL leads to another."
            )
        try:
            with database.engine.connect() as connection:
                found = revision(connection)
        except DBAPIError as error:
            raise click.ClickException(f"Can't open {where}: {said_by(error)}") from None
        if migrated and (reason := lack(found)):
            raise click.ClickException(f"{where}: {reason}")
        yield database
    finally:
        database.close()
