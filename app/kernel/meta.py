"""What the store knows about itself: the secrets it signs and hashes with."""

import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.access import Principal
from app.kernel.db import Database, insert_once
from app.kernel.tables import Base, table_of
from app.kernel.types import text_column


class Meta(Base):
    """A name and its value."""

    __tablename__ = "meta"

    name: Mapped[str] = mapped_column(text_column(60), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)


def secret(database: Database, name: str) -> bytes:
    """A secret of the store, made once, so that what rests on it outlives a restart.

    `cursor_secret` signs cursors, `key_secret` hashes keys.
    """
    table = table_of(Meta)
    wanted = sa.select(table.c.value).where(table.c.name == name)
    with database.read() as session:
        found = session.execute(wanted).scalar()
    if found is None:
        with database.write(Principal.owner("service")) as tx:
            fresh = {"name": name, "value": secrets.token_hex(32)}
            insert_once(tx.session, table, fresh)
            found = tx.session.execute(wanted).scalar_one()
    return bytes.fromhex(found)
