"""What one process changes, another one that had cached the answer shows from its very next read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from storage.knowledge_search import SearchQuery
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.minhash_model import MinHashModel
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    PUBLIC,
    RESTRICTED,
    TOP_SECRET,
    item,
    reader_at,
)
from tests.stores import store as store_items

CEO = reader_at(TOP_SECRET)
QUESTION = "plant in Brno"

_READER = """
import asyncio, json, sys
from pathlib import Path
from domain.errors import DiarchyError
from storage.cache import CacheKind
from storage.knowledge_search import SearchQuery
from storage.settings import Settings
from storage.stores import open_stores
from tests.minhash_model import MinHashModel

class SlowModel(MinHashModel):
    async def embed(self, texts):
        print(json.dumps("embedding"), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        return await super().embed(texts)

async def read(stores, question):
    try:
        reader = await stores.principals.get_reader("staff")
        (found,) = await stores.knowledge.search([SearchQuery(text=question)], reader)
    except DiarchyError as error:
        return {"error": type(error).__name__}
    counts = stores.cache.stats(reader.clearance)[CacheKind.SEARCH]
    return {"ids": [one.knowledge_id for one in found], "counts": counts._asdict()}

async def main():
    model = SlowModel() if sys.argv[3] == "slow" else MinHashModel()
    settings = Settings(home=Path(sys.argv[1]), clock=sys.argv[2])
    async with open_stores(settings, model=model) as stores:
        print(json.dumps("ready"), flush=True)
        while question := (await asyncio.to_thread(sys.stdin.readline)).strip():
            print(json.dumps(await read(stores, question)), flush=True)

asyncio.run(main())
"""


class ReadingProcess:
    """A process of its own on the same home, which searches as "staff" when it is told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, line: str = "go") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def said(self) -> Any:
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            return json.loads(await self._process.stdout.readline())

    async def read(self) -> dict[str, Any]:
        await self.tell(QUESTION)
        return await self.said()


@asynccontextmanager
async def reading_process(home: Path, *, slow: bool = False) -> AsyncGenerator[ReadingProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _READER,
        str(home),
        NOW.isoformat(),
        "slow" if slow else "quick",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        reading = ReadingProcess(process)
        assert await reading.said() == "ready"
        yield reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def stores(home: Path) -> AsyncIterator[Stores]:
    settings = Settings(home=home, clock=NOW)
    async with open_stores(settings, model=MinHashModel()) as opened:
        await opened.principals.add("staff", CONFIDENTIAL)
        await store_items(
            opened,
            item("open", "The plant in Brno ships pumps.", PUBLIC),
            item("hidden", "The plant in Brno is for sale.", CONFIDENTIAL),
        )
        yield opened


async def warm(reading: ReadingProcess) -> None:
    """Read until the answer comes out of the process's own tier."""
    for in_process in range(3):
        answer = await reading.read()
        assert set(answer["ids"]) == {"open", "hidden"}
        assert answer["counts"]["in_process"] == in_process


async def test_the_very_next_read_of_another_process_shows_every_change(stores: Stores, home: Path):
    knowledge = stores.knowledge
    async with reading_process(home) as reading:
        await warm(reading)

        # Without the index being told: the truth alone decides.
        await knowledge._writer.reclassify("hidden", RESTRICTED, CEO, reason="r")
        assert (await reading.read())["ids"] == ["open"]
        await knowledge.reclassify_item("hidden", INTERNAL, CEO, reason="r")
        assert set((await reading.read())["ids"]) == {"open", "hidden"}

        await knowledge.delete_item("open", CEO)
        assert (await reading.read())["ids"] == ["hidden"]

        await store_items(stores, item("new", "The plant in Brno burns.", INTERNAL))
        assert set((await reading.read())["ids"]) == {"new", "hidden"}


async def test_lowering_and_revoking_a_principal_counts_from_the_very_next_read(
    stores: Stores, home: Path
):
    async with reading_process(home) as reading:
        await warm(reading)
        await stores.principals.set_clearance("staff", PUBLIC)
        assert (await reading.read())["ids"] == ["open"]
        await stores.principals.revoke("staff")
        assert await reading.read() == {"error": "AccessDenied"}
        await stores.principals.set_clearance("staff", CONFIDENTIAL)
        assert set((await reading.read())["ids"]) == {"open", "hidden"}


@pytest.mark.usefixtures("stores")
async def test_of_several_processes_that_ask_at_once_one_makes_the_answer(home: Path):
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(reading_process(home, slow=True))
        others = [
            await stack.enter_async_context(reading_process(home, slow=True)) for _ in range(2)
        ]
        await first.tell(QUESTION)
        assert await first.said() == "embedding"
        for other in others:
            await other.tell(QUESTION)
        await first.tell()
        answers = [await each.said() for each in (first, *others)]
    assert answers[0]["counts"]["missed"] == 1
    for answer in answers[1:]:
        assert answer["ids"] == answers[0]["ids"]
        assert answer["counts"]["missed"] == 0
        assert answer["counts"]["awaited"] + answer["counts"]["in_redis"] == 1


async def test_an_answer_whose_maker_was_killed_is_made_by_another(
    stores: Stores, home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("storage.shared_cache._WAIT_SECONDS", 0.3)
    async with reading_process(home, slow=True) as dying:
        await dying.tell(QUESTION)
        assert await dying.said() == "embedding"
    reader = await stores.principals.get_reader("staff")
    (found,) = await stores.knowledge.search([SearchQuery(text=QUESTION)], reader)
    assert {one.knowledge_id for one in found} == {"open", "hidden"}
