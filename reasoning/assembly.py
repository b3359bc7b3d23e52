"""The comprehensive analysis put together from its parts, with what can be said about it as a whole.

Its label covers every part, the requirement and the whole context. Categories that were asked and held
nothing that bears on the requirement are named: silence is part of the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

from domain.analysis import (
    AnalysisDomain,
    BusinessPerspective,
    CollaborationMetadata,
    ComprehensiveAnalysis,
    ConfidenceScores,
    Degradation,
    Recommendation,
    StrategicSynthesis,
    TechnicalPerspective,
)
from domain.evidence import Evidence, Source
from domain.knowledge import ItemKey, KnowledgeCategory
from domain.model import FrozenModel
from reasoning.bearing import points_for
from reasoning.confidence import overall_confidence
from reasoning.provenance import label_of, sources_of
from reasoning.requests import AnalysisContext, AnalysisRequest


def assemble_analysis(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    synthesis: StrategicSynthesis | None,
    recommendations: Sequence[Recommendation],
    *,
    analysis_id: str,
    requester: str,
    now: datetime,
    reasoner: str,
    context: AnalysisContext,
    degraded: Sequence[Degradation] = (),
) -> ComprehensiveAnalysis:
    """Return the whole analysis; parts that are None stay None and are named in *degraded*."""
    parts = [part for part in (business, technical, synthesis) if part is not None]
    quotes = tuple(dict.fromkeys(evidence_in([*parts, *recommendations])))
    level = label_of(request, context, *parts)
    metadata = CollaborationMetadata(
        analysis_id=analysis_id,
        analysis_timestamp=now,
        requester=requester,
        domains_involved=_domains(business, technical, context),
        confidence_scores=ConfidenceScores(
            business=business.confidence_score if business is not None else 0,
            technical=technical.confidence_score if technical is not None else 0,
            overall=overall_confidence(business, technical),
        ),
        confidentiality_level=level,
        evidence_count=len(quotes),
        categories_without_evidence=_silent_categories(request, context),
        reasoner=reasoner,
        degraded=tuple(degraded),
    )
    return ComprehensiveAnalysis(
        confidentiality_level=level,
        sources=_all_sources(quotes, context, parts),
        requirement=request.requirement,
        business_perspective=business,
        technical_perspective=technical,
        strategic_synthesis=synthesis,
        unified_recommendations=tuple(recommendations),
        collaboration_metadata=metadata,
    )


def _all_sources(
    quotes: Sequence[Evidence],
    context: AnalysisContext,
    parts: Sequence[BusinessPerspective | TechnicalPerspective | StrategicSynthesis],
) -> tuple[Source, ...]:
    listed: dict[ItemKey, Source] = {
        source.key: source for part in parts for source in part.sources
    }
    listed |= {source.key: source for source in sources_of(quotes, context, *parts)}
    ordered = sorted(listed, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    return tuple(listed[key] for key in ordered)


def _domains(
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    context: AnalysisContext,
) -> tuple[AnalysisDomain, ...]:
    involved = (
        (AnalysisDomain.SOPHIA, business is not None),
        (AnalysisDomain.ARTEMIS, technical is not None),
        (AnalysisDomain.CEO_KNOWLEDGE, any(context.values())),
    )
    return tuple(domain for domain, took_part in involved if took_part)


def _silent_categories(
    request: AnalysisRequest, context: AnalysisContext
) -> tuple[KnowledgeCategory, ...]:
    spoken = {point.category for point in points_for(request, context)}
    return tuple(category for category in KnowledgeCategory if category not in spoken)


def evidence_in(value: object) -> Iterator[Evidence]:
    """Yield every piece of evidence anywhere in *value*, in the order of its fields."""
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, FrozenModel):
        for name in type(value).model_fields:
            yield from evidence_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for part in cast("Mapping[str, object]", value).values():
            yield from evidence_in(part)
    elif isinstance(value, (tuple, list)):
        for part in cast("Sequence[object]", value):
            yield from evidence_in(part)
