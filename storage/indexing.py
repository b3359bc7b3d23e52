"""From the outbox to the index: what SQL committed, LanceDB follows.

An outbox entry says "make the index at this level agree with the truth about this item", so working
it off twice does no harm. Levels are worked off one after the other, each in its own batches: which
texts share a batch moves the last bits of a vector, and a secret text must move none of a public one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import CursorResult, delete, func, insert, literal, update
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.sentences import Span
from storage.chunking import window_spans
from storage.database import Database
from storage.embeddings import EmbeddingModel
from storage.epochs import advance_epochs
from storage.knowledge_events import changes_of, update_event
from storage.knowledge_rows import LEVELS
from storage.metrics import INDEX_CHANGES
from storage.outgoing_events import OutgoingEvents
from storage.tables import KnowledgeRow, OutboxRow, UtcDateTime
from storage.vector_index import VectorIndex

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.index_rows import Window
    from storage.level_table import LevelTable

Progress = Callable[[int, int], None]
"""Called with how many items are done and how many there are in all."""

_ENTRIES_AT_ONCE = 512
_OVERLAP_TOKENS = 40
_MOST_TITLE_TOKENS = 32
_MARKERS_CHARACTERS = 200


class Indexer:
    """Keeps the index in step with the truth; one at a time in an installation."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        model: EmbeddingModel,
        outgoing: OutgoingEvents,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._index = index
        self._model = model
        self._outgoing = outgoing
        self._clock = clock

    async def drain(self, progress: Progress | None = None) -> int:
        """Work off the outbox; return how many entries there were."""
        async with self._database.exclusive("index"):
            total = await self.pending()
            done = 0
            for level in LEVELS:
                done += await self._drain_level(level, done, total, progress)
        return done

    async def pending(self) -> int:
        """Return how many entries the outbox holds."""
        async with self._database.reading() as session:
            count = select(func.count()).select_from(OutboxRow)
            return (await session.execute(count)).scalar_one()

    async def rebuild(self, progress: Progress | None = None) -> int:
        """Make every table anew from the truth, for the present embedding model; return the items."""
        items = 0
        async with self._database.exclusive("index"):
            for level in LEVELS:
                items += await self._owe_all(level)
                if await self._is_needed(level):
                    await self._index.recreate_table(level)
                    await self._move_epoch(level)
        await self.drain(progress)
        return items

    async def erase_removed(self) -> None:
        """Drop from every table's files what was removed from it."""
        async with self._database.exclusive("index"):
            for level in LEVELS:
                table = await self._index.find_table(level)
                if table is not None:
                    await table.erase_removed()
                    await self._move_epoch(level)

    async def compact(self) -> int:
        """Remove expired items, merge small files and make the text indexes anew.

        Returns how many expired items left the index; their rows stay in the truth.
        """
        expired = 0
        async with self._database.exclusive("index"):
            for level in LEVELS:
                table = await self._index.find_table(level)
                if table is not None:
                    expired += await table.remove_expired(self._clock())
                    await table.optimize()
                    await table.rebuild_text_index()
                    await self._move_epoch(level)
        return expired

    async def _drain_level(
        self, level: ConfidentialityLevel, done: int, total: int, progress: Progress | None
    ) -> int:
        worked_off = 0
        removed = False
        table: LevelTable | None = None
        while entries := await self._next_entries(level):
            table = table or await self._index.get_or_create_table(level)
            removed |= await self._apply(table, entries)
            worked_off += len(entries)
            INDEX_CHANGES.add(amount=len(entries))
            if progress is not None:
                progress(done + worked_off, total)
        if table is not None:
            await table.optimize()
            if removed:
                await table.rebuild_text_index()
            await self._move_epoch(level)
        return worked_off

    async def _move_epoch(self, level: ConfidentialityLevel) -> None:
        """Tell those who cache that searches of *level* may now rank otherwise.

        Killed just before this, an answer may for its time to live be ranked as before the index
        settled; what it shows is right, for no change to the truth comes without its own epoch.
        """
        async with self._database.writing() as session:
            await advance_epochs(session, [level.rank])

    async def _next_entries(self, level: ConfidentialityLevel) -> Sequence[OutboxRow]:
        oldest = (
            select(OutboxRow)
            .where(col(OutboxRow.level_rank) == level.rank)
            .order_by(col(OutboxRow.outbox_id))
            .limit(_ENTRIES_AT_ONCE)
        )
        async with self._database.reading() as session:
            return (await session.execute(oldest)).scalars().all()

    async def _apply(self, table: LevelTable, entries: Sequence[OutboxRow]) -> bool:
        """Bring the index up to date for *entries*; return whether windows were removed.

        1. Mark the entries as tried, in SQL.
        2. Remove the windows of items that are not known to be new.
        3. Add the windows of the items as they stand now.
        4. Remove the entries from the outbox, move the level's epoch on and write the event of it.
        Killed between any two of these, the entries are found again, marked, and step 2 removes
        what step 3 had added: nothing is lost and nothing is there twice.
        """
        ids = [entry.outbox_id for entry in entries]
        keys = sorted({entry.item_key for entry in entries})
        async with self._database.writing() as session:
            tried = update(OutboxRow).where(col(OutboxRow.outbox_id).in_(ids))
            await session.execute(tried.values(attempts=col(OutboxRow.attempts) + 1))
        rows = await self._rows(keys, table.level)
        tried_before = {entry.item_key for entry in entries if entry.attempts}
        new = {row.item_key for row in rows if row.version == 1} - tried_before
        old = [key for key in keys if key not in new]
        held = await table.find_items(old)
        await table.remove_items(old)
        if rows:
            from storage.index_rows import text_rows  # noqa: PLC0415 - pyarrow, for writers only

            await table.add(
                windows=await self._window_rows(rows, table.level),
                texts=await text_rows(rows, table),
            )
        async with self._database.writing() as session:
            await session.execute(delete(OutboxRow).where(col(OutboxRow.outbox_id).in_(ids)))
            epochs = await advance_epochs(session, [table.level.rank])
            event = update_event(
                table.level,
                epoch=epochs[table.level.rank],
                occurred_at=self._clock(),
                changes=changes_of(rows, held=held, tried_before=tried_before),
            )
            await self._outgoing.add(session, event)
        return len(new) < len(keys)

    async def _rows(
        self, item_keys: Sequence[str], level: ConfidentialityLevel
    ) -> Sequence[KnowledgeRow]:
        stored = (
            select(KnowledgeRow)
            .where(
                col(KnowledgeRow.item_key).in_(item_keys),
                col(KnowledgeRow.level_rank) == level.rank,
            )
            .order_by(col(KnowledgeRow.knowledge_id))
        )
        async with self._database.reading() as session:
            return (await session.execute(stored)).scalars().all()

    async def _window_rows(
        self, rows: Sequence[KnowledgeRow], level: ConfidentialityLevel
    ) -> pa.Table:
        from storage.index_rows import window_rows  # noqa: PLC0415 - as above

        windows = await asyncio.to_thread(self._cut, rows)
        vectors = await self._model.embed([window.text for window in windows])
        return window_rows(windows, vectors, await self._model.identity(), level)

    def _cut(self, rows: Sequence[KnowledgeRow]) -> list[Window]:
        from storage.index_rows import Window  # noqa: PLC0415 - as above

        windows: list[Window] = []
        for row in rows:
            title = self._title(row)
            for span in self._spans(row.content):
                text = f"{title}\n{row.content[span.start : span.end]}"
                windows.append(Window(row, span, text))
        return windows

    def _spans(self, content: str) -> list[Span]:
        spans = window_spans(
            content,
            offsets_of_tokens=self._model.offsets_of_tokens,
            max_tokens=self._model.max_tokens - _MOST_TITLE_TOKENS,
            overlap_tokens=_OVERLAP_TOKENS,
        )
        # Nothing but list markers: there is still something to find.
        return spans or [Span(0, min(len(content), _MARKERS_CHARACTERS))]

    def _title(self, row: KnowledgeRow) -> str:
        """Return what of the title stands before each window: enough to tell what it is about."""
        offsets = self._model.offsets_of_tokens([row.title])[0]
        return (
            row.title
            if len(offsets) <= _MOST_TITLE_TOKENS
            else (row.title[: offsets[_MOST_TITLE_TOKENS - 1][1]])
        )

    async def _owe_all(self, level: ConfidentialityLevel) -> int:
        """Owe the index every item of *level*, as tried before: its table may hold any of them.

        Returns how many there are.
        """
        rows = select(
            literal(level.rank),
            KnowledgeRow.item_key,
            literal(1),
            literal(self._clock(), UtcDateTime),
        ).where(col(KnowledgeRow.level_rank) == level.rank)
        columns = ["level_rank", "item_key", "attempts", "recorded_at"]
        owed = insert(OutboxRow).from_select(columns, rows.order_by(col(KnowledgeRow.knowledge_id)))
        async with self._database.writing() as session:
            return cast("CursorResult[Any]", await session.execute(owed)).rowcount

    async def _is_needed(self, level: ConfidentialityLevel) -> bool:
        async with self._database.reading() as session:
            owed = select(OutboxRow.outbox_id).where(col(OutboxRow.level_rank) == level.rank)
            return (await session.execute(owed.limit(1))).first() is not None or (
                await self._index.has_table(level)
            )
