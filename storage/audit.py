"""The audit log: who did what, when, to which ids at which labels, and how it ended. Never content.

Entries form a hash chain: each one's hash covers its fields and the hash before it, so an entry that
is changed, removed or put in later breaks every hash that follows (Crosby and Wallach, "Efficient
Data Structures for Tamper-Evident Logging", 2009, section 2).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.errors import StorageError
from domain.knowledge import ItemKey
from storage.database import Database
from storage.metrics import DENIALS
from storage.tables import AuditRow

GENESIS = "0" * 64


class AuditAction(StrEnum):
    """What can be audited."""

    IDENTIFY = "identify"
    SEARCH = "search"
    READ = "read"
    SUMMARIZE = "summarize"
    WRITE = "write"
    UPDATE = "update"
    RECLASSIFY = "reclassify"
    DELETE = "delete"
    PURGE = "purge"
    RELEASE = "release"
    RESTORE = "restore"
    EVENTS_READ = "events_read"
    EVENT_PUBLISHED = "event_published"
    EVENT_REPLAYED = "event_replayed"
    PRINCIPAL_ADDED = "principal_added"
    PRINCIPAL_CHANGED = "principal_changed"
    PRINCIPAL_REVOKED = "principal_revoked"


class AuditOutcome(StrEnum):
    """How it ended."""

    ALLOWED = "allowed"
    DENIED = "denied"


class _Entry(NamedTuple):
    """What an entry says, before it has its time and its place in the chain."""

    principal: str
    action: AuditAction
    outcome: AuditOutcome
    detail: Mapping[str, Any]


class AuditLog:
    """Appends to the chain and checks it."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def record(
        self,
        principal: str,
        action: AuditAction,
        outcome: AuditOutcome,
        detail: Mapping[str, Any],
    ) -> None:
        """Append an entry in a transaction of its own."""
        entry = _Entry(principal, action, outcome, detail)
        await self._database.write(lambda session: self._append(session, entry))

    async def record_read(
        self, principal: str, action: AuditAction, keys: list[ItemKey], *, purpose: str
    ) -> None:
        """Append an entry for the items of *keys* above internal; without any there is none."""
        above = sorted(
            {(key.knowledge_id, key.confidentiality_level.rank) for key in keys if _is_above(key)}
        )
        if above:
            detail = {"items": above, "purpose": purpose}
            await self.record(principal, action, AuditOutcome.ALLOWED, detail)

    async def append(
        self,
        session: AsyncSession,
        principal: str,
        action: AuditAction,
        outcome: AuditOutcome,
        detail: Mapping[str, Any],
    ) -> None:
        """Append an entry within the transaction of what it tells of.

        A writing transaction holds the write lock: two that read the same last hash would fork the
        chain.
        """
        await session.run_sync(self._append, _Entry(principal, action, outcome, detail))

    def _append(self, session: Session, entry: _Entry) -> None:
        if entry.outcome is AuditOutcome.DENIED:
            DENIALS.add(entry.action.value)
        newest = select(AuditRow.entry_hash).order_by(col(AuditRow.sequence).desc()).limit(1)
        last = session.execute(newest).scalar_one_or_none()
        row = AuditRow(
            occurred_at=self._clock(),
            principal=entry.principal,
            action=entry.action.value,
            outcome=entry.outcome.value,
            detail=dict(entry.detail),
            previous_hash=last or GENESIS,
            entry_hash="",
        )
        row.entry_hash = _entry_hash(row)
        session.add(row)
        session.flush()

    async def verify(self) -> int:
        """Return the number of entries; raise `StorageError` naming the first that does not fit."""
        previous = GENESIS
        count = 0
        async with self._database.reading() as session:
            entries = select(AuditRow).order_by(col(AuditRow.sequence))
            async for row in await session.stream_scalars(entries):
                if row.previous_hash != previous or row.entry_hash != _entry_hash(row):
                    raise StorageError(f"the audit log is broken at entry {row.sequence}")
                previous = row.entry_hash
                count += 1
        return count


def storable(text: str) -> str:
    """Return *text*, which somebody asked for, without what no database can hold."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _is_above(key: ItemKey) -> bool:
    return key.confidentiality_level.rank > ConfidentialityLevel.INTERNAL.rank


def _entry_hash(row: AuditRow) -> str:
    fields = [
        row.previous_hash,
        row.occurred_at.isoformat(),
        row.principal,
        row.action,
        row.outcome,
        row.detail,
    ]
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
