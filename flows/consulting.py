"""How one orchestrator gets the other's view: by the same steps in this run, or over the event bus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from domain.analysis import BusinessPerspective, TechnicalPerspective, TechnicalRequirement
from domain.clearance import Reader
from domain.collaboration import CollaborationMode
from domain.event_payloads import RequestType
from reasoning.requests import AnalysisContext, AnalysisRequest
from tasks.analysis import analyze_business, analyze_technical
from tasks.collaboration import ask_orchestrator, await_artemis, await_sophia, brief_of
from tasks.identification import RunStamp


async def consult_artemis(
    mode: CollaborationMode,
    *,
    request: AnalysisRequest,
    requirements: Sequence[TechnicalRequirement],
    business: BusinessPerspective | None,
    evidence: AnalysisContext,
    reader: Reader,
    run: RunStamp,
    answer_within: timedelta,
) -> TechnicalPerspective:
    """Return whether and how it can be built. Over the bus no later than *answer_within* from now."""
    if mode is CollaborationMode.IN_PROCESS:
        return await analyze_technical(request, tuple(requirements), business, evidence, run.now)
    brief = brief_of(request, evidence, run, requirements=requirements, business=business)
    collaboration = await ask_orchestrator(
        RequestType.TECHNICAL_FEASIBILITY_ANALYSIS, brief, reader, run, answer_within
    )
    return await await_artemis(collaboration, reader)


async def consult_sophia(
    mode: CollaborationMode,
    *,
    request: AnalysisRequest,
    evidence: AnalysisContext,
    reader: Reader,
    run: RunStamp,
    answer_within: timedelta,
) -> BusinessPerspective:
    """Return what it means for the business. Over the bus no later than *answer_within* from now."""
    if mode is CollaborationMode.IN_PROCESS:
        return await analyze_business(request, evidence, run.now)
    brief = brief_of(request, evidence, run)
    collaboration = await ask_orchestrator(
        RequestType.BUSINESS_ANALYSIS, brief, reader, run, answer_within
    )
    return await await_sophia(collaboration, reader)
