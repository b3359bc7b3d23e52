from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from domain.errors import StorageError
from domain.knowledge import ItemKey
from storage.audit import GENESIS, AuditAction, AuditOutcome, _entry_hash
from storage.stores import Stores
from storage.tables import AuditRow
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, PUBLIC, TOP_SECRET, HandClock, OpenHome

FORGED: dict[str, Any] = {
    "occurred_at": NOW + timedelta(microseconds=1),
    "principal": "somebody else",
    "action": "delete",
    "outcome": "denied",
    "detail": {"n": 99},
    "previous_hash": "1" * 64,
    "entry_hash": "2" * 64,
}


async def write(stores: Stores, count: int, principal: str = "ann") -> None:
    for number in range(count):
        await stores.audit.record(
            principal, AuditAction.READ, AuditOutcome.ALLOWED, {"n": number, "é": [None, "ü"]}
        )


async def entries(stores: Stores) -> list[AuditRow]:
    async with stores.database.reading() as session:
        rows = await session.execute(select(AuditRow).order_by(col(AuditRow.sequence)))
        return list(rows.scalars())


async def test_an_untouched_log_verifies(stores: Stores, clock: HandClock):
    assert await stores.audit.verify() == 0
    await write(stores, 3)
    clock.advance(timedelta(days=200, microseconds=7))
    await write(stores, 2)
    assert await stores.audit.verify() == 5
    rows = await entries(stores)
    assert rows[0].previous_hash == GENESIS
    assert [row.previous_hash for row in rows[1:]] == [row.entry_hash for row in rows[:-1]]


@pytest.mark.parametrize("field", sorted(FORGED))
async def test_a_changed_field_is_detected(stores: Stores, field: str):
    await write(stores, 4)
    sequence = (await entries(stores))[1].sequence
    async with stores.database.writing() as session:
        forged = update(AuditRow).where(col(AuditRow.sequence) == sequence)
        await session.execute(forged.values({field: FORGED[field]}))
    with pytest.raises(StorageError, match=f"broken at entry {sequence}"):
        await stores.audit.verify()


def test_every_field_but_the_counter_is_tried():
    assert set(FORGED) == set(AuditRow.model_fields) - {"sequence"}


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_a_removed_entry_is_detected(stores: Stores, position: int):
    await write(stores, 4)
    sequence = (await entries(stores))[position].sequence
    async with stores.database.writing() as session:
        await session.execute(delete(AuditRow).where(col(AuditRow.sequence) == sequence))
    with pytest.raises(StorageError):
        await stores.audit.verify()


async def test_an_entry_put_in_later_is_detected_though_its_own_hash_is_right(stores: Stores):
    await write(stores, 2)
    first, second = await entries(stores)
    assert first.sequence is not None
    assert second.sequence is not None
    forged = AuditRow(
        occurred_at=NOW,
        principal="eve",
        action="read",
        outcome="allowed",
        detail={},
        previous_hash=first.entry_hash,
        entry_hash="",
    )
    values = forged.model_dump(exclude={"sequence"}) | {"entry_hash": _entry_hash(forged)}
    async with stores.database.writing() as session:
        moved = update(AuditRow).where(col(AuditRow.sequence) == second.sequence)
        await session.execute(moved.values(sequence=second.sequence + 10))
        await session.execute(insert(AuditRow).values(sequence=second.sequence, **values))
    with pytest.raises(StorageError, match=f"entry {second.sequence + 10}"):
        await stores.audit.verify()


async def test_reordered_entries_are_detected(stores: Stores):
    await write(stores, 4)
    rows = await entries(stores)
    async with stores.database.writing() as session:
        for old, new in [
            (rows[1].sequence, 1000),
            (rows[2].sequence, rows[1].sequence),
            (1000, rows[2].sequence),
        ]:
            swap = update(AuditRow).where(col(AuditRow.sequence) == old)
            await session.execute(swap.values(sequence=new))
    with pytest.raises(StorageError):
        await stores.audit.verify()


async def test_appends_at_the_same_time_do_not_fork_the_chain(stores: Stores, open_home: OpenHome):
    other = await open_home(database_url=stores.settings.database_url)
    await asyncio.gather(*(write(each, 5, "ann") for each in (stores, other, stores, other)))
    assert await stores.audit.verify() == 20


async def test_an_entry_is_rolled_back_with_what_it_tells_of(stores: Stores):
    async def fail_after_the_entry() -> None:
        async with stores.database.writing() as session:
            await stores.audit.append(
                session, "ann", AuditAction.DELETE, AuditOutcome.ALLOWED, {"n": 1}
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_the_entry()
    assert await stores.audit.verify() == 0


async def test_reads_above_internal_are_recorded_and_those_below_are_not(stores: Stores):
    keys = [
        ItemKey("b", TOP_SECRET),
        ItemKey("a", CONFIDENTIAL),
        ItemKey("a", CONFIDENTIAL),
        ItemKey("c", INTERNAL),
        ItemKey("d", PUBLIC),
    ]
    await stores.audit.record_read("ann", AuditAction.SEARCH, keys, purpose="search")
    await stores.audit.record_read("ann", AuditAction.SEARCH, keys[3:], purpose="search")
    (row,) = await entries(stores)
    assert row.detail == {"items": [["a", 2], ["b", 4]], "purpose": "search"}
    assert await stores.audit.verify() == 1
