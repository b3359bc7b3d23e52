"""The steps of an analysis: retrieve once, then Sophia, Artemis and what they make of it together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.analysis import (
    BusinessPerspective,
    ComprehensiveAnalysis,
    Recommendation,
    StrategicSynthesis,
    TechnicalPerspective,
    TechnicalRequirement,
)
from domain.clearance import Reader, level_of_typed
from domain.evidence import Labelled, RetrievedItem
from domain.knowledge import ItemKey
from domain.requests import AnalysisBrief, KeptRequest
from domain.routing import RoutedFlow
from domain.sealed import SealedText
from domain.workload import size_of_text
from reasoning.extractive import ExtractiveReasoner
from reasoning.reasoner import Reasoner
from reasoning.requests import AnalysisContext, AnalysisRequest, questions_for
from storage.knowledge_base import SearchQuery
from storage.reports import ReportKind
from tasks.identification import RunStamp
from tasks.measuring import measure_run
from tasks.step import step
from tasks.stores import current_stores

ITEMS_A_QUESTION = 12
_THINKING = timedelta(minutes=5)

_FLOWS = {
    ReportKind.ANALYSIS: RoutedFlow.COMPREHENSIVE_ANALYSIS,
    ReportKind.BUSINESS: RoutedFlow.BUSINESS_ANALYSIS,
    ReportKind.TECHNICAL: RoutedFlow.TECHNICAL_ANALYSIS,
}

EvidenceByQuestion = dict[str, tuple[RetrievedItem, ...]]


async def open_request(
    requirement: str | SealedText | KeptRequest,
    context: dict[str, str] | SealedText | None,
    reader: Reader,
    now: datetime,
) -> AnalysisRequest:
    """Return the request, opened where it is sealed, looked up where it is stored.

    A stored one has the label that its author gave it, and notes of its own. Any other carries no
    label: it counts as internal, or as public where its author reads nothing higher. Raises `NotFound`
    for an id that the reader stored nothing under, or may not read any more.
    """
    sealer = current_stores().sealer
    notes = sealer.open_notes(context) if isinstance(context, SealedText) else context or {}
    if isinstance(requirement, KeptRequest):
        brief = await load_request(requirement, reader)
        return AnalysisRequest(
            requirement=brief.requirement,
            requirement_level=brief.confidentiality_level,
            context={**brief.context, **notes},
            asked_at=now,
        )
    return AnalysisRequest(
        requirement=sealer.open_text(requirement),
        requirement_level=level_of_typed(reader.clearance),
        context=notes,
        asked_at=now,
    )


@step(name="load-request", timeout=timedelta(minutes=2))
async def load_request(request: KeptRequest, reader: Reader) -> AnalysisBrief:
    """Read what the reader stored; never kept, so that a lowered clearance counts."""
    return await current_stores().reports.get(AnalysisBrief, request.request_id, reader)


@step(
    name="retrieve-context",
    timeout=timedelta(minutes=10),
    keep_result=True,
)
async def retrieve_context(request: AnalysisRequest, reader: Reader) -> EvidenceByQuestion:
    """Ask the knowledge base every question of every phase, as one batch."""
    questions = questions_for(request)
    queries = [
        SearchQuery(
            text=question.text,
            aspect=question.aspect,
            categories=question.categories,
            limit=ITEMS_A_QUESTION,
        )
        for question in questions
    ]
    found = await current_stores().knowledge.search(queries, reader, purpose="analysis")
    return {question.name: items for question, items in zip(questions, found, strict=True)}


@step(name="sophia-business-analysis", timeout=_THINKING, keep_result=True)
async def analyze_business(
    request: AnalysisRequest, context: AnalysisContext, now: datetime
) -> BusinessPerspective:
    """Phase 1: what the requirement means for the business."""
    return await _reasoner().analyze_business(request, context, now=now)


@step(name="extract-technical-requirements", timeout=_THINKING, keep_result=True)
async def extract_technical_requirements(
    request: AnalysisRequest, business: BusinessPerspective | None
) -> tuple[TechnicalRequirement, ...]:
    """Phase 2: the typed values that the requirement and the business analysis state."""
    return await _reasoner().extract_technical_requirements(request, business)


@step(name="artemis-technical-analysis", timeout=_THINKING, keep_result=True)
async def analyze_technical(
    request: AnalysisRequest,
    requirements: tuple[TechnicalRequirement, ...],
    business: BusinessPerspective | None,
    context: AnalysisContext,
    now: datetime,
) -> TechnicalPerspective:
    """Phase 3: whether and how it can be built."""
    return await _reasoner().analyze_technical(request, requirements, business, context, now=now)


@step(name="synthesize", timeout=_THINKING, keep_result=True)
async def synthesize(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    context: AnalysisContext,
    now: datetime,
) -> StrategicSynthesis:
    """Phase 4: where the two perspectives agree, conflict, and what follows."""
    return await _reasoner().synthesize(request, business, technical, context, now=now)


@step(name="unify-recommendations", timeout=_THINKING, keep_result=True)
async def unify_recommendations(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    synthesis: StrategicSynthesis | None,
    now: datetime,
) -> tuple[Recommendation, ...]:
    """Phase 5: one ranked list of what to do."""
    return await _reasoner().unify_recommendations(request, business, technical, synthesis, now=now)


def reasoner_name() -> str:
    """Return the name of what does the thinking."""
    return _reasoner().name


@step(name="store-analysis", timeout=timedelta(minutes=2))
async def store_analysis(
    report: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective,
    kind: ReportKind,
    context: AnalysisContext,
    reader: Reader,
    run: RunStamp,
) -> None:
    """Store the result under its label, audited, before the reader gets it."""
    await current_stores().reports.save(
        report,
        report_id=run.report_id,
        kind=kind,
        reader=reader,
        made_from=keys_of(context, (report,)),
        took=measure_run(_FLOWS[kind], size_of_text(len(_requirement_of(report))), reader),
    )


def _requirement_of(
    report: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective,
) -> str:
    return report.requirement if isinstance(report, ComprehensiveAnalysis) else report.query


def keys_of(context: AnalysisContext, reports: Sequence[Labelled]) -> set[ItemKey]:
    """Return every item that went into *context* or is cited by *reports*."""
    retrieved = {item.key for items in context.values() for item in items}
    return retrieved | {source.key for report in reports for source in report.sources}


def _reasoner() -> Reasoner:
    return ExtractiveReasoner()
