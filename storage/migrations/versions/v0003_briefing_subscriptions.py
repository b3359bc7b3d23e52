"""Which briefings a principal gets by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "briefing_subscriptions",
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("cadence", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["principals.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("reader", "cadence"),
    )
    op.create_index(
        "ix_briefing_subscriptions_cadence", "briefing_subscriptions", ["cadence"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_briefing_subscriptions_cadence", table_name="briefing_subscriptions")
    op.drop_table("briefing_subscriptions")
