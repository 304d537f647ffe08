"""The command line: serve, migrate, load, export, openapi, bench."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

import click
import sqlalchemy as sa
import uvicorn
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app import dataset
from app.bench.load import LoadError as BenchError
from app.bench.run import Options, run
from app.dataset import loader
from app.dataset.loader import LoadError
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import NotFound, Problem
from app.kernel.migrations import head, known, lack, migrate, revision
from app.main import create_app

GRACE_SECONDS = 10
"""How long requests under way may take to end when the service is stopped."""

OK = 200


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
            return f"The database doesn't do what it was asked: {_reason(error)}"
        case ModuleNotFoundError(name="psycopg"):
            return "PostgreSQL needs its driver: pip install 'entente[postgres]'"
        case ModuleNotFoundError():
            raise error
        case _:
            return str(error)


def _reason(error: DBAPIError) -> str:
    """The driver's first line; the others tell people what they didn't ask."""
    return next(iter(str(error.orig).strip().splitlines()), "it gives no reason")


def _settings(**changes: object) -> Settings:
    """The settings of the environment, with what the command line says instead."""
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [f"ENTENTE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise click.ClickException("; ".join(lines)) from None


@contextmanager
def _database(settings: Settings, *, migrated: bool = True) -> Iterator[Database]:
    """The configured database, reached before anything else is done, and closed at the end."""
    database = Database.of(settings)
    try:
        try:
            with database.engine.connect() as connection:
                found = revision(connection)
        except DBAPIError as error:
            where = sa.make_url(settings.database_url).render_as_string(hide_password=True)
            raise click.ClickException(f"Can't open {where}: {_reason(error)}") from None
        if (migrated or found not in known()) and (reason := lack(found)):
            raise click.ClickException(reason)
        yield database
    finally:
        database.close()


@click.group(cls=Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="entente")
def main() -> None:
    """Geopolitical risk assessments that can be queried, replayed and annotated.

    Settings come from ENTENTE_* environment variables, e.g. ENTENTE_DATABASE_URL
    (sqlite:///entente.db, or postgresql+psycopg://user:password@host/name).
    """


# --- serve ------------------------------------------------------------------------------------


@main.command()
@click.option("--host", help="Address to listen on.  [default: ENTENTE_HOST or 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: ENTENTE_PORT or 8000]")
@click.option("--access-log/--no-access-log", default=False, help="Write a line per request.")
def serve(host: str | None, port: int | None, *, access_log: bool) -> None:
    """Migrate the database, load the data set if it is empty, and serve."""
    settings = _settings(host=host, port=port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends all as Ctrl-C does
    with (
        # Taken before anything is changed, and listening once the service can answer.
        _bound(settings.host, settings.port) as sock,
        _database(settings, migrated=False) as database,
    ):
        migrate(database.engine)
        if loader.load_if_empty(settings, database):
            click.echo(f"Loaded the data set {settings.dataset}.")
        config = uvicorn.Config(
            create_app(settings, database),
            host=settings.host,
            port=settings.port,
            access_log=access_log,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        # Before the address is told: who follows it at once waits and isn't refused.
        sock.listen()
        click.echo(f"Docs: {_address(settings.host, sock.getsockname()[1])}/docs")
        with suppress(KeyboardInterrupt):  # raised anew once the requests under way have ended
            server.run(sockets=[sock])


def _bound(host: str, port: int) -> socket.socket:
    """A socket on an address; port 0 becomes a free one."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except (OSError, UnicodeError) as error:  # the latter for what can't be a name
        sock.close()
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"Can't listen on {host}:{port}: {reason}") from None
    return sock


def _address(host: str, port: int) -> str:
    """The address a person on this machine opens."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host)  # noqa: S104 - told apart, not bound
    return f"http://{name or (f'[{host}]' if ':' in host else host)}:{port}"


# --- migrate, load ----------------------------------------------------------------------------


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the schema of this version."""
    with _database(_settings(), migrated=False) as database:
        migrate(database.engine)
    click.echo(f"The database stands at revision {head()}.")


@main.command()
@click.argument(
    "path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--article",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Text of the article the data set was read from; its claims are then located in it.",
)
def load(path: Path | None, article: Path | None) -> None:
    """Load a data set: the folder PATH, or the configured one.

    Records that are there already are changed where they differ. All of it is loaded, or nothing.
    """
    settings = _settings()
    folder = path or dataset.folder(settings.dataset)
    if folder is None or not folder.is_dir():
        raise click.ClickException(f"There is no data set {settings.dataset!r}; name a folder.")
    with (
        _database(settings) as database,
        click.progressbar(length=1, label=f"Loading {folder.name}", file=sys.stderr) as bar,
    ):

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        report = loader.load(database, folder, article, progress)
    click.echo(f"{report.created} created, {report.changed} changed, {report.unchanged} unchanged.")


