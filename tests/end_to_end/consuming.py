"""A consumer in a process of its own, which a test may kill, and the table of its effects."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from domain.events import Event
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.end_to_end.ingesting import PROCESSES
from tests.events import QUICK

GROUP = "workers"
# A consumer that is killed again and again must not make an event look like a killer of consumers.
_POLICY = replace(QUICK, most_deliveries=1000)


class Consumer:
    """Works events off until it is killed: each adds a row, once, in the transaction that says so."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "DIARCHY_HOME": str(home)}
        self._process = PROCESSES.Process(target=_consume, args=(environment,))
        self._process.start()

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self._process.join()


async def make_effects(home: Path, events: Sequence[Event]) -> None:
    """Make the table of effects, and publish *events*."""
    async with open_stores(Settings(home=home)) as stores:
        async with stores.database.writing() as session:
            await session.execute(text("CREATE TABLE effects (event_id TEXT)"))
        await stores.events.publish_many(events)


async def effects(stores: Stores) -> list[str]:
    """Return the ids of the events that had an effect, one for each effect."""
    async with stores.database.reading() as session:
        return list((await session.execute(text("SELECT event_id FROM effects"))).scalars())


def _consume(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    asyncio.run(_work_off())


async def _work_off() -> None:
    async with open_stores(Settings()) as stores:

        async def handle(event: Event) -> None:
            async with stores.database.writing() as session:
                if await stores.handled.once(session, GROUP, event.event_id):
                    inserted = text("INSERT INTO effects VALUES (:event_id)")
                    await session.execute(inserted, {"event_id": event.event_id})

        await stores.events.consume(GROUP, "worker", handle, policy=_POLICY, concurrency=4)
