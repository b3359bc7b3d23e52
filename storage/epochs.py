"""What makes a cached answer out of date: a change at a level that it was made from, or an expiry.

Each level has an epoch in SQL, the truth, that moves in the transaction of every change to what can be
read at that level. An answer is cached under the epochs of its reader's levels, read before it is made:

1. A reader reads the epochs; what it makes afterwards is at least as new as they say.
2. A change commits, and with it the level's next epoch. There is no moment between the two, also not
   when a process is killed: either both are there or neither is.
3. Whoever asks after that reads the new epoch and looks under a name that holds nothing older.
A reader learns of no epoch above its clearance, so a change up there moves nothing below.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists
from sqlalchemy import select as select_values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import Clearance
from storage.database import Database
from storage.knowledge_rows import permitted_to
from storage.tables import KnowledgeRow, LevelEpochRow, OutboxRow


class LevelEpochs:
    """Reads what tells whether an answer is still right; `advance_epochs` moves it on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, clearance: Clearance) -> tuple[int, ...]:
        """Return one epoch for each level that *clearance* may read, least secret first."""
        epochs, _ = await self._read(clearance)
        return epochs

    async def read_settled(self, clearance: Clearance) -> tuple[int, ...] | None:
        """Return the same, or None while the index still lags behind the truth at one of the levels.

        A search then finds more and more without any change to the truth: between removing and adding
        an item's windows, or after a process was killed there, no epoch tells before from after.
        """
        epochs, lags = await self._read(clearance)
        return None if lags else epochs

    async def next_expiry(self, clearance: Clearance, now: datetime) -> datetime | None:
        """Return when the first item of the readable levels expires after *now*, or None.

        Any of them counts: one that expires leaves a query's candidates, and the scores of the others
        are scaled over those.
        """
        expires_at = col(KnowledgeRow.expires_at)
        first = select(expires_at).where(permitted_to(clearance), expires_at > now)
        rows = await self._database.rows(first.order_by(expires_at).limit(1))
        return rows[0].expires_at if rows else None

    async def _read(self, clearance: Clearance) -> tuple[tuple[int, ...], bool]:
        """Return the epochs, and whether the index still lags, as they were at one moment."""
        ranks = [level.rank for level in clearance.readable_levels]
        owed = exists().where(col(OutboxRow.level_rank).in_(ranks))
        epochs = [
            select(LevelEpochRow.epoch)
            .where(col(LevelEpochRow.level_rank) == rank)
            .scalar_subquery()
            for rank in ranks
        ]
        at_once: Select[Any] = select_values(owed, *epochs)
        ((lags, *found),) = await self._database.rows(at_once)
        return tuple(epoch or 0 for epoch in found), bool(lags)


async def advance_epochs(session: AsyncSession, level_ranks: Iterable[int]) -> dict[int, int]:
    """Move the epochs of these levels on, in the transaction of what changed there; return the new ones.

    A writing transaction holds the installation's write lock, so no step is lost between two of them.
    """
    ranks = sorted(set(level_ranks))
    if not ranks:
        return {}
    stored = select(LevelEpochRow).where(col(LevelEpochRow.level_rank).in_(ranks))
    rows = {row.level_rank: row for row in (await session.execute(stored)).scalars()}
    for rank in ranks:
        if rank in rows:
            rows[rank].epoch += 1
        else:
            rows[rank] = LevelEpochRow(level_rank=rank, epoch=1)
            session.add(rows[rank])
    await session.flush()
    return {rank: rows[rank].epoch for rank in ranks}
