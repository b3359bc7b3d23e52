"""Who asks, and the moment and id of a run."""

from __future__ import annotations

from datetime import timedelta

from domain.clearance import ConfidentialityLevel, Reader
from domain.model import FrozenModel, UtcDatetime
from tasks.step import step
from tasks.stores import current_stores


class RunStamp(FrozenModel):
    """What a run is known by: it stays the same when the run is retried."""

    report_id: str
    now: UtcDatetime


@step(name="identify-requester", timeout=timedelta(minutes=1))
async def identify_requester(
    requester: str, max_confidentiality: ConfidentialityLevel | None = None
) -> Reader:
    """Return the requester at its effective clearance; never kept, so that a revocation counts.

    Raises `AccessDenied` for an unknown or revoked name.
    """
    return await current_stores().principals.get_reader(requester, max_confidentiality)


@step(name="stamp-run", timeout=timedelta(minutes=1), keep_result=True)
async def stamp_run(report_id: str | None = None) -> RunStamp:
    """Fix the run's moment and the id of what it makes: *report_id*, or a new one."""
    stores = current_stores()
    return RunStamp(report_id=report_id or stores.new_id(), now=stores.clock())
