from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from storage.audit import AuditAction
from storage.knowledge_writer import WriteResult
from storage.stores import Stores
from storage.tables import AuditRow, KnowledgeRow, OutboxRow
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    PUBLIC,
    RESTRICTED,
    TOP_SECRET,
    HandClock,
    OpenHome,
    item,
    reader_at,
    validated,
)

CEO = reader_at(TOP_SECRET)
STAFF = reader_at(INTERNAL)
ADDED, UPDATED = WriteResult.ADDED, WriteResult.UPDATED
UNCHANGED, REFUSED = WriteResult.UNCHANGED, WriteResult.REFUSED


async def add(stores: Stores, *items: KnowledgeItem, writer: Any = CEO, **kwargs: Any) -> list[Any]:
    outcomes = await stores.knowledge.add_items(validated(*items, **kwargs), writer)
    return [outcome.result for outcome in outcomes]


async def rows(stores: Stores) -> list[KnowledgeRow]:
    in_order = (col(KnowledgeRow.knowledge_id), col(KnowledgeRow.level_rank))
    async with stores.database.reading() as session:
        return list((await session.execute(select(KnowledgeRow).order_by(*in_order))).scalars())


async def owed(stores: Stores) -> list[tuple[str, int]]:
    async with stores.database.reading() as session:
        entries = await session.execute(select(OutboxRow).order_by(col(OutboxRow.outbox_id)))
        return [(entry.item_key, entry.level_rank) for entry in entries.scalars()]


async def actions(stores: Stores) -> list[tuple[str, str, dict[str, Any]]]:
    async with stores.database.reading() as session:
        entries = await session.execute(select(AuditRow).order_by(col(AuditRow.sequence)))
        return [(entry.action, entry.outcome, entry.detail) for entry in entries.scalars()]


async def test_an_item_comes_back_as_it_was_given(stores: Stores):
    given = item(
        "plan 😀 'q3'; --",
        "Zwölf Wörter.\nA second line \u2028 and 😀.",
        CONFIDENTIAL,
        tags=("a", "ü 'b'"),
        metadata={"n": [1, None, {"é": 0.5}]},
        expires_at=NOW + timedelta(days=1, microseconds=3),
        strategic_priority=10,
    )
    assert await add(stores, given) == [ADDED]
    assert await stores.knowledge.get_item(given.knowledge_id, CEO) == given


async def test_a_batch_tells_what_became_of_each_item_in_order(stores: Stores):
    await add(stores, item("same", "Same."), item("old", "Old."), item("up", "Up.", PUBLIC))
    outcomes = await add(
        stores,
        item("new", "New."),
        item("same", "Same."),
        item("old", "Newer."),
        item("secret", "Hush.", TOP_SECRET),
        item("up", "Up.", PUBLIC),
        writer=STAFF,
    )
    assert outcomes == [ADDED, UNCHANGED, UPDATED, REFUSED, UNCHANGED]


async def test_the_same_batch_twice_changes_nothing_and_owes_nothing(stores: Stores):
    batch = [item(f"n{number}", f"Note {number}.") for number in range(5)]
    await add(stores, *batch)
    before, owed_before = await rows(stores), await owed(stores)
    assert await add(stores, *batch) == [UNCHANGED] * 5
    assert await rows(stores) == before
    assert await owed(stores) == owed_before


CHANGES: list[dict[str, Any]] = [
    {"title": "Other"},
    {"content": "Other."},
    {"category": KnowledgeCategory.HUMAN_RESOURCES},
    {"strategic_priority": 6},
    {"source": "other"},
    {"tags": ("other",)},
    {"metadata": {"other": 1}},
    {"updated_at": NOW},
    {"expires_at": NOW},
]


async def test_whatever_changed_makes_a_new_version(stores: Stores):
    before = item("a", "Text.")
    await add(stores, before)
    for version, change in enumerate(CHANGES, start=2):
        assert await add(stores, before.model_copy(update=change)) == [UPDATED]
        (row,) = await rows(stores)
        assert row.version == version
        assert (await owed(stores))[-1] == (row.item_key, INTERNAL.rank)


async def test_a_time_that_only_the_clock_gave_is_no_change(stores: Stores, clock: HandClock):
    def read_from_a_file() -> KnowledgeItem:
        return item("a", "Text.", created_at=clock.now, updated_at=clock.now)

    both = ("created_at", "updated_at")
    await add(stores, read_from_a_file(), clock_filled=both)
    clock.advance(timedelta(days=1))
    assert await add(stores, read_from_a_file(), clock_filled=both) == [UNCHANGED]
    (row,) = await rows(stores)
    assert row.updated_at == NOW
    changed = read_from_a_file().model_copy(update={"content": "Other."})
    assert await add(stores, changed, clock_filled=both) == [UPDATED]
    (row,) = await rows(stores)
    assert (row.created_at, row.updated_at) == (NOW, clock.now)


