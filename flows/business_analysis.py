"""Sophia's part alone: what a requirement means for the business.

Asked by Artemis over the event bus, she thinks about what he handed over and answers him.
"""

from __future__ import annotations

from domain.analysis import BusinessPerspective
from domain.collaboration import StoredRequest
from flows.parameters import ContextNotes, MaxConfidentiality, Requester, RequirementOrRequest
from storage.reports import ReportKind
from tasks.analysis import analyze_business, open_request, retrieve_context, store_analysis
from tasks.artifacts import show_result
from tasks.collaboration import answer_request, load_brief, request_of
from tasks.identification import identify_requester, stamp_run
from tasks.made_once import find_analysis, single_report_id
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="business-analysis", run_name="business-analysis for {requester}")
async def business_analysis(
    requirement: RequirementOrRequest,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
) -> BusinessPerspective:
    """Analyse a requirement from the business side."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        report_id = single_report_id(requirement, ReportKind.BUSINESS, reader)
        if report_id and (stored := await find_analysis(BusinessPerspective, report_id, reader)):
            await show_result(stored, report_id, reader)
            return stored
        run = await stamp_run(report_id)
        if isinstance(requirement, StoredRequest):
            brief = await load_brief(requirement, reader)
            request, evidence, now = request_of(brief), brief.evidence, brief.now
        else:
            now = run.now
            request = await open_request(requirement, context, reader, now)
            evidence = await retrieve_context(request, reader)
        business = await analyze_business(request, evidence, now)
        await store_analysis(business, ReportKind.BUSINESS, evidence, reader, run)
        await show_result(business, run.report_id, reader)
        if isinstance(requirement, StoredRequest):
            await answer_request(requirement, business, run)
        return business
