"""`entente doctor`, `backup` and `restore`."""

import json
from pathlib import Path

import click

from app.command import configured, opened
from app.kernel.db import Database
from app.operate import backups
from app.operate.doctor import report
from app.operate.patient import Patient


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Tell it as one JSON document.")
def doctor(*, as_json: bool) -> None:
    """Check the configuration, the database, and that everything derived is true.

    It only reads, and may run beside the service. The exit code is 1 if something was found.
    """
    settings = configured()
    database = Database.of(settings)
    try:
        found = report(Patient(settings, database))
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(found.document, ensure_ascii=False, indent=2))
    else:
        for finding in found.findings:
            click.echo(finding.line)
        if not found.findings:
            click.echo(f"Healthy: {len(found.checks)} checks found nothing.")
    if found.findings:
        raise SystemExit(1)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def backup(file: Path, *, force: bool) -> None:
    """Write all of the database to FILE, whether the service runs or not.

    Everything acknowledged before it began is in it. FILE is a database of SQLite, or what
    pg_dump writes; only its owner may read it.
    """
    settings = configured()
    with opened(settings, migrated=False, there=True) as database:
        backups.write(database, settings, file, force=force)
    click.echo(f"{file}: {file.stat().st_size} bytes, checked.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the database if it is there.")
def restore(file: Path, *, force: bool) -> None:
    """Make the configured database what it was when FILE was written.

    The service must be stopped. A database of an older version is migrated when the service starts.
    """
    settings = configured()
    found = backups.restore(settings, file, force=force)
    click.echo(f"The database stands at revision {found}, as {file} does.")
