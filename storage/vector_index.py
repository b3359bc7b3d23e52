"""The LanceDB index: tables of its own for each level, and a search that opens only what the reader may read.

The index is written by one process at a time (the caller holds the `index` lock) and read by any
number. A table that is missing means that nothing is stored at that level. LanceDB is imported and
connected when the index is first looked at: a process that reads rows does without it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from domain.clearance import Clearance, ConfidentialityLevel
from domain.errors import StorageError
from domain.ranking import Candidates
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.exact_search import IndexQuery, search_in_memory

if TYPE_CHECKING:
    from lancedb import AsyncConnection

    from storage.level_table import LevelTable


class VectorIndex:
    """The levels' tables in the LanceDB database at *location*; making one opens nothing."""

    def __init__(self, location: str, model: EmbeddingModel, *, exact_search_chunks: int) -> None:
        self._location = location
        self._model = model
        self._exact_search_chunks = exact_search_chunks
        self._tables: dict[ConfidentialityLevel, LevelTable] = {}
        self._connecting = asyncio.Lock()
        self._open_connection: AsyncConnection | None = None

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
        from storage.disk_search import search_on_disk  # noqa: PLC0415 - see the module's docstring

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
            from storage.level_table import open_level_table  # noqa: PLC0415 - as above

            table = await open_level_table(await self._connection(), level)
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
        connection = await self._connection()
        from storage.level_table import create_level_table  # noqa: PLC0415 - as above

        self._tables[level] = await create_level_table(connection, level, identity)
        return self._tables[level]

    async def has_table(self, level: ConfidentialityLevel) -> bool:
        """Return whether *level* has a table, whichever model made it."""
        connection = await self._connection()
        from storage.level_table import table_names  # noqa: PLC0415 - as above

        return table_names(level)[0] in (await connection.list_tables()).tables

    async def _connection(self) -> AsyncConnection:
        """Return the one connection, opening (or creating) the database."""
        async with self._connecting:
            if self._open_connection is None:
                # In a thread: other work of the loop goes on meanwhile.
                await asyncio.to_thread(_import_lancedb)
                self._open_connection = await _connect(self._location)
            return self._open_connection


def _import_lancedb() -> None:
    """Import LanceDB and what uses it.

    Thousands of classes come with it, all of them to stay: the collector would look through them again
    and again for garbage, which takes as long as importing them.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        import_module("storage.level_table")
    finally:
        if was_collecting:
            gc.enable()


async def _connect(location: str) -> AsyncConnection:
    import lancedb  # noqa: PLC0415 - as above

    try:
        # Without a consistency interval an open table never sees another process's writes.
        return await lancedb.connect_async(location, read_consistency_interval=timedelta(seconds=0))
    except (OSError, RuntimeError, ValueError) as error:
        raise StorageError("the vector index cannot be opened") from error
