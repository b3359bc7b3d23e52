"""The principals registry by itself, for those who need no knowledge: nothing heavy is imported."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from storage.audit import AuditLog
from storage.database import open_database
from storage.principals import PrincipalRegistry
from storage.settings import Settings
from storage.subscriptions import BriefingSubscriptions


@asynccontextmanager
async def open_registry(settings: Settings) -> AsyncGenerator[PrincipalRegistry]:
    """Open the registry of the installation that *settings* describe and close it at the end."""
    database = await open_database(settings)
    try:
        yield PrincipalRegistry(
            database,
            AuditLog(database, clock=settings.tell_time),
            clock=settings.tell_time,
            process_ceiling=settings.process_ceiling,
        )
    finally:
        await database.close()


@asynccontextmanager
async def open_subscriptions(settings: Settings) -> AsyncGenerator[BriefingSubscriptions]:
    """Open who is briefed by itself, and close it at the end."""
    database = await open_database(settings)
    try:
        yield BriefingSubscriptions(database, AuditLog(database, clock=settings.tell_time))
    finally:
        await database.close()
