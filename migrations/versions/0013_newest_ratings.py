"""The timeline finds the newest ratings and withdrawals of all, and sorts them no more.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    """Apply."""
    _index("ix_ratings_newest", "effective_at", LIVE)
    _index("ix_ratings_withdrawn", "withdrawn_at", f"{LIVE} AND withdrawn_at IS NOT NULL")


def _index(name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "ratings", [column, "id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_ratings_withdrawn", "ratings")
    op.drop_index("ix_ratings_newest", "ratings")
