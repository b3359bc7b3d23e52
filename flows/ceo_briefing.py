"""An edition for one reader: the news of every domain, and what changed since the last edition."""

from __future__ import annotations

from prefect import flow

from domain.briefing import CeoBriefing
from domain.knowledge import Domain
from domain.summary import TimeHorizon
from flows.parameters import Alert, Edition, Horizon, MaxConfidentiality, Requester
from tasks.briefings import (
    compose_edition,
    edition_report_id,
    find_edition,
    items_behind,
    load_alerted,
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
    time_horizon: Horizon = TimeHorizon.WEEK,
    max_confidentiality: MaxConfidentiality = None,
    edition: Edition = None,
    alert: Alert = None,
) -> CeoBriefing:
    """Brief a reader. Raises `AccessDenied` for an unknown or revoked requester.

    With *edition* the briefing is made once: run again, what was stored is returned.
    """
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        if edition is not None and (stored := await find_edition(edition, reader)) is not None:
            return stored
        run = await stamp_run(edition and edition_report_id(edition, reader))
        previous = await load_previous_edition(time_horizon, reader, run)
        windows = [await load_window(domain, time_horizon, reader, run) for domain in Domain]
        summaries = [
            await summarize_domain(window, time_horizon, reader, run) for window in windows
        ]
        alerted = () if alert is None else await load_alerted(alert, reader)
        briefing = await compose_edition(
            windows,
            summaries,
            previous,
            time_horizon=time_horizon,
            reader=reader,
            run=run,
            alert=alert,
            alerted=alerted,
        )
        made_from = items_behind(windows, previous, alerted)
        return await store_briefing(briefing, made_from, reader, run)
