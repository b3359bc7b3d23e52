from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import flow

from domain.errors import SealBroken, TransientStorageError
from storage.stores import Stores
from tasks.sealed_results import HomeResults, SealedSerializer
from tasks.step import step
from tasks.stores import use_stores
from tests.stores import OpenHome

MINUTE = timedelta(minutes=1)
CONTENT = "The Brno plant is to be sold to Acme."


class Phases:
    """A flow of two kept phases and a last one that fails as often as told."""

    def __init__(self, *, failures: int) -> None:
        self.done: list[str] = []

        @step(name="think", timeout=MINUTE, tags={"test"}, keep_result=True)
        async def think(text: str) -> dict[str, str]:
            self.done.append("think")
            return {"thought": f"{text} {CONTENT}"}

        @step(name="conclude", timeout=MINUTE, tags={"test"}, keep_result=True)
        async def conclude(thought: dict[str, str]) -> str:
            self.done.append("conclude")
            return thought["thought"].upper()

        @step(name="store", timeout=MINUTE, tags={"test"})
        async def store(conclusion: str) -> str:
            self.done.append("store")
            if self.done.count("store") <= failures:
                raise TransientStorageError("busy")
            return conclusion

        last = store.with_options(retries=0)

        @flow(name="phases", retries=2, retry_delay_seconds=0)
        async def phases(text: str) -> str:
            return await last(await conclude(await think(text)))

        self.run: Any = phases


@pytest.fixture
async def stores(open_home: OpenHome, prefect_api: str) -> Stores:
    del prefect_api
    return await open_home()


def kept_files(stores: Stores) -> list[Path]:
    return [path for path in stores.settings.results_folder.rglob("*") if path.is_file()]


async def test_a_retried_run_does_not_repeat_its_finished_phases(stores: Stores):
    phases = Phases(failures=2)
    async with use_stores(stores):
        assert await phases.run("So:") == f"SO: {CONTENT.upper()}"
    assert phases.done == ["think", "conclude", "store", "store", "store"]


async def test_another_run_thinks_for_itself(stores: Stores):
    phases = Phases(failures=0)
    async with use_stores(stores):
        await phases.run("So:")
        await phases.run("So:")
    assert phases.done == ["think", "conclude", "store"] * 2


async def test_kept_results_are_unreadable_on_disk_and_lie_in_the_home_alone(stores: Stores):
    phases = Phases(failures=0)
    async with use_stores(stores):
        await phases.run("So:")
    files = kept_files(stores)
    assert len(files) >= 2
    for file in files:
        raw = file.read_bytes()
        assert b"Brno" not in raw
        assert b"BRNO" not in raw
        assert b"thought" not in raw
        with pytest.raises(SealBroken):
            SealedSerializer().loads(raw)


async def test_only_what_this_installation_sealed_is_unpickled(
    stores: Stores, open_home: OpenHome, tmp_path: Path
):
    other = await open_home(home=tmp_path / "other")
    async with use_stores(other):
        theirs = SealedSerializer().dumps({"a": 1})
        assert SealedSerializer().loads(theirs) == {"a": 1}
    async with use_stores(stores):
        with pytest.raises(SealBroken):
            SealedSerializer().loads(theirs)


@pytest.mark.parametrize("path", ["../outside", "/etc/outside", "a/../../outside"])
async def test_a_result_is_kept_in_the_results_folder_and_nowhere_else(stores: Stores, path: str):
    async with use_stores(stores):
        with pytest.raises(ValueError, match="results folder"):
            HomeResults()._resolve_path(path)
    assert kept_files(stores) == []
