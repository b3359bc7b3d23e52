"""The two perspectives joined: where they agree, where they pull apart, and what follows.

Conflicts come first from figures (the sum asked for and the sum allowed, the date asked for and the weeks the
work takes), then from quotes: a business reason for it and a technical obstacle on the same matter. Insights
read a market quote and a technical quote together that share rare terms. Nothing is said of one
perspective alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from domain.analysis import (
    AlignmentAnalysis,
    BusinessPerspective,
    RequirementKind,
    StrategicSynthesis,
    TechnicalPerspective,
)
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.knowledge import Domain, KnowledgeCategory, domain_of
from reasoning.amounts import day
from reasoning.artemis import read
from reasoning.bearing import Point
from reasoning.contradictions import contradictions_in
from reasoning.cues import Role
from reasoning.executive_summary import executive_summary
from reasoning.measurements import Measurement
from reasoning.provenance import evidence_of, label_of, sources_of
from reasoning.quoting import Sentences, as_evidence
from reasoning.requests import AnalysisContext, AnalysisRequest
from reasoning.schedule import earliest_deadline
from reasoning.terms import terms_of
from reasoning.topic import topic_of

_C = KnowledgeCategory
_MOST = 4
_MOST_INSIGHTS = 3
_MOST_TWO_FIGURES = 2
_SHARED_TERMS = 2
_TELLING = 0.25
_MOST_COMPARED = 16
_MOVING = frozenset(
    {Role.RISK, Role.OPPORTUNITY, Role.TREND, Role.STRENGTH, Role.WEAKNESS, Role.DECISION}
)
_HOLDING = frozenset(
    {
        Role.CONFLICT,
        Role.DEPENDENCY,
        Role.SUPPORT,
        Role.PROGRESS,
        Role.WEAKNESS,
        Role.RISK,
        Role.METRIC,
    }
)


def strategic_synthesis(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    context: AnalysisContext,
    *,
    now: datetime,
) -> StrategicSynthesis:
    """Return what both perspectives say together; with one missing, what can still be said."""
    requirements = technical.technical_requirements if technical is not None else ()
    reading = read(request, requirements, context, now=now)
    topic = topic_of(request.requirement).terms
    alignment = AlignmentAnalysis()
    if business is not None and technical is not None:
        alignment = AlignmentAnalysis(
            agreements=_first(_agreements(business, technical, topic)),
            conflicts=_first(
                _conflicts(business, technical, reading.measurements, topic, now.date())
            ),
        )
    alignment = alignment.model_copy(
        update={
            "conflicts": (
                *alignment.conflicts,
                *_two_figures(reading.points, request.shortcuts.of(Sentences)),
            )
        }
    )
    implications = _implications(reading.points, alignment)
    insights = _insights(reading.points)
    summary = executive_summary(request, business, technical, reading.points, now=now)
    findings = (
        *alignment.agreements, *alignment.conflicts, *implications, *insights, *summary,
    )  # fmt: skip
    return StrategicSynthesis(
        confidentiality_level=label_of(request, context, business, technical),
        sources=sources_of(evidence_of(findings), context, business, technical),
        alignment_analysis=alignment,
        strategic_implications=implications,
        synthesis_insights=insights,
        executive_summary=summary,
    )


def _two_figures(points: Sequence[Point], sentences: Sentences) -> tuple[Finding, ...]:
    """Return where items that speak of the topic state different figures for one thing."""
    items = {point.item.key: point.item for point in points if point.bears}
    on_topic = {point.item.key for point in points if point.on_topic}
    return tuple(
        finding
        for finding in contradictions_in(tuple(items.values()), sentences)
        if any(quote.key in on_topic for quote in finding.evidence)
    )[:_MOST_TWO_FIGURES]


def _first(findings: Iterator[Finding]) -> tuple[Finding, ...]:
    """Return the first four, each resting on a quote that no earlier one has as its last."""
    kept: list[Finding] = []
    seen: set[Evidence] = set()
    for finding in findings:
        if finding.evidence[-1] not in seen and len(kept) < _MOST:
            seen.add(finding.evidence[-1])
            kept.append(finding)
    return tuple(kept)


def _agreements(
    business: BusinessPerspective, technical: TechnicalPerspective, topic: frozenset[str]
) -> Iterator[Finding]:
    """Business support and technical reasons on the same matter; and concerns that both have."""
    business_for, business_against = (
        business.strategic_alignment.supports,
        business.strategic_alignment.conflicts,
    )
    technical_for = (
        *technical.feasibility.reasons,
        *technical.strategic_technical_alignment.supports,
    )
    technical_against = (
        *technical.feasibility.obstacles,
        *technical.roadmap_impact.collides_with,
    )
    yield from _cited_by_both("Both speak for it", business_for, technical_for)
    yield from _cited_by_both("Both see the same limit", business_against, technical_against)
    yield from _paired("Both speak for it", business_for, technical_for, topic)
    yield from _paired("Both see the same limit", business_against, technical_against, topic)


def _conflicts(
    business: BusinessPerspective,
    technical: TechnicalPerspective,
    measurements: Sequence[Measurement],
    topic: frozenset[str],
    today: date,
) -> Iterator[Finding]:
    for one in measurements:
        if one.requirement.kind is RequirementKind.BUDGET and not one.satisfied:
            yield one.finding
    yield from _date_against_weeks(technical, today)
    yield from _paired(
        "Wanted, but hindered",
        (*business.strategic_alignment.supports, *business.competitive_landscape.openings),
        (*technical.feasibility.obstacles, *technical.roadmap_impact.collides_with),
        topic,
    )


def _date_against_weeks(technical: TechnicalPerspective, today: date) -> Iterator[Finding]:
    deadline = earliest_deadline(technical.technical_requirements, today)
    timeline = technical.implementation_timeline
    if deadline is None or timeline.maximum_weeks is None or timeline.minimum_weeks is None:
        return
    due, requirement = deadline
    left = (due - today) // timedelta(weeks=1)
    if left >= timeline.maximum_weeks:
        return
    how = "cannot hold" if left < timeline.minimum_weeks else "leaves no slack"
    drivers = [quote for driver in timeline.drivers[:2] for quote in driver.evidence]
    yield Finding(
        statement=f"The date of {day(due)} {how}: {left} weeks are left and the work is put at "
        f"{timeline.minimum_weeks} to {timeline.maximum_weeks}.",
        evidence=tuple(dict.fromkeys((*drivers, requirement.evidence))),
    )


def _cited_by_both(
    opening: str, ones: Sequence[Finding], others: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield the business findings whose quote the technical side cites too."""
    cited = [quote for other in others for quote in other.evidence]
    for one in ones:
        if one.evidence[-1] in cited:
            yield Finding(statement=f"{opening}. {one.statement}", evidence=one.evidence)


