"""Risks of a requirement, graded, greatest exposure first.

A sentence counts that bears on the requirement and whose wording names a danger; risk items go before
others. Its grades come from its own words, unless its risk item states them in so many words ("likelihood:
high"). A required figure that the evidence contradicts is a risk too, graded by what it concerns and by
how far apart the two figures are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.analysis import RequirementKind, Risk, RiskAssessment
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point, first_of_each_item
from reasoning.cues import Role, likelihood_of, says_closed, severity_of
from reasoning.measurements import Measurement
from reasoning.quoting import READ_PER_PASSAGE

_C = KnowledgeCategory
_ELSEWHERE = frozenset(
    {
        _C.TECHNOLOGY_ROADMAP,
        _C.OPERATIONAL_METRICS,
        _C.FINANCIAL_ANALYSIS,
        _C.STRATEGIC_PLANNING,
        _C.HUMAN_RESOURCES,
        _C.CUSTOMER_INSIGHTS,
        _C.PARTNERSHIP_OPPORTUNITIES,
    }
)
_MOST_FROM_REGISTER = 5
_MOST_ELSEWHERE = 3
_MOST = 8
_FLOOR = 0.3
_SEVERITY_OF_MISSING = {
    RequirementKind.AVAILABILITY: 4,
    RequirementKind.BUDGET: 4,
    RequirementKind.DEADLINE: 4,
    RequirementKind.THROUGHPUT: 4,
    RequirementKind.LATENCY: 3,
    RequirementKind.DATA_VOLUME: 3,
}
_GRADES_OF_GAP = ((2.0, 5, "near certain"), (1.1, 4, "likely"), (0.0, 3, "possible"))
_STATED = "stated as"
_LABEL = re.compile(r"^(?:key |main |top )?risks?: ", re.IGNORECASE)


def risk_assessment(
    points: Sequence[Point], measurements: Sequence[Measurement], overdue: Sequence[Finding]
) -> RiskAssessment:
    """Return at most eight risks: from sentences, from figures that fall short, from dates missed."""
    dangers = [
        point
        for point in points
        if Role.RISK in point.roles and point.on_topic and not says_closed(point.quote.text)
    ]
    register = [point for point in dangers if point.category is _C.RISK_MANAGEMENT]
    elsewhere = [
        point
        for point in dangers
        if point.category in _ELSEWHERE and point.shared and point.weight >= _FLOOR
    ]
    risks = [_graded(point) for point in first_of_each_item(register, _MOST_FROM_REGISTER)]
    risks += [_of_measurement(one) for one in measurements if not one.satisfied]
    risks += [_of_collision(finding) for finding in overdue[:1]]
    risks += [_graded(point) for point in first_of_each_item(elsewhere, _MOST_ELSEWHERE)]
    return RiskAssessment(risks=tuple(sorted(risks, key=lambda risk: -risk.exposure)[:_MOST]))


def _graded(point: Point) -> Risk:
    text = point.quote.text
    severity, severity_reason = severity_of(text)
    likelihood, likelihood_reason = likelihood_of(text)
    if point.category is _C.RISK_MANAGEMENT:
        for passage in point.item.passages:
            whole = passage.text[:READ_PER_PASSAGE]
            grade, reason = severity_of(whole)
            if _outweighs(reason, severity_reason):
                severity, severity_reason = grade, reason
            grade, reason = likelihood_of(whole)
            if _outweighs(reason, likelihood_reason):
                likelihood, likelihood_reason = grade, reason
    return Risk(
        statement=f"{point.item.title.rstrip('.')}: {_LABEL.sub('', point.quote.statement)}",
        evidence=point.finding.evidence,
        severity=severity,
        severity_reason=severity_reason,
        likelihood=likelihood,
        likelihood_reason=likelihood_reason,
    )


def _outweighs(reason: str, present: str) -> bool:
    return _STATED in reason and _STATED not in present


def _of_measurement(one: Measurement) -> Risk:
    kind = one.requirement.kind
    likelihood, name = next((grade, name) for gap, grade, name in _GRADES_OF_GAP if one.gap >= gap)
    return Risk(
        statement=one.finding.statement,
        evidence=one.finding.evidence,
        severity=_SEVERITY_OF_MISSING.get(kind, 3),
        severity_reason=f"a stated requirement ({kind.value.replace('_', ' ')}) would be missed",
        likelihood=likelihood,
        likelihood_reason=f"{name}: the two figures are {one.gap:.1f} times apart",
    )


def _of_collision(finding: Finding) -> Risk:
    return Risk(
        statement=finding.statement,
        evidence=finding.evidence,
        severity=_SEVERITY_OF_MISSING[RequirementKind.DEADLINE],
        severity_reason="a stated requirement (deadline) would be missed",
        likelihood=4,
        likelihood_reason="likely: the evidence states a date or a freeze that stands against it",
    )
