"""Daily care: finish what writes still owe, let go of what expired or outlived, erase what was deleted."""

from __future__ import annotations

from domain.ingest import MaintenanceReport
from tasks.ingestion import index_pending
from tasks.maintenance import (
    drop_old_results,
    erase_outlived_sessions,
    erase_remains,
    index_conclusions,
    settle_events,
    settle_index,
    verify_audit_log,
)
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="maintain-knowledge", run_name="maintain-knowledge")
async def maintain_knowledge() -> MaintenanceReport:
    """Drain the outbox, expire, compact, purge, tell what waits to be told and check the audit log."""
    async with flow_stores():
        indexed = await index_pending()
        expired = await settle_index()
        await index_conclusions()
        await erase_outlived_sessions()
        await erase_remains()
        await drop_old_results()
        await settle_events()
        entries = await verify_audit_log()
        return MaintenanceReport(indexed=indexed, expired=expired, audit_entries=entries)
