from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import TransientStorageError
from storage.embeddings import EmbeddingModel
from storage.knowledge_search import SearchQuery
from storage.level_table import LevelTable
from storage.stores import Stores
from storage.vector_index import VectorIndex
from tests.storage.contents import assert_index_is_right, windows_in_index
from tests.stores import (
    CONFIDENTIAL,
    NOW,
    PUBLIC,
    RESTRICTED,
    TOP_SECRET,
    HandClock,
    OpenHome,
    item,
    reader_at,
    store,
    validated,
)

CEO = reader_at(TOP_SECRET)
LONG = "\n\n".join(
    f"Paragraph {number} tells what the plant in Brno delivered. " * 6 for number in range(12)
)
COMPANY = (
    item("a", "The cold store in Rotterdam closes in May.", PUBLIC),
    item("b", LONG),
    item("c", "Talks about the sale of the plant began.", TOP_SECRET),
)


class Killed(BaseException):
    """Stands for kill -9: nothing that catches errors catches it."""


async def add(stores: Stores, *items: Any) -> None:
    await stores.knowledge.add_items(validated(*items), CEO)


async def test_draining_brings_what_was_written_into_the_index_and_then_owes_nothing(
    stores: Stores,
):
    await add(stores, *COMPANY)
    assert await stores.knowledge.pending() == 3
    assert await stores.knowledge.drain_outbox() == 3
    await assert_index_is_right(stores)
    assert await stores.knowledge.drain_outbox() == 0
    await assert_index_is_right(stores)


async def test_an_item_of_nothing_but_list_markers_is_indexed_too(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("markers", "- \n- \n"), COMPANY[0])
    await assert_index_is_right(stores)


