"""Erasing what Prefect's pages show of a report: what its artifact holds, and where the server is this
home's, the free pages of its database.

Purging comes here before it looks for what is left of an item. A Prefect server that was never started
for this home shows nothing, so nothing is started for it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from domain.errors import ServerUnavailable
from gateway.prefect_server import PrefectServer, ensure_prefect_api
from storage.purging import EraseCopies, no_copies
from storage.settings import Settings

_BUSY_SECONDS = 60


def eraser_of_copies(settings: Settings) -> EraseCopies:
    """Return what erases the copies of reports in the Prefect that this process would run flows on.

    Call it before the first import of Prefect, and before anything is erased: it raises
    `ServerUnavailable` when that Prefect does not answer.
    """
    server = PrefectServer(settings.home)
    is_given = bool(os.environ.get("PREFECT_API_URL"))
    if not is_given and not server.database_file.exists():
        return no_copies
    ensure_prefect_api(settings)
    asyncio.run(_require_answer())

    async def erase(report_ids: Sequence[str]) -> None:
        from storage.stores import open_stores  # noqa: PLC0415 - heavier than most purges need
        from tasks.artifacts import erase_shown  # noqa: PLC0415 - imports Prefect

        if not report_ids:
            return
        async with open_stores(settings) as stores:
            erased = await erase_shown(report_ids, stores)
        if erased and server.database_file.exists():
            await asyncio.to_thread(_overwrite_free_pages, server.database_file)

    return erase


async def _require_answer() -> None:
    from prefect import get_client  # noqa: PLC0415 - costs 1.5 s

    async with get_client() as client:
        if await client.api_healthcheck() is not None:
            raise ServerUnavailable(
                "Prefect does not answer, and its pages may show a copy; nothing was purged."
            )


def _overwrite_free_pages(database: Path) -> None:
    """Write the database anew without what was overwritten; its server goes on running."""
    with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
