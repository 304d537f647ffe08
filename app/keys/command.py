"""`entente key` on the command line: the first key, and the way back in for who lost theirs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import click
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from app.command import configured, opened
from app.kernel import records
from app.kernel.access import LOCAL, ROLES, Origin, Principal
from app.kernel.db import Tx
from app.kernel.errors import Gone, NotFound
from app.kernel.eyes import EVERYTHING, LEVELS
from app.kernel.meta import secret
from app.kernel.records import Row
from app.kernel.view import View
from app.kernel.wording import pointer, told
from app.keys.models import Key
from app.keys.schemas import KeyIn
from app.keys.service import good, keys, leading, make
from app.principals.models import Principal as Holder
from app.principals.schemas import PrincipalIn
from app.principals.service import principals

S = TypeVar("S", bound=BaseModel)
OWNER = Principal.owner(LOCAL)
FIRST_KEY = "entente key create NAME --role admin"


def end_of(leading: Sequence[datetime | None]) -> str:
    """Of the keys that make others, what to say of their end; nothing where one never ends."""
    if not leading:
        return f"No key makes others any more; here, `{FIRST_KEY}` does."
    ends = [end for end in leading if end is not None]
    if len(ends) < len(leading):
        return ""
    return f"The last key that makes others ends on {max(ends):%Y-%m-%d}: make another before."


@click.group()
def key() -> None:
    """Make, list and revoke the keys of principals."""


@key.command()
@click.argument("principal")
@click.option("--role", type=click.Choice(list(ROLES)), help="Of a new principal.")
@click.option(
    "--clearance", type=click.Choice(LEVELS), help="Of a new principal.  [default: CLEAR]"
)
@click.option("--group", "groups", multiple=True, help="A group of a new principal; repeat.")
@click.option("--machine", is_flag=True, help="The new principal is a machine.")
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    type=click.Choice(["rate", "resolve"]),
    help="What the new machine may do though it judges; repeat.",
)
@click.option("--name", default="command line", show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(ROLES["admin"])),
    help="Only this permission; repeat.  [default: all of the principal's]",
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="Days until it expires.  [default: never]"
)
def create(
    principal: str, name: str, scopes: Sequence[str], days: int | None, **said: object
) -> None:
    """Make a key of PRINCIPAL (a slug), and the principal if it isn't there. It is shown once."""
    with opened(configured()) as database:
        hashing = secret(database, "key_secret")
        with database.write(OWNER, Origin(route="entente key create")) as tx:
            holder = _holder(tx, principal, said)
            expires_at = tx.now + timedelta(days=days) if days else None
            asked = {"name": name, "scopes": list(scopes) or None, "expires_at": expires_at}
            shape = _shape(KeyIn, {"principal": holder["id"], **asked})
            row, text = make(tx, hashing, shape)
            ending = end_of(leading(good(tx.session, tx.now)))
    click.echo(
        f"{holder['slug']} is {holder['role']}, cleared for {holder['clearance']}.", err=True
    )
    if ending:
        click.echo(ending, err=True)
    click.echo(f"The key {row['prefix']}… is shown this once:", err=True)
    click.echo(text)


def _holder(tx: Tx, slug: str, said: dict[str, object]) -> Row:
    """The principal, made where it is missing; what is said of one that is there is refused."""
    given = {name: value for name, value in said.items() if value}
    try:
        found = records.find(tx.session, Holder, slug, tx.view)
    except (NotFound, Gone):
        if "role" not in given:
            raise click.ClickException(f"There is no {slug!r} yet: say its --role.") from None
        shape = _shape(PrincipalIn, {"slug": slug, "name": slug, **_lists(given)})
        return principals.create(tx, shape)
    if given:
        raise click.ClickException(f"{slug!r} is there already; PATCH /v1/principals changes it.")
    return found


def _shape(shape: type[S], given: Mapping[str, object]) -> S:
    """A shape made from arguments. What is wrong with one is said in a line."""
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        lines = [f"{pointer(e, e['loc'], given)[1:]}: {told(e)}" for e in error.errors()]
        raise click.ClickException("; ".join(lines)) from None


def _lists(given: dict[str, object]) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in given.items()
    }


@key.command("list")
def list_keys() -> None:
    """List the keys there are, without their secrets."""
    with opened(configured()) as database, database.read() as session:
        view = View(EVERYTHING)
        holder, t = view.of(Holder), view.of(Key)
        rows = session.execute(
            sa.select(
                t.c.prefix, holder.c.slug, holder.c.role, t.c.name, t.c.expires_at, t.c.last_used_at
            )
            .join(holder, holder.c.id == t.c.principal)
            .order_by(t.c.id)
        ).all()
    if not rows:
        click.echo("There are no keys: the service is open to whoever reaches it.", err=True)
    for prefix, slug, role, name, expires, used in rows:
        ends = f"until {expires:%Y-%m-%d}" if expires else "for good"
        last = f"last used {used:%Y-%m-%d %H:%M}" if used else "never used"
        click.echo(f"{prefix}  {slug} ({role})  {name}  {ends}, {last}")


@key.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the key that begins with PREFIX, as `list` shows it."""
    origin = Origin(route="entente key revoke")
    with opened(configured()) as database, database.write(OWNER, origin) as tx:
        t = tx.view.of(Key)
        found = (
            tx.session.execute(sa.select(t).where(t.c.prefix == prefix.rstrip("…")))
            .mappings()
            .all()
        )
        if len(found) != 1:
            raise click.ClickException(f"There is no one key {prefix!r}.")
        keys.remove(tx, dict(found[0]))
    click.echo(f"{prefix} is revoked.")
