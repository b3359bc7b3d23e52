"""One level's LanceDB tables: the windows with their vectors, and the items with their words.

A level never shares a table, an index or a statistic with another one, so what is stored at a level
cannot move a score at another. Words are matched over whole items, meaning over windows: a query's
words may be spread over an item, while a vector of a long text means nothing in particular.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from lancedb import AsyncConnection, AsyncTable
from lancedb.expr import Expr, col, lit
from lancedb.index import FTS
from lancedb.query import MatchQuery

from domain.clearance import ConfidentialityLevel
from domain.errors import IndexMismatch, StorageError
from domain.knowledge import KnowledgeCategory
from domain.ranking import Candidate
from storage.embeddings import EmbeddingIdentity, Vectors
from storage.exact_search import LevelInMemory
from storage.index_errors import translated_index_errors
from storage.index_schema import text_schema, window_schema
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix
from storage.level_words import WORD_COLUMNS, LevelWords, Words

_SCALAR_COLUMNS = tuple(column for column in MATRIX_COLUMNS if column != "vector")
_KEEP_OLD_VERSIONS = timedelta(minutes=10)
"""A search that began on an older version finishes on it."""
_AT_ONCE = timedelta(milliseconds=1)
"""As good as zero, which LanceDB warns about; the caller holds the lock that the warning asks for."""
_MOST_TIED_HITS = 10_000
_SPARE_HITS = 60
"""How many more hits are read at once, to see the end of a tie."""


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
        self._matrix: LevelMatrix | None = None
        self._words: LevelWords | None = None
        self._stamp: dict[bytes, bytes] | None = None
        self._counted: tuple[int, int] | None = None

    @property
    def level(self) -> ConfidentialityLevel:
        """The level of everything in the tables."""
        return self._level

    @translated_index_errors()
    async def check_stamp(self, identity: EmbeddingIdentity) -> None:
        """Raise `IndexMismatch` when another model made the vectors."""
        self._stamp = window_schema(identity).metadata
        await self._check_stamp()

    @translated_index_errors()
    async def count(self) -> int:
        """Look at the table as it is now and return how many windows there are."""
        version = await self._windows.version()
        if self._counted is None or self._counted[0] != version:
            self._counted = (version, await self._windows.count_rows())
        return self._counted[1]

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
        if self._counted is None:
            await self.count()
        version = self._counted[0] if self._counted else await self._windows.version()
        if self._matrix is None or self._matrix.table_version != version:
            await self._check_stamp()
            rows = await self._windows.query().select(list(MATRIX_COLUMNS)).to_arrow()
            self._matrix = await asyncio.to_thread(
                LevelMatrix.of, rows, level_rank=self._level.rank, table_version=version
            )
            self._words = None
        version = await self._texts.version()
        if self._words is None or self._words.table_version != version:
            rows = await self._texts.query().select(list(WORD_COLUMNS)).to_arrow()
            self._words = await asyncio.to_thread(
                LevelWords.of,
                rows,
                knowledge_ids=self._matrix.knowledge_ids,
                table_version=version,
            )
        return LevelInMemory(self._matrix, self._words)

    @translated_index_errors()
    async def words(self, text: str) -> Words:
        """Return the words of *text* as the text index sees them, the same at every level."""
        found = await self._texts.tokenize(text, column="text")
        return Words.of([token.text for token in found])

    @translated_index_errors()
    async def text_scores(
        self,
        query: str,
        *,
        categories: Sequence[KnowledgeCategory] | None,
        now: datetime,
        limit: int,
    ) -> dict[str, float]:
        """Return the BM25 scores of the best *limit* items by id, ties at the end broken by id."""
        fetched = limit + _SPARE_HITS
        while True:
            search = self._texts.query().nearest_to_text(MatchQuery(query, "text"))  # pyright: ignore[reportCallIssue] - its defaults are not typed
            rows = await (
                search.where(_visible(categories, now))
                .select(["knowledge_id", "_score"])
                .limit(fetched)
                .to_arrow()
            )
            scores: list[float] = rows["_score"].to_pylist()
            ids: list[str] = rows["knowledge_id"].to_pylist()
            hits = dict(zip(ids, scores, strict=True))
            best = sorted(hits, key=lambda name: (-hits[name], name))[:limit]
            exhausted = len(hits) < fetched or fetched > _MOST_TIED_HITS
            if exhausted or scores[-1] < hits[best[-1]]:
                return {name: hits[name] for name in best}
            fetched *= 4

    async def nearest(
        self,
        query: Vectors,
        *,
        words: Words,
        categories: Sequence[KnowledgeCategory] | None,
        now: datetime,
        limit: int,
        text_scores: Mapping[str, float],
    ) -> list[Candidate]:
        """Return the windows nearest to *query* and those of the items in *text_scores*.

        For levels that are too large to be held in memory; scans the table on disk.
        """
        await self._check_stamp()
        filtered = (
            self._windows.query()
            .nearest_to(query)
            .distance_type("dot")
            .where(_visible(categories, now))
            .select([*_SCALAR_COLUMNS, "_distance"])
        )
        rows = (await filtered.limit(limit).to_arrow()).to_pylist()
        cosines = {(row["knowledge_id"], row["start"]): 1 - row["_distance"] for row in rows}
        if text_scores:
            by_words = self._windows.query().where(col("knowledge_id").isin(sorted(text_scores)))
            for row in (await by_words.select(list(MATRIX_COLUMNS)).to_arrow()).to_pylist():
                place = (row["knowledge_id"], row["start"])
                if place not in cosines:
                    cosines[place] = float(np.dot(query, row["vector"]))
                    rows.append(row)
        coverages = await self._coverages({row["knowledge_id"] for row in rows}, words)
        return [
            Candidate(
                item_key=row["item_key"],
                knowledge_id=row["knowledge_id"],
                level_rank=self._level.rank,
                strategic_priority=row["strategic_priority"],
                version=row["version"],
                start=row["start"],
                length=row["length"],
                cosine=cosines[row["knowledge_id"], row["start"]],
                text_score=text_scores.get(row["knowledge_id"], 0.0),
                coverage=coverages.get(row["knowledge_id"], 0.0),
            )
            for row in rows
        ]

    async def _coverages(self, knowledge_ids: set[str], words: Words) -> dict[str, float]:
        """Return for each of the items the share of *words* that it holds."""
        if not knowledge_ids:
            return {}
        named = self._texts.query().where(col("knowledge_id").isin(sorted(knowledge_ids)))
        rows = await named.select(["knowledge_id", "words"]).to_arrow()
        return {
            row["knowledge_id"]: words.share_in(frozenset(row["words"])) for row in rows.to_pylist()
        }

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
        self._matrix = self._words = None

    async def _check_stamp(self) -> None:
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
    """Create the empty tables of *level*, replacing those that are there."""
    windows_name, texts_name = table_names(level)
    existing = (await connection.list_tables()).tables
    texts = await connection.create_table(
        texts_name,
        schema=text_schema(),
        mode="overwrite" if texts_name in existing else "create",
    )
    await texts.create_index("text", config=_text_index(), replace=True)
    windows = await connection.create_table(
        windows_name,
        schema=window_schema(identity),
        mode="overwrite" if windows_name in existing else "create",
    )
    table = LevelTable(connection, windows, texts, level)
    await table.check_stamp(identity)
    return table


@translated_index_errors()
async def open_level_table(connection: AsyncConnection, level: ConfidentialityLevel) -> LevelTable:
    """Open the tables of *level*, which exist."""
    windows_name, texts_name = table_names(level)
    windows = await connection.open_table(windows_name)
    texts = await connection.open_table(texts_name)
    return LevelTable(connection, windows, texts, level)


def table_names(level: ConfidentialityLevel) -> tuple[str, str]:
    """Return the names of the tables of windows and of items; that of windows is made last."""
    return f"{level.value}_windows", f"{level.value}_items"


def _text_index() -> FTS:
    return FTS(with_position=False, language="English", stem=True, remove_stop_words=True)


def _visible(categories: Sequence[KnowledgeCategory] | None, now: datetime) -> Expr:
    unexpired = col("expires_at").gt(lit(now))
    if categories is None:
        return unexpired
    return unexpired.and_(col("category").isin([category.value for category in categories]))
