"""What every reasoner does: the thinking of the five phases, without storage, clock or schedule.

The extractive reasoner needs no model; a language-model reasoner keeps the same promises: every statement
cites evidence from what it was given, and every result carries the high-water mark of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.analysis import (
    BusinessPerspective,
    Recommendation,
    StrategicSynthesis,
    TechnicalPerspective,
    TechnicalRequirement,
)
from reasoning.requests import AnalysisContext, AnalysisRequest


class Reasoner(Protocol):
    """Thinks about one request at a time; keeps no state between calls."""

    @property
    def name(self) -> str:
        """What results are signed with."""
        ...

    async def analyze_business(
        self, request: AnalysisRequest, context: AnalysisContext, *, now: datetime
    ) -> BusinessPerspective:
        """Phase 1: the business perspective from its part of the context."""
        ...

    async def extract_technical_requirements(
        self, request: AnalysisRequest, business: BusinessPerspective | None
    ) -> tuple[TechnicalRequirement, ...]:
        """Phase 2: typed requirements from the request and the business perspective."""
        ...

    async def analyze_technical(
        self,
        request: AnalysisRequest,
        requirements: tuple[TechnicalRequirement, ...],
        business: BusinessPerspective | None,
        context: AnalysisContext,
        *,
        now: datetime,
    ) -> TechnicalPerspective:
        """Phase 3: the technical perspective from its part of the context."""
        ...

    async def synthesize(
        self,
        request: AnalysisRequest,
        business: BusinessPerspective | None,
        technical: TechnicalPerspective | None,
        context: AnalysisContext,
        *,
        now: datetime,
    ) -> StrategicSynthesis:
        """Phase 4: both perspectives joined; either may be missing."""
        ...

    async def unify_recommendations(
        self,
        request: AnalysisRequest,
        business: BusinessPerspective | None,
        technical: TechnicalPerspective | None,
        synthesis: StrategicSynthesis | None,
        *,
        now: datetime,
    ) -> tuple[Recommendation, ...]:
        """Phase 5: one ranked list, 1 first, without repeats."""
        ...
