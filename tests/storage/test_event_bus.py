from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from domain.errors import RedisUnavailable, TransientStorageError
from domain.events import Event, collaboration_response
from storage.event_bus import DeadLetter, EventBus
from storage.event_delivery import EXPIRED, UNREADABLE
from storage.event_streams import EventBounds
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection
from storage.settings import Settings
from tests.events import QUICK, FakeHandler, eventually, request, update
from tests.stores import INTERNAL, NOW, TOP_SECRET, HandClock

SPACE = "diarchy:test"


@pytest.fixture
async def connection(home: Path) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(Settings(home=home))
    yield connection
    await connection.close()


@pytest.fixture
def bus(connection: RedisConnection, clock: HandClock) -> EventBus:
    return EventBus(connection, SPACE, clock=clock)


async def letters(bus: EventBus) -> list[DeadLetter]:
    return [letter async for letter in bus.dead_letters()]


async def pending(bus: EventBus, group: str = "group") -> list[str]:
    return [one.event.event_id async for one in bus.pending(group)]


async def work_off(bus: EventBus, handler: Any, group: str = "group", **options: Any) -> int:
    options = {"policy": QUICK, "until_idle": True} | options
    async with asyncio.timeout(20):
        return await bus.consume(group, "consumer", handler, **options)


async def test_every_group_gets_every_event(bus: EventBus):
    events = [update() for _ in range(3)]
    await bus.publish_many(events)
    one, other = FakeHandler(), FakeHandler()

    assert await work_off(bus, one, "one") == 3
    assert await work_off(bus, other, "other") == 3

    assert one.given == other.given == [event.event_id for event in events]


async def test_an_event_arrives_as_it_was_published(bus: EventBus):
    sent = request(deadline=NOW + timedelta(hours=1))
    await bus.publish(sent)
    got: list[Event] = []

    async def keep(event: Event) -> None:
        got.append(event)

    await work_off(bus, keep)

    assert got == [sent]


async def test_an_event_that_is_published_again_is_not_there_twice(bus: EventBus):
    event = update()

    assert await bus.publish(event) is True
    assert await bus.publish(event) is False
    assert await bus.publish_many([event, update(), event]) == 1

    assert len([stored async for stored in bus.tail()]) == 2


async def test_the_most_urgent_come_first_and_equals_in_their_order(bus: EventBus):
    for name, priority in [("a", 1), ("b", 3), ("c", 5), ("d", 3), ("e", 2)]:
        await bus.publish(update(name, priority=priority))
    handler = FakeHandler()

    await work_off(bus, handler, concurrency=1)

    assert handler.given == ["c", "b", "d", "e", "a"]


async def test_what_is_urgent_overtakes_what_was_read_before_it(bus: EventBus):
    await bus.publish_many([update(f"slow-{number}", priority=1) for number in range(20)])
    handled: list[str] = []

    async def handle(event: Event) -> None:
        if not handled:
            await bus.publish(update("urgent", priority=5))
        handled.append(event.event_id)
        await asyncio.sleep(0.01)  # longer than what was read counts as fresh

    await work_off(bus, handle, concurrency=1)

    assert handled[1] == "urgent"


async def test_a_poison_event_is_tried_so_often_and_delays_nothing_behind_it(bus: EventBus):
    await bus.publish(update("poison", priority=5))
    await bus.publish_many([update(f"good-{number}") for number in range(30)])
    handler = FakeHandler(fails_at={"poison"})

    assert await work_off(bus, handler, concurrency=1) == 30

    tries = [number for number, name in enumerate(handler.given) if name == "poison"]
    assert len(tries) == QUICK.most_tries
    assert tries[0] == 0
    assert handler.given[1] == "good-0"
    assert await pending(bus) == []


async def test_a_dead_letter_tells_the_kind_of_the_error_and_none_of_its_words(
    bus: EventBus, clock: HandClock
):
    await bus.publish(update("poison"))

    await work_off(bus, FakeHandler(fails_at={"poison"}))

    (letter,) = await letters(bus)
    assert letter.event is not None
    assert letter.event.event_id == "poison"
    assert (letter.group, letter.reason, letter.tries) == ("group", "ValueError", QUICK.most_tries)
    assert letter.dead_since == clock.now


async def test_a_handler_within_which_something_is_cancelled_has_failed(bus: EventBus):
    await bus.publish(update())

    async def cancel(event: Event) -> None:
        del event
        raise asyncio.CancelledError

    assert await work_off(bus, cancel) == 0

    (letter,) = await letters(bus)
    assert letter.reason == "CancelledError"


