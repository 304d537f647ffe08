"""The first schema: every record with its history twin, search, and the default risk matrix.

Revision: 0001
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.domain.matrix import DEFAULT
from app.kernel.ids import derived_id
from app.kernel.types import FIRST_YEAR, Id, UtcDateTime, text_column

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(TSVECTOR(), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "actors",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("alliance", Id(), nullable=True),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("external_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("affiliations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("interest", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actors")),
    )
    op.create_index(op.f("ix_actors_alliance"), "actors", ["alliance"], unique=False)
    op.create_index(
        "uq_actors_ref",
        "actors",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_index(
        "uq_actors_slug",
        "actors",
        ["slug"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "actors_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("alliance", Id(), nullable=True),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("country_code", sa.String(length=2), nullable=True),
        sa.Column("external_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("affiliations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("interest", sa.String(length=20), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_actors_history")),
    )
    op.create_table(
        "alliances",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("members", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("statuses", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliances")),
    )
    op.create_index(
        "uq_alliances_slug",
        "alliances",
        ["slug"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "alliances_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("members", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("statuses", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_alliances_history")),
    )
    op.create_table(
        "annotations",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("target_type", sa.String(length=30), nullable=False),
        sa.Column("target", Id(), nullable=False),
        sa.Column("target_version", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=True),
        sa.Column("selector", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("motivation", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("creator", text_column(120), nullable=False),
        sa.Column("reply_to", Id(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["reply_to"], ["annotations.id"], name=op.f("fk_annotations_reply_to")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
    )
    op.create_index(
        "ix_annotations_created",
        "annotations",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_annotations_creator",
        "annotations",
        ["creator", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_annotations_reply_to",
        "annotations",
        ["reply_to"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_annotations_target",
        "annotations",
        ["target", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "annotations_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("target_type", sa.String(length=30), nullable=False),
        sa.Column("target", Id(), nullable=False),
        sa.Column("target_version", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=True),
        sa.Column("selector", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("motivation", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("creator", text_column(120), nullable=False),
        sa.Column("reply_to", Id(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_annotations_history")),
    )
    op.create_table(
        "assessors",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("agent", text_column(300), nullable=True),
        sa.Column("model", text_column(300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessors")),
    )
    op.create_index(
        "uq_assessors_slug",
        "assessors",
        ["slug"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "assessors_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("agent", text_column(300), nullable=True),
        sa.Column("model", text_column(300), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_assessors_history")),
    )
    op.create_table(
        "causes_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_causes_history")),
    )
    op.create_table(
        "claims_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=True),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("speaker", Id(), nullable=True),
        sa.Column("carriers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("about", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("modality", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=True),
        sa.Column("credibility", sa.Integer(), nullable=False),
        sa.Column("credibility_reason", sa.Text(), nullable=True),
        sa.Column("polarity", sa.String(length=10), nullable=True),
        sa.Column("date", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("likelihood_wording", text_column(300), nullable=True),
        sa.Column("relations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("period", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("corpus", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_claims_history")),
    )
    op.create_table(
        "consequences_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category", text_column(60), nullable=False),
        sa.Column("affected", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("horizon", text_column(300), nullable=True),
        sa.Column("resolution_criteria", sa.Text(), nullable=True),
        sa.Column("resolves_on", sa.Date(), nullable=True),
        sa.Column("base_rate", sa.Double(), nullable=True),
        sa.Column("base_rate_source", sa.Text(), nullable=True),
        sa.Column("part_of", Id(), nullable=True),
        sa.Column("caused_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("likelihood_wording", text_column(300), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_consequences_history")),
    )
    op.create_table(
        "contradictions_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("side_a", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("side_b", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("statuses", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_contradictions_history")),
    )
    op.create_table(
        "evidence_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("claim", Id(), nullable=False),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("bears_on", sa.String(length=10), nullable=False),
        sa.Column("bearing", sa.String(length=12), nullable=False),
        sa.Column("diagnosticity", sa.String(length=10), nullable=True),
        sa.Column("relevance", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_evidence_history")),
    )
    op.create_table(
        "exchanges_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("givers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("receivers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("item", Id(), nullable=False),
        sa.Column("need", text_column(500), nullable=True),
        sa.Column("need_strength", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_exchanges_history")),
    )
    op.create_table(
        "factors_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("bears_on", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_factors_history")),
    )
    op.create_table(
        "items_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_items_history")),
    )
    op.create_table(
        "judgements",
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("log_odds", sa.Double(), nullable=False),
        sa.Column("log_odds_low", sa.Double(), nullable=False),
        sa.Column("log_odds_high", sa.Double(), nullable=False),
        sa.Column("logit", sa.Double(), nullable=False),
        sa.Column("logit_low", sa.Double(), nullable=False),
        sa.Column("logit_high", sa.Double(), nullable=False),
        sa.Column("linear", sa.Double(), nullable=False),
        sa.Column("linear_low", sa.Double(), nullable=False),
        sa.Column("linear_high", sa.Double(), nullable=False),
        sa.Column("median", sa.Double(), nullable=False),
        sa.Column("median_low", sa.Double(), nullable=False),
        sa.Column("median_high", sa.Double(), nullable=False),
        sa.Column("least", sa.Double(), nullable=False),
        sa.Column("q1", sa.Double(), nullable=False),
        sa.Column("q3", sa.Double(), nullable=False),
        sa.Column("most", sa.Double(), nullable=False),
        sa.Column("log_odds_sd", sa.Double(), nullable=False),
        sa.Column("least_rating", Id(), nullable=False),
        sa.Column("most_rating", Id(), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("confidence_rank", sa.Integer(), nullable=True),
        sa.Column("last_rated_at", UtcDateTime(), nullable=False),
        sa.Column("review_by", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consequence", "effective_at", name=op.f("pk_judgements")),
    )
    op.create_index(
        "uq_judgements_standing",
        "judgements",
        ["consequence"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "judgements_history",
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("log_odds", sa.Double(), nullable=False),
        sa.Column("log_odds_low", sa.Double(), nullable=False),
        sa.Column("log_odds_high", sa.Double(), nullable=False),
        sa.Column("logit", sa.Double(), nullable=False),
        sa.Column("logit_low", sa.Double(), nullable=False),
        sa.Column("logit_high", sa.Double(), nullable=False),
        sa.Column("linear", sa.Double(), nullable=False),
        sa.Column("linear_low", sa.Double(), nullable=False),
        sa.Column("linear_high", sa.Double(), nullable=False),
        sa.Column("median", sa.Double(), nullable=False),
        sa.Column("median_low", sa.Double(), nullable=False),
        sa.Column("median_high", sa.Double(), nullable=False),
        sa.Column("least", sa.Double(), nullable=False),
        sa.Column("q1", sa.Double(), nullable=False),
        sa.Column("q3", sa.Double(), nullable=False),
        sa.Column("most", sa.Double(), nullable=False),
        sa.Column("log_odds_sd", sa.Double(), nullable=False),
        sa.Column("least_rating", Id(), nullable=False),
        sa.Column("most_rating", Id(), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("confidence_rank", sa.Integer(), nullable=True),
        sa.Column("last_rated_at", UtcDateTime(), nullable=False),
        sa.Column("review_by", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "consequence", "effective_at", "recorded_at", name=op.f("pk_judgements_history")
        ),
    )
    op.create_table(
        "links",
        sa.Column("owner", Id(), nullable=False),
        sa.Column("field", text_column(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("target", text_column(60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "field", "position", name=op.f("pk_links")),
    )
    op.create_index(
        op.f("ix_links_field_target_at_owner"),
        "links",
        ["field", "target", "at", "owner"],
        unique=False,
    )
    op.create_table(
        "links_history",
        sa.Column("owner", Id(), nullable=False),
        sa.Column("field", text_column(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("target", text_column(60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "owner", "field", "position", "recorded_at", name=op.f("pk_links_history")
        ),
    )
    op.create_table(
        "matrices",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("name", text_column(80), nullable=False),
        sa.Column("matrix_version", sa.Integer(), nullable=False),
        sa.Column("cuts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("grid", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("level_names", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("cut_1", sa.Double(), nullable=False),
        sa.Column("cut_2", sa.Double(), nullable=False),
        sa.Column("cut_3", sa.Double(), nullable=False),
        sa.Column("cut_4", sa.Double(), nullable=False),
        sa.Column("levels", sa.String(length=25), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matrices")),
    )
    op.create_index(
        "uq_matrices_name",
        "matrices",
        ["name", "matrix_version"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "matrices_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("name", text_column(80), nullable=False),
        sa.Column("matrix_version", sa.Integer(), nullable=False),
        sa.Column("cuts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("grid", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("level_names", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("cut_1", sa.Double(), nullable=False),
        sa.Column("cut_2", sa.Double(), nullable=False),
        sa.Column("cut_3", sa.Double(), nullable=False),
        sa.Column("cut_4", sa.Double(), nullable=False),
        sa.Column("levels", sa.String(length=25), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_matrices_history")),
    )
    op.create_table(
        "meta",
        sa.Column("name", text_column(60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "outcomes_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_outcomes_history")),
    )
    op.create_table(
        "ratings_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("assessor", Id(), nullable=False),
        sa.Column("point", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("logit_point", sa.Double(), nullable=False),
        sa.Column("logit_low", sa.Double(), nullable=False),
        sa.Column("logit_high", sa.Double(), nullable=False),
        sa.Column("scale", sa.String(length=10), nullable=True),
        sa.Column("word", sa.String(length=60), nullable=True),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("confidence_rank", sa.Integer(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("review_by", UtcDateTime(), nullable=True),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("change_reason", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("agent", text_column(300), nullable=True),
        sa.Column("model", text_column(300), nullable=True),
        sa.Column("risk_level", sa.Integer(), nullable=True),
        sa.Column("matrix", text_column(80), nullable=True),
        sa.Column("matrix_version", sa.Integer(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_ratings_history")),
    )
    op.create_table(
        "search_entries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", Id(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("parent", Id(), nullable=True),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("record", name=op.f("uq_search_entries_record")),
    )
    op.create_table(
        "search_entries_history",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", Id(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("parent", Id(), nullable=True),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", "recorded_at", name=op.f("pk_search_entries_history")),
    )
    op.create_table(
        "source_texts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_source_texts")),
    )
    op.create_table(
        "sources",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("publisher", text_column(300), nullable=True),
        sa.Column("author", text_column(300), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("published_from", UtcDateTime(), nullable=True),
        sa.Column("reliability", sa.String(length=1), nullable=False),
        sa.Column("reliability_reason", sa.Text(), nullable=True),
        sa.Column("derived_from", Id(), nullable=True),
        sa.Column("licence", text_column(300), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("text_length", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["derived_from"], ["sources.id"], name=op.f("fk_sources_derived_from")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_index(op.f("ix_sources_derived_from"), "sources", ["derived_from"], unique=False)
    op.create_index(
        "uq_sources_slug",
        "sources",
        ["slug"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "sources_history",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("slug", text_column(80), nullable=False),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("publisher", text_column(300), nullable=True),
        sa.Column("author", text_column(300), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("published", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("published_from", UtcDateTime(), nullable=True),
        sa.Column("reliability", sa.String(length=1), nullable=False),
        sa.Column("reliability_reason", sa.Text(), nullable=True),
        sa.Column("derived_from", Id(), nullable=True),
        sa.Column("licence", text_column(300), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=True),
        sa.Column("text_length", sa.Integer(), nullable=True),
        sa.Column("superseded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_sources_history")),
    )
    op.create_table(
        "stored_answers",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_stored_answers")),
    )
    op.create_index(
        op.f("ix_stored_answers_created_at"), "stored_answers", ["created_at"], unique=False
    )
    op.create_table(
        "claims",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=True),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("speaker", Id(), nullable=True),
        sa.Column("carriers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("about", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("modality", sa.String(length=20), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=True),
        sa.Column("credibility", sa.Integer(), nullable=False),
        sa.Column("credibility_reason", sa.Text(), nullable=True),
        sa.Column("polarity", sa.String(length=10), nullable=True),
        sa.Column("date", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("likelihood_wording", text_column(300), nullable=True),
        sa.Column("relations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("period", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("corpus", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_claims_alliance")),
        sa.ForeignKeyConstraint(["speaker"], ["actors.id"], name=op.f("fk_claims_speaker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(
        "ix_claims_alliance_newest",
        "claims",
        ["alliance", "effective_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_claims_created",
        "claims",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_claims_newest",
        "claims",
        ["effective_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_claims_speaker_newest",
        "claims",
        ["speaker", "effective_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_claims_ref",
        "claims",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "consequences",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("category", text_column(60), nullable=False),
        sa.Column("affected", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("horizon", text_column(300), nullable=True),
        sa.Column("resolution_criteria", sa.Text(), nullable=True),
        sa.Column("resolves_on", sa.Date(), nullable=True),
        sa.Column("base_rate", sa.Double(), nullable=True),
        sa.Column("base_rate_source", sa.Text(), nullable=True),
        sa.Column("part_of", Id(), nullable=True),
        sa.Column("caused_by", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("likelihood_wording", text_column(300), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alliance"], ["alliances.id"], name=op.f("fk_consequences_alliance")
        ),
        sa.ForeignKeyConstraint(
            ["part_of"], ["consequences.id"], name=op.f("fk_consequences_part_of")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consequences")),
    )
    op.create_index(op.f("ix_consequences_alliance"), "consequences", ["alliance"], unique=False)
    op.create_index(op.f("ix_consequences_part_of"), "consequences", ["part_of"], unique=False)
    op.create_index(
        "uq_consequences_ref",
        "consequences",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "contradictions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("side_a", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("side_b", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("statuses", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alliance"], ["alliances.id"], name=op.f("fk_contradictions_alliance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contradictions")),
    )
    op.create_index(
        op.f("ix_contradictions_alliance"), "contradictions", ["alliance"], unique=False
    )
    op.create_index(
        "uq_contradictions_ref",
        "contradictions",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "factors",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("title", text_column(500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("bears_on", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_factors_alliance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factors")),
    )
    op.create_index(op.f("ix_factors_alliance"), "factors", ["alliance"], unique=False)
    op.create_index(
        "uq_factors_ref",
        "factors",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "items",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("name", text_column(300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_items_alliance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
    )
    op.create_index(op.f("ix_items_alliance"), "items", ["alliance"], unique=False)
    op.create_index(
        "uq_items_ref",
        "items",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "causes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consequence"], ["consequences.id"], name=op.f("fk_causes_consequence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_causes")),
    )
    op.create_index(
        "ix_causes_series",
        "causes",
        ["consequence", "effective_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("claim", Id(), nullable=False),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("bears_on", sa.String(length=10), nullable=False),
        sa.Column("bearing", sa.String(length=12), nullable=False),
        sa.Column("diagnosticity", sa.String(length=10), nullable=True),
        sa.Column("relevance", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["claim"], ["claims.id"], name=op.f("fk_evidence_claim")),
        sa.ForeignKeyConstraint(
            ["consequence"], ["consequences.id"], name=op.f("fk_evidence_consequence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(
        "ix_evidence_claim",
        "evidence",
        ["claim"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_evidence_link",
        "evidence",
        ["consequence", "claim", "bears_on"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "exchanges",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("alliance", Id(), nullable=False),
        sa.Column("ref", text_column(40), nullable=True),
        sa.Column("givers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("receivers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("item", Id(), nullable=False),
        sa.Column("need", text_column(500), nullable=True),
        sa.Column("need_strength", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alliance"], ["alliances.id"], name=op.f("fk_exchanges_alliance")),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name=op.f("fk_exchanges_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
    )
    op.create_index(op.f("ix_exchanges_alliance"), "exchanges", ["alliance"], unique=False)
    op.create_index(op.f("ix_exchanges_item"), "exchanges", ["item"], unique=False)
    op.create_index(
        "uq_exchanges_ref",
        "exchanges",
        ["alliance", "ref"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.create_table(
        "outcomes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consequence"], ["consequences.id"], name=op.f("fk_outcomes_consequence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
    )
    op.create_index(
        "ix_outcomes_series",
        "outcomes",
        ["consequence", "effective_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "ratings",
        sa.Column("id", Id(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tlp", sa.String(length=12), nullable=False),
        sa.Column("created_by", text_column(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", text_column(100), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("merged_into", Id(), nullable=True),
        sa.Column("consequence", Id(), nullable=False),
        sa.Column("assessor", Id(), nullable=False),
        sa.Column("point", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=False),
        sa.Column("high", sa.Double(), nullable=False),
        sa.Column("logit_point", sa.Double(), nullable=False),
        sa.Column("logit_low", sa.Double(), nullable=False),
        sa.Column("logit_high", sa.Double(), nullable=False),
        sa.Column("scale", sa.String(length=10), nullable=True),
        sa.Column("word", sa.String(length=60), nullable=True),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.String(length=10), nullable=True),
        sa.Column("confidence_rank", sa.Integer(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("effective_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("review_by", UtcDateTime(), nullable=True),
        sa.Column("supersedes", Id(), nullable=True),
        sa.Column("change_reason", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("agent", text_column(300), nullable=True),
        sa.Column("model", text_column(300), nullable=True),
        sa.Column("risk_level", sa.Integer(), nullable=True),
        sa.Column("matrix", text_column(80), nullable=True),
        sa.Column("matrix_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["assessor"], ["assessors.id"], name=op.f("fk_ratings_assessor")),
        sa.ForeignKeyConstraint(
            ["consequence"], ["consequences.id"], name=op.f("fk_ratings_consequence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratings")),
    )
    op.create_index(
        "ix_ratings_assessor",
        "ratings",
        ["assessor", "effective_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_ratings_created",
        "ratings",
        ["created_at", "id"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_ratings_in_force",
        "ratings",
        ["consequence", "ended_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_ratings_series",
        "ratings",
        ["consequence", "assessor", "effective_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    _add_search()
    _add_default_matrix()


def _add_search() -> None:
    """Full text: a GIN index on PostgreSQL; on SQLite FTS5 beside the entries, kept by triggers."""
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_search_entries_words", "search_entries", ["words"], postgresql_using="gin"
        )
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5("
        "words, content='search_entries', content_rowid='number', tokenize='ascii')"
    )
    op.execute(
        "CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN "
        "INSERT INTO search_index(rowid, words) VALUES (new.number, new.words); END"
    )
    op.execute(
        "CREATE TRIGGER search_entries_removed AFTER DELETE ON search_entries BEGIN "
        "INSERT INTO search_index(search_index, rowid, words) "
        "VALUES ('delete', old.number, old.words); END"
    )


def _add_default_matrix() -> None:
    """The matrix that judgements are placed in until another edition is made.

    It is in use from the first day of the service's calendar: what was held in any year has a place
    in it.
    """
    table = sa.table(
        "matrices",
        *(sa.column(name, Id()) for name in ("id",)),
        *(sa.column(name) for name in ("version", "tlp", "created_by", "recorded_by", "name")),
        *(sa.column(name, UtcDateTime()) for name in ("created_at", "recorded_at", "effective_at")),
        *(sa.column(name, sa.JSON()) for name in ("cuts", "grid", "level_names")),
        *(sa.column(name) for name in ("matrix_version", "cut_1", "cut_2", "cut_3", "cut_4")),
        sa.column("levels"),
    )
    recorded = datetime(2000, 1, 1, tzinfo=UTC)
    op.bulk_insert(
        table,
        [
            {
                "id": derived_id(recorded, "matrices", DEFAULT.name),
                "version": 1,
                "tlp": "CLEAR",
                "created_by": "service",
                "recorded_by": "service",
                "created_at": recorded,
                "recorded_at": recorded,
                "effective_at": datetime(FIRST_YEAR, 1, 1, tzinfo=UTC),
                "name": DEFAULT.name,
                "matrix_version": DEFAULT.version,
                "cuts": list(DEFAULT.cuts),
                "grid": [list(row) for row in DEFAULT.grid],
                "level_names": list(DEFAULT.level_names),
                **{f"cut_{number}": cut for number, cut in enumerate(DEFAULT.cuts, start=1)},
                "levels": "".join(str(level) for row in DEFAULT.grid for level in row),
            }
        ],
    )


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TABLE search_index")
    op.drop_index(
        "ix_ratings_series",
        table_name="ratings",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_ratings_in_force",
        table_name="ratings",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_ratings_created",
        table_name="ratings",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_ratings_assessor",
        table_name="ratings",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("ratings")
    op.drop_index(
        "ix_outcomes_series",
        table_name="outcomes",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("outcomes")
    op.drop_index(
        "uq_exchanges_ref",
        table_name="exchanges",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_exchanges_item"), table_name="exchanges")
    op.drop_index(op.f("ix_exchanges_alliance"), table_name="exchanges")
    op.drop_table("exchanges")
    op.drop_index(
        "uq_evidence_link",
        table_name="evidence",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_evidence_claim",
        table_name="evidence",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("evidence")
    op.drop_index(
        "ix_causes_series",
        table_name="causes",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("causes")
    op.drop_index(
        "uq_items_ref",
        table_name="items",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_items_alliance"), table_name="items")
    op.drop_table("items")
    op.drop_index(
        "uq_factors_ref",
        table_name="factors",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_factors_alliance"), table_name="factors")
    op.drop_table("factors")
    op.drop_index(
        "uq_contradictions_ref",
        table_name="contradictions",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_contradictions_alliance"), table_name="contradictions")
    op.drop_table("contradictions")
    op.drop_index(
        "uq_consequences_ref",
        table_name="consequences",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_consequences_part_of"), table_name="consequences")
    op.drop_index(op.f("ix_consequences_alliance"), table_name="consequences")
    op.drop_table("consequences")
    op.drop_index(
        "uq_claims_ref",
        table_name="claims",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(
        "ix_claims_speaker_newest",
        table_name="claims",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_claims_newest",
        table_name="claims",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_claims_created",
        table_name="claims",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_claims_alliance_newest",
        table_name="claims",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("claims")
    op.drop_index(op.f("ix_stored_answers_created_at"), table_name="stored_answers")
    op.drop_table("stored_answers")
    op.drop_table("sources_history")
    op.drop_index(
        "uq_sources_slug",
        table_name="sources",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_sources_derived_from"), table_name="sources")
    op.drop_table("sources")
    op.drop_table("source_texts")
    op.drop_table("search_entries_history")
    op.drop_table("search_entries")
    op.drop_table("ratings_history")
    op.drop_table("outcomes_history")
    op.drop_table("meta")
    op.drop_table("matrices_history")
    op.drop_index(
        "uq_matrices_name",
        table_name="matrices",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("matrices")
    op.drop_table("links_history")
    op.drop_index(op.f("ix_links_field_target_at_owner"), table_name="links")
    op.drop_table("links")
    op.drop_table("judgements_history")
    op.drop_index(
        "uq_judgements_standing",
        table_name="judgements",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("judgements")
    op.drop_table("items_history")
    op.drop_table("factors_history")
    op.drop_table("exchanges_history")
    op.drop_table("evidence_history")
    op.drop_table("contradictions_history")
    op.drop_table("consequences_history")
    op.drop_table("claims_history")
    op.drop_table("causes_history")
    op.drop_table("assessors_history")
    op.drop_index(
        "uq_assessors_slug",
        table_name="assessors",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("assessors")
    op.drop_table("annotations_history")
    op.drop_index(
        "ix_annotations_target",
        table_name="annotations",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_annotations_reply_to",
        table_name="annotations",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_annotations_creator",
        table_name="annotations",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_annotations_created",
        table_name="annotations",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("annotations")
    op.drop_table("alliances_history")
    op.drop_index(
        "uq_alliances_slug",
        table_name="alliances",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("alliances")
    op.drop_table("actors_history")
    op.drop_index(
        "uq_actors_slug",
        table_name="actors",
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "uq_actors_ref",
        table_name="actors",
        sqlite_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NULL AND ref IS NOT NULL"),
    )
    op.drop_index(op.f("ix_actors_alliance"), table_name="actors")
    op.drop_table("actors")
