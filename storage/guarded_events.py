"""The event bus as principals meet it: every door for people leads through a reader.

An event is told of only to those whose effective clearance dominates its level, and counts count
nothing else: what is denied looks like what is not there. What is published and brought back, and what
is read above internal, is audited by ids and labels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import NamedTuple

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, InvalidInput, NotFound, SealBroken
from domain.event_payloads import StrategicAlert
from domain.events import Event
from storage.audit import AuditAction, AuditLog, AuditOutcome, storable
from storage.event_bus import DeadLetter, EventBus, PendingEvent, StoredEvent
from storage.sealing import Sealer


class Replayed(NamedTuple):
    """What became of the dead letters that were to be brought back."""

    brought_back: int
    stay_dead: int
    """Their deadline has passed, they cannot be read, or somebody else was quicker."""


class GuardedEvents:
    """Shows and takes events on behalf of principals."""

    def __init__(self, bus: EventBus, audit: AuditLog, sealer: Sealer) -> None:
        self._bus = bus
        self._audit = audit
        self._sealer = sealer

    async def newest(self, reader: Reader, *, limit: int) -> list[StoredEvent]:
        """Return the last *limit* events that *reader* may read, oldest first."""
        found = deque[StoredEvent](maxlen=limit)
        async for stored in self._bus.tail():
            if _may_read(reader, stored.event):
                found.append(stored)
        await self._record_read(reader, (stored.event for stored in found), purpose="tail")
        return list(found)

    async def follow(self, reader: Reader, *, limit: int) -> AsyncGenerator[StoredEvent]:
        """Yield the same, and then what is published, without an end."""
        shown = await self.newest(reader, limit=limit)
        for stored in shown:
            yield stored
        since = shown[-1].published_at if shown else None
        # Of what came in that same millisecond some is shown already, and some may be new.
        known = {_place(stored) for stored in shown}
        async for stored in self._bus.tail(since, follow=True):
            if _may_read(reader, stored.event) and _place(stored) not in known:
                await self._record_read(reader, [stored.event], purpose="tail")
                yield stored

    async def pending(self, reader: Reader) -> list[PendingEvent]:
        """Return what groups have not done with, by group, the most urgent first."""
        found = [
            one
            for group in await self._bus.groups()
            async for one in self._bus.pending(group)
            if _may_read(reader, one.event)
        ]
        await self._record_read(reader, (one.event for one in found), purpose="pending")
        return found

    async def dead_letters(self, reader: Reader) -> list[DeadLetter]:
        """Return what was given up, oldest first."""
        found = await self._dead_letters(reader)
        events = (letter.event for letter in found if letter.event is not None)
        await self._record_read(reader, events, purpose="dead")
        return found

    async def publish(self, event: Event, reader: Reader) -> bool:
        """Publish *event*; return False when it was published before.

        Raises `AccessDenied` when its level is above the reader's, `InvalidInput` when its note is not
        sealed by this installation: content in clear stands in no event.
        """
        self._check_note(event)
        allowed = _may_read(reader, event)
        outcome = AuditOutcome.ALLOWED if allowed else AuditOutcome.DENIED
        detail = {"event": event.event_id, "level": event.confidentiality_level.rank}
        await self._audit.record(reader.name, AuditAction.EVENT_PUBLISHED, outcome, detail)
        if not allowed:
            raise AccessDenied
        return await self._bus.publish(event)

    async def replay(self, reader: Reader, event_id: str | None = None) -> Replayed:
        """Bring back the dead letters of an event, or with None all that *reader* may read.

        Raises `NotFound` when there is none of that event for the reader.
        """
        letters = [
            letter
            for letter in await self._dead_letters(reader)
            if event_id is None or (letter.event and letter.event.event_id == event_id)
        ]
        if event_id is not None and not letters:
            detail = {"event": storable(event_id)[:64]}
            await self._audit.record(
                reader.name, AuditAction.EVENT_REPLAYED, AuditOutcome.DENIED, detail
            )
            raise NotFound("No such dead letter.")
        brought_back = 0
        for letter in letters:
            if letter.event is not None:
                await self._record_replay(reader, letter.event)
                brought_back += await self._bus.replay(letter)
        return Replayed(brought_back, stay_dead=len(letters) - brought_back)

    def _check_note(self, event: Event) -> None:
        if isinstance(event.payload, StrategicAlert) and event.payload.note is not None:
            try:
                self._sealer.open_text(event.payload.note)
            except (SealBroken, UnicodeError):
                raise InvalidInput("payload.note: is not sealed by this installation") from None

    async def _dead_letters(self, reader: Reader) -> list[DeadLetter]:
        return [
            letter
            async for letter in self._bus.dead_letters()
            if reader.clearance.dominates(letter.confidentiality_level)
        ]

    async def _record_replay(self, reader: Reader, event: Event) -> None:
        detail = {"event": event.event_id, "level": event.confidentiality_level.rank}
        await self._audit.record(
            reader.name, AuditAction.EVENT_REPLAYED, AuditOutcome.ALLOWED, detail
        )

    async def _record_read(self, reader: Reader, events: Iterable[Event], *, purpose: str) -> None:
        above: Sequence[tuple[str, int]] = sorted(
            {
                (event.event_id, event.confidentiality_level.rank)
                for event in events
                if event.confidentiality_level.rank > ConfidentialityLevel.INTERNAL.rank
            }
        )
        if above:
            detail = {"events": above, "purpose": purpose}
            await self._audit.record(
                reader.name, AuditAction.EVENTS_READ, AuditOutcome.ALLOWED, detail
            )


def _may_read(reader: Reader, event: Event) -> bool:
    return reader.clearance.dominates(event.confidentiality_level)


def _place(stored: StoredEvent) -> tuple[int, str]:
    return stored.event.priority, stored.entry_id