async def test_what_diarchy_itself_says_stands_in_a_dead_letter(bus: EventBus):
    await bus.publish(update())

    async def fail(event: Event) -> None:
        del event
        raise TransientStorageError("the index is locked")

    await work_off(bus, fail)

    (letter,) = await letters(bus)
    assert letter.reason == "TransientStorageError: the index is locked"


async def test_a_handler_that_succeeds_at_last_leaves_no_dead_letter(bus: EventBus):
    await bus.publish(update("shy"))
    handler = FakeHandler(fails_at={"shy"})

    async def relent(event: Event) -> None:
        if len(handler.given) == 2:
            handler.fails_at.clear()
        await handler(event)

    assert await work_off(bus, relent) == 1

    assert handler.given == ["shy"] * 3
    assert await letters(bus) == []
    assert await pending(bus) == []


async def test_replayed_a_dead_letter_is_handled_with_all_its_tries_anew(bus: EventBus):
    await bus.publish(update("poison"))
    await work_off(bus, FakeHandler(fails_at={"poison"}))
    (letter,) = await letters(bus)

    assert await bus.replay(letter) is True
    assert await bus.replay(letter) is False  # it is not brought back twice
    again = FakeHandler(fails_at={"poison"})
    await work_off(bus, again)

    assert again.given == ["poison"] * QUICK.most_tries
    assert len(await letters(bus)) == 1


async def test_a_replayed_event_is_still_known_as_published(bus: EventBus):
    event = update("poison")
    await bus.publish(event)
    await work_off(bus, FakeHandler(fails_at={"poison"}))
    (letter,) = await letters(bus)
    await bus.replay(letter)

    assert await bus.publish(event) is False


async def test_what_is_no_event_is_dead_at_once(bus: EventBus, redis_of_all_tests: Redis):
    redis_of_all_tests.xadd(f"{SPACE}:events:3", {"event": '{"content": "The plant is sold."}'})
    redis_of_all_tests.xadd(f"{SPACE}:events:3", {"something": "else"})
    await bus.publish(update("good"))
    handler = FakeHandler()

    assert await work_off(bus, handler) == 1

    found = await letters(bus)
    assert [(letter.reason, letter.tries, letter.event) for letter in found] == [
        (UNREADABLE, 0, None),
        (UNREADABLE, 0, None),
    ]
    assert {letter.confidentiality_level for letter in found} == {TOP_SECRET}
    assert await bus.replay(found[0]) is False


async def test_an_event_past_its_deadline_is_not_handled_and_not_replayed(
    bus: EventBus, clock: HandClock
):
    await bus.publish(request(deadline=NOW + timedelta(minutes=1)))
    clock.advance(timedelta(minutes=1))
    handler = FakeHandler()

    assert await work_off(bus, handler) == 0

    (letter,) = await letters(bus)
    assert (handler.given, letter.reason) == ([], EXPIRED)
    assert await bus.replay(letter) is False
    assert len(await letters(bus)) == 1


async def test_consumers_of_a_group_share_the_work(bus: EventBus):
    await bus.publish_many([update(f"{number:03}") for number in range(200)])
    handled: list[list[str]] = [[], [], []]

    async def consumer(number: int) -> None:
        async def handle(event: Event) -> None:
            handled[number].append(event.event_id)
            await asyncio.sleep(0.002)

        await work_off(bus, handle, concurrency=2)

    await asyncio.gather(*map(consumer, range(3)))

    assert sorted(name for names in handled for name in names) == [
        f"{number:03}" for number in range(200)
    ]
    assert all(handled)


async def test_no_more_events_are_handled_at_once_than_allowed(bus: EventBus):
    await bus.publish_many([update() for _ in range(40)])
    at_once = most = 0

    async def handle(event: Event) -> None:
        nonlocal at_once, most
        del event
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.002)
        at_once -= 1

    await work_off(bus, handle, concurrency=4)

    assert most == 4


async def test_what_a_cancelled_consumer_held_is_claimed_by_the_next(bus: EventBus):
    await bus.publish_many([update(f"{number}") for number in range(5)])
    begun = asyncio.Event()

    async def hang(event: Event) -> None:
        del event
        begun.set()
        await asyncio.Event().wait()

    holder = asyncio.create_task(work_off(bus, hang, until_idle=False))
    await asyncio.wait_for(begun.wait(), 10)
    assert len(await pending(bus)) == 5
    holder.cancel()
    await asyncio.wait([holder])
    handler = FakeHandler()

    assert await work_off(bus, handler) == 5
    assert sorted(handler.given) == list("01234")
    assert await pending(bus) == []


