"""What lies in the streams, looked at without taking it: for people and for tests.

What cannot be read as an event has no label. It is left out, and among dead letters it counts as most
secret.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel
from domain.events import Event
from domain.model import FrozenModel, UtcDatetime
from storage.event_streams import (
    BODY,
    PRIORITIES,
    EventBounds,
    EventKeys,
    time_of_entry,
    tries_field,
)
from storage.redis_server import BLOCKING_SECONDS, RedisConnection, translated_redis_errors

_ENTRIES_A_PAGE = 500


class StoredEvent(FrozenModel):
    """An event as it lies in its stream."""

    entry_id: str
    published_at: UtcDatetime
    event: Event


class PendingEvent(StoredEvent):
    """An event that a group has not done with."""

    group: str
    consumer: str | None
    """Who has it; None when nobody has been given it yet."""
    deliveries: int
    tries: int
    """How often its handler failed."""
    idle: timedelta | None
    """For how long its consumer has had it."""


class DeadLetter(FrozenModel):
    """What a group gave up, and why."""

    dead_id: str
    group: str
    reason: str
    """A kind of error, or what Diarchy itself says; never content."""
    tries: int
    dead_since: UtcDatetime
    event: Event | None
    """None when it cannot be read."""

    @property
    def confidentiality_level(self) -> ConfidentialityLevel:
        """The event's level; what cannot be read has no label and counts as most secret."""
        return (
            ConfidentialityLevel.TOP_SECRET
            if self.event is None
            else self.event.confidentiality_level
        )


class EventListing:
    """Looks into the streams of one installation."""

    def __init__(self, redis: RedisConnection, keys: EventKeys, bounds: EventBounds) -> None:
        self._redis = redis
        self._keys = keys
        self._bounds = bounds

    async def groups(self) -> tuple[str, ...]:
        """Return the names of all groups that ever consumed, sorted."""
        client = await self._redis.client()
        names: set[str] = set()
        with translated_redis_errors():
            for stream in self._keys.streams:
                if await client.exists(stream):
                    told: list[dict[str, Any]] = await client.xinfo_groups(stream)
                    names |= {_text(group["name"]) for group in told}
        return tuple(sorted(names))

    async def pending(self, group: str) -> AsyncGenerator[PendingEvent]:
        """Yield what *group* has not done with, the most urgent first: in work, failed, or not begun."""
        client = await self._redis.client()
        for priority in PRIORITIES:
            stream = self._keys.stream(priority)
            with translated_redis_errors():
                told = await client.xinfo_groups(stream) if await client.exists(stream) else []
                delivered = next(
                    (
                        _text(one["last-delivered-id"])
                        for one in told
                        if _text(one["name"]) == group
                    ),
                    None,
                )
                if delivered is None:
                    continue
                held: list[dict[str, Any]] = await client.xpending_range(
                    stream, group, min="-", max="+", count=self._bounds.stream_length
                )
            for entry in held:
                entry_id = _text(entry["message_id"])
                with translated_redis_errors():
                    found: Any = await client.xrange(stream, min=entry_id, max=entry_id)
                    tries = await client.hget(
                        self._keys.tries(group), tries_field(priority, entry_id)
                    )  # pyright: ignore[reportGeneralTypeIssues] - typed for both clients
                for stored in map(_stored, found):
                    if stored is not None:
                        yield PendingEvent(
                            **dict(stored),
                            group=group,
                            consumer=_text(entry["consumer"]),
                            deliveries=entry["times_delivered"],
                            tries=int(tries or 0),
                            idle=timedelta(milliseconds=entry["time_since_delivered"]),
                        )
            async for stored in self._after({stream: delivered}):
                yield PendingEvent(
                    **dict(stored), group=group, consumer=None, deliveries=0, tries=0, idle=None
                )

    async def tail(
        self, since: datetime | None = None, *, follow: bool = False
    ) -> AsyncGenerator[StoredEvent]:
        """Yield what was published from *since* on, oldest first; with *follow* also what will be."""
        start = "0-0" if since is None else f"{int(since.timestamp() * 1000)}-0"
        async for stored in self._after(dict.fromkeys(self._keys.streams, start), follow=follow):
            yield stored

    async def dead_letters(self) -> AsyncGenerator[DeadLetter]:
        """Yield what was given up, oldest first."""
        async for dead_id, fields in self._buried():
            yield DeadLetter(
                dead_id=dead_id,
                group=_text(fields[b"group"]),
                reason=_text(fields[b"reason"]),
                tries=int(fields[b"tries"]),
                dead_since=datetime.fromisoformat(_text(fields[b"at"])),
                event=find_event(fields.get(BODY)),
            )

    async def _after(
        self, positions: dict[Any, Any], *, follow: bool = False
    ) -> AsyncGenerator[StoredEvent]:
        """Yield the events behind *positions* in all those streams together, oldest first."""
        client = await self._redis.client()
        block = int(BLOCKING_SECONDS * 1000) if follow else None
        while True:
            with translated_redis_errors():
                found: Any = await client.xread(dict(positions), count=_ENTRIES_A_PAGE, block=block)
            if not found and not follow:
                return
            # A stream that filled its page may have more before what another one has.
            full = [entries[-1][0] for _, entries in found if len(entries) == _ENTRIES_A_PAGE]
            bound = min(map(_order, full), default=None)
            page: list[tuple[tuple[int, ...], Any]] = []
            for name, entries in found:
                ready = [one for one in entries if bound is None or _order(one[0]) <= bound]
                if ready:
                    positions[_text(name)] = _text(ready[-1][0])
                page += ((_order(one[0]), one) for one in ready)
            for _, entry in sorted(page, key=lambda one: one[0]):
                stored = _stored(entry)
                if stored is not None:
                    yield stored

    async def _buried(self) -> AsyncGenerator[tuple[str, dict[bytes, bytes]]]:
        client = await self._redis.client()
        last = "-"
        while True:
            with translated_redis_errors():
                page: Any = await client.xrange(self._keys.dead, min=last, count=_ENTRIES_A_PAGE)
            for dead_id, fields in page:
                yield _text(dead_id), fields
            if len(page) < _ENTRIES_A_PAGE:
                return
            last = f"({_text(page[-1][0])}"


def _stored(entry: Any) -> StoredEvent | None:
    """Return a stream's entry; None when it is no event that can be read, so nobody knows its level."""
    entry_id = _text(entry[0])
    event = find_event((entry[1] or {}).get(BODY))
    if event is None:
        return None
    return StoredEvent(entry_id=entry_id, published_at=time_of_entry(entry_id), event=event)


def find_event(body: bytes | None) -> Event | None:
    """Return the event that *body* is; None when it cannot be read."""
    try:
        return None if body is None else Event.model_validate_json(body)
    except ValidationError:
        return None


def _order(entry_id: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split(b"-"))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