async def test_adding_again_at_a_higher_level_raises_the_item(stores: Stores):
    await add(stores, item("a", "Text."))
    assert await add(stores, item("a", "Text.", RESTRICTED)) == [UPDATED]
    (row,) = await rows(stores)
    assert (row.level_rank, row.version) == (RESTRICTED.rank, 2)
    assert (await owed(stores))[1:] == [(row.item_key, INTERNAL.rank), (row.item_key, 3)]


async def test_adding_again_at_a_lower_level_is_refused(stores: Stores):
    await add(stores, item("a", "Text.", RESTRICTED))
    assert await add(stores, item("a", "Text.", PUBLIC)) == [REFUSED]
    (row,) = await rows(stores)
    assert (row.level_rank, row.version) == (RESTRICTED.rank, 1)


async def test_nobody_adds_above_his_own_clearance(stores: Stores):
    assert await add(stores, item("a", "Text.", CONFIDENTIAL), writer=STAFF) == [REFUSED]
    assert await rows(stores) == []


async def test_an_id_in_use_above_the_writer_is_free_for_the_writer(stores: Stores):
    await add(stores, item("a", "Secret.", TOP_SECRET))
    assert await add(stores, item("a", "Open."), writer=STAFF) == [ADDED]
    assert (await stores.knowledge.get_item("a", STAFF)).content == "Open."
    assert (await stores.knowledge.get_item("a", CEO)).content == "Secret."
    assert await add(stores, item("a", "Open."), writer=CEO) == [UNCHANGED]
    assert await add(stores, item("a", "Secret.", TOP_SECRET)) == [UNCHANGED]


async def test_an_id_twice_in_one_batch_ends_as_one_item(stores: Stores):
    assert await add(stores, item("a", "One."), item("a", "Two.")) == [ADDED, UPDATED]
    (row,) = await rows(stores)
    assert row.content == "Two."


async def test_writers_of_the_same_ids_at_once_make_no_item_twice_and_none_fails(
    stores: Stores, open_home: OpenHome
):
    other = await open_home(database_url=stores.settings.database_url)
    batch = [item(f"n{number}", f"Note {number}.") for number in range(20)]
    results = await asyncio.gather(
        *(add(each, *batch) for each in (stores, other, stores, other)),
    )
    flat = [result for outcome in results for result in outcome]
    assert flat.count(ADDED) == 20
    assert flat.count(UNCHANGED) == 60
    assert [row.version for row in await rows(stores)] == [1] * 20


async def test_updates_at_once_each_make_a_version(stores: Stores, open_home: OpenHome):
    other = await open_home(database_url=stores.settings.database_url)
    await add(stores, item("a", "Text."))
    await asyncio.gather(
        *(
            each.knowledge._writer.update("a", {"strategic_priority": number + 1}, CEO)
            for number, each in enumerate([stores, other] * 4)
        )
    )
    (row,) = await rows(stores)
    assert row.version == 9


async def test_an_update_changes_the_named_fields_and_the_time(stores: Stores, clock: HandClock):
    await add(stores, item("a", "Text.", tags=("x",)))
    clock.advance(timedelta(hours=1))
    changed = await stores.knowledge.update_item("a", {"title": "New", "content": "More."}, STAFF)
    assert (changed.title, changed.content, changed.tags) == ("New", "More.", ("x",))
    assert changed.updated_at == clock.now
    assert await stores.knowledge.get_item("a", STAFF) == changed


REFUSED_CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "colour"),
    ({"knowledge_id": "b"}, "knowledge_id"),
    ({"created_at": NOW}, "created_at"),
    ({"strategic_priority": 11}, "strategic_priority"),
    ({"strategic_priority": True}, "strategic_priority"),
    ({"title": "hush\x00"}, "title"),
    ({"content": "hush\x00"}, "content"),
    ({"content": "\ud800"}, "content"),
    ({"category": "hush"}, "category"),
    ({"confidentiality_level": "hush"}, "confidentiality_level"),
    ({"expires_at": NOW - timedelta(days=400)}, "expires_at"),
    ({"updated_at": "2026-01-01T00:00:00"}, "updated_at"),
    ({"confidentiality_level": "public"}, "reclassify"),
]


async def test_what_an_update_cannot_take_is_told_by_field_and_without_content(stores: Stores):
    await add(stores, item("a", "Text."))
    for changes, told in REFUSED_CHANGES:
        with pytest.raises(InvalidInput, match=told) as refused:
            await stores.knowledge.update_item("a", changes, CEO)
        assert "hush" not in str(refused.value)
    assert [row.version for row in await rows(stores)] == [1]


