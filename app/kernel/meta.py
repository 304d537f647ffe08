"""What the store knows about itself: the secret that signs its cursors."""

import secrets

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Database, insert_once
from app.kernel.tables import Base, table_of
from app.kernel.types import text_column


class Meta(Base):
    """A name and its value."""

    __tablename__ = "meta"

    name: Mapped[str] = mapped_column(text_column(60), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)


def cursor_secret(database: Database) -> bytes:
    """The secret cursors are signed with, made once for a store, so that they outlive a restart."""
    table = table_of(Meta)
    wanted = sa.select(table.c.value).where(table.c.name == "cursor_secret")
    with database.read() as session:
        found = session.execute(wanted).scalar()
    if found is None:
        with database.write("service") as tx:
            fresh = {"name": "cursor_secret", "value": secrets.token_hex(32)}
            insert_once(tx.session, table, fresh)
            found = tx.session.execute(wanted).scalar_one()
    return bytes.fromhex(found)
