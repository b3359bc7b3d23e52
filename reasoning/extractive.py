"""The extractive reasoner: every phase by rules over quotes, without a language model.

The same request, context and time give the same result, to the byte.
"""

from __future__ import annotations

from datetime import datetime

from domain.analysis import (
    BusinessPerspective,
    Recommendation,
    StrategicSynthesis,
    TechnicalPerspective,
    TechnicalRequirement,
)
from reasoning.artemis import technical_perspective
from reasoning.requests import AnalysisContext, AnalysisRequest
from reasoning.requirements import technical_requirements
from reasoning.sophia import business_perspective
from reasoning.synthesis import strategic_synthesis
from reasoning.unification import unified_recommendations


class ExtractiveReasoner:
    """Thinks by documented rules; see the module of each phase for its method."""

    name = "extractive"

    async def analyze_business(
        self, request: AnalysisRequest, context: AnalysisContext, *, now: datetime
    ) -> BusinessPerspective:
        """Return what `reasoning.sophia` finds."""
        return business_perspective(request, context, now=now)

    async def extract_technical_requirements(
        self, request: AnalysisRequest, business: BusinessPerspective | None
    ) -> tuple[TechnicalRequirement, ...]:
        """Return what `reasoning.requirements` finds."""
        return technical_requirements(request, business)

    async def analyze_technical(
        self,
        request: AnalysisRequest,
        requirements: tuple[TechnicalRequirement, ...],
        business: BusinessPerspective | None,
        context: AnalysisContext,
        *,
        now: datetime,
    ) -> TechnicalPerspective:
        """Return what `reasoning.artemis` finds."""
        return technical_perspective(request, requirements, business, context, now=now)

    async def synthesize(
        self,
        request: AnalysisRequest,
        business: BusinessPerspective | None,
        technical: TechnicalPerspective | None,
        context: AnalysisContext,
        *,
        now: datetime,
    ) -> StrategicSynthesis:
        """Return what `reasoning.synthesis` finds."""
        return strategic_synthesis(request, business, technical, context, now=now)

    async def unify_recommendations(
        self,
        request: AnalysisRequest,
        business: BusinessPerspective | None,
        technical: TechnicalPerspective | None,
        synthesis: StrategicSynthesis | None,
        *,
        now: datetime,
    ) -> tuple[Recommendation, ...]:
        """Return what `reasoning.unification` finds."""
        return unified_recommendations(request, business, technical, synthesis, now=now)
