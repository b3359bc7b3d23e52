"""Killed (`kill -9`) at any moment, consumers leave every effect once, and a killed Redis loses nothing.

`make proofs` does it in thirty rounds. A failure names the seed: it decides the moments of the kills.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from domain.errors import RedisUnavailable
from domain.events import Event
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from tests.end_to_end.consuming import Effects, open_effects, start_consumer
from tests.events import eventually, update

SEED = 20261124
ROUNDS = 30 if os.environ.get("DIARCHY_PROOFS") else 3
EVENTS = 200
KILLS = 6


@pytest.fixture
def home_of_effects(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home that this process and its consumers use."""
    monkeypatch.setenv("DIARCHY_HOME", str(home))
    return home


def some_events(chosen: random.Random) -> list[Event]:
    return [update(f"event-{number:03}", priority=chosen.randint(1, 5)) for number in range(EVENTS)]


async def assert_every_effect_is_there_once(effects: Effects, events: list[Event]) -> None:
    async with asyncio.timeout(60):
        await effects.work_off(until_idle=True)
    left = Counter(await effects.left())
    assert sorted(left) == [event.event_id for event in events], "every event has an effect"
    assert set(left.values()) == {1}, "no event has two"
    assert await effects.held() == [], "nothing is pending"
    assert [letter async for letter in effects.bus.dead_letters()] == []


@pytest.mark.proofs
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.usefixtures("home_of_effects")
async def test_consumers_killed_at_random_moments_leave_every_effect_once(number: int):
    chosen = random.Random(SEED + number)
    async with open_effects() as effects:
        events = some_events(chosen)
        await effects.bus.publish_many(events[: EVENTS // 2])
        consumers = [start_consumer() for _ in range(2)]
        try:
            for kill in range(KILLS):
                # Each kill has a stretch of the work of its own, so that none comes after the end.
                reached = EVENTS * (kill + chosen.random()) / (KILLS + 1)
                await effects.wait_for(reached)
                await asyncio.sleep(chosen.random() * 0.03)  # anywhere within a handler, or an ack
                victim = consumers.pop(chosen.randrange(len(consumers)))
                victim.kill()
                victim.join()
                assert victim.exitcode == -signal.SIGKILL
                consumers.append(start_consumer())
                if kill == 1:
                    await effects.bus.publish_many(events[EVENTS // 2 :])
        finally:
            for consumer in consumers:
                consumer.kill()
                consumer.join()
        try:
            await assert_every_effect_is_there_once(effects, events)
        except AssertionError as error:
            error.add_note(f"seed {SEED + number}")
            raise


@pytest.mark.proofs
@pytest.mark.parametrize("number", range(max(1, ROUNDS // 3)))
async def test_a_redis_that_is_killed_again_and_again_loses_nothing(
    number: int, home_of_effects: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    chosen = random.Random(SEED + 1000 + number)
    server = PrivateRedis(Settings(home=home_of_effects))
    consumer = start_consumer()
    try:
        async with open_effects() as effects:
            events = some_events(chosen)
            kills = set(chosen.sample(range(EVENTS), 3))
            for place, event in enumerate(events):
                if place in kills:
                    running = await asyncio.to_thread(server.start)
                    os.kill(running.pid, signal.SIGKILL)
                await publish_in_the_end(effects, event)
            await effects.wait_for(EVENTS)
            consumer.kill()
            consumer.join()
            await assert_every_effect_is_there_once(effects, events)
    except AssertionError as error:
        error.add_note(f"seed {SEED + 1000 + number}")
        raise
    finally:
        consumer.kill()
        consumer.join()
        server.stop()


async def publish_in_the_end(effects: Effects, event: Event) -> None:
    """Publish as the relay does: again until it is known to be there."""
    async with asyncio.timeout(30):
        while True:
            try:
                await effects.bus.publish(event)
            except RedisUnavailable:
                await asyncio.sleep(0.02)
            else:
                return


@pytest.mark.usefixtures("home_of_effects")
async def test_what_a_killed_consumer_held_is_handled_by_a_living_one_without_a_restart():
    async with open_effects() as effects:
        await effects.bus.publish_many(some_events(random.Random(SEED)))
        killed, living = start_consumer(), start_consumer()
        try:
            await effects.wait_for(EVENTS / 4)
            killed.kill()
            killed.join()
            await effects.wait_for(EVENTS)

            async def nothing_is_pending() -> bool:
                return not await effects.held()

            await eventually(nothing_is_pending, "nothing is pending any more")
        finally:
            living.kill()
            living.join()
