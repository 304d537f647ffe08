"""`entente bench` on the command line."""

from typing import Any

import click
import sqlalchemy as sa

from app.bench.load import LoadError
from app.bench.run import Options, run


def _counts(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[int, ...]:
    """Numbers separated by commas, each 1 or more."""
    parts = value.split(",")
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter("must be numbers like 10000,100000")
    return tuple(map(int, parts))


@click.command()
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
    except LoadError as error:
        raise click.ClickException(str(error)) from None
