"""Consumers killed (`kill -9`) at random moments: every event is handled, and has its effect once.

`make proofs` does thirty rounds. A failure names the seed, which decides when and who is killed.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.end_to_end.consuming import GROUP, Consumer, effects, make_effects
from tests.events import update

SEED = 20261125
ROUNDS = 30 if os.environ.get("DIARCHY_PROOFS") else 3
EVENTS = 200
CONSUMERS = 3
_KILLS = 8
_PATIENCE_SECONDS = 60.0


@pytest.mark.proofs
@pytest.mark.parametrize("number", range(ROUNDS))
async def test_every_event_has_its_effect_once_however_often_consumers_are_killed(
    number: int, home: Path
):
    seed = SEED + number
    names = [f"event-{one:03}" for one in range(EVENTS)]
    await make_effects(home, [update(name, priority=1 + one % 5) for one, name in enumerate(names)])
    chosen = random.Random(seed)
    consumers = [Consumer(home) for _ in range(CONSUMERS)]
    try:
        async with open_stores(Settings(home=home)) as stores:
            killed_early = await _kill_often(stores, consumers, chosen, home)
            await _until_worked_off(stores)
            found = sorted(await effects(stores))
            dead = [letter async for letter in stores.events.dead_letters()]
    finally:
        for consumer in consumers:
            consumer.kill()

    assert found == names, f"seed {seed}"
    assert dead == [], f"seed {seed}"
    assert killed_early > 0, f"seed {seed}: all was done before the first kill"


async def _kill_often(
    stores: Stores, consumers: list[Consumer], chosen: random.Random, home: Path
) -> int:
    """Kill a consumer after another and start one in its place; return how many died at work."""
    killed_early = 0
    began = time.monotonic()
    while not await effects(stores):  # starting a process takes longer than some rounds
        assert time.monotonic() - began < _PATIENCE_SECONDS, "no consumer ever began"
        await asyncio.sleep(0.005)
    for _ in range(_KILLS):
        await asyncio.sleep(chosen.uniform(0.0, 0.15))
        if len(await effects(stores)) < EVENTS:
            killed_early += 1
        victim = chosen.randrange(CONSUMERS)
        await asyncio.to_thread(consumers[victim].kill)
        consumers[victim] = Consumer(home)
    return killed_early


async def _until_worked_off(stores: Stores) -> None:
    """Return when nothing is pending."""
    began = time.monotonic()
    while left := [one.event.event_id async for one in stores.events.pending(GROUP)]:
        assert time.monotonic() - began < _PATIENCE_SECONDS, f"stuck in pending: {left}"
        await asyncio.sleep(0.05)
