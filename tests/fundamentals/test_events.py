"""Events between processes, one idea a test: published and handled, failed and brought back, seen by whom."""

from __future__ import annotations

import pytest

from domain.errors import AccessDenied
from domain.events import ChangeKind, Event, KnowledgeUpdate
from storage.guarded_events import GuardedEvents
from tests.events import QUICK, FakeHandler, update
from tests.stores import CONFIDENTIAL, INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store


async def test_a_change_is_told_as_an_event_and_every_group_handles_it(open_home: OpenHome):
    """Whoever cares for changes consumes as a group: each group gets each event once it is committed.

    The event names the item and what became of it; what the item says stands in no event.
    """
    stores = await open_home()
    await store(stores, item("plant", "The Brno plant lacks welders."))
    handled: list[Event] = []

    async def handle(event: Event) -> None:
        handled.append(event)

    for group in ("indexers", "auditors"):
        await stores.events.consume(group, "first", handle, until_idle=True)

    one, other = handled
    assert one == other
    assert isinstance(one.payload, KnowledgeUpdate)
    (change,) = one.payload.changes
    assert (change.knowledge_id, change.change) == ("plant", ChangeKind.ADDED)
    assert "welders" not in one.model_dump_json()


async def test_what_a_handler_fails_at_becomes_a_dead_letter_and_can_be_brought_back(
    open_home: OpenHome,
):
    """A failed event is tried again, later each time, while those behind it go on.

    After its last try it is a dead letter with the reason. Once the fault is mended, `replay` publishes
    it anew.
    """
    stores = await open_home()
    await stores.events.publish_many([update("faulty"), update("fine")])
    broken = FakeHandler(fails_at={"faulty"})
    await stores.events.consume("group", "one", broken, policy=QUICK, until_idle=True)
    assert broken.given[:2] == ["faulty", "fine"]
    assert broken.given.count("faulty") == QUICK.most_tries

    (letter,) = [letter async for letter in stores.events.dead_letters()]
    assert letter.reason == "ValueError"
    await stores.events.replay(letter)

    mended = FakeHandler()
    await stores.events.consume("group", "one", mended, policy=QUICK, until_idle=True)
    assert mended.given == ["faulty"]


async def test_a_principal_meets_only_the_events_that_it_is_cleared_for(open_home: OpenHome):
    """An event is labelled with the level of what it tells of. Who may not read that level is told
    nothing of it, and may publish nothing at it.
    """
    stores = await open_home()
    events = GuardedEvents(stores.events, stores.audit, stores.sealer)
    board, staff = reader_at(TOP_SECRET), reader_at(INTERNAL)
    await events.publish(update("open", confidentiality_level=INTERNAL), staff)
    await events.publish(update("hidden", confidentiality_level=CONFIDENTIAL), board)

    seen = {
        reader.name: [stored.event.event_id for stored in await events.newest(reader, limit=10)]
        for reader in (board, staff)
    }

    assert seen == {board.name: ["open", "hidden"], staff.name: ["open"]}
    with pytest.raises(AccessDenied):
        await events.publish(update("forged", confidentiality_level=CONFIDENTIAL), staff)
