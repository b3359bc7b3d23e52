"""Long-term memory: what sessions concluded, found again by readers who may read it.

The truth lies in SQL; LanceDB finds, in a table of its own a level that no search for knowledge opens, so
that a conclusion is evidence for nothing. A search compares the question with every conclusion of the
permitted levels, which does well up to some hundred thousand a level; what is stored above takes part in
nothing. A conclusion names neither the session nor the principal that it comes from, and is left out as
soon as one of the items that it was made from cannot be read any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, exists, func, or_, update
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel, Reader
from domain.sessions import Conclusion
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.cached_embeddings import CachedEmbeddings
from storage.database import Database
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.knowledge_rows import LEVELS, visible_to
from storage.session_answers import SOURCES
from storage.session_tables import ConclusionRow, MessageSourceRow
from storage.tables import KnowledgeRow
from storage.vector_index import VectorIndex

if TYPE_CHECKING:
    from storage.conclusion_table import ConclusionTable, Near

RELEVANCE_FLOOR = 0.4
"""The least cosine at which a conclusion bears on a question; sentences of one subject are mostly above."""
_FETCHED = 32
_ROWS_AT_ONCE = 200
_LOCK = "conclusions"


class ConclusionMemory:
    """Keeps conclusions in the index and finds them; one process at a time writes."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        index: VectorIndex,
        model: EmbeddingModel,
        embeddings: CachedEmbeddings,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._index = index
        self._model = model
        self._embeddings = embeddings
        self._clock = clock
        self._opened: dict[ConfidentialityLevel, ConclusionTable] = {}

    async def search(
        self, text: str, reader: Reader, *, limit: int, other_than: str | None = None
    ) -> tuple[Conclusion, ...]:
        """Return the conclusions that bear most on *text*, of every session but *other_than*.

        Most relevant first, equals by id; audited above internal. Raises `IndexMismatch` where another
        embedding model made the index.
        """
        tables = await self._tables(reader.clearance)
        if not tables or limit < 1:
            return ()
        vector = (await self._embeddings.embed([text], reader.clearance))[0]
        fetched = max(_FETCHED, 4 * limit)
        while True:
            nearest = await asyncio.gather(
                *(table.nearest(vector, fetched) for table in tables.values())
            )
            by_rank = dict(zip(tables, nearest, strict=True))
            sure_from = max(
                (near[-1].cosine for near in nearest if len(near) == fetched), default=-1.0
            )
            found = await self._readable(by_rank, sure_from, reader, other_than, limit)
            if len(found) == limit or sure_from < RELEVANCE_FLOOR:
                break
            fetched *= 4
        await self._record(found, reader)
        return tuple(found)

    async def drain(self) -> int:
        """Index what the truth holds and the index does not know; return how many conclusions."""
        indexed = 0
        if await self.pending():
            async with self._database.exclusive(_LOCK):
                for level in self._index.levels:
                    while rows := await self._owed(level):
                        await self._put(level, rows)
                        indexed += len(rows)
        return indexed

    async def pending(self) -> int:
        """Return how many conclusions the index does not know yet, of the levels that can be opened."""
        ranks = [level.rank for level in self._index.levels]
        owed = select(func.count()).where(
            col(ConclusionRow.is_indexed).is_(False), col(ConclusionRow.level_rank).in_(ranks)
        )
        async with self._database.reading() as session:
            return (await session.execute(owed)).scalar_one()

    async def rebuild(self) -> int:
        """Make every table anew from the truth, for the present embedding model; return the conclusions."""
        identity = await self._model.identity()
        async with self._database.exclusive(_LOCK):
            for level in self._index.levels:
                async with self._database.writing() as session:
                    of_level = update(ConclusionRow).where(
                        col(ConclusionRow.level_rank) == level.rank
                    )
                    await session.execute(of_level.values(is_indexed=False))
                await self._recreate(level, identity)
        return await self.drain()

    async def erase_removed(self) -> None:
        """Write every table anew with nothing but what the truth holds, so that no file has the rest."""
        async with self._database.exclusive(_LOCK):
            for level in self._index.levels:
                table = await self._find_table(level)
                if table is not None:
                    await table.keep_only(await self._indexed_ids(level))

    async def count_held(self, ids: Collection[str]) -> int:
        """Return how many of the conclusions of these ids the index holds, at whatever level."""
        held = 0
        for level in self._index.levels:
            table = await self._find_table(level)
            if table is not None:
                held += len(set(ids) & set(await table.ids()))
        return held

    async def _readable(
        self,
        by_rank: Mapping[int, Sequence[Near]],
        sure_from: float,
        reader: Reader,
        other_than: str | None,
        limit: int,
    ) -> list[Conclusion]:
        """Return the first of what is near enough and still there for the reader.

        At *sure_from* and below, equals may be missing, so nothing from there on is taken.
        """
        worth = {
            (near.conclusion_id, rank): near.cosine
            for rank, some in by_rank.items()
            for near in some
            if near.cosine >= RELEVANCE_FLOOR and near.cosine > sure_from
        }
        in_order = sorted(worth, key=lambda place: (-worth[place], place))
        found: list[Conclusion] = []
        for first in range(0, len(in_order), _ROWS_AT_ONCE):
            some = in_order[first : first + _ROWS_AT_ONCE]
            rows = await self._rows(some, reader, other_than)
            found += [_conclusion(rows[place], worth[place]) for place in some if place in rows]
            if len(found) >= limit:
                break
        return found[:limit]

    async def _rows(
        self, places: Iterable[tuple[str, int]], reader: Reader, other_than: str | None
    ) -> dict[tuple[str, int], ConclusionRow]:
        """Return the rows of what is still there, by id and level: all of its sources can be read."""
        source_is_readable = exists().where(
            col(KnowledgeRow.knowledge_id) == col(MessageSourceRow.knowledge_id),
            col(KnowledgeRow.level_rank) == col(MessageSourceRow.level_rank),
            visible_to(reader.clearance, self._clock()),
        )
        lost_a_source = exists().where(
            col(MessageSourceRow.message_key) == col(ConclusionRow.conclusion_id),
            ~source_is_readable,
        )
        wanted = select(ConclusionRow).where(
            or_(
                *(
                    and_(
                        col(ConclusionRow.conclusion_id) == conclusion_id,
                        col(ConclusionRow.level_rank) == rank,
                    )
                    for conclusion_id, rank in places
                )
            ),
            col(ConclusionRow.level_rank).in_([x.rank for x in reader.clearance.readable_levels]),
            col(ConclusionRow.session_id) != (other_than or ""),
            ~lost_a_source,
        )
        async with self._database.reading() as session:
            rows = (await session.execute(wanted)).scalars().all()
        return {(row.conclusion_id, row.level_rank): row for row in rows}

    async def _owed(self, level: ConfidentialityLevel) -> Sequence[ConclusionRow]:
        owed = (
            select(ConclusionRow)
            .where(
                col(ConclusionRow.is_indexed).is_(False),
                col(ConclusionRow.level_rank) == level.rank,
            )
            .order_by(col(ConclusionRow.conclusion_id))
            .limit(_ROWS_AT_ONCE)
        )
        async with self._database.reading() as session:
            return (await session.execute(owed)).scalars().all()

    async def _put(self, level: ConfidentialityLevel, rows: Sequence[ConclusionRow]) -> None:
        """Index *rows*, then mark them: killed in between, they are put once more, over themselves."""
        # One by one: which texts share a batch moves the last bits of a vector.
        vectors = [(await self._model.embed([row.text]))[0] for row in rows]
        ids = [row.conclusion_id for row in rows]
        await (await self._table(level)).put(ids, np.stack(vectors))
        known = update(ConclusionRow).where(col(ConclusionRow.conclusion_id).in_(ids))
        async with self._database.writing() as session:
            await session.execute(known.values(is_indexed=True))

    async def _tables(self, clearance: Clearance) -> dict[int, ConclusionTable]:
        """Return the tables of the levels that may be read and hold anything, by rank."""
        tables = {
            level.rank: await self._find_table(level)
            for level in clearance.readable_levels
            if await self._has_any(level)
        }
        return {rank: table for rank, table in tables.items() if table is not None}

    async def _has_any(self, level: ConfidentialityLevel) -> bool:
        """Return whether the truth holds a conclusion of *level*: LanceDB need not load without any."""
        any_of_level = select(ConclusionRow.conclusion_id).where(
            col(ConclusionRow.level_rank) == level.rank
        )
        async with self._database.reading() as session:
            return (await session.execute(any_of_level.limit(1))).first() is not None

    async def _find_table(self, level: ConfidentialityLevel) -> ConclusionTable | None:
        if level in self._opened:
            await self._opened[level].check_stamp()
            return self._opened[level]
        connection = await self._index.connect(level)
        from storage.conclusion_table import find_conclusion_table  # noqa: PLC0415 - LanceDB, when it is needed

        found = await find_conclusion_table(connection, await self._model.identity())
        if found is not None:
            self._opened[level] = found
        return found

    async def _table(self, level: ConfidentialityLevel) -> ConclusionTable:
        found = await self._find_table(level)
        if found is None:
            connection = await self._index.connect(level)
            from storage.conclusion_table import create_conclusion_table  # noqa: PLC0415 - as above

            found = await create_conclusion_table(connection, await self._model.identity())
            self._opened[level] = found
        return found

    async def _recreate(self, level: ConfidentialityLevel, identity: EmbeddingIdentity) -> None:
        """Make the table of *level* empty, where there is one."""
        connection = await self._index.connect(level)
        from storage.conclusion_table import create_conclusion_table, has_conclusion_table  # noqa: PLC0415 - as above

        if await has_conclusion_table(connection):
            self._opened[level] = await create_conclusion_table(connection, identity)

    async def _indexed_ids(self, level: ConfidentialityLevel) -> list[str]:
        indexed = select(ConclusionRow.conclusion_id).where(
            col(ConclusionRow.level_rank) == level.rank, col(ConclusionRow.is_indexed).is_(True)
        )
        async with self._database.reading() as session:
            return list((await session.execute(indexed)).scalars())

    async def _record(self, found: Sequence[Conclusion], reader: Reader) -> None:
        above = sorted(
            (one.conclusion_id, one.confidentiality_level.rank)
            for one in found
            if one.confidentiality_level.rank > ConfidentialityLevel.INTERNAL.rank
        )
        if above:
            detail: dict[str, Any] = {"conclusions": above, "purpose": "recall"}
            await self._audit.record(reader.name, AuditAction.SEARCH, AuditOutcome.ALLOWED, detail)


def _conclusion(row: ConclusionRow, cosine: float) -> Conclusion:
    return Conclusion(
        conclusion_id=row.conclusion_id,
        confidentiality_level=LEVELS[row.level_rank],
        sources=SOURCES.validate_json(row.sources),
        text=row.text,
        concluded_at=row.concluded_at,
        relevance=min(1.0, max(0.0, cosine)),
    )
