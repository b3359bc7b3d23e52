"""An edition for everyone who subscribed to one: once a reader and period, however often this runs.

The period is that of the moment for which the run was scheduled, not of the moment at which a worker had
time for it. What is there already is left as it is, so a run after one that failed makes what is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import State, flow
from prefect.runtime import flow_run

from domain.errors import DiarchyError
from domain.model import FrozenModel
from domain.summary import Cadence
from flows.ceo_briefing import ceo_briefing
from flows.parameters import BriefingCadence, TimeZone
from tasks.scheduled_briefings import find_subscribers, name_edition
from tasks.stores import flow_stores


class ScheduledBriefings(FrozenModel):
    """What a run of the schedule made sure of."""

    edition: str
    readers: int
    """How many have the edition now."""


class BriefingsFailed(DiarchyError):
    """Some readers were not briefed."""


@flow(name="scheduled-briefings", flow_run_name="{cadence} briefings")
async def scheduled_briefings(
    cadence: BriefingCadence = Cadence.WEEKLY, timezone: TimeZone = "UTC"
) -> ScheduledBriefings:
    """Brief every subscribed reader. Raises `BriefingsFailed` at the end when one could not be."""
    async with flow_stores():
        edition = await name_edition(cadence, _scheduled_for(), timezone)
        readers = await find_subscribers(cadence)
        failed = [name for name in readers if not await _is_briefed(name, cadence, edition)]
        if failed:
            raise BriefingsFailed(
                f"{len(failed)} of {len(readers)} briefings of {edition} failed; their own runs say "
                "why. Run this again: it makes only what is missing"
            )
        return ScheduledBriefings(edition=edition, readers=len(readers))


async def _is_briefed(name: str, cadence: Cadence, edition: str) -> bool:
    """Whether the reader has the edition now: one whose briefing fails does not keep the others."""
    run: Any = ceo_briefing(
        requester=name, time_horizon=cadence.horizon, edition=edition, return_state=True
    )
    state: State[Any] = await run
    return state.is_completed()


def _scheduled_for() -> datetime:
    return flow_run.scheduled_start_time or datetime.now(UTC)
