"""Alembic's entry: run the migrations on the connection that the service hands over."""

import sqlalchemy as sa
from alembic import context

from app import api  # noqa: F401 - importing the resources fills the metadata
from app.kernel import events, idempotency, meta  # noqa: F401 - as above
from app.kernel.migrations import include
from app.kernel.tables import Base

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
