"""Events of committed changes, on their way to the bus: the transactional outbox.

An event is written in the transaction of the change that it tells of, so neither is there without the
other. The relay publishes what is there, in order, and forgets it; told twice, the bus knows it by its
id. When Redis is down, what is written waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.errors import StorageError
from domain.events import Event
from storage.database import Database
from storage.event_bus import EventBus
from storage.tables import OutgoingEventRow
from storage.tracing import trace_parent

_ROWS_AT_ONCE = 100
_TELLING_SECONDS = 2.0
_SILENT_SECONDS = 10.0
"""Many changes after one another are not each held up by a Redis that is down."""
_log = logging.getLogger("diarchy.events")


class OutgoingEvents:
    """Writes events beside the changes that they tell of."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    async def add(self, session: AsyncSession, event: Event) -> None:
        """Write *event* in *session*, a writing one; an event that is there already stays."""
        known = select(OutgoingEventRow.outgoing_id).where(
            col(OutgoingEventRow.event_id) == event.event_id
        )
        if (await session.execute(known)).first() is None:
            session.add(
                OutgoingEventRow(
                    event_id=event.event_id,
                    level_rank=event.confidentiality_level.rank,
                    body=event.within_trace(trace_parent()).model_dump_json(),
                    recorded_at=self._clock(),
                )
            )
            await session.flush()


class EventRelay:
    """Publishes what changes have left to be told."""

    def __init__(self, database: Database, bus: EventBus) -> None:
        self._database = database
        self._bus = bus
        self._is_down = False
        self._silent_until = float("-inf")

    async def publish_pending(self, *, within: float | None = None) -> int:
        """Publish and forget; return how many. With Redis down nothing is published, and nothing lost.

        *within* says how many seconds Redis may take to answer.
        """
        published = 0
        oldest = select(OutgoingEventRow).order_by(col(OutgoingEventRow.outgoing_id))
        while rows := await self._database.rows(oldest.limit(_ROWS_AT_ONCE)):
            try:
                async with asyncio.timeout(within):
                    await self._bus.publish_many(
                        [Event.model_validate_json(row.body) for row in rows]
                    )
            except (StorageError, TimeoutError):
                if not self._is_down:
                    _log.warning("Redis does not answer; events of changes wait.")
                self._is_down = True
                return published
            self._is_down = False
            ids = [row.outgoing_id for row in rows]
            async with self._database.writing() as session:
                await session.execute(
                    delete(OutgoingEventRow).where(col(OutgoingEventRow.outgoing_id).in_(ids))
                )
            published += len(rows)
        return published

    async def tell(self) -> None:
        """Publish what can be published at once: a change that is made waits for Redis no longer.

        What cannot be told is told by the next change, the dispatcher or the maintenance.
        """
        loop = asyncio.get_running_loop()
        if loop.time() >= self._silent_until:
            await self.publish_pending(within=_TELLING_SECONDS)
            if self._is_down:
                self._silent_until = loop.time() + _SILENT_SECONDS
