"""`entente audit` on the command line."""

import click

from app.command import configured, opened
from app.kernel.audit import verify


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command("verify")
def verify_command() -> None:
    """Check the chain of the audit log from its first entry on; exit with 1 where it is broken.

    What it prints, kept elsewhere, shows later whether the log was written anew: its entry of that
    number must still have that hash.
    """
    with opened(configured()) as database:
        found = verify(database)
    if found.first_broken is not None:
        raise click.ClickException(
            f"Entry {found.first_broken} doesn't fit; the {found.checked} before it do, up to"
            f" {found.head}."
        )
    click.echo(f"{found.checked} entries fit, up to {found.head}.")
