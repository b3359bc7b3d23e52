"""What giving a run its place needs of the stores, and nothing heavy: registry, history, seal."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.audit import AuditLog
from storage.database import open_database
from storage.principals import PrincipalRegistry
from storage.run_history import RunHistory
from storage.sealing import Sealer, open_sealer
from storage.settings import Settings


@dataclass(frozen=True)
class SubmissionStores:
    """The stores behind a submission, opened for one event loop."""

    settings: Settings
    principals: PrincipalRegistry
    runs: RunHistory
    sealer: Sealer


@asynccontextmanager
async def open_submission_stores(settings: Settings) -> AsyncGenerator[SubmissionStores]:
    """Open what a submission needs of the installation and close it at the end."""
    database = await open_database(settings)
    try:
        yield SubmissionStores(
            settings=settings,
            principals=PrincipalRegistry(
                database,
                AuditLog(database, clock=settings.tell_time),
                clock=settings.tell_time,
                process_ceiling=settings.process_ceiling,
            ),
            runs=RunHistory(database, clock=settings.tell_time),
            sealer=open_sealer(settings),
        )
    finally:
        await database.close()
