"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("principal", sa.String(200), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("entry_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "knowledge_items",
        sa.Column("item_key", sa.String(32), nullable=False),
        sa.Column("knowledge_id", sa.String(200), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("strategic_priority", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("record_digest", sa.String(64), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("item_key"),
        sa.UniqueConstraint("knowledge_id", "level_rank"),
    )
    op.create_index(
        "ix_knowledge_items_expires_at", "knowledge_items", ["expires_at"], unique=False
    )
    op.create_index(
        "ix_knowledge_items_window",
        "knowledge_items",
        ["category", "level_rank", "updated_at"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column(
            "outbox_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("item_key", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id"),
    )
    op.create_index("ix_outbox_level", "outbox", ["level_rank", "outbox_id"], unique=False)
    op.create_table(
        "principals",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("time_horizon", sa.String(20), nullable=True),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id"),
    )
    op.create_index(
        "ix_reports_reader",
        "reports",
        ["kind", "reader", "time_horizon", "created_at"],
        unique=False,
    )
    op.create_table(
        "report_sources",
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.Column("knowledge_id", sa.String(200), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.report_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("report_id", "knowledge_id", "level_rank"),
    )
    op.create_index(
        "ix_report_sources_item", "report_sources", ["knowledge_id", "level_rank"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_report_sources_item", table_name="report_sources")
    op.drop_table("report_sources")
    op.drop_index("ix_reports_reader", table_name="reports")
    op.drop_table("reports")
    op.drop_table("principals")
    op.drop_index("ix_outbox_level", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_knowledge_items_window", table_name="knowledge_items")
    op.drop_index("ix_knowledge_items_expires_at", table_name="knowledge_items")
    op.drop_table("knowledge_items")
    op.drop_table("audit_log")
