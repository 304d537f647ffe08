"""Events in one sequence, webhooks, and their deliveries.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

from app.kernel.types import Id, UtcDateTime, text_column

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "events",
        sa.Column("id", Id(), nullable=False),
        sa.Column("type", text_column(40), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("kind", text_column(40), nullable=False),
        sa.Column("record", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("alliance", Id(), nullable=True),
        sa.Column("by", text_column(100), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("recipient", text_column(100), nullable=True),
        sa.Column("marking", sa.Integer(), nullable=False),
        sa.Column("from_level", sa.Integer(), nullable=True),
        sa.Column("to_level", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_record", "events", ["record", "id"])
    op.create_index("ix_events_alliance", "events", ["alliance", "id"])
    op.create_table(
        "webhooks",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("url", text_column(2048), nullable=False),
        sa.Column("description", text_column(300), nullable=True),
        sa.Column("types", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("kinds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("alliances", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("records", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", text_column(300), nullable=True),
        sa.Column("secret", text_column(100), nullable=False),
        sa.Column("previous_secret", text_column(100), nullable=True),
        sa.Column("previous_secret_until", UtcDateTime(), nullable=True),
        sa.Column("last_event", Id(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease_by", sa.String(length=36), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index("ix_webhooks_owner", "webhooks", ["owner", "id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", Id(), nullable=False),
        sa.Column("webhook", Id(), nullable=False),
        sa.Column("event", Id(), nullable=True),
        sa.Column("type", text_column(40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", text_column(300), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tried_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "uq_webhook_deliveries_event", "webhook_deliveries", ["webhook", "event"], unique=True
    )
    op.create_index("ix_webhook_deliveries_state", "webhook_deliveries", ["webhook", "state", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_webhook_deliveries_state", table_name="webhook_deliveries")
    op.drop_index("uq_webhook_deliveries_event", table_name="webhook_deliveries")
    op.drop_table("webhook_deliveries")
    op.drop_index("ix_webhooks_owner", table_name="webhooks")
    op.drop_table("webhooks")
    op.drop_index("ix_events_alliance", table_name="events")
    op.drop_index("ix_events_record", table_name="events")
    op.drop_table("events")
