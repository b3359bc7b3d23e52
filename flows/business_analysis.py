"""Sophia's part alone: what a requirement means for the business."""

from __future__ import annotations

from prefect import flow

from domain.analysis import BusinessPerspective
from flows.parameters import ContextNotes, MaxConfidentiality, Requester, Requirement
from storage.reports import ReportKind
from tasks.analysis import analyze_business, open_request, retrieve_context, store_analysis
from tasks.identification import identify_requester, stamp_run
from tasks.stores import flow_stores


@flow(name="business-analysis", flow_run_name="business-analysis for {requester}")
async def business_analysis(
    requirement: Requirement,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
) -> BusinessPerspective:
    """Analyse a requirement from the business side."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run()
        request = open_request(requirement, context, reader, run.now)
        evidence = await retrieve_context(request, reader)
        business = await analyze_business(request, evidence, run.now)
        await store_analysis(business, ReportKind.BUSINESS, evidence, reader, run)
        return business
