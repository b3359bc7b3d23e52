"""Writes to the truth: one transaction holds the row, its level's epoch, what the index is owed, and the audit.

A writer touches only what it may read. An item at a level above the writer's clearance is refused;
one above it that has the same id does not exist for the writer. Raising a level is an update,
lowering one is `reclassify` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from domain.knowledge import KnowledgeItem
from domain.records import ValidatedItem
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.database import Database
from storage.epochs import advance_epochs
from storage.knowledge_rows import LEVELS, addressed_by, columns_of, item_of, permitted_to
from storage.tables import KnowledgeRow, OutboxRow

UPDATABLE_FIELDS = frozenset(KnowledgeItem.model_fields) - {"knowledge_id", "created_at"}
_CHANGED = "levels that this transaction changes"


class WriteResult(StrEnum):
    """What became of one item of a batch."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class WriteOutcome(NamedTuple):
    """The result for one item; `reason` says what was expected when it was refused."""

    result: WriteResult
    reason: str | None = None


class KnowledgeWriter:
    """Adds, changes and removes items."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def add(self, items: Sequence[ValidatedItem], writer: Reader) -> list[WriteOutcome]:
        """Add or update *items* in one transaction; return an outcome for each, in order."""
        async with self._database.writing() as session:
            rows = await self._rows_by_id(session, {one.item.knowledge_id for one in items}, writer)
            outcomes = [self._add_one(session, one, rows, writer) for one in items]
            counts = {result.value: 0 for result in WriteResult}
            for outcome in outcomes:
                counts[outcome.result.value] += 1
            await self._record(session, writer, AuditAction.WRITE, counts)
        return outcomes

    async def update(
        self, knowledge_id: str, changes: Mapping[str, Any], writer: Reader
    ) -> KnowledgeItem:
        """Change fields of an item; raises `NotFound`, `InvalidInput` (naming the fields), `Conflict`."""
        unknown = sorted(set(changes) - UPDATABLE_FIELDS)
        if unknown:
            raise InvalidInput(f"these fields cannot be changed: {', '.join(unknown)}")
        async with self._database.writing() as session:
            row = await self._get_row(session, knowledge_id, writer)
            before = item_of(row)
            try:
                item = KnowledgeItem.model_validate(
                    {**dict(before), "updated_at": self._clock(), **changes}
                )
            except ValidationError as error:
                reasons = (
                    f"{'.'.join(map(str, problem['loc'])) or 'item'}: {problem['msg']}"
                    for problem in error.errors(include_input=False, include_url=False)
                )
                raise InvalidInput("; ".join(reasons)) from None
            level = item.confidentiality_level
            if not writer.clearance.dominates(level):
                raise AccessDenied
            if level.rank < row.level_rank:
                raise InvalidInput("a level is lowered by reclassify only")
            await self._refuse_second(session, row, level)
            self._store(session, row, columns_of(item, clock_filled=()))
            detail = {"item": [knowledge_id, level.rank], "fields": sorted(changes)}
            await self._record(session, writer, AuditAction.UPDATE, detail)
        return item

    async def reclassify(
        self, knowledge_id: str, level: ConfidentialityLevel, writer: Reader, *, reason: str
    ) -> KnowledgeItem:
        """Move an item to another level, up or down; raises `NotFound`, `AccessDenied`, `Conflict`."""
        if not reason.strip():
            raise InvalidInput("a reclassification needs a reason")
        if not writer.clearance.dominates(level):
            raise AccessDenied
        async with self._database.writing() as session:
            row = await self._get_row(session, knowledge_id, writer)
            before = row.level_rank
            if before != level.rank:
                await self._refuse_second(session, row, level)
                item = item_of(row).model_copy(update={"confidentiality_level": level})
                self._store(session, row, columns_of(item, clock_filled=()))
            detail = {"item": knowledge_id, "from": before, "to": level.rank, "reason": reason}
            await self._record(session, writer, AuditAction.RECLASSIFY, detail)
            return item_of(row)

    async def delete(
        self, knowledge_id: str, writer: Reader, *, action: AuditAction
    ) -> KnowledgeRow:
        """Remove an item from the truth; raises `NotFound`. The index follows by the outbox."""
        async with self._database.writing() as session:
            row = await self._get_row(session, knowledge_id, writer)
            self._owe(session, row.level_rank, row.item_key)
            await session.delete(row)
            detail = {"item": [knowledge_id, row.level_rank]}
            await self._record(session, writer, action, detail)
        return row

    def _add_one(
        self,
        session: AsyncSession,
        one: ValidatedItem,
        rows: dict[str, dict[int, KnowledgeRow]],
        writer: Reader,
    ) -> WriteOutcome:
        item, rank = one.item, one.item.confidentiality_level.rank
        if not writer.clearance.dominates(item.confidentiality_level):
            reason = "confidentiality_level: above the clearance of the principal who adds it"
            return WriteOutcome(WriteResult.REFUSED, reason)
        existing = rows.setdefault(item.knowledge_id, {})
        columns = columns_of(item, clock_filled=one.clock_filled)
        if rank in existing:
            return self._update_one(session, existing[rank], columns, one.clock_filled)
        if any(stored > rank for stored in existing):
            reason = "confidentiality_level: below the stored one; lowering takes reclassify"
            return WriteOutcome(WriteResult.REFUSED, reason)
        if existing:
            row = existing.pop(max(existing))
            existing[rank] = row
            return self._update_one(session, row, columns, one.clock_filled)
        row = KnowledgeRow(item_key=self._new_id(), version=1, **columns)
        session.add(row)
        self._owe(session, rank, row.item_key)
        existing[rank] = row
        return WriteOutcome(WriteResult.ADDED)

    def _update_one(
        self,
        session: AsyncSession,
        row: KnowledgeRow,
        columns: dict[str, Any],
        clock_filled: Collection[str],
    ) -> WriteOutcome:
        if row.record_digest == columns["record_digest"]:
            return WriteOutcome(WriteResult.UNCHANGED)
        if "created_at" in clock_filled:
            columns["created_at"] = min(row.created_at, columns["updated_at"])
        self._store(session, row, columns)
        return WriteOutcome(WriteResult.UPDATED)

    def _store(self, session: AsyncSession, row: KnowledgeRow, columns: dict[str, Any]) -> None:
        """Write *columns*; what the row was at its old level is owed to that level's index too."""
        self._owe(session, row.level_rank, row.item_key)
        if columns["level_rank"] != row.level_rank:
            self._owe(session, columns["level_rank"], row.item_key)
        for name, value in columns.items():
            setattr(row, name, value)
        row.version += 1

    def _owe(self, session: AsyncSession, level_rank: int, item_key: str) -> None:
        """Note that an item has changed at a level: for its index, and for what is cached of it."""
        session.info.setdefault(_CHANGED, set()).add(level_rank)
        session.add(OutboxRow(level_rank=level_rank, item_key=item_key, recorded_at=self._clock()))

    async def _rows_by_id(
        self, session: AsyncSession, knowledge_ids: set[str], writer: Reader
    ) -> dict[str, dict[int, KnowledgeRow]]:
        permitted = select(KnowledgeRow).where(
            permitted_to(writer.clearance),
            col(KnowledgeRow.knowledge_id).in_(sorted(knowledge_ids)),
        )
        rows: dict[str, dict[int, KnowledgeRow]] = {}
        for row in (await session.execute(permitted)).scalars():
            rows.setdefault(row.knowledge_id, {})[row.level_rank] = row
        return rows

    async def _get_row(
        self, session: AsyncSession, knowledge_id: str, writer: Reader
    ) -> KnowledgeRow:
        """Return the item that an id means to *writer*: the most secret one that it may read."""
        most_secret = (
            select(KnowledgeRow)
            .where(permitted_to(writer.clearance), addressed_by(knowledge_id))
            .order_by(col(KnowledgeRow.level_rank).desc())
            .limit(1)
        )
        row = (await session.execute(most_secret)).scalar_one_or_none()
        if row is None:
            raise NotFound
        return row

    async def _refuse_second(
        self, session: AsyncSession, row: KnowledgeRow, level: ConfidentialityLevel
    ) -> None:
        """Raise `Conflict` when the level to move to holds this id already; the mover may see that."""
        if level.rank == row.level_rank:
            return
        other = select(KnowledgeRow.item_key).where(
            col(KnowledgeRow.knowledge_id) == row.knowledge_id,
            col(KnowledgeRow.level_rank) == level.rank,
        )
        if (await session.execute(other)).first() is not None:
            raise Conflict(f"another item has this id at the level {LEVELS[level.rank].value}")

    async def _record(
        self, session: AsyncSession, writer: Reader, action: AuditAction, detail: dict[str, Any]
    ) -> None:
        """End a change: move the epochs of the levels that it touched, and audit it."""
        await advance_epochs(session, session.info.pop(_CHANGED, ()))
        await self._audit.append(session, writer.name, action, AuditOutcome.ALLOWED, detail)
