"""Artemis's part alone: whether and how a requirement can be built.

Asked by Sophia over the event bus, it thinks about what she handed over and answers her.
"""

from __future__ import annotations

from domain.analysis import TechnicalPerspective
from domain.collaboration import StoredRequest
from flows.consulting import consult_sophia
from flows.parameters import (
    AnswerWithin,
    BusinessView,
    ContextNotes,
    MaxConfidentiality,
    Requester,
    RequirementOrRequest,
    as_duration,
)
from storage.reports import ReportKind
from tasks.analysis import (
    analyze_technical,
    extract_technical_requirements,
    open_request,
    retrieve_context,
    store_analysis,
)
from tasks.artifacts import show_result
from tasks.collaboration import answer_request, load_brief, request_of
from tasks.identification import identify_requester, stamp_run
from tasks.made_once import find_analysis, single_report_id
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="technical-analysis", run_name="technical-analysis for {requester}")
async def technical_analysis(
    requirement: RequirementOrRequest,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
    *,
    business_view: BusinessView = None,
    answer_within_seconds: AnswerWithin = 300,
) -> TechnicalPerspective:
    """Analyse a requirement from the technical side; with *business_view*, on top of Sophia's."""
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        report_id = single_report_id(requirement, ReportKind.TECHNICAL, reader)
        if report_id and (stored := await find_analysis(TechnicalPerspective, report_id, reader)):
            await show_result(stored, report_id, reader)
            return stored
        run = await stamp_run(report_id)
        if isinstance(requirement, StoredRequest):
            brief = await load_brief(requirement, reader)
            request, evidence, now = request_of(brief), brief.evidence, brief.now
            business, requirements = brief.business_perspective, brief.technical_requirements
        else:
            now = run.now
            request = await open_request(requirement, context, reader, now)
            evidence = await retrieve_context(request, reader)
            business = None
            if business_view is not None:
                business = await consult_sophia(
                    business_view,
                    request=request,
                    evidence=evidence,
                    reader=reader,
                    run=run,
                    answer_within=as_duration(answer_within_seconds),
                )
            requirements = await extract_technical_requirements(request, business)
        technical = await analyze_technical(request, requirements, business, evidence, now)
        await store_analysis(technical, ReportKind.TECHNICAL, evidence, reader, run)
        await show_result(technical, run.report_id, reader)
        if isinstance(requirement, StoredRequest):
            await answer_request(requirement, technical, run)
        return technical
