"""Sophia, the business perspective: strategic fit, market position, rivals, and what to do about them.

She reads what her part of the context says and speaks only in quotes. Her label covers all that she
was given, cited or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.analysis import (
    BusinessPerspective,
    MarketPosition,
    Timeline,
)
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory, domain_of
from reasoning.actions import Action, recommendations_from, timeline_by
from reasoning.alignment import sides_of, strategic_alignment
from reasoning.bearing import Point, first_of_each_item, items_of, points_for
from reasoning.competition import (
    competitive_landscape,
    competitors_in,
    is_of_rival,
    opens,
    threatens,
)
from reasoning.confidence import perspective_confidence
from reasoning.cues import Role
from reasoning.provenance import evidence_of, findings_in, label_of, sources_of
from reasoning.quoting import Sentences, as_evidence
from reasoning.recommendations import ask_of, impact_of, in_words, timeline_for
from reasoning.requests import AnalysisContext, AnalysisRequest

_C = KnowledgeCategory
BUSINESS_CATEGORIES = (
    _C.STRATEGIC_PLANNING,
    _C.FINANCIAL_ANALYSIS,
    _C.MARKET_INTELLIGENCE,
    _C.COMPETITIVE_ANALYSIS,
    _C.HUMAN_RESOURCES,
    _C.CUSTOMER_INSIGHTS,
    _C.PARTNERSHIP_OPPORTUNITIES,
)
_STRATEGY = (
    _C.STRATEGIC_PLANNING,
    _C.FINANCIAL_ANALYSIS,
    _C.HUMAN_RESOURCES,
    _C.PARTNERSHIP_OPPORTUNITIES,
    _C.CUSTOMER_INSIGHTS,
)
_POSITION = frozenset(
    {
        _C.MARKET_INTELLIGENCE,
        _C.COMPETITIVE_ANALYSIS,
        _C.CUSTOMER_INSIGHTS,
        _C.OPERATIONAL_METRICS,
    }
)
_MARKET = frozenset({_C.MARKET_INTELLIGENCE, _C.CUSTOMER_INSIGHTS, _C.COMPETITIVE_ANALYSIS})
_MOST = 4
_FLOOR = 0.3
_MOST_RECOMMENDATIONS = 6


def business_perspective(
    request: AnalysisRequest, context: AnalysisContext, *, now: datetime
) -> BusinessPerspective:
    """Return the business perspective on *request* from its part of the context."""
    points = points_for(request, context)
    items = request.shortcuts.of(items_of, context)
    names = competitors_in(items, request.shortcuts.of(Sentences))
    alignment = strategic_alignment(points, _STRATEGY, names)
    position = market_position(points, names)
    landscape = competitive_landscape(points, names)
    recommendations = recommendations_from(_actions(points, names, now), _MOST_RECOMMENDATIONS)
    findings = findings_in((alignment, position, landscape, recommendations))
    sources = sources_of(evidence_of(findings), context)
    return BusinessPerspective(
        confidentiality_level=label_of(request, context),
        sources=sources,
        query=request.requirement,
        strategic_alignment=alignment,
        market_position=position,
        competitive_landscape=landscape,
        recommendations=recommendations,
        confidence_score=perspective_confidence(
            points, sources, alignment, asked=BUSINESS_CATEGORIES, now=now
        ),
    )


def market_position(points: Sequence[Point], rivals: Sequence[str]) -> MarketPosition:
    """Return strengths, weaknesses and trends: sentences on market and customers with that wording.

    What is said of *rivals* alone is no strength or weakness of ours.
    """
    ground = [
        point
        for point in points
        if point.category in _POSITION and point.on_topic and point.weight >= _FLOOR
    ]
    own = [point for point in ground if not is_of_rival(point, rivals)]
    strong = [
        point
        for point in own
        if Role.STRENGTH in point.roles
        and not point.roles & {Role.WEAKNESS, Role.RISK, Role.CONFLICT}
    ]
    weak = [
        point
        for point in own
        if Role.WEAKNESS in point.roles and point.category is not _C.MARKET_INTELLIGENCE
    ]
    moving = [point for point in ground if Role.TREND in point.roles and point.category in _MARKET]
    return MarketPosition(
        strengths=_distinct(strong), weaknesses=_distinct(weak), trends=_distinct(moving)
    )


def _distinct(points: Sequence[Point]) -> tuple[Finding, ...]:
    return tuple(point.finding for point in first_of_each_item(points, _MOST))


def _actions(points: Sequence[Point], names: Sequence[str], now: datetime) -> Iterator[Action]:
    business = [point for point in points if point.category in BUSINESS_CATEGORIES]
    decisions = [
        point
        for point in business
        if Role.DECISION in point.roles and point.on_topic and point.weight >= _FLOOR
    ]
    for point in first_of_each_item(decisions, 3):
        ask = ask_of(point.quote, now)
        if ask is not None:
            yield Action(
                statement=in_words(ask, now),
                evidence=(as_evidence(point.quote),),
                owner=domain_of(point.category),
                timeline=timeline_for(ask.due, point.item.strategic_priority, now),
                impact=impact_of(point.item.strategic_priority),
            )
    _, conflicts = sides_of(points, _STRATEGY, names)
    for point in conflicts[:2]:
        yield _action("Settle before committing", point, Timeline.THIS_MONTH, now)
    threats = [
        point
        for point in business
        if point.category is _C.COMPETITIVE_ANALYSIS and point.on_topic and threatens(point, names)
    ]
    for point in first_of_each_item(threats, 1):
        yield _action("Answer the competition", point, Timeline.THIS_QUARTER, now)
    chances = [point for point in business if point.on_topic and opens(point, names)]
    for point in first_of_each_item(chances, 2):
        yield _action("Use the opening", point, Timeline.THIS_QUARTER, now)


def _action(verb: str, point: Point, otherwise: Timeline, now: datetime) -> Action:
    return Action(
        statement=f"{verb}: {point.placed}",
        evidence=(as_evidence(point.quote),),
        owner=domain_of(point.category),
        timeline=timeline_by(point.quote.text, now, otherwise),
        impact=impact_of(point.item.strategic_priority),
    )
