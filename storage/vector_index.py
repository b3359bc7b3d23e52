"""The LanceDB index: tables of its own for each level, and a search that opens only what the reader may read.

The index is written by one process at a time (the caller holds the `index` lock) and read by any
number. A table that is missing means that nothing is stored at that level.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain

import lancedb
from lancedb import AsyncConnection

from domain.clearance import Clearance, ConfidentialityLevel
from domain.errors import StorageError
from domain.ranking import Candidates
from storage.disk_search import search_on_disk
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.exact_search import IndexQuery, search_in_memory
from storage.level_table import LevelTable, create_level_table, open_level_table, table_names


class VectorIndex:
    """The levels' tables in one LanceDB database."""

    def __init__(
        self, connection: AsyncConnection, model: EmbeddingModel, *, exact_search_chunks: int
    ) -> None:
        self._connection = connection
        self._model = model
        self._exact_search_chunks = exact_search_chunks
        self._tables: dict[ConfidentialityLevel, LevelTable] = {}

    async def search(
        self, queries: Sequence[IndexQuery], *, clearance: Clearance, now: datetime
    ) -> list[Candidates]:
        """Return for each query the windows worth weighing, from the levels that may be read.

        Raises `IndexMismatch` when a table was made by another embedding model.
        """
        tables = [
            table
            for level in clearance.readable_levels
            if (table := await self.find_table(level)) is not None
        ]
        counts, words = await asyncio.gather(
            asyncio.gather(*(table.count() for table in tables)),
            asyncio.gather(*(table.words(query.text) for table in tables[:1] for query in queries)),
        )
        windows = sum(counts)
        if not windows:
            return [Candidates.of([]) for _ in queries]
        if windows <= self._exact_search_chunks:
            levels = await asyncio.gather(*(table.in_memory() for table in tables))
            return await asyncio.to_thread(search_in_memory, levels, queries, words, now=now)
        by_level = await asyncio.gather(
            *(search_on_disk(table, queries, words, now=now) for table in tables)
        )
        return [
            Candidates.of(chain.from_iterable(levels)) for levels in zip(*by_level, strict=True)
        ]

    async def find_table(self, level: ConfidentialityLevel) -> LevelTable | None:
        """Return the table of *level*, or None where nothing was ever stored at it."""
        if level not in self._tables:
            if not await self.has_table(level):
                return None
            table = await open_level_table(self._connection, level)
            await table.check_stamp(await self._model.identity())
            self._tables[level] = table
        return self._tables[level]

    async def count_passages(self) -> dict[ConfidentialityLevel, int]:
        """Return how many windows each level's tables hold; a level without tables holds none."""
        tables = {level: await self.find_table(level) for level in ConfidentialityLevel}
        return {
            level: 0 if table is None else await table.count() for level, table in tables.items()
        }

    async def get_or_create_table(self, level: ConfidentialityLevel) -> LevelTable:
        """Return the table of *level*, made empty where there is none."""
        return await self.find_table(level) or await self.recreate_table(level)

    async def recreate_table(self, level: ConfidentialityLevel) -> LevelTable:
        """Replace the table of *level* by an empty one for the present embedding model."""
        identity: EmbeddingIdentity = await self._model.identity()
        self._tables[level] = await create_level_table(self._connection, level, identity)
        return self._tables[level]

    async def has_table(self, level: ConfidentialityLevel) -> bool:
        """Return whether *level* has a table, whichever model made it."""
        return table_names(level)[0] in (await self._connection.list_tables()).tables


async def open_vector_index(
    location: str, model: EmbeddingModel, *, exact_search_chunks: int
) -> VectorIndex:
    """Open (or create) the index at the LanceDB URI *location*."""
    try:
        # Without a consistency interval an open table never sees another process's writes.
        connection = await lancedb.connect_async(
            location, read_consistency_interval=timedelta(seconds=0)
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise StorageError("the vector index cannot be opened") from error
    return VectorIndex(connection, model, exact_search_chunks=exact_search_chunks)
