"""What handlers have done: the memory that makes a handler's effect happen once.

An event may be delivered again, by a consumer that died before its ack or by a replay. A handler asks
`once` within the SQL transaction of its effect: both are committed, or neither is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.database import Database
from storage.tables import HandledEventRow


class HandledEvents:
    """Which handler has done with which event."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def once(
        self, session: AsyncSession, handler: str, event_id: str, *, flow_run_id: str | None = None
    ) -> bool:
        """Remember in *session*, a writing one, that *handler* did it; False when it had before.

        A writing transaction holds the write lock, so two that ask at once get different answers.
        """
        if await session.get(HandledEventRow, (handler, event_id)) is not None:
            return False
        session.add(
            HandledEventRow(
                handler=handler,
                event_id=event_id,
                handled_at=self._clock(),
                flow_run_id=flow_run_id,
            )
        )
        await session.flush()
        return True

    async def forget_before(self, time: datetime) -> int:
        """Forget what was done before *time*, longer ago than any event can come again; return how many."""
        old = delete(HandledEventRow).where(col(HandledEventRow.handled_at) < time)
        async with self._database.writing() as session:
            return cast("CursorResult[Any]", await session.execute(old)).rowcount
