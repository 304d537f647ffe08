"""Indexes for the lists of claims by credibility and by label, either way.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VALUES = {"credibility": ("nullif(credibility, 6)", "0"), "ref": ("ref", "''")}
"""What a list is sorted by, and what stands for none: as `kernel.pages` writes it."""


def upgrade() -> None:
    """Apply. What has no value comes last in both directions, so each has an index of its own."""
    there = sa.text("deleted_at IS NULL")
    for name, (value, nothing) in VALUES.items():
        for way, direction in (("up", ""), ("down", " DESC")):
            op.create_index(
                f"ix_claims_by_{name}_{way}",
                "claims",
                [
                    sa.text(f"(CASE WHEN ({value} IS NULL) THEN 1 ELSE 0 END)"),
                    sa.text(f"(coalesce({value}, {nothing})){direction}"),
                    sa.text(f"id{direction}"),
                ],
                sqlite_where=there,
                postgresql_where=there,
            )


def downgrade() -> None:
    """Take back."""
    for name in VALUES:
        for way in ("up", "down"):
            op.drop_index(f"ix_claims_by_{name}_{way}", table_name="claims")
