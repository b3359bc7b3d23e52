"""What keeps the stores in order between runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from tasks.artifacts import erase_shown
from tasks.step import step
from tasks.stores import current_stores

_HANDLED_IS_REMEMBERED = timedelta(days=30)
"""Far longer than a stream keeps an event that nobody handles, or a dead letter that is replayed."""


@step(name="settle-index", timeout=timedelta(hours=6))
async def settle_index() -> int:
    """Take expired items out of the index and merge its files; return how many had expired."""
    return await current_stores().knowledge.compact()


@step(name="index-conclusions", timeout=timedelta(hours=1))
async def index_conclusions() -> int:
    """Index what sessions concluded and a run that died left to be indexed; return how many."""
    return await current_stores().conclusions.drain()


@step(name="erase-outlived-sessions", timeout=timedelta(hours=1))
async def erase_outlived_sessions() -> int:
    """Erase the sessions that have outlived their retention, and what Prefect's pages show of their reports.

    Returns how many.
    """
    stores = current_stores()

    async def erase_copies(report_ids: Sequence[str]) -> None:
        await erase_shown(report_ids, stores)

    return await stores.sessions.erase_outlived(stores.clock(), erase_copies=erase_copies)


@step(name="erase-remains", timeout=timedelta(hours=6))
async def erase_remains() -> None:
    """Erase from files what was deleted since the last time."""
    await current_stores().knowledge.erase_remains()


@step(name="verify-audit-log", timeout=timedelta(hours=1))
async def verify_audit_log() -> int:
    """Check the audit log's hash chain; return the number of entries."""
    return await current_stores().audit.verify()


@step(name="drop-old-results", timeout=timedelta(minutes=10))
async def drop_old_results() -> int:
    """Drop sealed results of flow runs that nobody will retry any more; return how many."""
    stores = current_stores()
    kept = timedelta(days=stores.settings.result_retention_days)
    return await stores.results.drop_before(stores.clock() - kept)


@step(name="settle-events", timeout=timedelta(minutes=10))
async def settle_events() -> int:
    """Publish events of changes that still wait, and forget what was handled too long ago to come again.

    Returns how many were published.
    """
    stores = current_stores()
    await stores.handled.forget_before(stores.clock() - _HANDLED_IS_REMEMBERED)
    return await stores.relay.publish_pending()
