"""The events by themselves, for principals who need no knowledge: nothing heavy is imported."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from storage.audit import AuditLog
from storage.database import open_database
from storage.event_bus import EventBus
from storage.event_streams import namespace_of
from storage.guarded_events import GuardedEvents
from storage.principals import PrincipalRegistry
from storage.redis_server import RedisConnection
from storage.sealing import open_sealer
from storage.settings import Settings


@dataclass(frozen=True)
class EventDesk:
    """What it takes to look at events and to publish some."""

    settings: Settings
    events: GuardedEvents
    principals: PrincipalRegistry

    def now(self) -> datetime:
        """Return the time of the installation."""
        return self.settings.tell_time()

    def new_id(self) -> str:
        """Return an id for an event."""
        return uuid.uuid4().hex


@asynccontextmanager
async def open_event_desk(settings: Settings) -> AsyncGenerator[EventDesk]:
    """Open the events of the installation that *settings* describe and close them at the end."""
    database = await open_database(settings)
    redis = RedisConnection(settings)
    try:
        audit = AuditLog(database, clock=settings.tell_time)
        namespace = namespace_of(await database.installation_id())
        bus = EventBus(redis, namespace, clock=settings.tell_time)
        principals = PrincipalRegistry(
            database, audit, clock=settings.tell_time, process_ceiling=settings.process_ceiling
        )
        yield EventDesk(settings, GuardedEvents(bus, audit, open_sealer(settings)), principals)
    finally:
        await redis.close()
        await database.close()
