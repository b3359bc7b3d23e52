"""What events between flow runs and the cache of answers need."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("only", sa.Integer(), nullable=False),
        sa.Column("installation_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "level_epochs",
        sa.Column("level_rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("level_rank"),
    )
    op.create_table(
        "outgoing_events",
        sa.Column(
            "outgoing_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outgoing_id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_table(
        "handled_events",
        sa.Column("handler", sa.String(60), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=False),
        sa.Column("flow_run_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("handler", "event_id"),
    )
    op.create_index("ix_handled_events_time", "handled_events", ["handled_at"], unique=False)
    op.create_table(
        "cross_domain_collabs",
        sa.Column("collaboration_id", sa.String(64), nullable=False),
        sa.Column("source_domain", sa.String(20), nullable=False),
        sa.Column("target_domain", sa.String(20), nullable=False),
        sa.Column("request_type", sa.String(60), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("max_level_rank", sa.Integer(), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("request_report_id", sa.String(64), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("response_report_id", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.PrimaryKeyConstraint("collaboration_id"),
    )
    op.create_index(
        "ix_cross_domain_collabs_request",
        "cross_domain_collabs",
        ["reader", "request_digest", "requested_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_cross_domain_collabs_request", table_name="cross_domain_collabs")
    op.drop_table("cross_domain_collabs")
    op.drop_index("ix_handled_events_time", table_name="handled_events")
    op.drop_table("handled_events")
    op.drop_table("outgoing_events")
    op.drop_table("level_epochs")
    op.drop_table("installation")