async def test_a_handler_may_take_longer_than_a_silent_consumer_counts_as_alive(bus: EventBus):
    await bus.publish(update("long"))
    handler = FakeHandler()

    async def handle(event: Event) -> None:
        await handler(event)
        await asyncio.sleep(QUICK.death.total_seconds() * 3)

    await asyncio.gather(work_off(bus, handle), work_off(bus, handle))

    assert handler.given == ["long"]


async def test_failures_are_remembered_when_a_consumer_goes(bus: EventBus):
    await bus.publish(update("poison"))
    handler = FakeHandler(fails_at={"poison"})
    patient = replace(QUICK, first_pause=timedelta(hours=1), longest_pause=timedelta(hours=1))
    stop = asyncio.Event()

    async def fail_and_stop(event: Event) -> None:
        stop.set()
        await handler(event)

    for _ in range(2):
        stop.clear()
        await work_off(bus, fail_and_stop, until_idle=False, stop=stop, policy=patient)
    (held,) = [one async for one in bus.pending("group")]
    await work_off(bus, handler)

    assert held.tries == 2
    assert handler.given == ["poison"] * QUICK.most_tries


async def test_told_to_stop_a_consumer_ends_what_it_has_in_hand_and_begins_nothing_more(
    bus: EventBus,
):
    await bus.publish_many([update(f"{number}") for number in range(6)])
    stop = asyncio.Event()
    begun: list[str] = []
    ended: list[str] = []

    async def handle(event: Event) -> None:
        begun.append(event.event_id)
        await stop.wait()
        await asyncio.sleep(0.01)  # the end comes after the consumer was told
        ended.append(event.event_id)

    consuming = asyncio.create_task(
        work_off(bus, handle, until_idle=False, stop=stop, concurrency=2)
    )
    await eventually(lambda: len(begun) == 2, "two handlers have begun")
    stop.set()

    assert await consuming == 2
    assert ended == ["0", "1"]
    assert await pending(bus) == ["2", "3", "4", "5"]


def test_pauses_double_up_to_the_longest_and_differ_by_chance():
    policy = replace(QUICK, first_pause=timedelta(seconds=1), longest_pause=timedelta(seconds=6))
    full = [1, 2, 4, 6, 6]

    for tries, most in enumerate(full, start=1):
        pauses = {policy.pause(tries) for _ in range(50)}
        assert most / 2 <= min(pauses) < max(pauses) <= most


async def test_an_event_whose_consumers_all_die_is_given_up(bus: EventBus):
    await bus.publish(update("killer"))
    policy = replace(QUICK, most_deliveries=3)

    class Killed(BaseException):
        """As near to a kill as one process comes."""

    async def die(event: Event) -> None:
        del event
        raise Killed

    for _ in range(3):
        with pytest.raises(Killed):
            await work_off(bus, die, policy=policy)
    handler = FakeHandler()
    await work_off(bus, handler, policy=policy)

    (letter,) = await letters(bus)
    assert handler.given == []
    assert "given out 4 times" in letter.reason


async def test_a_group_that_redis_forgot_is_made_again(
    bus: EventBus, redis_of_all_tests: Redis, caplog: pytest.LogCaptureFixture
):
    handler = FakeHandler()
    stop = asyncio.Event()
    consuming = asyncio.create_task(
        work_off(bus, handler, until_idle=False, stop=stop, concurrency=1)
    )
    await bus.publish(update("before"))
    await eventually(lambda: handler.given == ["before"], "the first event is handled")
    redis_of_all_tests.flushall()
    await bus.publish(update("after"))
    await eventually(lambda: handler.given == ["before", "after"], "the second event is handled")
    stop.set()
    await consuming

    assert not caplog.records


async def test_a_consumer_waits_for_a_redis_that_is_down_and_says_so_once(
    home: Path, clock: HandClock, caplog: pytest.LogCaptureFixture
):
    server = PrivateRedis(Settings(home=home, redis_url=None))
    running = server.start()
    connection = RedisConnection(Settings(home=home, redis_url=f"unix://{running.socket}"))
    bus = EventBus(connection, SPACE, clock=clock)
    handler = FakeHandler()
    stop = asyncio.Event()
    try:
        consuming = asyncio.create_task(work_off(bus, handler, until_idle=False, stop=stop))
        await bus.publish(update("before"))
        await eventually(lambda: handler.given == ["before"], "the first event is handled")
        await asyncio.to_thread(server.stop)
        await eventually(lambda: bool(caplog.records), "the consumer warns")
        with pytest.raises(RedisUnavailable):
            await bus.publish(update("refused"))
        await asyncio.to_thread(server.start)
        await bus.publish(update("after"))
        await eventually(lambda: handler.given == ["before", "after"], "the second is handled")
        stop.set()
        await consuming
    finally:
        await connection.close()
        server.stop()

    assert [record.levelno for record in caplog.records] == [logging.WARNING]


