"""One level's LanceDB tables: the windows with their vectors, and the items with their words.

A level never shares a table, an index or a statistic with another one, so what is stored at a level
cannot move a score at another. Words are matched over whole items, meaning over windows: a query's
words may be spread over an item, while a vector of a long text means nothing in particular.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

import pyarrow as pa
from lancedb import AsyncConnection, AsyncTable
from lancedb.expr import col, lit
from lancedb.index import FTS

from domain.clearance import ConfidentialityLevel
from domain.errors import IndexMismatch, StorageError
from storage.embeddings import EmbeddingIdentity
from storage.exact_search import LevelInMemory
from storage.index_errors import translated_index_errors
from storage.index_schema import text_schema, window_schema
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix
from storage.level_words import WORD_COLUMNS, LevelWords, Words

WINDOWS = "windows"
"""The table of windows in a level's database, made last: with it, the level is there."""
ITEMS = "items"
"""The table of items."""
_KEEP_OLD_VERSIONS = timedelta(minutes=10)
"""A search that began on an older version finishes on it."""
_AT_ONCE = timedelta(milliseconds=1)
"""As good as zero, which LanceDB warns about; the caller holds the lock that the warning asks for."""


class _Seen(NamedTuple):
    """The tables as `count` last saw them."""

    windows_version: int
    texts_version: int
    windows: int


