"""The five-phase analysis of one requirement by Sophia (business) and Artemis (technical)."""

from __future__ import annotations

from domain.analysis import ComprehensiveAnalysis, Degradation
from domain.collaboration import CollaborationMode
from flows.consulting import consult_artemis
from flows.parameters import (
    AnswerWithin,
    Collaboration,
    ContextNotes,
    MaxConfidentiality,
    Requester,
    Requirement,
    as_duration,
)
from flows.partial import attempt
from reasoning.assembly import assemble_analysis
from reasoning.model_writing import Writing
from storage.reports import ReportKind
from tasks.analysis import (
    analyze_business,
    extract_technical_requirements,
    open_request,
    reasoner_name,
    retrieve_context,
    store_analysis,
    synthesize,
    unify_recommendations,
)
from tasks.artifacts import show_result
from tasks.identification import identify_requester, stamp_run
from tasks.made_once import find_analysis, single_report_id
from tasks.model_writing import ModelWork, signed, write_with_model
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="comprehensive-analysis", run_name="comprehensive-analysis for {requester}")
async def comprehensive_analysis(
    requirement: Requirement,
    requester: Requester,
    context: ContextNotes = None,
    max_confidentiality: MaxConfidentiality = None,
    *,
    collaboration: Collaboration = CollaborationMode.IN_PROCESS,
    answer_within_seconds: AnswerWithin = 300,
) -> ComprehensiveAnalysis:
    """Analyse a requirement from both sides and join the findings.

    A phase that fails is named in `collaboration_metadata.degraded` and the rest still stands.
    Raises `AccessDenied` for an unknown or revoked requester.
    """
    degraded: list[Degradation] = []
    works: list[ModelWork] = []
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        report_id = single_report_id(requirement, ReportKind.ANALYSIS, reader)
        if report_id and (stored := await find_analysis(ComprehensiveAnalysis, report_id, reader)):
            await show_result(stored, report_id, reader)
            return stored
        run = await stamp_run(report_id)
        request = await open_request(requirement, context, reader, run.now)
        evidence = await retrieve_context(request, reader)

        # Phase 1: Sophia's business analysis
        business = await attempt(
            analyze_business(request, evidence, run.now),
            part="business_perspective",
            degraded=degraded,
        )
        business = await write_with_model(
            Writing.BUSINESS,
            business,
            request,
            evidence,
            part="business_perspective",
            degraded=degraded,
            works=works,
        )

        # Phase 2: the technical requirements in it
        requirements = await attempt(
            extract_technical_requirements(request, business),
            part="technical_perspective.technical_requirements",
            degraded=degraded,
        )

        # Phase 3: Artemis's technical analysis
        technical = await attempt(
            consult_artemis(
                collaboration,
                request=request,
                requirements=requirements or (),
                business=business,
                evidence=evidence,
                reader=reader,
                run=run,
                answer_within=as_duration(answer_within_seconds),
            ),
            part="technical_perspective",
            degraded=degraded,
        )
        technical = await write_with_model(
            Writing.TECHNICAL,
            technical,
            request,
            evidence,
            part="technical_perspective",
            degraded=degraded,
            works=works,
        )

        # Phase 4: strategic synthesis
        synthesis = await attempt(
            synthesize(request, business, technical, evidence, run.now),
            part="strategic_synthesis",
            degraded=degraded,
        )
        synthesis = await write_with_model(
            Writing.SYNTHESIS,
            synthesis,
            request,
            evidence,
            part="strategic_synthesis",
            degraded=degraded,
            works=works,
        )

        # Phase 5: unified recommendations
        recommendations = await attempt(
            unify_recommendations(request, business, technical, synthesis, run.now),
            part="unified_recommendations",
            degraded=degraded,
        )

        analysis = assemble_analysis(
            request,
            business,
            technical,
            synthesis,
            recommendations or (),
            analysis_id=run.report_id,
            requester=reader.name,
            now=run.now,
            reasoner=signed(reasoner_name(), works),
            context=evidence,
            degraded=tuple(degraded),
        )
        await store_analysis(analysis, ReportKind.ANALYSIS, evidence, reader, run)
        await show_result(analysis, run.report_id, reader)
        return analysis
