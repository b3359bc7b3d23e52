"""Whose turn it is in a session: messages are answered in the order in which they came.

A message waits for the earlier ones that its reader may read, until each is answered, has failed or is
abandoned. A run that works on a message holds a lease on it, renewed while it waits and while
`holding` is open: one that was killed holds up the others only until its lease is over. A lease decides
about order and about nothing else; of two runs for one message the first answer stands, lease or not.

A run that reads more than a reader may is none that the reader waits for: how long it takes could tell
of what it reads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.clearance import Reader
from domain.errors import TransientStorageError
from domain.sessions import Speaker
from storage.database import Database
from storage.session_rows import own_message, readable
from storage.session_tables import MessageRow

LEASE = timedelta(minutes=5)
"""Longer than an analysis takes that nobody holds; a run that died holds up its session for so long."""
_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


def _machine_time() -> datetime:
    return datetime.now(UTC)


class SessionTurns:
    """Leases on messages. They run by the machine's clock: a pinned one would never end them."""

    def __init__(
        self,
        database: Database,
        *,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = _machine_time,
    ) -> None:
        self._database = database
        self._lease = lease
        self._clock = clock

    def take(self, row: MessageRow, reader: Reader) -> None:
        """Let a run of *reader*'s work on the message from now on."""
        row.run_rank = reader.clearance.level.rank
        row.failure = None
        row.leased_until = self._clock() + self._lease

    def give_up(self, row: MessageRow, reader: Reader, reason: str) -> None:
        """End the run by a failure, unless one that reads less than *reader* has taken over."""
        if row.run_rank is not None and row.run_rank >= reader.clearance.level.rank:
            row.run_rank = reader.clearance.level.rank
            row.failure = reason[:200] or "failed"
            row.leased_until = None

    async def wait(self, message_id: str, reader: Reader, *, within: timedelta) -> None:
        """Return when it is the message's turn.

        Raises `NotFound`, and `TransientStorageError` when that is not *within* so long.
        """
        async with self._database.reading() as session:
            row = await own_message(session, message_id, reader)
        earlier = _earlier(row, reader)
        ends = time.monotonic() + within.total_seconds()
        renewed_at = time.monotonic()
        pause = _FIRST_PAUSE_SECONDS
        while await self._is_any_running(earlier):
            if time.monotonic() >= ends:
                raise TransientStorageError(
                    "an earlier message of the session is still being answered; try again later"
                )
            await asyncio.sleep(min(pause, max(0.0, ends - time.monotonic())))
            pause = min(_LONGEST_PAUSE_SECONDS, pause * 1.5)
            if time.monotonic() - renewed_at > self._lease.total_seconds() / 4:
                await self._renew(row, reader)
                renewed_at = time.monotonic()
        await self._renew(row, reader)

    @asynccontextmanager
    async def holding(self, message_id: str, reader: Reader) -> AsyncGenerator[None]:
        """Renew the lease of the message's run until the block ends."""
        async with self._database.reading() as session:
            row = await own_message(session, message_id, reader)
        renewing = asyncio.create_task(self._renew_on_and_on(row, reader))
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    async def _renew_on_and_on(self, row: MessageRow, reader: Reader) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 4)
            # A database that is away for a moment ends no run; the lease outlasts it.
            with suppress(TransientStorageError):
                await self._renew(row, reader)

    async def _renew(self, row: MessageRow, reader: Reader) -> None:
        """Prolong the lease of this clearance's own run, while there is one."""
        renewed = (
            update(MessageRow)
            .where(
                col(MessageRow.message_key) == row.message_key,
                col(MessageRow.run_rank) == reader.clearance.level.rank,
                col(MessageRow.failure).is_(None),
                col(MessageRow.leased_until).is_not(None),
            )
            .values(leased_until=self._clock() + self._lease)
        )
        await self._database.execute(renewed)

    async def _is_any_running(self, earlier: Select[Any]) -> bool:
        now = self._clock()
        leases: Sequence[datetime] = [
            row.leased_until for row in await self._database.rows(earlier)
        ]
        return any(until > now for until in leases)


def _earlier(row: MessageRow, reader: Reader) -> Select[Any]:
    """Return the query for the leases of the earlier messages that nobody has answered."""
    answer = aliased(MessageRow)
    answered = exists().where(
        col(answer.in_reply_key) == col(MessageRow.message_key),
        col(answer.level_rank).in_([one.rank for one in reader.clearance.readable_levels]),
    )
    leased_until = col(MessageRow.leased_until)
    return select(leased_until).where(
        col(MessageRow.session_id) == row.session_id,
        col(MessageRow.sequence) < row.sequence,
        col(MessageRow.speaker) == Speaker.READER.value,
        readable(reader),
        col(MessageRow.run_rank) <= reader.clearance.level.rank,
        leased_until.is_not(None),
        ~answered,
    )
