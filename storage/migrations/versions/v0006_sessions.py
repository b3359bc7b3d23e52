"""Conversations: sessions, messages, what answers were made from, and what they concluded."""

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MESSAGES = "conversation_messages"
_MESSAGE_INDEXES = {
    "ix_conversation_messages_id": ["message_id"],
    "ix_conversation_messages_level": ["session_id", "level_rank"],
    "ix_conversation_messages_time": ["session_id", "created_at"],
    "ix_conversation_messages_answered": ["session_id", "answered_sequence"],
}


def upgrade() -> None:
    op.create_table(
        "conversation_sessions",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("reader", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index("ix_conversation_sessions_reader", "conversation_sessions", ["reader"])
    op.create_table(
        _MESSAGES,
        sa.Column("message_key", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("speaker", sa.String(20), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("in_reply_key", sa.String(32), nullable=True),
        sa.Column("answered_sequence", sa.BigInteger(), nullable=True),
        sa.Column("run_rank", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(200), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["conversation_sessions.session_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_key"),
        sa.UniqueConstraint("session_id", "sequence"),
        sa.UniqueConstraint("session_id", "message_id", "level_rank"),
        sa.UniqueConstraint("in_reply_key", "level_rank"),
    )
    for name, columns in _MESSAGE_INDEXES.items():
        op.create_index(name, _MESSAGES, columns)
    op.create_table(
        "conversation_sources",
        sa.Column("message_key", sa.String(32), nullable=False),
        sa.Column("knowledge_id", sa.String(200), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_key"], [f"{_MESSAGES}.message_key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_key", "knowledge_id", "level_rank"),
    )
    op.create_index(
        "ix_conversation_sources_item", "conversation_sources", ["knowledge_id", "level_rank"]
    )
    op.create_table(
        "conversation_reports",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("report_id", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["conversation_sessions.session_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "report_id"),
    )
    op.create_table(
        "session_conclusions",
        sa.Column("conclusion_id", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("concluded_at", UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("is_indexed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conclusion_id"], [f"{_MESSAGES}.message_key"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conclusion_id"),
    )
    op.create_index(
        "ix_session_conclusions_owed", "session_conclusions", ["is_indexed", "level_rank"]
    )
    op.create_index("ix_session_conclusions_session", "session_conclusions", ["session_id"])


def downgrade() -> None:
    for table in (
        "session_conclusions",
        "conversation_reports",
        "conversation_sources",
        _MESSAGES,
        "conversation_sessions",
    ):
        op.drop_table(table)
