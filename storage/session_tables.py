"""The SQL tables of conversations: sessions, what was said in them, and what answers were made from.

A message stands under the level of its own, and nothing of the session itself depends on one: whoever
leaves out the rows above a clearance finds what would be there had they never been written. For the same
reason one message id may stand once at each level.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables import UtcDateTime

_KEY = 32


class SessionRow(SQLModel, table=True):
    """A conversation of one principal's. What it is called and when it was used, its messages say."""

    __tablename__: ClassVar[Any] = "conversation_sessions"
    __table_args__: ClassVar[Any] = (Index("ix_conversation_sessions_reader", "reader"),)

    session_id: str = Field(primary_key=True, max_length=64)
    reader: str = Field(max_length=200)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class MessageRow(SQLModel, table=True):
    """What a reader said, with the state of the run that answers it, or an answer."""

    __tablename__: ClassVar[Any] = "conversation_messages"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("session_id", "sequence"),
        UniqueConstraint("session_id", "message_id", "level_rank"),
        UniqueConstraint("in_reply_key", "level_rank"),
        Index("ix_conversation_messages_id", "message_id"),
        Index("ix_conversation_messages_level", "session_id", "level_rank"),
        Index("ix_conversation_messages_time", "session_id", "created_at"),
        Index("ix_conversation_messages_answered", "session_id", "answered_sequence"),
    )

    message_key: str = Field(primary_key=True, max_length=_KEY)
    session_id: str = Field(
        sa_column=Column(
            String(64),
            ForeignKey("conversation_sessions.session_id", ondelete="CASCADE"),
            nullable=False,
        )
    )
    message_id: str = Field(max_length=64)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    """The place in the session, an answer's right behind its message; shown to nobody."""
    speaker: str = Field(max_length=20)
    level_rank: int
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    content: str = Field(sa_column=Column(Text, nullable=False))
    answer: str | None = Field(default=None, sa_column=Column(Text))
    """The typed answer as JSON, without what `content` says already."""
    in_reply_key: str | None = Field(default=None, max_length=_KEY)
    """Of an answer: the message that it answers. No foreign key: a backup brings rows back in any order."""
    answered_sequence: int | None = Field(default=None, sa_column=Column(BigInteger))
    """Of an answer: how many the session had before; what was answered last is in play."""
    run_rank: int | None = None
    """Of a reader's message: the clearance of the run that answers it. Who reads less, sees no run."""
    failure: str | None = Field(default=None, max_length=200)
    """How that run failed; None while it goes on or waits, and when it has answered."""
    leased_until: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    """Until when that run counts as alive."""


class MessageSourceRow(SQLModel, table=True):
    """An item that an answer was made from, so that purging the item finds the answer."""

    __tablename__: ClassVar[Any] = "conversation_sources"
    __table_args__: ClassVar[Any] = (
        Index("ix_conversation_sources_item", "knowledge_id", "level_rank"),
    )

    message_key: str = Field(
        sa_column=Column(
            String(_KEY),
            ForeignKey("conversation_messages.message_key", ondelete="CASCADE"),
            primary_key=True,
        )
    )
    knowledge_id: str = Field(primary_key=True, max_length=200)
    level_rank: int = Field(primary_key=True)


class SessionReportRow(SQLModel, table=True):
    """A stored report that was made for a session, so that it goes when the session does."""

    __tablename__: ClassVar[Any] = "conversation_reports"

    session_id: str = Field(
        sa_column=Column(
            String(64),
            ForeignKey("conversation_sessions.session_id", ondelete="CASCADE"),
            primary_key=True,
        )
    )
    report_id: str = Field(primary_key=True, max_length=64)


class ConclusionRow(SQLModel, table=True):
    """What an answer concluded, for later sessions; its sources are the answer's."""

    __tablename__: ClassVar[Any] = "session_conclusions"
    __table_args__: ClassVar[Any] = (
        Index("ix_session_conclusions_owed", "is_indexed", "level_rank"),
        Index("ix_session_conclusions_session", "session_id"),
    )

    conclusion_id: str = Field(
        sa_column=Column(
            String(_KEY),
            ForeignKey("conversation_messages.message_key", ondelete="CASCADE"),
            primary_key=True,
        )
    )
    """The key of the answer, which says nothing of the session and of who asked."""
    session_id: str = Field(max_length=64)
    level_rank: int
    concluded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    text: str = Field(sa_column=Column(Text, nullable=False))
    sources: str = Field(sa_column=Column(Text, nullable=False))
    """The cited items as JSON."""
    is_indexed: bool = False
    """Whether the index of conclusions knows it."""