async def test_an_answer_reaches_who_waits_for_it_at_once(bus: EventBus):
    asked = request()
    answer = collaboration_response(
        to=asked,
        event_id="answer",
        occurred_at=NOW,
        confidentiality_level=INTERNAL,
        response_report_id="report-2",
    )
    waiting = asyncio.create_task(
        bus.wait_for_reply(asked.correlation_id, NOW + timedelta(minutes=1))
    )
    await bus.publish(asked)
    assert not waiting.done()
    began = time.monotonic()
    await bus.publish(answer)

    assert await waiting == answer
    assert time.monotonic() - began < 5
    assert await bus.wait_for_reply(asked.correlation_id, NOW) == answer  # to be read again


async def test_who_waits_in_vain_goes_at_the_deadline(bus: EventBus):
    began = time.monotonic()

    assert await bus.wait_for_reply("nobody", NOW + timedelta(seconds=0.3)) is None
    assert 0.25 < time.monotonic() - began < 5
    assert await bus.wait_for_reply("nobody", NOW - timedelta(days=1)) is None


async def test_the_tail_is_in_the_order_of_publication_whatever_the_priority(bus: EventBus):
    names = [f"{number:04}" for number in range(1200)]
    await bus.publish_many(
        [update(name, priority=1 + number % 2) for number, name in enumerate(names)]
    )

    found = [stored async for stored in bus.tail()]

    assert [stored.event.event_id for stored in found] != []
    assert sorted(stored.event.event_id for stored in found) == names
    times = [stored.published_at for stored in found]
    assert times == sorted(times)


async def test_who_follows_the_tail_is_told_of_what_comes(bus: EventBus):
    await bus.publish(update("old"))
    got: list[str] = []

    async def follow() -> None:
        async for stored in bus.tail(follow=True):
            got.append(stored.event.event_id)
            if len(got) == 2:
                return

    following = asyncio.create_task(follow())
    await eventually(lambda: got == ["old"], "the old event is told")
    await bus.publish(update("new"))
    await asyncio.wait_for(following, 10)

    assert got == ["old", "new"]


async def test_what_nobody_has_been_given_yet_is_pending_too(bus: EventBus):
    assert [one async for one in bus.pending("group")] == []
    await work_off(bus, FakeHandler())
    await bus.publish(update("fresh"))

    (one,) = [one async for one in bus.pending("group")]

    assert (one.event.event_id, one.consumer, one.deliveries) == ("fresh", None, 0)
    assert await bus.groups() == ("group",)


async def test_streams_are_bounded_and_what_was_trimmed_away_leaves_nothing_pending(
    connection: RedisConnection, clock: HandClock, redis_of_all_tests: Redis
):
    bus = EventBus(connection, SPACE, clock=clock, bounds=EventBounds(stream_length=100))
    await bus.publish(update("oldest"))
    begun = asyncio.Event()

    async def hang(event: Event) -> None:
        del event
        begun.set()
        await asyncio.Event().wait()

    holder = asyncio.create_task(work_off(bus, hang, until_idle=False, concurrency=1))
    await asyncio.wait_for(begun.wait(), 10)
    holder.cancel()
    await asyncio.wait([holder])
    await bus.publish_many([update() for _ in range(1000)])
    handler = FakeHandler()
    await work_off(bus, handler)

    length = redis_of_all_tests.xlen(f"{SPACE}:events:3")
    assert isinstance(length, int)
    assert 100 <= length < 300
    assert "oldest" not in handler.given
    assert await pending(bus) == []


async def test_consumers_that_are_gone_leave_no_trace(bus: EventBus, redis_of_all_tests: Redis):
    await bus.publish(update())
    for _ in range(5):
        await work_off(bus, FakeHandler())

    for priority in range(1, 6):
        assert redis_of_all_tests.xinfo_consumers(f"{SPACE}:events:{priority}", "group") == []
    assert redis_of_all_tests.zcard(f"{SPACE}:consumers:group") == 0
