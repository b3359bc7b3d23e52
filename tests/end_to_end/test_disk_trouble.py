"""A disk that is full or cannot be written: one clear error, nothing half-written, and on it goes."""

from __future__ import annotations

import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.errors import StorageError, TransientStorageError
from storage.knowledge_search import SearchQuery
from storage.sealing import KEY_FILE
from storage.stores import Stores
from tests.storage.contents import assert_index_is_right, stored_rows, windows_in_index
from tests.stores import TOP_SECRET, OpenHome, item, reader_at, store, validated

CEO = reader_at(TOP_SECRET)


@contextmanager
def no_file_grows_beyond(size: int) -> Generator[None]:
    """Let every write past *size* bytes of a file fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_disk_that_fills_while_items_are_stored_leaves_none_of_them(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("before", "The plant in Brno."))
    audited = await stores.audit.verify()
    batch = validated(item("small", "Small."), item("large", "Pumps for Brno. " * 60_000))
    with no_file_grows_beyond(400_000), pytest.raises(TransientStorageError, match=r"[Dd]isk"):
        await stores.knowledge.add_items(batch, CEO)
    assert [row.knowledge_id for row in await stored_rows(stores)] == ["before"]
    assert await stores.audit.verify() == audited
    assert await stores.knowledge.pending() == 0
    await stores.knowledge.add_items(batch, CEO)
    assert len(await stored_rows(stores)) == 3


async def test_a_disk_that_fills_while_items_are_indexed_loses_none_of_them(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("before", "The plant in Brno lacks welders."))
    batch = validated(*(item(f"n{number:03}", f"Note {number}.") for number in range(500)))
    await stores.knowledge.add_items(batch, CEO)
    await stores.database.vacuum()  # so that only what is written now meets the limit
    with no_file_grows_beyond(300_000), pytest.raises(TransientStorageError) as told:
        await stores.knowledge.drain_outbox()
    assert "vector index" in str(told.value)
    assert str(stores.settings.home) not in str(told.value)
    assert await stores.knowledge.pending() == 500
    assert await _found(stores, "Who lacks welders?") == ["before"]
    await stores.knowledge.drain_outbox()
    await assert_index_is_right(stores)
    assert len(await windows_in_index(stores)) == 501


async def _found(stores: Stores, text: str) -> list[str]:
    (found,) = await stores.knowledge.search([SearchQuery(text=text)], CEO)
    return [one.knowledge_id for one in found]


async def test_a_home_that_cannot_be_written_is_told(open_home: OpenHome):
    with pytest.raises(StorageError) as told:
        # Nobody, not even root, can make a file there.
        await open_home(home=Path("/proc/self"))
    assert "Errno" not in str(told.value)
    with pytest.raises(StorageError, match="data folder cannot be used"):
        await open_home(home=Path("/proc/self/diarchy"))


@pytest.mark.parametrize("name", ["diarchy.sqlite", KEY_FILE, "migrations.lock"])
async def test_a_folder_where_a_file_should_be_is_told_and_once_gone_all_works(
    open_home: OpenHome, home: Path, name: str
):
    (home / name).mkdir(parents=True)
    with pytest.raises(StorageError):
        await open_home()
    (home / name).rmdir()
    await store(await open_home(), item("a", "The plant in Brno."))


async def test_a_file_where_the_index_should_be_is_told_and_once_gone_all_works(
    open_home: OpenHome, home: Path
):
    await open_home()
    (home / "lancedb").write_text("in the way")
    with pytest.raises(StorageError):
        await store(await open_home(), item("a", "The plant in Brno."))
    (home / "lancedb").unlink()
    stores = await open_home()
    await stores.knowledge.drain_outbox()
    await store(stores, item("a", "The plant in Brno."))
    await assert_index_is_right(stores)