async def test_an_update_may_raise_the_level_up_to_the_writers_own(stores: Stores):
    await add(stores, item("a", "Text.", PUBLIC))
    await stores.knowledge.update_item("a", {"confidentiality_level": "internal"}, STAFF)
    with pytest.raises(AccessDenied):
        await stores.knowledge.update_item("a", {"confidentiality_level": "confidential"}, STAFF)
    assert [row.level_rank for row in await rows(stores)] == [INTERNAL.rank]


@pytest.mark.parametrize("level", [PUBLIC, TOP_SECRET])
async def test_reclassifying_moves_an_item_either_way_and_says_why(
    stores: Stores, level: ConfidentialityLevel
):
    await add(stores, item("a", "Text.", CONFIDENTIAL))
    await stores.knowledge.reclassify_item("a", level, CEO, reason="board decision 7")
    assert [row.level_rank for row in await rows(stores)] == [level.rank]
    action, outcome, detail = (await actions(stores))[-1]
    assert (action, outcome) == ("reclassify", "allowed")
    assert detail == {"item": "a", "from": 2, "to": level.rank, "reason": "board decision 7"}


async def test_reclassifying_needs_a_reason_and_the_clearance(stores: Stores):
    await add(stores, item("a", "Text."))
    with pytest.raises(InvalidInput):
        await stores.knowledge.reclassify_item("a", PUBLIC, CEO, reason="  ")
    with pytest.raises(AccessDenied):
        await stores.knowledge.reclassify_item("a", RESTRICTED, STAFF, reason="hide it")


async def test_an_item_does_not_move_onto_another_ones_place(stores: Stores):
    await add(stores, item("a", "Low.", PUBLIC), writer=STAFF)
    await add(stores, item("b", "x"), item("a", "High.", INTERNAL))
    await stores.knowledge._writer.reclassify("a", CONFIDENTIAL, CEO, reason="r")
    await add(stores, item("a", "Again.", INTERNAL), writer=STAFF)
    with pytest.raises(Conflict):
        await stores.knowledge.reclassify_item("a", INTERNAL, CEO, reason="r")


NOT_THERE = ["secret", "%", "' OR '1'='1", "", "a\x00", "\ud800", "x" * 9999]


@pytest.mark.parametrize("verb", ["show", "update", "reclassify", "delete", "purge"])
async def test_what_is_above_the_reader_and_what_is_not_there_are_the_same(
    stores: Stores, verb: str
):
    await add(stores, item("secret", "Hush.", TOP_SECRET), item("a", "Open."))
    knowledge = stores.knowledge
    attempts: dict[str, Callable[[str], Awaitable[object]]] = {
        "show": lambda name: knowledge.get_item(name, STAFF),
        "update": lambda name: knowledge.update_item(name, {"title": "T"}, STAFF),
        "reclassify": lambda name: knowledge.reclassify_item(name, PUBLIC, STAFF, reason="r"),
        "delete": lambda name: knowledge.delete_item(name, STAFF),
        "purge": lambda name: knowledge.purge_item(name, STAFF),
    }
    for name in NOT_THERE:
        with pytest.raises(NotFound, match="No such item"):
            await attempts[verb](name)
        assert (await actions(stores))[-1][1] == "denied"
    assert len(await rows(stores)) == 2


async def test_deleting_removes_the_most_secret_item_of_that_id_that_the_writer_sees(
    stores: Stores,
):
    await add(stores, item("a", "Secret.", TOP_SECRET))
    await add(stores, item("a", "Open."), writer=STAFF)
    key = await stores.knowledge.delete_item("a", CEO)
    assert key.confidentiality_level is TOP_SECRET
    assert [row.content for row in await rows(stores)] == ["Open."]
    assert (await actions(stores))[-1][0] == AuditAction.DELETE


async def test_an_expired_item_is_invisible_and_can_still_be_deleted(
    stores: Stores, clock: HandClock
):
    await add(stores, item("a", "Text.", expires_at=NOW + timedelta(seconds=1)))
    assert await stores.knowledge.get_item("a", STAFF)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotFound):
        await stores.knowledge.get_item("a", STAFF)
    await stores.knowledge.delete_item("a", STAFF)
    assert await rows(stores) == []


async def test_the_audit_log_holds_no_content(stores: Stores):
    await add(stores, item("a", "Hush hush.", TOP_SECRET, title="Hush", tags=("hush",)))
    await stores.knowledge.update_item("a", {"content": "More hush."}, CEO)
    await stores.knowledge.get_item("a", CEO)
    await stores.knowledge.delete_item("a", CEO)
    told = repr(await actions(stores))
    assert "ush" not in told
    assert await stores.audit.verify() == 4