class LevelTable:
    """The windows and the items of one level."""

    def __init__(
        self,
        connection: AsyncConnection,
        windows: AsyncTable,
        texts: AsyncTable,
        level: ConfidentialityLevel,
    ) -> None:
        self._connection = connection
        self._windows = windows
        self._texts = texts
        self._level = level
        self._held: LevelInMemory | None = None
        self._loading = asyncio.Lock()
        self._stamp: dict[bytes, bytes] | None = None
        self._seen: _Seen | None = None

    @property
    def windows(self) -> AsyncTable:
        """The table of the windows."""
        return self._windows

    @property
    def texts(self) -> AsyncTable:
        """The table of the items."""
        return self._texts

    @property
    def level(self) -> ConfidentialityLevel:
        """The level of everything in the tables."""
        return self._level

    @translated_index_errors()
    async def check_stamp(self, identity: EmbeddingIdentity) -> None:
        """Raise `IndexMismatch` when another model made the vectors."""
        self._stamp = window_schema(identity).metadata
        await self.check_stamp_again()

    @translated_index_errors()
    async def count(self) -> int:
        """Look at the table as it is now and return how many windows there are."""
        versions = await asyncio.gather(self._windows.version(), self._texts.version())
        if self._seen is None or self._seen.windows_version != versions[0]:
            self._seen = _Seen(*versions, await self._windows.count_rows())
        self._seen = self._seen._replace(texts_version=versions[1])
        return self._seen.windows

    @translated_index_errors()
    async def add(self, *, windows: pa.Table, texts: pa.Table) -> None:
        """Append items with their windows; call `optimize` when the batch is complete."""
        await self._windows.add(windows)
        await self._texts.add(texts)

    @translated_index_errors()
    async def find_items(self, item_keys: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return the knowledge id and the category of those of the items that the table holds."""
        if not item_keys:
            return {}
        held = self._texts.query().where(col("item_key").isin(list(item_keys)).to_sql())
        rows = await held.select(["item_key", "knowledge_id", "category"]).to_arrow()
        return {row["item_key"]: (row["knowledge_id"], row["category"]) for row in rows.to_pylist()}

    @translated_index_errors()
    async def remove_items(self, item_keys: Sequence[str]) -> None:
        """Remove the items and every window of theirs."""
        if item_keys:
            removed = col("item_key").isin(list(item_keys))
            await self._windows.delete(removed)
            await self._texts.delete(removed)

    @translated_index_errors()
    async def remove_expired(self, now: datetime) -> int:
        """Remove what has expired, which no search returns any more; return how many items."""
        expired = col("expires_at").lte(lit(now))
        items = await self._texts.count_rows(expired.to_sql())
        if items:
            await self._windows.delete(expired)
            await self._texts.delete(expired)
        return items

    @translated_index_errors()
    async def optimize(self) -> None:
        """Merge small files and bring every row into the text index, so that scores settle."""
        for table in (self._windows, self._texts):
            await table.optimize(cleanup_older_than=_KEEP_OLD_VERSIONS)

    @translated_index_errors()
    async def rebuild_text_index(self) -> None:
        """Make the text index anew: it goes on counting removed rows until then."""
        await self._texts.create_index("text", config=_text_index(), replace=True)

    @translated_index_errors()
    async def in_memory(self) -> LevelInMemory:
        """Return vectors and words in memory as of the last `count`, read again where they changed."""
        if self._seen is None:
            await self.count()
        async with self._loading:
            seen = cast("_Seen", self._seen)
            if self._held is None or self._held.versions != seen[:2]:
                self._held = await self._load(seen)
            return self._held

    async def _load(self, seen: _Seen) -> LevelInMemory:
        held = self._held
        if held is not None and held.matrix.table_version == seen.windows_version:
            matrix = held.matrix
        else:
            await self.check_stamp_again()
            rows = await self._windows.query().select(list(MATRIX_COLUMNS)).to_arrow()
            matrix = await asyncio.to_thread(
                LevelMatrix.of,
                rows,
                level_rank=self._level.rank,
                table_version=seen.windows_version,
            )
        rows = await self._texts.query().select(list(WORD_COLUMNS)).to_arrow()
        words = await asyncio.to_thread(
            LevelWords.of,
            rows,
            knowledge_ids=matrix.knowledge_ids,
            table_version=seen.texts_version,
        )
        return LevelInMemory(matrix, words)

    @translated_index_errors()
    async def words(self, text: str) -> Words:
        """Return the words of *text* as the text index sees them, the same at every level."""
        found = await self._texts.tokenize(text, column="text")
        return Words.of([token.text for token in found])

    @translated_index_errors()
    async def erase_removed(self) -> None:
        """Rewrite the tables without what was removed and drop every older version of them.

        Deleting and compacting leaves removed rows in old files, indexes and manifests; only a
        rewrite does not. No other process may be writing.
        """
        self._windows = await self._rewritten(self._windows)
        self._texts = await self._rewritten(self._texts)
        await self.rebuild_text_index()
        for table in (self._windows, self._texts):
            await table.optimize(cleanup_older_than=_AT_ONCE, delete_unverified=True)
            if len(await table.list_versions()) != 1:
                raise StorageError("older versions of the index remain after a purge")
        self._held = None

    async def check_stamp_again(self) -> None:
        """Another process may have made the table anew for another model since it was opened."""
        found = (await self._windows.schema()).metadata or {}
        if self._stamp is not None and found != self._stamp:
            raise IndexMismatch

    async def _rewritten(self, table: AsyncTable) -> AsyncTable:
        schema = await table.schema()
        rows = (await table.query().to_arrow()).cast(schema)
        return await self._connection.create_table(
            table.name, rows, schema=schema, mode="overwrite"
        )


@translated_index_errors()
async def create_level_table(
    connection: AsyncConnection, level: ConfidentialityLevel, identity: EmbeddingIdentity
) -> LevelTable:
    """Create the empty tables of *level* in its database, replacing those that are there."""
    existing = (await connection.list_tables()).tables
    texts = await connection.create_table(
        ITEMS, schema=text_schema(), mode="overwrite" if ITEMS in existing else "create"
    )
    await texts.create_index("text", config=_text_index(), replace=True)
    windows = await connection.create_table(
        WINDOWS,
        schema=window_schema(identity),
        mode="overwrite" if WINDOWS in existing else "create",
    )
    table = LevelTable(connection, windows, texts, level)
    await table.check_stamp(identity)
    return table


@translated_index_errors()
async def open_level_table(connection: AsyncConnection, level: ConfidentialityLevel) -> LevelTable:
    """Open the tables of *level*, which exist."""
    windows = await connection.open_table(WINDOWS)
    texts = await connection.open_table(ITEMS)
    return LevelTable(connection, windows, texts, level)


def _text_index() -> FTS:
    return FTS(with_position=False, language="English", stem=True, remove_stop_words=True)
