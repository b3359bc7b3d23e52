"""An edition for one reader: the news of every domain, and what changed since the last edition."""

from __future__ import annotations

from prefect import flow

from domain.briefing import CeoBriefing
from domain.knowledge import Domain
from domain.summary import TimeHorizon
from flows.parameters import MaxConfidentiality, Requester
from tasks.briefings import (
    compose_edition,
    load_previous_edition,
    load_window,
    store_briefing,
    summarize_domain,
)
from tasks.identification import identify_requester, stamp_run
from tasks.stores import flow_stores


@flow(name="ceo-briefing", flow_run_name="ceo-briefing for {requester}")
async def ceo_briefing(
    requester: Requester,
    time_horizon: TimeHorizon = TimeHorizon.WEEK,
    max_confidentiality: MaxConfidentiality = None,
) -> CeoBriefing:
    """Brief a reader. Raises `AccessDenied` for an unknown or revoked requester."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run()
        previous = await load_previous_edition(time_horizon, reader, run)
        windows = [await load_window(domain, time_horizon, reader, run) for domain in Domain]
        summaries = [
            await summarize_domain(window, time_horizon, reader, run) for window in windows
        ]
        briefing = await compose_edition(
            windows, summaries, previous, time_horizon=time_horizon, reader=reader, run=run
        )
        await store_briefing(briefing, windows, previous, reader, run)
        return briefing
