"""Poison is set aside in one process, looked at and brought back in another, handled in a third."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.private_redis import PrivateRedis
from storage.settings import Settings
from tests.gateway.command_line.terminal import diarchy

PUBLISH = """
import asyncio
from storage.settings import Settings
from storage.stores import open_stores
from tests.events import update

async def main():
    async with open_stores(Settings()) as stores:
        await stores.principals.add("staff", update().confidentiality_level)
        events = [update("poison", priority=5), *(update(f"good-{n}") for n in range(20))]
        print(await stores.events.publish_many(events))

asyncio.run(main())
"""
HANDLE = """
import asyncio, json, sys
from storage.settings import Settings
from storage.stores import open_stores
from tests.events import QUICK, FakeHandler

async def main():
    handler = FakeHandler(fails_at=sys.argv[1:])
    async with open_stores(Settings()) as stores:
        await stores.events.consume(
            "group", "one", handler, policy=QUICK, concurrency=1, until_idle=True
        )
    print(json.dumps(handler.given))

asyncio.run(main())
"""


@pytest.fixture
def own_redis(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateRedis]:
    """The home's own server, which nobody starts but who needs it, and which ends with the test."""
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    server = PrivateRedis(Settings(home=home))
    yield server
    server.stop()


def run(script: str, *arguments: str, home: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "DIARCHY_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def test_events_go_from_process_to_process_and_poison_is_set_aside_and_brought_back(
    own_redis: PrivateRedis, home: Path
):
    good = [f"good-{number}" for number in range(20)]
    assert own_redis.find_running() is None

    assert run(PUBLISH, home=home) == "21\n"
    given = json.loads(run(HANDLE, "poison", home=home))

    assert given[:2] == ["poison", "good-0"]
    assert [name for name in given if name != "poison"] == good
    dead = diarchy("events", "dead", "--as", "staff", home=home)
    assert dead.stderr == "1 dead\n"
    assert "poison" in dead.stdout
    replayed = diarchy("events", "replay", "poison", "--as", "staff", home=home)
    assert replayed.stdout == "Brought back 1.\n"
    assert json.loads(run(HANDLE, home=home)) == ["poison"]
    assert diarchy("events", "pending", "--as", "staff", home=home).stderr == "0 pending\n"
