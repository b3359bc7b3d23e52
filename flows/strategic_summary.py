"""One domain of the company over one horizon, at one reader's clearance."""

from __future__ import annotations

from domain.summary import StrategicSummary
from flows.parameters import Horizon, MaxConfidentiality, Requester, SummaryDomain
from tasks.artifacts import show_result
from tasks.briefings import load_window, store_summary, summarize_domain
from tasks.identification import identify_requester, stamp_run
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="strategic-summary", run_name="strategic-summary for {requester}")
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
        await show_result(summary, run.report_id, reader)
        return summary
