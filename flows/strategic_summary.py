"""One domain of the company over one horizon, at one reader's clearance."""

from __future__ import annotations

from prefect import flow

from domain.summary import StrategicSummary
from flows.parameters import Horizon, MaxConfidentiality, Requester, SummaryDomain
from tasks.briefings import load_window, store_summary, summarize_domain
from tasks.identification import identify_requester, stamp_run
from tasks.stores import flow_stores


@flow(name="strategic-summary", flow_run_name="strategic-summary for {requester}")
async def strategic_summary(
    domain: SummaryDomain,
    time_horizon: Horizon,
    requester: Requester,
    max_confidentiality: MaxConfidentiality = None,
) -> StrategicSummary:
    """Summarise a domain. Raises `AccessDenied` for an unknown or revoked requester."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run()
        window = await load_window(domain, time_horizon, reader, run)
        summary = await summarize_domain(window, time_horizon, reader, run)
        await store_summary(summary, window, reader, run)
        return summary
