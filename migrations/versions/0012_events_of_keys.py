"""Who may do what is told to nobody: what was told of keys and principals goes.

Revision: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("DELETE FROM events WHERE kind IN ('keys', 'principals')")


def downgrade() -> None:
    """There is nothing to undo: nobody misses what is gone."""