async def test_progress_counts_up_to_all(open_home: OpenHome):
    stores = await open_home()
    await add(stores, *COMPANY)
    told: list[tuple[int, int]] = []
    await stores.knowledge.drain_outbox(lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


async def test_changes_of_every_kind_leave_exactly_what_is_due(stores: Stores):
    knowledge = stores.knowledge
    await store(stores, *COMPANY, item("d", "To be deleted."), item("e", "To be raised."))
    await knowledge.update_item("b", {"content": "Short now."}, CEO)
    await knowledge.reclassify_item("c", CONFIDENTIAL, CEO, reason="r")
    await knowledge.update_item("e", {"confidentiality_level": "restricted"}, CEO)
    await knowledge.delete_item("d", CEO)
    await assert_index_is_right(stores)
    assert {window.knowledge_id for window in await windows_in_index(stores)} == set("abce")


@pytest.mark.parametrize("method", ["add", "remove_items", "optimize", "rebuild_text_index"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_between_any_two_steps_the_next_drain_ends_right(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch, method: str, after: bool
):
    stores = await open_home()
    await store(stores, *COMPANY)
    await add(stores, item("new", LONG), item("b", "Other.", RESTRICTED))
    await stores.knowledge._writer.update("a", {"content": LONG}, CEO)
    with monkeypatch.context() as dying:
        dying.setattr(LevelTable, method, _killed(getattr(LevelTable, method), after=after))
        with pytest.raises(Killed):
            await stores.knowledge.drain_outbox()
    await stores.knowledge.drain_outbox()
    await assert_index_is_right(stores)


async def test_killed_between_windows_and_texts_the_next_drain_ends_right(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch
):
    stores = await open_home()
    await add(stores, *COMPANY)

    async def add_windows_only(table: LevelTable, *, windows: Any, texts: Any) -> None:
        del texts
        await table.windows.add(windows)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(LevelTable, "add", add_windows_only)
        with pytest.raises(Killed):
            await stores.knowledge.drain_outbox()
    assert len(await windows_in_index(stores)) == 1
    await stores.knowledge.drain_outbox()
    await assert_index_is_right(stores)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_reindex_killed_halfway_and_repeated_ends_right(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch, after: bool
):
    stores = await open_home()
    await store(stores, *COMPANY)
    with monkeypatch.context() as dying:
        original = VectorIndex.recreate_table
        dying.setattr(VectorIndex, "recreate_table", _killed(original, after=after))
        with pytest.raises(Killed):
            await stores.knowledge.reindex()
    await stores.knowledge.drain_outbox()
    await assert_index_is_right(stores)


def _killed(method: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    async def dies(*args: Any, **kwargs: Any) -> None:
        if after:
            await method(*args, **kwargs)
        raise Killed

    return dies


async def test_many_drains_at_once_index_everything_once(stores: Stores, open_home: OpenHome):
    other = await open_home(database_url=stores.settings.database_url)
    await add(stores, *COMPANY)
    async with asyncio.timeout(60):
        drained = await asyncio.gather(
            *(each.knowledge.drain_outbox() for each in [stores, other] * 8)
        )
    assert sum(drained) == 3
    await assert_index_is_right(stores)


async def test_reindexing_makes_what_ingest_made(open_home: OpenHome):
    stores = await open_home()
    await store(stores, *COMPANY)
    query = [SearchQuery(text="What happens to the plant in Brno?")]
    before = await stores.knowledge.search(query, CEO)
    assert await stores.knowledge.reindex() == 3
    await assert_index_is_right(stores)
    assert await stores.knowledge.search(query, CEO) == before


async def test_reindexing_with_much_still_owed_puts_nothing_in_twice(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("storage.indexing._ENTRIES_AT_ONCE", 2)
    stores = await open_home()
    await add(stores, *(item(f"n{number}", f"Note {number}.") for number in range(5)))
    await stores.knowledge.reindex()
    await assert_index_is_right(stores)


async def test_a_reindex_of_an_empty_knowledge_base_does_nothing(open_home: OpenHome):
    stores = await open_home()
    assert await stores.knowledge.reindex() == 0
    assert await windows_in_index(stores) == []


async def test_compacting_takes_out_what_has_expired_and_keeps_the_row(
    stores: Stores, clock: HandClock
):
    await store(stores, item("brief", "Gone soon.", expires_at=NOW + timedelta(days=1)), *COMPANY)
    assert await stores.knowledge.compact() == 0
    clock.advance(timedelta(days=1))
    assert await stores.knowledge.compact() == 1
    assert "brief" not in {window.knowledge_id for window in await windows_in_index(stores)}
    await stores.knowledge.update_item("brief", {"expires_at": None}, CEO)
    await assert_index_is_right(stores)


async def test_a_store_that_fails_is_told_without_paths_and_nothing_is_lost(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch
):
    stores = await open_home()
    await add(stores, *COMPANY)

    async def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "lance error: No space left on device, /var/secret-place/data.lance")

    await stores.knowledge._indexer._index.get_or_create_table(PUBLIC)
    table = await stores.knowledge._indexer._index.find_table(PUBLIC)
    assert table is not None
    with monkeypatch.context() as failing:
        failing.setattr(type(table.windows), "add", full)
        with pytest.raises(TransientStorageError) as refused:
            await stores.knowledge.drain_outbox()
    assert "No space left" in str(refused.value)
    assert "secret-place" not in str(refused.value)
    await stores.knowledge.drain_outbox()
    await assert_index_is_right(stores)


async def test_the_event_loop_is_free_while_items_are_cut_and_embedded(
    open_home: OpenHome, monkeypatch: pytest.MonkeyPatch
):
    stores = await open_home()
    await add(stores, *COMPANY)
    threads: set[str] = set()
    for method in ("offsets_of_tokens", "_embed"):
        original = getattr(EmbeddingModel, method)

        def noted(*args: Any, original: Any = original) -> Any:
            threads.add(threading.current_thread().name)
            return original(*args)

        monkeypatch.setattr(EmbeddingModel, method, noted)
    await stores.knowledge.drain_outbox()
    await stores.knowledge.search([SearchQuery(text=LONG)], CEO)
    assert threads
    assert threading.main_thread().name not in threads
