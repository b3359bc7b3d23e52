from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import tasks.stores
from domain.errors import StorageError
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.stores import current_settings, current_stores, flow_stores, use_stores
from tests.stores import OpenHome

Opened = list[str]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, home: Path) -> Opened:
    """What happened to the stores of the environment's home, in order."""
    monkeypatch.setenv("DIARCHY_HOME", str(home))
    told: Opened = []

    @asynccontextmanager
    async def noted(settings: Settings) -> AsyncGenerator[Stores]:
        async with open_stores(settings) as stores:
            told.append("opened")
            yield stores
        told.append("closed")

    monkeypatch.setattr(tasks.stores, "open_stores", noted)
    return told


async def run(number: int, seen: list[Any]) -> None:
    async with flow_stores() as stores:
        assert current_stores() is stores
        await asyncio.sleep(0.001 * (number % 5))
        assert await stores.principals.list() == ()
        seen.append(id(stores))


async def test_many_runs_at_once_share_one_set_of_stores_that_the_last_one_closes(opened: Opened):
    seen: list[Any] = []
    await asyncio.gather(*(run(number, seen) for number in range(25)))
    assert len(seen) == 25
    assert len(set(seen)) == 1
    assert opened == ["opened", "closed"]


async def test_a_later_run_opens_the_stores_anew(opened: Opened):
    await run(0, [])
    await run(1, [])
    assert opened == ["opened", "closed"] * 2


async def test_runs_that_come_while_others_leave_always_get_open_stores(opened: Opened):
    async def many(offset: int) -> None:
        for number in range(15):
            await asyncio.sleep(0.0003 * ((number * 7 + offset * 3) % 5))
            await run(number, [])

    await asyncio.gather(*(many(offset) for offset in range(4)))
    assert opened.count("opened") == opened.count("closed") > 0


def test_event_loops_one_after_another_each_have_their_own(opened: Opened):
    for _ in range(3):
        asyncio.run(run(0, []))
    assert opened == ["opened", "closed"] * 3


async def test_a_failed_opening_leaves_nothing_behind(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
):
    @asynccontextmanager
    async def fails(settings: Settings) -> AsyncGenerator[Stores]:
        raise StorageError("no such disk")
        yield await open_stores(settings).__aenter__()

    with monkeypatch.context() as failing:
        failing.setattr(tasks.stores, "open_stores", fails)
        for _ in range(2):
            with pytest.raises(StorageError):
                await run(0, [])
    await run(0, [])
    assert opened == ["opened", "closed"]


async def test_a_run_that_fails_or_is_cancelled_leaves_the_stores_to_the_others(opened: Opened):
    async def fails() -> None:
        async with flow_stores():
            raise RuntimeError

    async def waits() -> None:
        async with flow_stores():
            await asyncio.Event().wait()

    async with flow_stores() as stores:
        with pytest.raises(RuntimeError):
            # A run of its own context, as Prefect's are.
            await asyncio.create_task(fails())
        waiting = asyncio.create_task(waits())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await stores.principals.list() == ()
    assert opened == ["opened", "closed"]


async def test_stores_that_the_caller_opened_come_first_and_stay_open(
    opened: Opened, open_home: OpenHome, tmp_path: Path
):
    mine = await open_home(home=tmp_path / "mine")
    async with use_stores(mine):
        async with flow_stores() as stores:
            assert stores is mine
            assert current_settings() is mine.settings
        assert await mine.principals.list() == ()
    assert opened == []


def test_a_task_without_its_flows_stores_says_so():
    with pytest.raises(RuntimeError):
        current_stores()
