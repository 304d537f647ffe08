"""Alembic's entry: run the migrations on the connection that the service hands over."""

import sqlalchemy as sa
from alembic import context

from app import api  # noqa: F401 - importing the resources fills the metadata
from app.kernel import idempotency, meta  # noqa: F401 - as above
from app.kernel.tables import Base


def include(thing: object, name: str | None, kind: str, reflected: object, other: object) -> bool:
    """Leave the full-text tables out: migrations make them by hand."""
    del thing, kind, reflected, other
    return not (name or "").startswith("search_index")


connection: sa.Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=include,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
