"""The SQL tables: the truth that everything else is rebuilt from.

Every row that holds content carries its level as `level_rank` (0 public to 4 top secret), so that no
query needs a join to know who may read it. Times are stored in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """A time zone aware UTC datetime, also on SQLite, which has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times on the way in."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time, whatever the database returns."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _sequence() -> Column[int]:
    """Return a primary key that counts up; SQLite only counts in its own INTEGER."""
    return Column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )


class KnowledgeRow(SQLModel, table=True):
    """One knowledge item as it stands now."""

    __tablename__: ClassVar[Any] = "knowledge_items"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("knowledge_id", "level_rank"),
        # The level does not lead: SQLite would read whole levels where ids are looked up.
        Index("ix_knowledge_items_window", "category", "level_rank", "updated_at"),
    )

    item_key: str = Field(primary_key=True, max_length=32)
    """Stays the same when the level is raised or lowered."""
    knowledge_id: str = Field(max_length=200)
    level_rank: int
    title: str = Field(max_length=500)
    category: str = Field(max_length=40)
    strategic_priority: int
    source: str = Field(sa_column=Column(Text, nullable=False))
    tags: list[str] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime, index=True))
    content: str = Field(sa_column=Column(Text, nullable=False))
    content_digest: str = Field(max_length=64)
    """SHA-256 of the content."""
    record_digest: str = Field(max_length=64)
    """SHA-256 of every field that a writer gives."""
    item_metadata: dict[str, Any] = Field(sa_column=Column("metadata", JSON, nullable=False))
    version: int
    """Counts every change of the row; the index names the version that it was made from."""


class OutboxRow(SQLModel, table=True):
    """Something that a committed write still owes the index of one level."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__: ClassVar[Any] = (Index("ix_outbox_level", "level_rank", "outbox_id"),)

    outbox_id: int | None = Field(default=None, sa_column=_sequence())
    level_rank: int
    item_key: str = Field(max_length=32)
    attempts: int = 0
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class PrincipalRow(SQLModel, table=True):
    """Someone who may ask."""

    __tablename__: ClassVar[Any] = "principals"

    name: str = Field(primary_key=True, max_length=200)
    level_rank: int
    registered_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))


class BriefingSubscriptionRow(SQLModel, table=True):
    """A briefing that a principal gets by itself, week by week for example."""

    __tablename__: ClassVar[Any] = "briefing_subscriptions"
    __table_args__: ClassVar[Any] = (Index("ix_briefing_subscriptions_cadence", "cadence"),)

    reader: str = Field(
        sa_column=Column(
            String(200), ForeignKey("principals.name", ondelete="CASCADE"), primary_key=True
        )
    )
    cadence: str = Field(primary_key=True, max_length=20)


class AuditRow(SQLModel, table=True):
    """One entry of the hash chain; holds ids, labels and counts, never content."""

    __tablename__: ClassVar[Any] = "audit_log"

    sequence: int | None = Field(default=None, sa_column=_sequence())
    occurred_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    principal: str = Field(max_length=200)
    action: str = Field(max_length=40)
    outcome: str = Field(max_length=20)
    detail: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    previous_hash: str = Field(max_length=64)
    entry_hash: str = Field(max_length=64)


class ReportRow(SQLModel, table=True):
    """A stored summary, briefing or analysis."""

    __tablename__: ClassVar[Any] = "reports"
    __table_args__: ClassVar[Any] = (
        Index("ix_reports_reader", "kind", "reader", "time_horizon", "created_at"),
    )

    report_id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=40)
    reader: str = Field(max_length=200)
    time_horizon: str | None = Field(default=None, max_length=20)
    level_rank: int
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))
    """The typed result as JSON."""


class ReportSourceRow(SQLModel, table=True):
    """An item that a report was made from, so that purging the item finds the report."""

    __tablename__: ClassVar[Any] = "report_sources"
    __table_args__: ClassVar[Any] = (Index("ix_report_sources_item", "knowledge_id", "level_rank"),)

    report_id: str = Field(
        sa_column=Column(
            String(64), ForeignKey("reports.report_id", ondelete="CASCADE"), primary_key=True
        )
    )
    knowledge_id: str = Field(primary_key=True, max_length=200)
    level_rank: int = Field(primary_key=True)


class InstallationRow(SQLModel, table=True):
    """The one row that tells this installation from others that share a Redis server."""

    __tablename__: ClassVar[Any] = "installation"

    only: int = Field(default=1, primary_key=True)
    installation_id: str = Field(max_length=32)


class LevelEpochRow(SQLModel, table=True):
    """How often what can be read at a level has changed; what was cached before is then out of date."""

    __tablename__: ClassVar[Any] = "level_epochs"

    level_rank: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    epoch: int = Field(sa_column=Column(BigInteger, nullable=False))


class OutgoingEventRow(SQLModel, table=True):
    """An event of a committed change that the event bus has not been told yet."""

    __tablename__: ClassVar[Any] = "outgoing_events"

    outgoing_id: int | None = Field(default=None, sa_column=_sequence())
    event_id: str = Field(max_length=64, unique=True)
    level_rank: int
    body: str = Field(sa_column=Column(Text, nullable=False))
    """The event as JSON: references and labels, no content."""
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class HandledEventRow(SQLModel, table=True):
    """What a handler has done about an event, written in the transaction of what it did."""

    __tablename__: ClassVar[Any] = "handled_events"
    __table_args__: ClassVar[Any] = (Index("ix_handled_events_time", "handled_at"),)

    handler: str = Field(primary_key=True, max_length=60)
    event_id: str = Field(primary_key=True, max_length=64)
    handled_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    flow_run_id: str | None = Field(default=None, max_length=64)
    """The Prefect flow run that the event started, where it started one."""


class CollaborationRow(SQLModel, table=True):
    """One exchange between the orchestrators: who asked whom, when, and how it ended.

    What was asked and what was answered are stored reports, each under its own label.
    """

    __tablename__: ClassVar[Any] = "cross_domain_collabs"
    __table_args__: ClassVar[Any] = (
        Index("ix_cross_domain_collabs_request", "reader", "request_digest", "requested_at"),
    )

    collaboration_id: str = Field(primary_key=True, max_length=64)
    """Also the correlation id of its events."""
    source_domain: str = Field(max_length=20)
    target_domain: str = Field(max_length=20)
    request_type: str = Field(max_length=60)
    reader: str = Field(max_length=200)
    """On whose behalf; the answer is made at this principal's clearance."""
    max_level_rank: int
    """The effective clearance of the one who asked."""
    level_rank: int
    """High-water mark of what was asked."""
    request_digest: str = Field(max_length=64)
    """Equal for equal requests: an answer that came late is found by it."""
    request_report_id: str = Field(max_length=64)
    requested_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    deadline: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    outcome: str = Field(max_length=20)
    """requested, answered, failed or timed_out; an answer that comes late is answered all the same."""
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    response_report_id: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=500)
    """Why it failed, without content."""
