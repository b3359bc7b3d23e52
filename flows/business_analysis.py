"""Sophia's part alone: what a requirement means for the business.

Asked by Artemis over the event bus, she thinks about what he handed over and answers him.
"""

from __future__ import annotations

from prefect import flow

from domain.analysis import BusinessPerspective
from domain.collaboration import StoredRequest
from flows.parameters import ContextNotes, MaxConfidentiality, Requester, RequirementOrRequest
from storage.reports import ReportKind
from tasks.analysis import analyze_business, open_request, retrieve_context, store_analysis
from tasks.collaboration import answer_request, load_brief, request_of
from tasks.identification import identify_requester, stamp_run
from tasks.stores import flow_stores


@flow(name="business-analysis", flow_run_name="business-analysis for {requester}")
async def business_analysis(
    requirement: RequirementOrRequest,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
) -> BusinessPerspective:
    """Analyse a requirement from the business side."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run()
        if isinstance(requirement, StoredRequest):
            brief = await load_brief(requirement, reader)
            request, evidence, now = request_of(brief), brief.evidence, brief.now
        else:
            now = run.now
            request = await open_request(requirement, context, reader, now)
            evidence = await retrieve_context(request, reader)
        business = await analyze_business(request, evidence, now)
        await store_analysis(business, ReportKind.BUSINESS, evidence, reader, run)
        if isinstance(requirement, StoredRequest):
            await answer_request(requirement, business, run)
        return business
