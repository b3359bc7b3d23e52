"""The event bus: Redis Streams between flow runs.

An event is delivered at least once to every group of consumers, the most urgent first; handlers are
idempotent by its id (`storage/handled_events.py`). Published twice, it is there once. What a handler
fails at is tried again and at last becomes a dead letter, and `replay` brings that back. A stream that
is full loses its oldest events: everything that must not be lost has its truth in SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Any

from domain.errors import RedisUnavailable
from domain.events import CollaborationResponse, Event
from storage.event_delivery import Consumption, DeliveryPolicy, Handler
from storage.event_group import GroupMember
from storage.event_listing import (
    DeadLetter,
    EventListing,
    PendingEvent,
    StoredEvent,
    find_event,
)
from storage.event_streams import (
    BODY,
    MILLISECOND,
    REPLAY,
    EventBounds,
    EventKeys,
    publishing,
)
from storage.metrics import EVENTS_PUBLISHED
from storage.redis_server import BLOCKING_SECONDS, RedisConnection, translated_redis_errors
from storage.tracing import trace_parent

_EVENTS_A_CALL = 100
_ENTRIES_A_PAGE = 500
_PAUSE_SECONDS = 0.2


class EventBus:
    """Publishes events and hands them to handlers."""

    def __init__(
        self,
        redis: RedisConnection,
        namespace: str,
        *,
        clock: Callable[[], datetime],
        bounds: EventBounds | None = None,
    ) -> None:
        self._redis = redis
        self._keys = EventKeys(namespace)
        self._clock = clock
        self._bounds = bounds or EventBounds()
        self._publishing = publishing(self._bounds)
        self._listing = EventListing(redis, self._keys, self._bounds)

    async def publish(self, event: Event) -> bool:
        """Publish *event*; return False when it was published before. Raises `RedisUnavailable`."""
        return await self.publish_many([event]) == 1

    async def publish_many(self, events: Sequence[Event]) -> int:
        """Publish *events* in order; return how many were not there before."""
        client = await self._redis.client()
        traced = trace_parent()
        added = 0
        with translated_redis_errors():
            for first in range(0, len(events), _EVENTS_A_CALL):
                some = events[first : first + _EVENTS_A_CALL]
                keys: list[str] = []
                for event in some:
                    keys += (self._keys.seen(event.event_id), self._keys.stream(event.priority))
                    answers = isinstance(event.payload, CollaborationResponse)
                    keys.append(self._keys.reply(event.correlation_id) if answers else "")
                bodies = [event.within_trace(traced).model_dump_json() for event in some]
                added += await self._publishing.run(client, keys=keys, arguments=bodies)
        EVENTS_PUBLISHED.add(amount=added)
        return added

    async def wait_for_reply(self, correlation_id: str, until: datetime) -> Event | None:
        """Return the first answer to a request, now or when it comes; None when *until* has passed.

        A Redis that goes away meanwhile may come back in time; if not, raises `RedisUnavailable`.
        """
        loop = asyncio.get_running_loop()
        # The clock may be pinned: it says how long to wait, the loop's own when that is over.
        ends = loop.time() + (until - self._clock()).total_seconds()
        while True:
            left = ends - loop.time()
            try:
                answer = await self._next_reply(correlation_id, block=min(left, BLOCKING_SECONDS))
            except RedisUnavailable:
                if left <= 0:
                    raise
                await asyncio.sleep(min(left, _PAUSE_SECONDS))
                continue
            if answer is not None or left <= 0:
                return answer

    async def consume(
        self,
        group: str,
        consumer: str,
        handler: Handler,
        *,
        concurrency: int = 8,
        until_idle: bool = False,
        stop: asyncio.Event | None = None,
        policy: DeliveryPolicy | None = None,
    ) -> int:
        """Hand the events of *group* to *handler*, the most urgent first; return how many it handled.

        Each group gets every event, of which its consumers share the work. Ends when *stop* is set and
        what is being handled is done, or with *until_idle* when the group has done with every event.
        A Redis that is down is waited for, unless *until_idle*: then raises `RedisUnavailable`.
        """
        policy = policy or DeliveryPolicy()
        member = GroupMember(
            self._redis,
            self._keys,
            group=group,
            consumer=consumer,
            bounds=self._bounds,
            death=policy.death,
        )
        consumption = Consumption(
            member,
            handler,
            clock=self._clock,
            policy=policy,
            concurrency=concurrency,
            until_idle=until_idle,
            stop=stop,
        )
        return await consumption.run()

    async def groups(self) -> tuple[str, ...]:
        """Return the names of all groups that ever consumed, sorted."""
        return await self._listing.groups()

    def pending(self, group: str) -> AsyncGenerator[PendingEvent]:
        """Yield what *group* has not done with, the most urgent first: in work, failed, not begun."""
        return self._listing.pending(group)

    def tail(
        self, since: datetime | None = None, *, follow: bool = False
    ) -> AsyncGenerator[StoredEvent]:
        """Yield what was published from *since* on, oldest first; with *follow* also what will be."""
        return self._listing.tail(since, follow=follow)

    def dead_letters(self) -> AsyncGenerator[DeadLetter]:
        """Yield what was given up, oldest first."""
        return self._listing.dead_letters()

    async def replay(self, letter: DeadLetter) -> bool:
        """Publish a dead letter anew, its tries forgotten; return whether it was brought back.

        Every group gets it again and those that handled it before know it by its id. It stays dead
        when it cannot be read, when its deadline has passed, and when somebody else was quicker.
        """
        event = letter.event
        if event is None or event.has_expired(self._clock()):
            return False
        client = await self._redis.client()
        with translated_redis_errors():
            brought_back = await REPLAY.run(
                client,
                keys=[
                    self._keys.dead,
                    self._keys.stream(event.priority),
                    self._keys.seen(event.event_id),
                ],
                arguments=[
                    letter.dead_id,
                    self._bounds.stream_length,
                    self._bounds.dedup_window // MILLISECOND,
                    event.model_dump_json(),
                ],
            )
        return bool(brought_back)

    async def _next_reply(self, correlation_id: str, *, block: float) -> Event | None:
        client = await self._redis.client()
        with translated_redis_errors():
            found: Any = await client.xread(
                {self._keys.reply(correlation_id): "0-0"},
                count=1,
                block=max(1, int(block * 1000)) if block > 0 else None,
            )
        for _, entries in found or ():
            for _, fields in entries:
                return find_event(fields.get(BODY))
        return None