# --- export, openapi --------------------------------------------------------------------------


@main.command()
@click.argument("kind")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "ndjson", "json"]),
    default="csv",
    show_default=True,
    help="csv: a table; ndjson: a record a line; json: one document, as a page of the API.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write.  [default: stdout]",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the list; repeat.",
)
def export(kind: str, form: str, out: Path | None, params: Sequence[str]) -> None:
    """Write a whole list, KIND, to a file.

    KIND is a path below /v1: claims, actors, alliances/SLUG/consequences … Filters and
    moments are the API's own, e.g. --param known_at=2023-09-10T00:00:00Z.
    """
    if not all("=" in param for param in params):
        raise click.BadParameter("must be NAME=VALUE", param_hint="--param")
    pairs = [(name, value) for name, _, value in (param.partition("=") for param in params)]
    if {"format", "limit", "cursor"} & {name for name, _ in pairs}:
        raise click.BadParameter(
            "format, limit and cursor are the export's own", param_hint="--param"
        )
    wire = "csv" if form == "csv" else "ndjson"
    query = urlencode([*pairs, ("format", wire)])
    settings = _settings()
    with _database(settings) as database, _target(out) as file:
        write = _as_document(file) if form == "json" else file.write
        asyncio.run(_get(settings, database, f"/v1/{kind.strip('/')}", query, write))
        write(b"")


@main.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write.  [default: stdout]",
)
def openapi(out: Path | None) -> None:
    """Write the OpenAPI document."""
    text = json.dumps(create_app(_settings()).openapi(), ensure_ascii=False, indent=2)
    with _target(out) as file:
        file.write(f"{text}\n".encode())


@contextmanager
def _target(out: Path | None) -> Iterator[BinaryIO]:
    """The file to write, in its place only once it is whole; or the standard output."""
    if out is None:
        yield sys.stdout.buffer
        click.echo(nl=False)  # hands on what is still held back
        return
    part = out.with_name(f".{out.name}.part")
    if not out.parent.is_dir():
        raise click.ClickException(f"There is no folder {out.parent}.")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _as_document(file: BinaryIO) -> Callable[[bytes], object]:
    """A writer that turns lines of JSON into one document; an empty piece ends it."""
    rest = b""
    before = b'{"items":[\n'

    def write(piece: bytes) -> None:
        nonlocal rest, before
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            file.write(before + line)
            before = b",\n"
        if not piece:
            file.write((before if before != b",\n" else b"\n") + b'],"next":null}\n')

    return write


async def _get(
    settings: Settings,
    database: Database,
    path: str,
    query: str,
    write: Callable[[bytes], object],
) -> None:
    """Ask the application, in this process, and hand on its answer piece by piece."""
    app = create_app(settings, database)
    status = 0
    refusal = b""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status, refusal
        if message["type"] == "http.response.start":
            status = message["status"]
        elif status == OK:
            # An empty piece is the stream's own end and says nothing.
            if message.get("body"):
                write(message["body"])
        else:
            refusal += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 80),
    }
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)
    if status != OK:
        told = json.loads(refusal)["detail"]
        unknown = told == NotFound.explanation or "?format:" in told  # only lists know formats
        raise click.ClickException(f"{path} isn't a list." if unknown else f"{path}: {told}")


# --- bench ------------------------------------------------------------------------------------


def _counts(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[int, ...]:
    """Numbers separated by commas, each 1 or more."""
    parts = value.split(",")
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter("must be numbers like 10000,100000")
    return tuple(map(int, parts))


@main.command()
@click.option(
    "--claims",
    default="10000,100000,1000000",
    show_default=True,
    callback=_counts,
    help="Sizes of the sets, separated by commas.",
)
@click.option("--ratings", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--annotations", type=click.IntRange(0), default=50_000, show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=3.0,
    show_default=True,
    help="How long each case is measured, on each side.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    default=4,
    show_default=True,
    help="Requests under way at a time.",
)
@click.option("--seed", default=1, show_default=True, help="Another makes another set.")
@click.option(
    "--database-url",
    help="PostgreSQL server to measure on; databases are made there, its own isn't touched."
    "  [default: temporary SQLite files]",
)
@click.option("--keep", is_flag=True, help="Leave the sets where they are.")
def bench(**options: Any) -> None:
    """Measure the service on synthetic sets, beside a bare server that sends the same bytes."""
    url = options["database_url"]
    if url is not None and sa.make_url(url).get_backend_name() != "postgresql":
        raise click.BadParameter("must be of a PostgreSQL server", param_hint="--database-url")
    try:
        run(Options(**options), click.echo)
    except BenchError as error:
        raise click.ClickException(str(error)) from None
