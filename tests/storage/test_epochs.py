from __future__ import annotations

from datetime import timedelta

import pytest

from domain.clearance import Clearance
from storage.audit import AuditAction
from storage.epochs import LevelEpochs
from storage.level_table import LevelTable
from storage.stores import Stores
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    PUBLIC,
    RESTRICTED,
    TOP_SECRET,
    OpenHome,
    item,
    reader_at,
    store,
    validated,
)

CEO = reader_at(TOP_SECRET)
ALL = CEO.clearance


async def epochs_of(stores: Stores, clearance: Clearance = ALL) -> tuple[int, ...]:
    return await LevelEpochs(stores.database).read(clearance)


async def moved(stores: Stores, before: tuple[int, ...]) -> list[int]:
    """Return the ranks of the levels whose epochs have moved since *before*."""
    after = await epochs_of(stores)
    assert all(now >= then for now, then in zip(after, before, strict=True))
    return [rank for rank in range(5) if after[rank] != before[rank]]


async def test_a_reader_learns_one_epoch_for_each_level_that_it_may_read(stores: Stores):
    assert await epochs_of(stores) == (0, 0, 0, 0, 0)
    await store(stores, item("a", "The plant in Brno.", CONFIDENTIAL))
    assert await epochs_of(stores, reader_at(INTERNAL).clearance) == (0, 0)
    (*below, confidential) = await epochs_of(stores, reader_at(CONFIDENTIAL).clearance)
    assert below == [0, 0]
    assert confidential > 0


async def test_every_kind_of_change_moves_the_epochs_of_its_levels_and_no_others(stores: Stores):
    writer = stores.knowledge._writer
    await store(stores, item("a", "The plant in Brno.", INTERNAL), item("b", "Pumps.", RESTRICTED))

    before = await epochs_of(stores)
    await stores.knowledge.add_items(validated(item("c", "New.", PUBLIC)), CEO)
    assert await moved(stores, before) == [0]

    before = await epochs_of(stores)
    await writer.update("a", {"title": "Another"}, CEO)
    assert await moved(stores, before) == [1]

    before = await epochs_of(stores)
    await writer.update("a", {"confidentiality_level": "confidential"}, CEO)
    assert await moved(stores, before) == [1, 2]

    before = await epochs_of(stores)
    await writer.reclassify("b", PUBLIC, CEO, reason="r")
    assert await moved(stores, before) == [0, 3]

    before = await epochs_of(stores)
    await writer.delete("a", CEO, action=AuditAction.DELETE)
    assert await moved(stores, before) == [2]


async def test_what_changes_nothing_moves_nothing(stores: Stores):
    await store(stores, item("a", "The plant in Brno."))
    before = await epochs_of(stores)
    await store(stores, item("a", "The plant in Brno."))
    await stores.knowledge.reclassify_item("a", INTERNAL, CEO, reason="r")
    await stores.knowledge.drain_outbox()
    assert await moved(stores, before) == []


async def test_a_change_that_fails_moves_nothing(stores: Stores, monkeypatch: pytest.MonkeyPatch):
    await store(stores, item("a", "The plant in Brno."))
    before = await epochs_of(stores)

    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(stores.audit), "append", breaks)
    with pytest.raises(RuntimeError):
        await stores.knowledge.delete_item("a", CEO)
    assert await moved(stores, before) == []


async def test_bringing_the_index_up_to_date_moves_the_epochs_once_more(stores: Stores):
    await stores.knowledge.add_items(validated(item("a", "The plant in Brno.")), CEO)
    before = await epochs_of(stores)
    await stores.knowledge.drain_outbox()
    assert await moved(stores, before) == [1]


@pytest.mark.parametrize("method", ["compact", "reindex", "erase_remains"])
async def test_whatever_may_rank_otherwise_moves_the_epochs(open_home: OpenHome, method: str):
    stores = await open_home()
    await store(stores, item("a", "The plant in Brno."))
    before = await epochs_of(stores)
    await getattr(stores.knowledge, method)()
    assert await moved(stores, before) == [1]


async def test_epochs_are_unsettled_while_the_index_owes_something_at_a_readable_level(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
):
    epochs = LevelEpochs(stores.database)
    staff, board = reader_at(INTERNAL).clearance, reader_at(RESTRICTED).clearance
    await stores.knowledge.add_items(validated(item("a", "The plant.", RESTRICTED)), CEO)
    assert await epochs.read_settled(board) is None
    assert await epochs.read_settled(staff) == (0, 0)

    async def breaks(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(LevelTable, "add", breaks)
        with pytest.raises(RuntimeError):
            await stores.knowledge.drain_outbox()
    assert await epochs.read_settled(board) is None
    await stores.knowledge.drain_outbox()
    assert await epochs.read_settled(board) == await epochs.read(board)


async def test_the_next_expiry_is_that_of_the_first_readable_item(stores: Stores):
    epochs = LevelEpochs(stores.database)
    await store(
        stores,
        item("past", "Gone.", expires_at=NOW - timedelta(days=1)),
        item("never", "Stays."),
        item("second", "Goes later.", expires_at=NOW + timedelta(days=2)),
        item("first", "Goes first.", RESTRICTED, expires_at=NOW + timedelta(days=1)),
    )
    assert await epochs.next_expiry(ALL, NOW) == NOW + timedelta(days=1)
    assert await epochs.next_expiry(reader_at(INTERNAL).clearance, NOW) == NOW + timedelta(days=2)
    assert await epochs.next_expiry(reader_at(PUBLIC).clearance, NOW) is None
    assert await epochs.next_expiry(ALL, NOW + timedelta(days=2)) is None
