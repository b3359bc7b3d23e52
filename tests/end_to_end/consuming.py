"""A consumer of events in a process of its own, which a test may kill, and the effects that it leaves.

The effect of an event is a row in a table that takes the same row twice: only what the product does
keeps an effect single. It is written as a handler should, in one transaction with `HandledEvents.once`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess

from sqlalchemy import text

from domain.events import Event
from storage.database import Database, open_database
from storage.event_bus import EventBus
from storage.handled_events import HandledEvents
from storage.redis_server import RedisConnection
from storage.settings import Settings
from tests.end_to_end.processes import PROCESSES
from tests.events import QUICK, eventually

GROUP = "effects"


@dataclass(frozen=True)
class Effects:
    """The bus of a home, and a handler whose effects can be counted."""

    database: Database
    bus: EventBus
    handled: HandledEvents

    async def take(self, event: Event) -> None:
        """Leave one effect of *event*, however often it comes."""
        async with self.database.writing() as session:
            if await self.handled.once(session, GROUP, event.event_id):
                row = text("INSERT INTO effects (event_id) VALUES (:event_id)")
                await session.execute(row, {"event_id": event.event_id})

    async def left(self) -> list[str]:
        """Return the ids of the events that left an effect, each as often as it did."""
        async with self.database.reading() as session:
            return [*(await session.execute(text("SELECT event_id FROM effects"))).scalars()]

    async def wait_for(self, how_many: float) -> None:
        """Return once so many effects are there, in whatever process they are made."""

        async def enough() -> bool:
            return len(await self.left()) >= how_many

        await eventually(enough, f"{how_many:.0f} effects are there", within=60)

    async def held(self) -> list[str]:
        """Return the ids of the events that the group has not done with."""
        return [one.event.event_id async for one in self.bus.pending(GROUP)]

    async def work_off(self, *, until_idle: bool) -> int:
        """Consume as every process here does."""
        return await self.bus.consume(
            GROUP, "consumer", self.take, concurrency=4, until_idle=until_idle, policy=QUICK
        )


@asynccontextmanager
async def open_effects() -> AsyncGenerator[Effects]:
    """Open the home that the environment names."""
    settings = Settings()
    database = await open_database(settings)
    connection = RedisConnection(settings)
    try:
        async with database.writing() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS effects (event_id TEXT)"))
        namespace = f"diarchy:{await database.installation_id()}"
        yield Effects(
            database,
            EventBus(connection, namespace, clock=_now),
            HandledEvents(database, clock=_now),
        )
    finally:
        await connection.close()
        await database.close()


def start_consumer() -> BaseProcess:
    """Start a process that consumes until it is killed."""
    process = PROCESSES.Process(target=_consume, args=(dict(os.environ),))
    process.start()
    return process


def _consume(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)

    async def consume() -> None:
        async with open_effects() as effects:
            await effects.work_off(until_idle=False)

    asyncio.run(consume())


def _now() -> datetime:
    return datetime.now(UTC)
