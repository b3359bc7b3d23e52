"""Risks of a requirement, graded, greatest exposure first.

A sentence counts that bears on the requirement and whose wording names a danger; risk items go before
others. Its grades come from its own words, unless its risk item states them in so many words ("likelihood:
high"). A required figure that the evidence contradicts is a risk too, graded by what it concerns and by
how far apart the two figures are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from domain.analysis import RequirementKind, Risk, RiskAssessment
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import ItemKey, KnowledgeCategory
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
_LITTLE = 1.5
_CLOSE_TERMS, _MANY_TERMS = 2, 4
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
    elsewhere = [
        point
        for point in dangers
        if point.category in _ELSEWHERE and _is_close(point) and point.weight >= _FLOOR
    ]
    by_key = {point.item.key: point.item for point in points}
    pending = {p.item.key for p in points if Role.DECISION in p.roles and p.on_topic}
    found = [_graded(point) for point in first_of_each_item(_register(points), _MOST_FROM_REGISTER)]
    found += [_of_measurement(one) for one in measurements if not one.satisfied]
    found += [_of_collision(finding) for finding in overdue[:1]]
    found += [_graded(point) for point in first_of_each_item(elsewhere, _MOST_ELSEWHERE)]
    return RiskAssessment(
        risks=tuple(sorted(found, key=lambda risk: _weight(risk, by_key, pending))[:_MOST])
    )


def _register(points: Sequence[Point]) -> Iterator[Point]:
    """Yield what the risk register says: dangers, and of an entry that names none what bears most."""
    open_points = [
        point
        for point in points
        if point.category is _C.RISK_MANAGEMENT
        and (point.on_topic or len(point.shared) >= _MANY_TERMS)
        and not says_closed(point.quote.text)
    ]
    told = {point.item.key for point in open_points if Role.RISK in point.roles}
    for point in open_points:
        if Role.RISK in point.roles or (point.item.key not in told and _bears_closely(point)):
            yield point


def _bears_closely(point: Point) -> bool:
    return _is_close(point) or len(point.shared) >= _MANY_TERMS


def _is_close(point: Point) -> bool:
    return point.names_topic or (point.about and len(point.shared) >= _CLOSE_TERMS)


def _weight(
    risk: Risk, items: Mapping[ItemKey, RetrievedItem], pending: Collection[ItemKey]
) -> tuple[int, int, bool]:
    """Sort key: the greatest exposure first, then the item's priority, then what awaits a decision."""
    key = risk.evidence[-1].key
    return -risk.exposure, -items[key].strategic_priority, key not in pending


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
    severity = _SEVERITY_OF_MISSING.get(kind, 3)
    by_little = one.gap < _LITTLE
    likelihood, name = next((grade, name) for gap, grade, name in _GRADES_OF_GAP if one.gap >= gap)
    return Risk(
        statement=one.finding.statement,
        evidence=one.finding.evidence,
        severity=max(1, severity - by_little),
        severity_reason=f"a stated requirement ({kind.value.replace('_', ' ')}) would be missed"
        + (" by little" if by_little else ""),
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
