"""Artemis, the technical perspective: can it be built, at what risk, how, how hard and by when.

She compares what is required with what the evidence states, and cites both. Her label covers all that
she was given and the business perspective that she built on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from domain.analysis import (
    BusinessPerspective,
    Feasibility,
    RequirementKind,
    RiskAssessment,
    RoadmapImpact,
    TechnicalPerspective,
    TechnicalRequirement,
    Timeline,
)
from domain.evidence import Finding
from domain.knowledge import Domain, KnowledgeCategory
from reasoning.actions import (
    Action,
    Impact,
    recommendations_from,
    timeline_by,
    timeline_until,
    to_do,
)
from reasoning.alignment import strategic_alignment
from reasoning.architecture import recommended_architecture
from reasoning.bearing import Point, points_for
from reasoning.complexity import estimated_complexity, implementation_timeline
from reasoning.confidence import perspective_confidence
from reasoning.feasibility import feasibility_of
from reasoning.measurements import Measurement, measurements_for
from reasoning.provenance import evidence_of, findings_in, label_of, sources_of
from reasoning.requests import AnalysisContext, AnalysisRequest
from reasoning.risks import risk_assessment
from reasoning.roadmap import roadmap_impact
from reasoning.schedule import Constraint, collisions, constraints_in, earliest_deadline

_C = KnowledgeCategory
TECHNICAL_CATEGORIES = (
    _C.STRATEGIC_PLANNING,
    _C.FINANCIAL_ANALYSIS,
    _C.OPERATIONAL_METRICS,
    _C.TECHNOLOGY_ROADMAP,
    _C.HUMAN_RESOURCES,
    _C.RISK_MANAGEMENT,
)
_ALIGNED_WITH = (_C.TECHNOLOGY_ROADMAP, _C.OPERATIONAL_METRICS, _C.RISK_MANAGEMENT)
_MOST_RECOMMENDATIONS = 6


class Reading(NamedTuple):
    """What the context says on the requirements: the ground of the technical perspective."""

    points: tuple[Point, ...]
    measurements: tuple[Measurement, ...]
    constraints: tuple[Constraint, ...]
    overdue: tuple[Finding, ...]


def read(
    request: AnalysisRequest,
    requirements: Sequence[TechnicalRequirement],
    context: AnalysisContext,
    *,
    now: datetime,
) -> Reading:
    """Return what *context* says that bears on the request and its requirements."""
    points = points_for(request, context)
    return request.shortcuts.of(_read, points, tuple(requirements), now.date())


def _read(
    points: tuple[Point, ...], requirements: tuple[TechnicalRequirement, ...], today: date
) -> Reading:
    constraints = constraints_in(points, today)
    return Reading(
        points=points,
        measurements=measurements_for(requirements, points),
        constraints=constraints,
        overdue=collisions(requirements, constraints, today),
    )


def technical_perspective(
    request: AnalysisRequest,
    requirements: Sequence[TechnicalRequirement],
    business: BusinessPerspective | None,
    context: AnalysisContext,
    *,
    now: datetime,
) -> TechnicalPerspective:
    """Return the technical perspective on *request* from its part of the context."""
    reading = read(request, requirements, context, now=now)
    points, measurements, constraints, overdue = reading
    feasibility = feasibility_of(requirements, points, measurements, overdue)
    alignment = strategic_alignment(points, _ALIGNED_WITH)
    risks = risk_assessment(points, measurements, overdue)
    roadmap = roadmap_impact(points, overdue)
    architecture = recommended_architecture(requirements, points)
    complexity = estimated_complexity(requirements, measurements, roadmap)
    timeline = implementation_timeline(
        complexity, requirements, roadmap, constraints, points, now=now.date()
    )
    recommendations = recommendations_from(
        _actions(
            reading,
            requirements,
            feasibility=feasibility,
            roadmap=roadmap,
            risks=risks,
            now=now,
        ),
        _MOST_RECOMMENDATIONS,
    )
    parts = (
        feasibility, alignment, risks, roadmap, architecture, complexity, timeline,
    )  # fmt: skip
    findings = [*findings_in(parts), *recommendations]
    quoted = [*evidence_of(findings), *(one.evidence for one in requirements)]
    sources = sources_of(quoted, context, business)
    return TechnicalPerspective(
        confidentiality_level=label_of(request, context, business),
        sources=sources,
        query=request.requirement,
        technical_requirements=tuple(requirements),
        feasibility=feasibility,
        strategic_technical_alignment=alignment,
        risk_assessment=risks,
        roadmap_impact=roadmap,
        recommended_architecture=architecture,
        estimated_complexity=complexity,
        implementation_timeline=timeline,
        implementation_recommendations=recommendations,
        confidence_score=perspective_confidence(
            points, sources, alignment, asked=TECHNICAL_CATEGORIES, now=now
        ),
    )


_GAPS = {
    RequirementKind.BUDGET: ("Settle the budget gap", Domain.BUSINESS, Timeline.THIS_MONTH),
    RequirementKind.THROUGHPUT: (
        "Raise the capacity first",
        Domain.TECHNICAL,
        Timeline.THIS_QUARTER,
    ),
    RequirementKind.LATENCY: ("Cut the delay first", Domain.TECHNICAL, Timeline.THIS_QUARTER),
    RequirementKind.AVAILABILITY: (
        "Raise the availability first",
        Domain.TECHNICAL,
        Timeline.THIS_QUARTER,
    ),
    RequirementKind.DATA_VOLUME: ("Make room first", Domain.TECHNICAL, Timeline.THIS_QUARTER),
}


def _actions(
    reading: Reading,
    requirements: Sequence[TechnicalRequirement],
    *,
    feasibility: Feasibility,
    roadmap: RoadmapImpact,
    risks: RiskAssessment,
    now: datetime,
) -> Iterator[Action]:
    for one in reading.measurements:
        if not one.satisfied:
            verb, owner, timeline = _GAPS[one.requirement.kind]
            said = to_do(verb, f"{one.comparison}.")
            yield Action(said, one.finding.evidence, owner, timeline, "high")
    deadline = earliest_deadline(requirements, now.date())
    for finding in reading.overdue[:1]:
        left = timeline_until(deadline[0], now.date()) if deadline else Timeline.THIS_MONTH
        when = min(left, Timeline.THIS_MONTH, key=list(Timeline).index)
        yield _about("Move the date or what stands against it", finding, when, "high")
    named = [one.evidence for one in requirements if one.name]
    lacking = [one for one in feasibility.obstacles if one.evidence[0] in named]
    for finding in lacking[:2]:
        yield _about("Close the gap", finding, _when(finding, now), "medium")
    for finding in roadmap.depends_on[:2]:
        yield _about("Secure first", finding, _when(finding, now), "medium")
    for risk in risks.risks[:2]:
        impact = "high" if risk.exposure >= 12 else "medium"  # noqa: PLR2004 -- of 25
        yield _about("Contain the risk", risk, _when(risk, now), impact)


def _about(verb: str, finding: Finding, when: Timeline, impact: Impact) -> Action:
    return Action(to_do(verb, finding.statement), finding.evidence, Domain.TECHNICAL, when, impact)


def _when(finding: Finding, now: datetime) -> Timeline:
    return timeline_by(finding.evidence[-1].quote, now, Timeline.THIS_QUARTER)
