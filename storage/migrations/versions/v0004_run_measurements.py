"""What runs took, so that the next ones are given a fitting queue."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_measurements",
        sa.Column(
            "measurement_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("flow", sa.String(40), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("size_class", sa.String(10), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("measurement_id"),
    )
    op.create_index(
        "ix_run_measurements_alike",
        "run_measurements",
        ["flow", "level_rank", "size_class", "measurement_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_run_measurements_alike", table_name="run_measurements")
    op.drop_table("run_measurements")
