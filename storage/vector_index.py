"""The LanceDB index: a database for each level, and a search that opens only what the reader may read.

The index is written by one process at a time (the caller holds the `index` lock) and read by any
number. A table that is missing means that nothing is stored at that level. A level that this process
cannot open is an error, never fewer results. LanceDB is imported and connected when the index is first
looked at: a process that reads rows does without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from domain.clearance import Clearance, ConfidentialityLevel
from domain.errors import StorageError
from domain.ranking import Candidates
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.exact_search import IndexQuery, search_in_memory
from storage.index_errors import translated_index_errors
from storage.index_location import IndexLocation
from storage.lancedb_import import import_lancedb
from storage.settings import Settings

if TYPE_CHECKING:
    from lancedb import AsyncConnection

    from storage.level_table import LevelTable


class VectorIndex:
    """The levels' tables, each level's in a LanceDB database of its own; making one opens nothing."""

    def __init__(
        self,
        locations: Mapping[ConfidentialityLevel, IndexLocation],
        model: EmbeddingModel,
        *,
        exact_search_chunks: int,
    ) -> None:
        self._locations = locations
        self._model = model
        self._exact_search_chunks = exact_search_chunks
        self._connections: dict[ConfidentialityLevel, AsyncConnection] = {}
        self._tables: dict[ConfidentialityLevel, LevelTable] = {}
        self._connecting = asyncio.Lock()

    @property
    def levels(self) -> tuple[ConfidentialityLevel, ...]:
        """The levels that this process can open, least secret first."""
        return tuple(self._locations)

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

            table = await open_level_table(await self.connect(level), level)
            await table.check_stamp(await self._model.identity())
            self._tables[level] = table
        return self._tables[level]

    async def connect(self, level: ConfidentialityLevel) -> AsyncConnection:
        """Return the one connection to the database of *level*, opening (or creating) it."""
        if level not in self._locations:
            raise StorageError(
                f"this process has no keys to the index of the level {level.value}: set "
                "DIARCHY_PROCESS_CEILING below it, or give it options of that level"
            )
        async with self._connecting:
            if level not in self._connections:
                await asyncio.to_thread(import_lancedb)
                self._connections[level] = await _connect(self._locations[level])
        return self._connections[level]

    async def count_passages(self) -> dict[ConfidentialityLevel, int]:
        """Return how many windows each level's tables hold, of the levels that this process can open."""
        tables = {level: await self.find_table(level) for level in self.levels}
        return {
            level: 0 if table is None else await table.count() for level, table in tables.items()
        }

    async def get_or_create_table(self, level: ConfidentialityLevel) -> LevelTable:
        """Return the table of *level*, made empty where there is none."""
        return await self.find_table(level) or await self.recreate_table(level)

    async def recreate_table(self, level: ConfidentialityLevel) -> LevelTable:
        """Replace the table of *level* by an empty one for the present embedding model."""
        identity: EmbeddingIdentity = await self._model.identity()
        connection = await self.connect(level)
        from storage.level_table import create_level_table  # noqa: PLC0415 - as above

        self._tables[level] = await create_level_table(connection, level, identity)
        return self._tables[level]

    @translated_index_errors()
    async def has_table(self, level: ConfidentialityLevel) -> bool:
        """Return whether *level* has a table, whichever model made it."""
        connection = await self.connect(level)
        from storage.level_table import WINDOWS  # noqa: PLC0415 - as above

        return WINDOWS in (await connection.list_tables()).tables


@translated_index_errors()
async def _connect(location: IndexLocation) -> AsyncConnection:
    import lancedb  # noqa: PLC0415 - as above

    # Without a consistency interval an open table never sees another process's writes.
    return await lancedb.connect_async(
        location.uri,
        read_consistency_interval=timedelta(seconds=0),
        storage_options=location.options or None,
    )


def open_vector_index(settings: Settings, model: EmbeddingModel) -> VectorIndex:
    """Return the index that *settings* describe; nothing is read of it yet, only references are.

    Raises `InvalidInput` for a reference to a secret that is not there.
    """
    locations = {level: settings.index_location(level) for level in settings.index_levels}
    return VectorIndex(locations, model, exact_search_chunks=settings.exact_search_chunks)
