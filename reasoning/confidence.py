"""How far a perspective can be relied on, from what the evidence looks like, never from a feeling.

    confidence = coverage^0.35 * relevance^0.30 * freshness^0.15 * agreement^0.20

coverage:  share of the asked categories that hold an item which bears on the requirement
relevance: mean relevance of the best item of each such category
freshness: mean over the cited items of 0.5^(age / 180 days), by `updated_at`
agreement: 1 - half the share of conflicting statements among those for and against

A weighted geometric mean: it grows with each factor, is 0 without evidence and never leaves [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.analysis import BusinessPerspective, StrategicAlignment, TechnicalPerspective
from domain.evidence import Source
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point

HALF_LIFE = timedelta(days=180)
_WEIGHTS = (0.35, 0.30, 0.15, 0.20)


def confidence(*, coverage: float, relevance: float, freshness: float, agreement: float) -> float:
    """Return the weighted geometric mean of the four factors, each clipped to [0, 1]; 4 decimals."""
    product = 1.0
    for factor, weight in zip((coverage, relevance, freshness, agreement), _WEIGHTS, strict=True):
        product *= min(max(factor, 0.0), 1.0) ** weight
    return round(min(product, 1.0), 4)


def perspective_confidence(
    points: Sequence[Point],
    sources: Sequence[Source],
    alignment: StrategicAlignment,
    *,
    asked: Iterable[KnowledgeCategory],
    now: datetime,
) -> float:
    """Return the confidence of a perspective that cites *sources* of what bears on the requirement."""
    categories = frozenset(asked)
    best: dict[KnowledgeCategory, float] = {}
    for point in points:
        if point.category in categories:
            relevance = point.item.relevance_score
            best[point.category] = max(best.get(point.category, 0.0), relevance)
    if not best or not sources:
        return 0.0
    return confidence(
        coverage=len(best) / len(categories),
        relevance=sum(best[category] for category in sorted(best)) / len(best),
        freshness=freshness_of(sources, now),
        agreement=agreement_of(alignment),
    )


def freshness_of(sources: Sequence[Source], now: datetime) -> float:
    """Return the mean of 0.5^(age / half-life) over *sources*; 0 for none. The future counts as now."""
    if not sources:
        return 0.0
    ages = [max(now - source.updated_at, timedelta(0)) / HALF_LIFE for source in sources]
    return sum(0.5**age for age in ages) / len(ages)


def agreement_of(alignment: StrategicAlignment) -> float:
    """Return 1 - half the share of conflicts; 1 where nothing speaks either way."""
    spoken = len(alignment.supports) + len(alignment.conflicts)
    return 1 - 0.5 * len(alignment.conflicts) / spoken if spoken else 1.0


def overall_confidence(
    business: BusinessPerspective | None, technical: TechnicalPerspective | None
) -> float:
    """Return the mean of both scores; a perspective that is missing counts as 0."""
    scores = [made.confidence_score for made in (business, technical) if made is not None]
    return round(sum(scores) / 2, 4)
