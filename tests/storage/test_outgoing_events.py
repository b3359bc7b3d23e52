"""From a committed change to the bus. The truth's part runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from domain.event_payloads import ChangeKind, KnowledgeUpdate, UpdateType
from domain.events import Event, EventDomain
from storage.level_table import LevelTable
from storage.outgoing_events import EventRelay, OutgoingEvents
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from storage.stores import Stores
from storage.tables import OutgoingEventRow
from tests.events import update
from tests.stores import (
    INTERNAL,
    NOW,
    PUBLIC,
    TOP_SECRET,
    OpenHome,
    item,
    reader_at,
    store,
    validated,
)

CEO = reader_at(TOP_SECRET)


class Killed(BaseException):
    """Stands for kill -9: nothing that catches errors catches it."""


async def told(stores: Stores) -> list[Event]:
    return [stored.event async for stored in stores.events.tail()]


async def waiting(stores: Stores) -> list[str]:
    from sqlmodel import col, select  # noqa: PLC0415 - the one look beneath the stores

    rows = select(OutgoingEventRow).order_by(col(OutgoingEventRow.outgoing_id))
    return [row.event_id for row in await stores.database.rows(rows)]


def changes(event: Event) -> list[tuple[str, ChangeKind]]:
    assert isinstance(event.payload, KnowledgeUpdate)
    return [(one.knowledge_id, one.change) for one in event.payload.changes]


async def test_what_is_indexed_is_told_level_by_level_and_nothing_waits(stores: Stores):
    await store(
        stores, item("a", "Cold store."), item("b", "Plant."), item("c", "Sale.", TOP_SECRET)
    )

    staff, board = await told(stores)

    assert changes(staff) == [("a", ChangeKind.ADDED), ("b", ChangeKind.ADDED)]
    assert changes(board) == [("c", ChangeKind.ADDED)]
    assert [one.confidentiality_level for one in (staff, board)] == [INTERNAL, TOP_SECRET]
    assert isinstance(staff.payload, KnowledgeUpdate)
    assert staff.payload.update_type is UpdateType.CREATED
    assert (staff.source_domain, staff.occurred_at) == (EventDomain.SHARED, NOW)
    assert await waiting(stores) == []


async def test_each_further_change_has_an_event_of_its_own_though_no_time_passes(stores: Stores):
    await store(stores, item("a", "Cold store."))
    for content in ("Warm store.", "Hot store."):
        await stores.knowledge.update_item("a", {"content": content}, CEO)
    await stores.knowledge.delete_item("a", CEO)

    events = await told(stores)

    assert [changes(event)[0][1] for event in events] == [
        ChangeKind.ADDED,
        ChangeKind.CHANGED,
        ChangeKind.CHANGED,
        ChangeKind.REMOVED,
    ]
    assert len({event.event_id for event in events}) == 4


async def test_an_item_that_moves_is_removed_for_one_level_and_added_for_the_other(stores: Stores):
    await store(stores, item("a", "Cold store."))
    await stores.knowledge.reclassify_item("a", PUBLIC, CEO, reason="published")

    _, open_to_all, staff = await told(stores)

    assert open_to_all.confidentiality_level is PUBLIC
    assert changes(open_to_all) == [("a", ChangeKind.ADDED)]
    assert staff.confidentiality_level is INTERNAL
    assert changes(staff) == [("a", ChangeKind.REMOVED)]


async def test_an_item_that_the_index_never_had_or_has_no_more_is_not_named(stores: Stores):
    await stores.knowledge.add_items(validated(item("a", "Cold store.")), CEO)
    await stores.knowledge.delete_item("a", CEO)

    (event,) = await told(stores)

    assert isinstance(event.payload, KnowledgeUpdate)
    assert (event.payload.update_type, event.payload.changes) == (UpdateType.DELETED, ())


async def test_an_event_is_there_with_its_change_or_not_at_all(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
):
    await stores.knowledge.add_items(validated(item("a", "Cold store.")), CEO)
    add = OutgoingEvents.add

    async def add_and_die(self: OutgoingEvents, *given: object) -> None:
        await add(self, *given)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(OutgoingEvents, "add", add_and_die)
    with pytest.raises(Killed):
        await stores.knowledge.drain_outbox()
    assert (await waiting(stores), await stores.knowledge.pending()) == ([], 1)
    monkeypatch.undo()
    await stores.knowledge.drain_outbox()

    assert len(await told(stores)) == 1


async def test_an_index_that_is_killed_before_the_commit_is_told_of_once(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
):
    await stores.knowledge.add_items(validated(item("a", "Cold store.")), CEO)

    async def die(*_given: object, **_named: object) -> None:
        raise Killed

    monkeypatch.setattr(LevelTable, "add", die)
    with pytest.raises(Killed):
        await stores.knowledge.drain_outbox()
    monkeypatch.undo()
    await stores.knowledge.drain_outbox()

    (event,) = await told(stores)
    assert changes(event) == [("a", ChangeKind.CHANGED)]  # it may have been there before


async def test_killed_between_commit_and_publish_the_next_relay_makes_it_good(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
):
    async def die(*_given: object, **_named: object) -> None:
        raise Killed

    monkeypatch.setattr(EventRelay, "publish_pending", die)
    with pytest.raises(Killed):
        await store(stores, item("a", "Cold store."))
    assert await told(stores) == []
    assert len(await waiting(stores)) == 1
    monkeypatch.undo()

    assert await stores.relay.publish_pending() == 1
    assert [changes(event) for event in await told(stores)] == [[("a", ChangeKind.ADDED)]]


async def test_killed_between_publish_and_forgetting_an_event_is_not_there_twice(stores: Stores):
    event = update("known")
    async with stores.database.writing() as session:
        await OutgoingEvents(clock=stores.clock).add(session, event)
        await OutgoingEvents(clock=stores.clock).add(session, event)
    await stores.events.publish(event)

    assert await waiting(stores) == ["known"]
    assert await stores.relay.publish_pending() == 1
    assert [one.event_id for one in await told(stores)] == ["known"]


async def test_events_are_published_in_the_order_of_their_changes(stores: Stores):
    names = [f"{number:03}" for number in range(250)]
    async with stores.database.writing() as session:
        for name in names:
            await OutgoingEvents(clock=stores.clock).add(session, update(name))

    assert await stores.relay.publish_pending() == 250
    assert [event.event_id for event in await told(stores)] == names


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateRedis]:
    server = PrivateRedis(Settings(home=tmp_path / "redis", redis_url=None))
    yield server
    server.stop()


async def test_with_redis_down_changes_succeed_with_one_warning_and_are_told_later(
    open_home: OpenHome,
    server: PrivateRedis,
    caplog: pytest.LogCaptureFixture,
):
    socket = server.start().socket
    server.stop()
    stores = await open_home(redis_url=f"unix://{socket}")
    began = time.monotonic()
    await store(stores, item("a", "Cold store."))
    for content in ("Warm store.", "Hot store."):
        await stores.knowledge.update_item("a", {"content": content}, CEO)
    await stores.knowledge.delete_item("a", CEO)

    assert time.monotonic() - began < 30  # each by itself is well below two seconds
    assert len(await waiting(stores)) == 4
    warnings = [one for one in caplog.records if one.name == "diarchy.events"]
    assert [one.levelno for one in warnings] == [logging.WARNING]
    server.start()
    assert await stores.relay.publish_pending() == 4
    assert await waiting(stores) == []
    assert len(await told(stores)) == 4


async def test_a_redis_that_does_not_answer_holds_a_change_up_for_two_seconds_at_most(
    open_home: OpenHome, server: PrivateRedis
):
    running = server.start()
    stores = await open_home(redis_url=f"unix://{running.socket}")
    await store(stores, item("a", "Cold store."))
    await stores.events.publish(update())
    process = psutil.Process(running.pid)
    process.suspend()
    try:
        began = time.monotonic()
        await stores.relay.tell()
        assert time.monotonic() - began < 1  # there is nothing to tell
        await stores.knowledge.delete_item("a", CEO)
        first = time.monotonic() - began
        assert len(await waiting(stores)) == 1
        began = time.monotonic()
        await stores.relay.tell()
        again = time.monotonic() - began
    finally:
        process.resume()

    assert first < 10  # two seconds of it for Redis
    assert again < 1
