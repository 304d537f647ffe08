"""The command line: serve, migrate, load, export, openapi; and the commands of other folders."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

import click

from app import dataset
from app.audit.command import audit
from app.bench.command import bench
from app.command import Plain, configured, opened
from app.dataset import loader
from app.kernel import logs, serving
from app.kernel.access import LOCAL, Principal
from app.kernel.config import Settings
from app.kernel.db import Database
from app.kernel.errors import NO_PATH
from app.kernel.migrations import head, migrate, starting
from app.kernel.types import now
from app.keys.admission import is_loopback
from app.keys.command import FIRST_KEY, end_of, key
from app.keys.service import closed, good, leading
from app.main import create_app
from app.operate.command import backup, doctor, restore
from app.operate.stores import loose

WORKER = "app.main:worker"
"""What each of several workers makes its application with, from the same environment."""

OK = 200
SHOWN = 20
"""How many changed records are named; the rest are counted."""


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
@click.option("--workers", type=int, help="Processes.  [default: ENTENTE_WORKERS or 1]")
@click.option("--access-log/--no-access-log", default=True, help="Write a line per request.")
def serve(host: str | None, port: int | None, workers: int | None, *, access_log: bool) -> None:
    """Migrate the database, load the data set if it is empty, and serve."""
    settings = configured(host=host, port=port, workers=workers)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends all as Ctrl-C does
    # Taken before anything is changed, and listening once the service can answer.
    with serving.bound(settings.host, settings.port) as sock:
        with opened(settings, migrated=False) as database, starting(database.engine):
            migrate(database.engine)
            if loader.load_if_empty(settings, database):
                click.echo(f"Loaded the data set {settings.dataset}.")
            _tell(settings, database)
            lax = list(loose(database))
        if not access_log and settings.log_level == "info":
            settings = settings.model_copy(update={"log_level": "warning"})
        logs.configure(settings)
        for name, value in lax:
            logs.log.warning("%s is %s: a power cut can lose acknowledged writes", name, value)
        app: Any = create_app(settings) if settings.workers == 1 else WORKER
        for name in ("host", "port", "workers", "log_level"):  # what was said here, for the workers
            os.environ[f"ENTENTE_{name.upper()}"] = str(getattr(settings, name))
        config = serving.configuration(settings, app)
        docs = f"{serving.address(settings.host, sock.getsockname()[1])}/docs"
        serving.run(config, sock, lambda: click.echo(f"Docs: {docs}"))


def _tell(settings: Settings, database: Database) -> None:
    """Say loudly that the service is open; refuse to open it to other machines."""
    if settings.oidc_issuer:
        return
    with database.read() as session:
        shut, keys = closed(session), good(session, now())
    if shut and not keys:
        raise click.ClickException(
            "Every key there was has expired or was revoked, and what was closed isn't opened"
            f" again. Make one first: {FIRST_KEY}"
        )
    if not shut and not is_loopback(settings.host):
        raise click.ClickException(
            f"There is no key yet, and {settings.host} is reached from other machines. Make one"
            f" first: {FIRST_KEY}"
        )
    if not shut:
        click.echo(
            "OPEN: whoever reaches this address may read and change everything. It is this"
            f" machine's own; `{FIRST_KEY}` closes it.",
            err=True,
        )
    elif ending := end_of(leading(keys)):
        click.echo(ending, err=True)


# --- migrate, load ----------------------------------------------------------------------------


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to the schema of this version."""
    with opened(configured(), migrated=False) as database, starting(database.engine):
        migrate(database.engine)
    click.echo(f"The database stands at revision {head()}.")


@main.command()
@click.argument(
    "path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--article",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Text of the article the data set was read from; its claims are then located in it."
    " Without PATH only the text is added, if the set is there.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, and keep none of it.")
def load(path: Path | None, article: Path | None, *, dry_run: bool) -> None:
    """Load a data set: the folder PATH, or the configured one.

    Records that are there already are changed where they differ, also where somebody has changed
    them since; they are named. What is never edited, as ratings are, is refused where it differs.
    All of it is loaded, or nothing.
    """
    settings = configured()
    folder = path or dataset.folder(settings.dataset)
    if folder is not None and not folder.is_dir():
        raise click.ClickException(dataset.absence(settings.dataset))
    with opened(settings) as database:
        # The text alone, where the set is there: to load it again would undo what was edited.
        alone = path is None and (folder is None or loader.is_there(database, folder))
        if article is not None and (folder is None or alone):
            report = loader.attach(database, article, keep=not dry_run)
        elif folder is not None:
            report = _load(database, folder, article, keep=not dry_run)
        else:
            raise click.ClickException(dataset.absence(settings.dataset))
    _report(report, dry_run=dry_run)


def _load(database: Database, folder: Path, article: Path | None, *, keep: bool) -> loader.Report:
    """Load a folder and show how far it has got."""
    with click.progressbar(length=1, label=f"Loading {folder.name}", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        report = loader.load(database, folder, article, progress, keep=keep)
        if keep and (report.created or report.changed):
            database.analyze()
        return report


def _report(report: loader.Report, *, dry_run: bool) -> None:
    """Say what was done, and which records are no more what they were."""
    changed = len(report.changed)
    if report.created or changed or report.unchanged or not report.attached:
        click.echo(f"{report.created} created, {changed} changed, {report.unchanged} unchanged.")
    for record in report.changed[:SHOWN]:
        click.echo(f"changed: {record}")
    if changed > SHOWN:
        click.echo(f"… and {changed - SHOWN} more")
    for source in report.attached:
        click.echo(f"text: {source}")
    if dry_run:
        click.echo("Nothing of it was kept: a dry run.")


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

    KIND is the path of a list below /v1: claims, actors, alliances/SLUG/consequences … Filters
    and moments are the API's own, e.g. --param as_of=2023-09-10.
    """
    if "?" in kind:
        kind, _, query = kind.partition("?")
        asked = " ".join(f"--param {param}" for param in query.split("&"))
        raise click.BadParameter(f"give parameters apart: {kind} {asked}", param_hint="KIND")
    if not all("=" in param for param in params):
        raise click.BadParameter("must be NAME=VALUE", param_hint="--param")
    pairs = [(name, value) for name, _, value in (param.partition("=") for param in params)]
    if {"format", "limit", "cursor"} & {name for name, _ in pairs}:
        raise click.BadParameter(
            "format, limit and cursor are the export's own", param_hint="--param"
        )
    wire = "csv" if form == "csv" else "ndjson"
    query = urlencode([*pairs, ("format", wire)])
    settings = configured()
    with opened(settings) as database, _target(out) as file:
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
    text = json.dumps(create_app(configured()).openapi(), ensure_ascii=False, indent=2)
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
    settings: Settings, database: Database, path: str, query: str, write: Callable[[bytes], object]
) -> None:
    """Ask the application, in this process, and hand on its answer piece by piece."""
    app = create_app(settings, database, Principal.owner(LOCAL))
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
        detail = json.loads(refusal)["detail"]
        unknown = detail.startswith(NO_PATH) or "?format:" in detail  # only lists know formats
        raise click.ClickException(f"{path} isn't a list." if unknown else f"{path}: {detail}")


main.add_command(audit)
main.add_command(bench)
main.add_command(key)
main.add_command(backup)
main.add_command(restore)
main.add_command(doctor)
