"""One home, two processes, and no Redis configured: what is published in one is handled in the other."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.private_redis import PrivateRedis
from storage.settings import Settings
from tests.end_to_end.consuming import open_effects, start_consumer
from tests.events import update

COMMAND = [sys.executable, "-m", "gateway.command_line"]


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateRedis]:
    """The server that this home will have when it is needed."""
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    monkeypatch.setenv("DIARCHY_HOME", str(home))
    server = PrivateRedis(Settings())
    yield server
    server.stop()


async def test_an_event_published_in_one_process_is_handled_in_another(server: PrivateRedis):
    async with open_effects() as effects:
        consumer = start_consumer()
        try:
            await effects.bus.publish(update("first"))
            await effects.wait_for(1)
        finally:
            consumer.kill()
            consumer.join()

    assert server.find_running() is not None


async def test_an_event_waits_in_the_home_for_a_process_that_comes_after_down_and_up(
    server: PrivateRedis,
):
    async with open_effects() as effects:
        await effects.bus.publish(update("early"))
    first = server.find_running()
    down = await asyncio.to_thread(
        subprocess.run, [*COMMAND, "down"], env={**os.environ}, capture_output=True, check=True
    )
    assert b"Redis: stopped" in down.stdout
    assert server.find_running() is None

    async with open_effects() as effects:
        assert await effects.work_off(until_idle=True) == 1
        assert await effects.left() == ["early"]
    second = server.find_running()
    assert first is not None
    assert second is not None
    assert first.pid != second.pid
