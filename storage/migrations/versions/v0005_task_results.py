"""Results of finished phases, for whichever machine goes on with their run."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "task_results",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_task_results_time", "task_results", ["kept_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_task_results_time", table_name="task_results")
    op.drop_table("task_results")
