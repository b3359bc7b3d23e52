"""A consumer's seat in its group: everything that it asks of Redis, translated and nothing decided.

A group's pending list is the truth about what is not done. An entry leaves it when it is acked or when
it is buried as a dead letter, which is one step with its way into the dead-letter stream.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from storage.event_streams import (
    BODY,
    BURY,
    LEAVE,
    LIVE_AND_CLAIM,
    MILLISECOND,
    PRIORITIES,
    EventBounds,
    EventKeys,
    tries_field,
)
from storage.event_work import Entry
from storage.redis_server import RedisConnection, translated_redis_errors

_MOST_CLAIMED = 500


class GroupMember:
    """One consumer of one group."""

    def __init__(
        self,
        redis: RedisConnection,
        keys: EventKeys,
        *,
        group: str,
        consumer: str,
        bounds: EventBounds,
        death: timedelta,
    ) -> None:
        self.group = group
        self._redis = redis
        self._keys = keys
        # Two processes may bear one name; what a dead one held is claimed all the same.
        self._name = f"{consumer}-{uuid.uuid4().hex[:8]}"
        self._bounds = bounds
        self._death = death // MILLISECOND

    async def join(self) -> list[Entry]:
        """Make the group where it is new, say that this consumer lives, and claim from the dead.

        A new group begins at the beginning of each stream: what was published before counts too.
        """
        from redis.exceptions import ResponseError  # noqa: PLC0415 - loads a fifth of a second

        client = await self._redis.client()
        for stream in self._keys.streams:
            with translated_redis_errors():
                try:
                    await client.xgroup_create(stream, self.group, id="0", mkstream=True)
                except ResponseError as error:
                    if "BUSYGROUP" not in str(error):
                        raise
        return await self.live_and_claim()

    async def live_and_claim(self) -> list[Entry]:
        """Say that this consumer lives; return what dead ones held, which is now this one's."""
        client = await self._redis.client()
        keys = [self._keys.consumers(self.group), self._keys.tries(self.group), *self._keys.streams]
        with translated_redis_errors():
            claimed: list[Any] = await LIVE_AND_CLAIM.run(
                client,
                keys=keys,
                arguments=[
                    self.group,
                    self._name,
                    self._death,
                    self._bounds.group_facts // MILLISECOND,
                    _MOST_CLAIMED,
                    *PRIORITIES,
                ],
            )
        return [
            _entry(
                int(priority),
                entry_id,
                dict(zip(fields[::2], fields[1::2], strict=True)),
                deliveries=deliveries,
                tries=int(tries),
            )
            for priority, entry_id, fields, deliveries, tries in claimed
        ]

    async def read(
        self, priorities: Iterable[int], *, count: int, block: float | None
    ) -> list[Entry]:
        """Return up to *count* new entries of each priority; with *block* seconds to wait for one."""
        client = await self._redis.client()
        streams: dict[Any, Any] = {self._keys.stream(priority): ">" for priority in priorities}
        milliseconds = None if block is None else max(1, int(block * 1000))
        with translated_redis_errors():
            found: Any = await client.xreadgroup(
                self.group, self._name, streams, count=count, block=milliseconds
            )
        return [
            _entry(int(stream.rpartition(b":")[2]), entry_id, fields)
            for stream, entries in found or ()
            for entry_id, fields in entries
        ]

    async def find_forgotten(self, known: Collection[tuple[int, str]]) -> list[Entry]:
        """Return what Redis gave this consumer in an answer that a broken connection swallowed."""
        client = await self._redis.client()
        forgotten: list[Entry] = []
        for priority in PRIORITIES:
            stream = self._keys.stream(priority)
            with translated_redis_errors():
                held: list[dict[str, Any]] = await client.xpending_range(
                    stream, self.group, "-", "+", _MOST_CLAIMED, self._name, idle=self._death
                )
                ids = [one["message_id"] for one in held]
                unknown = [one for one in ids if (priority, one.decode()) not in known]
                if unknown:
                    claimed: Any = await client.xclaim(
                        stream, self.group, self._name, self._death, unknown
                    )
                    forgotten += (
                        _entry(priority, entry_id, fields) for entry_id, fields in claimed
                    )
        return forgotten

    async def ack(self, handled: Mapping[int, Sequence[str]]) -> None:
        """Take handled entries, by priority, off the pending list."""
        client = await self._redis.client()
        with translated_redis_errors():
            async with client.pipeline(transaction=False) as acking:
                for priority, ids in handled.items():
                    acking.xack(self._keys.stream(priority), self.group, *ids)
                await acking.execute()

    async def note_tries(self, entry: Entry) -> None:
        """Remember how often the handler has failed at *entry*, for whoever claims it."""
        tries = self._keys.tries(self.group)
        client = await self._redis.client()
        with translated_redis_errors():
            async with client.pipeline(transaction=True) as writing:
                writing.hset(tries, tries_field(*entry.key), str(entry.tries))
                writing.pexpire(tries, self._bounds.group_facts)
                await writing.execute()

    async def forget_tries(self, entries: Sequence[Entry]) -> None:
        """Forget the failures of entries that were handled at last."""
        client = await self._redis.client()
        fields = [tries_field(*entry.key) for entry in entries]
        with translated_redis_errors():
            await client.hdel(self._keys.tries(self.group), *fields)  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients

    async def bury(self, entry: Entry, *, reason: str, at: datetime) -> None:
        """Make *entry* a dead letter and take it off the pending list, in one step."""
        arguments: list[Any] = [
            self.group,
            entry.entry_id,
            tries_field(*entry.key),
            self._bounds.dead_letters,
            *("event", entry.body),
            *("group", self.group),
            *("reason", reason),
            *("tries", entry.tries),
            *("at", at.isoformat()),
        ]
        stream = self._keys.stream(entry.priority)
        client = await self._redis.client()
        with translated_redis_errors():
            await BURY.run(
                client,
                keys=[stream, self._keys.dead, self._keys.tries(self.group)],
                arguments=arguments,
            )

    async def count_pending(self) -> int:
        """Return how many entries any consumer of the group holds."""
        client = await self._redis.client()
        with translated_redis_errors():
            async with client.pipeline(transaction=False) as asking:
                for stream in self._keys.streams:
                    asking.xpending(stream, self.group)
                told: list[dict[str, Any]] = await asking.execute()
        return sum(one["pending"] for one in told)

    async def leave(self) -> None:
        """Give up the seat; what this consumer still holds is free to be claimed at once."""
        client = await self._redis.client()
        with translated_redis_errors():
            await LEAVE.run(
                client,
                keys=[self._keys.consumers(self.group), *self._keys.streams],
                arguments=[self.group, self._name],
            )


def _entry(
    priority: int,
    entry_id: bytes,
    fields: Mapping[bytes, bytes] | None,
    *,
    deliveries: int = 1,
    tries: int = 0,
) -> Entry:
    body = (fields or {}).get(BODY, b"")
    return Entry(priority, entry_id.decode(), body, deliveries=deliveries, tries=tries)
