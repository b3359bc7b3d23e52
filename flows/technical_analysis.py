"""Artemis's part alone: whether and how a requirement can be built."""

from __future__ import annotations

from prefect import flow

from domain.analysis import TechnicalPerspective
from flows.parameters import ContextNotes, MaxConfidentiality, Requester, Requirement
from storage.reports import ReportKind
from tasks.analysis import (
    analyze_technical,
    extract_technical_requirements,
    open_request,
    retrieve_context,
    store_analysis,
)
from tasks.identification import identify_requester, stamp_run
from tasks.stores import flow_stores


@flow(name="technical-analysis", flow_run_name="technical-analysis for {requester}")
async def technical_analysis(
    requirement: Requirement,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
) -> TechnicalPerspective:
    """Analyse a requirement from the technical side."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run()
        request = open_request(requirement, context, reader, run.now)
        evidence = await retrieve_context(request, reader)
        requirements = await extract_technical_requirements(request, None)
        technical = await analyze_technical(request, requirements, None, evidence, run.now)
        await store_analysis(technical, ReportKind.TECHNICAL, evidence, reader, run)
        return technical
