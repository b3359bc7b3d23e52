"""The steps of scheduled briefings: which edition is due, and who gets it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.periods import edition_name
from domain.summary import Cadence
from tasks.step import step
from tasks.stores import current_stores


@step(name="name-edition", timeout=timedelta(minutes=1), tags={"briefing"}, keep_result=True)
async def name_edition(cadence: Cadence, due: datetime, timezone: str) -> str:
    """Return the name of the edition that was due at *due*; a pinned clock says what time it is."""
    settings = current_stores().settings
    return edition_name(cadence, settings.clock or due, ZoneInfo(timezone))


@step(name="find-subscribers", timeout=timedelta(minutes=1), tags={"briefing"})
async def find_subscribers(cadence: Cadence) -> tuple[str, ...]:
    """Return who is to be briefed; never kept, so that a revocation counts."""
    return await current_stores().subscriptions.subscribers(cadence)
