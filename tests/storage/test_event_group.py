from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.event_bus import EventBus
from storage.event_group import GroupMember
from storage.event_streams import PRIORITIES, EventBounds, EventKeys
from storage.event_work import Entry
from storage.redis_server import RedisConnection
from storage.settings import Settings
from tests.events import eventually, update
from tests.stores import HandClock

SPACE = "diarchy:test"


@pytest.fixture
async def connection(home: Path) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(Settings(home=home))
    yield connection
    await connection.close()


def member(connection: RedisConnection, *, death: timedelta) -> GroupMember:
    return GroupMember(
        connection,
        EventKeys(SPACE),
        group="group",
        consumer="consumer",
        bounds=EventBounds(),
        death=death,
    )


async def test_what_an_answer_brought_that_never_arrived_is_found_again(
    connection: RedisConnection, clock: HandClock
):
    await EventBus(connection, SPACE, clock=clock).publish_many([update("lost"), update("kept")])
    one = member(connection, death=timedelta(milliseconds=50))
    await one.join()
    lost, kept = await one.read(PRIORITIES, count=10, block=None)
    found: list[Entry] = []

    async def is_found() -> bool:
        found.extend(await one.find_forgotten({kept.key}))
        return bool(found)

    await eventually(is_found, "the lost entry is found")

    assert [(entry.key, entry.body) for entry in found] == [(lost.key, lost.body)]


async def test_what_was_acked_meanwhile_is_not_buried(
    connection: RedisConnection, clock: HandClock
):
    bus = EventBus(connection, SPACE, clock=clock)
    await bus.publish(update("handled"))
    one = member(connection, death=timedelta(seconds=10))
    await one.join()
    (entry,) = await one.read(PRIORITIES, count=10, block=None)
    await one.ack({entry.priority: [entry.entry_id]})

    await one.bury(entry, reason="came too late", at=clock.now)

    assert [letter async for letter in bus.dead_letters()] == []


async def test_nothing_is_claimed_from_a_consumer_that_lives(
    connection: RedisConnection, clock: HandClock
):
    await EventBus(connection, SPACE, clock=clock).publish(update())
    holder = member(connection, death=timedelta(seconds=60))
    other = member(connection, death=timedelta(seconds=60))
    await holder.join()
    (entry,) = await holder.read(PRIORITIES, count=10, block=None)

    assert await other.join() == []
    assert await other.count_pending() == 1

    await holder.leave()
    (claimed,) = await other.live_and_claim()
    assert (claimed.key, claimed.deliveries) == (entry.key, 2)
