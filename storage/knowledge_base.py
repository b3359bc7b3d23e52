"""The knowledge base: SQL is the truth, LanceDB finds, and every door leads through a reader.

Nothing here takes a clearance from its caller: a `Reader` comes from the principals registry. What
a reader may not see and what is not there raise the same `NotFound`, and both are audited.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, NotFound
from domain.evidence import RetrievedItem
from domain.knowledge import ItemKey, KnowledgeCategory, KnowledgeItem
from domain.records import ValidatedItem
from domain.window import WindowItem
from storage.audit import AuditAction, AuditLog, AuditOutcome, storable
from storage.cached_search import CachedSearch
from storage.database import Database
from storage.indexing import Indexer, Progress
from storage.item_windows import IndexBatch, as_bytes, from_bytes
from storage.knowledge_rows import addressed_by, item_of, key_of, visible_to
from storage.knowledge_search import SearchQuery
from storage.knowledge_windows import KnowledgeWindows
from storage.knowledge_writer import KnowledgeWriter, WriteOutcome
from storage.outgoing_events import EventRelay
from storage.purging import EraseCopies, Purger, PurgeReport, no_copies
from storage.tables import KnowledgeRow

__all__ = ["KnowledgeBase", "SearchQuery"]


class KnowledgeBase:
    """Everything that a reader can do with knowledge."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        writer: KnowledgeWriter,
        search: CachedSearch,
        indexer: Indexer,
        purger: Purger,
        relay: EventRelay,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._writer = writer
        self._search = search
        self._windows = KnowledgeWindows(database)
        self._indexer = indexer
        self._purger = purger
        self._relay = relay
        self._clock = clock

    async def search(
        self, queries: Sequence[SearchQuery], reader: Reader, *, purpose: str = "search"
    ) -> list[tuple[RetrievedItem, ...]]:
        """Return for each query what bears on it, most relevant first; one embedded batch.

        A cached answer is a read like any other: it is audited before anybody gets it.
        """
        found = await self._search.search(queries, clearance=reader.clearance, now=self._clock())
        keys = [item.key for items in found for item in items]
        await self._audit.record_read(reader.name, AuditAction.SEARCH, keys, purpose=purpose)
        return found

    async def get_item(self, knowledge_id: str, reader: Reader) -> KnowledgeItem:
        """Return an item; of several levels with that id, the most secret one. Raises `NotFound`."""
        visible = (
            select(KnowledgeRow)
            .where(visible_to(reader.clearance, self._clock()), addressed_by(knowledge_id))
            .order_by(col(KnowledgeRow.level_rank).desc())
            .limit(1)
        )
        async with self._audited_denial(knowledge_id, reader, AuditAction.READ):
            async with self._database.reading() as session:
                row = (await session.execute(visible)).scalar_one_or_none()
            if row is None:
                raise NotFound
        await self._audit.record_read(reader.name, AuditAction.READ, [key_of(row)], purpose="show")
        return item_of(row)

    async def updated_between(
        self,
        start: datetime,
        end: datetime,
        *,
        categories: Sequence[KnowledgeCategory],
        reader: Reader,
        purpose: str,
    ) -> tuple[WindowItem, ...]:
        """Return the visible items updated after *start* and up to *end*, by id and level."""
        items = await self._windows.updated_between(
            start, end, categories=categories, clearance=reader.clearance, now=self._clock()
        )
        await self._record_summarized(items, reader, purpose)
        return items

    async def still_visible(
        self, keys: Sequence[ItemKey], reader: Reader, *, purpose: str
    ) -> tuple[WindowItem, ...]:
        """Return the items with the ids of *keys* that the reader may see now, at any level."""
        items = await self._windows.by_id(keys, clearance=reader.clearance, now=self._clock())
        await self._record_summarized(items, reader, purpose)
        return items

    async def add_items(self, items: Sequence[ValidatedItem], writer: Reader) -> list[WriteOutcome]:
        """Store *items* in one transaction; `drain_outbox` brings them into the index."""
        return await self._writer.add(items, writer)

    async def update_item(
        self, knowledge_id: str, changes: Mapping[str, Any], writer: Reader
    ) -> KnowledgeItem:
        """Change fields of an item and bring the index up to date."""
        async with self._audited_denial(knowledge_id, writer, AuditAction.UPDATE):
            item = await self._writer.update(knowledge_id, changes, writer)
        await self.drain_outbox()
        return item

    async def reclassify_item(
        self, knowledge_id: str, level: ConfidentialityLevel, writer: Reader, *, reason: str
    ) -> KnowledgeItem:
        """Move an item to another level, the only way down, and bring the index up to date."""
        async with self._audited_denial(knowledge_id, writer, AuditAction.RECLASSIFY):
            item = await self._writer.reclassify(knowledge_id, level, writer, reason=reason)
        await self.drain_outbox()
        return item

    async def delete_item(self, knowledge_id: str, writer: Reader) -> ItemKey:
        """Remove an item for every reader; `purge_item` also erases what files still hold."""
        async with self._audited_denial(knowledge_id, writer, AuditAction.DELETE):
            row = await self._writer.delete(knowledge_id, writer, action=AuditAction.DELETE)
        await self.drain_outbox()
        return key_of(row)

    async def purge_item(
        self, knowledge_id: str, writer: Reader, *, erase_copies: EraseCopies = no_copies
    ) -> PurgeReport:
        """Remove an item and erase its content from every file, reports made from it included.

        *erase_copies* is called with the ids of those reports, for what is shown of them elsewhere.
        """
        async with self._audited_denial(knowledge_id, writer, AuditAction.PURGE):
            row = await self._writer.delete(knowledge_id, writer, action=AuditAction.PURGE)
        key = key_of(row)
        erasure = await self._purger.erase(key, row.content, erase_copies)
        await self._relay.tell()
        detail = {"item": [knowledge_id, row.level_rank], **erasure._asdict()}
        await self._audit.record(writer.name, AuditAction.PURGE, AuditOutcome.ALLOWED, detail)
        return PurgeReport(
            knowledge_id=key.knowledge_id,
            confidentiality_level=key.confidentiality_level,
            phrases_sought=erasure.phrases_sought,
        )

    async def drain_outbox(self, progress: Progress | None = None) -> int:
        """Bring the index up to date with what was written, and tell of it; return the number of entries."""
        worked_off = await self._indexer.drain(progress)
        await self._relay.tell()
        return worked_off

    async def index_batches(self) -> list[IndexBatch]:
        """Return what the index is owed, cut into batches that other processes may embed."""
        return await self._indexer.batches()

    async def embed_batch(self, batch: IndexBatch) -> bytes:
        """Return the windows of the items of *batch* with their vectors; seal it before it leaves."""
        rows = await self._indexer.windows.rows(batch)
        return as_bytes(await self._indexer.windows.embedded(rows, batch.level))

    async def index_batch(self, batch: IndexBatch, windows: bytes) -> bool:
        """Bring *batch* into the index by what `embed_batch` made; return whether windows went."""
        removed = await self._indexer.work_off(batch, from_bytes(windows))
        await self._relay.tell()
        return removed

    async def settle_level(self, level: ConfidentialityLevel, *, removed: bool) -> None:
        """Settle the index of *level* after its batches."""
        await self._indexer.settle(level, removed=removed)

    async def pending(self) -> int:
        """Return how many writes the index does not know yet."""
        return await self._indexer.pending()

    async def reindex(self, progress: Progress | None = None) -> int:
        """Make the index anew from the truth, and tell of it; return the number of items."""
        items = await self._indexer.rebuild(progress)
        await self._relay.tell()
        return items

    async def compact(self) -> int:
        """Settle the index: expired items leave it, small files merge; return how many expired."""
        return await self._indexer.compact()

    async def erase_remains(self) -> None:
        """Erase from files what was deleted before."""
        await self._purger.erase_remains()

    async def _record_summarized(
        self, items: Sequence[WindowItem], reader: Reader, purpose: str
    ) -> None:
        keys = [item.key for item in items]
        await self._audit.record_read(reader.name, AuditAction.SUMMARIZE, keys, purpose=purpose)

    @asynccontextmanager
    async def _audited_denial(
        self, knowledge_id: str, reader: Reader, action: AuditAction
    ) -> AsyncGenerator[None]:
        try:
            yield
        except (NotFound, AccessDenied):
            detail = {"item": storable(knowledge_id)[:200]}
            await self._audit.record(reader.name, action, AuditOutcome.DENIED, detail)
            raise