def _paired(
    opening: str, ones: Sequence[Finding], others: Sequence[Finding], topic: frozenset[str]
) -> Iterator[Finding]:
    """Yield the pairs that share two terms beside the topic, most first; each finding in one only."""
    pairs: list[tuple[int, int, int]] = []
    for first, one in enumerate(ones):
        for second, other in enumerate(others):
            if one.evidence[-1].key == other.evidence[-1].key:
                continue
            shared = len((_terms(one) & _terms(other)) - topic)
            if shared >= _SHARED_TERMS:
                pairs.append((-shared, first, second))
    used_ones: set[int] = set()
    used_others: set[int] = set()
    for _, first, second in sorted(pairs):
        if first in used_ones or second in used_others:
            continue
        used_ones.add(first)
        used_others.add(second)
        one, other = ones[first], others[second]
        yield Finding(
            statement=f"{opening}. {one.statement} {other.statement}",
            evidence=tuple(dict.fromkeys((*one.evidence, *other.evidence))),
        )


def _terms(finding: Finding) -> frozenset[str]:
    quotes = [one for one in finding.evidence if one.origin is EvidenceOrigin.KNOWLEDGE]
    return terms_of(" ".join(quote.quote for quote in quotes))


_IMPLICATIONS = (
    ("For customers", _C.CUSTOMER_INSIGHTS),
    ("For money", _C.FINANCIAL_ANALYSIS),
    ("Against competitors", _C.COMPETITIVE_ANALYSIS),
    ("For people", _C.HUMAN_RESOURCES),
    ("For partners", _C.PARTNERSHIP_OPPORTUNITIES),
)
_CONSEQUENCE = frozenset(
    {Role.RISK, Role.OPPORTUNITY, Role.DEPENDENCY, Role.CONFLICT, Role.WEAKNESS, Role.DECISION}
)


def _implications(points: Sequence[Point], alignment: AlignmentAnalysis) -> tuple[Finding, ...]:
    """Return what follows for each side that has a stake: its weightiest sentence with a consequence."""
    said = set(evidence_of((*alignment.agreements, *alignment.conflicts)))
    found: list[Finding] = []
    for lead_in, category in _IMPLICATIONS:
        stake = [
            point
            for point in points
            if point.category is category
            and point.on_topic
            and point.roles & _CONSEQUENCE
            and as_evidence(point.quote) not in said
        ]
        for point in stake[:1]:
            statement = f"{lead_in}: {point.quote.statement}"
            found.append(Finding(statement=statement, evidence=(as_evidence(point.quote),)))
    return tuple(found)


def _insights(points: Sequence[Point]) -> tuple[Finding, ...]:
    """Return up to three pairs that share the most terms of the requirement.

    Each joins something that moves outside (a chance, a threat, a trend) with something that holds or hinders
    inside (a limit, a dependency, a commitment).
    """
    telling = [point for point in points if point.shared and point.weight >= _TELLING]
    outside = [
        point
        for point in telling
        if domain_of(point.category) is Domain.MARKET and point.roles & _MOVING
    ][:_MOST_COMPARED]
    inside = [
        point
        for point in telling
        if domain_of(point.category) is not Domain.MARKET and point.roles & _HOLDING
    ][:_MOST_COMPARED]
    pairs: list[tuple[int, float, int, int]] = []
    for first, one in enumerate(outside):
        for second, other in enumerate(inside):
            shared = len(one.shared & other.shared)
            if shared >= _SHARED_TERMS:
                pairs.append((-shared, -round(one.weight + other.weight, 9), first, second))
    found: list[Finding] = []
    used: set[Evidence] = set()
    for _, _, first, second in sorted(pairs):
        quotes = as_evidence(outside[first].quote), as_evidence(inside[second].quote)
        if used.isdisjoint(quotes) and len(found) < _MOST_INSIGHTS:
            used.update(quotes)
            statement = f"{outside[first].statement} {inside[second].statement}"
            found.append(Finding(statement=f"Read together. {statement}", evidence=quotes))
    return tuple(found)
