"""How hard a requirement is and how long it may take, each with what drives it.

One point each: a load of 1,000 a second or more; a delay of half a second or less; availability of 99.9 %
or more; a volume of 1 TB or 100 million rows; residency; each regime (at most three); each two systems to
integrate with; each dependency and each figure that falls short (at most three). Up to 2 points is low, up to
5 medium, more high; none at all is unknown.

Weeks: what the roadmap itself estimates for the topic, else 4 to 10 when low, 10 to 22 when medium, 20 to 40
when high; then 2 to 6 for each dependency, 3 to 8 for each regime, 2 to 4 for each integration. A date before
which something is not to be had raises the minimum. An estimate already holds regimes and integrations;
dependencies then count towards the maximum only. Fewer than two drivers and no estimate: no range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from domain.analysis import (
    EstimatedComplexity,
    ImplementationTimeline,
    Rating,
    RequirementKind,
    RoadmapImpact,
    TechnicalRequirement,
)
from domain.evidence import Finding
from reasoning.amounts import day, requirement_in_words
from reasoning.bearing import Point, order_of
from reasoning.measurements import Measurement
from reasoning.quoting import as_evidence
from reasoning.schedule import Constraint, Duration, durations_in
from reasoning.speakers import SPEAKERS

_K = RequirementKind
_MOST_COUNTED = 3
_LOW_UP_TO, _MEDIUM_UP_TO = 2, 5
_BASE_WEEKS = {Rating.LOW: (4, 10), Rating.MEDIUM: (10, 22), Rating.HIGH: (20, 40)}
_WEEKS_A_DEPENDENCY, _WEEKS_A_REGIME, _WEEKS_A_SYSTEM = (2, 6), (3, 8), (2, 4)
_BUSY, _SOON, _HIGH_AVAILABILITY = 1_000, 0.5, 99.9
_MANY_BYTES, _MANY_ROWS = 1e12, 1e8
_MOST_DRIVERS = 8
_LEAST_DRIVERS = 2


def estimated_complexity(
    requirements: Sequence[TechnicalRequirement],
    measurements: Sequence[Measurement],
    roadmap: RoadmapImpact,
) -> EstimatedComplexity:
    """Return the rating by the points above, with a driver for each point."""
    drivers = [_asked(one) for one in requirements if _is_demanding(one)]
    drivers += [_asked(one) for one in requirements if one.kind is _K.RESIDENCY][:1]
    drivers += [_asked(one) for one in requirements if one.kind is _K.COMPLIANCE][:_MOST_COUNTED]
    systems = [one for one in requirements if one.kind is _K.INTEGRATION]
    drivers += [_asked(one) for one in systems[1::2]]
    short = [
        one.finding
        for one in measurements
        if not one.satisfied and one.requirement.kind is not _K.BUDGET
    ]
    drivers += [*short, *roadmap.depends_on][:_MOST_COUNTED]
    points = len(drivers)
    if not points:
        return EstimatedComplexity(rating=Rating.UNKNOWN)
    rating = Rating.HIGH
    if points <= _MEDIUM_UP_TO:
        rating = Rating.MEDIUM if points > _LOW_UP_TO else Rating.LOW
    return EstimatedComplexity(rating=rating, drivers=tuple(drivers[:_MOST_DRIVERS]))


def implementation_timeline(
    complexity: EstimatedComplexity,
    requirements: Sequence[TechnicalRequirement],
    roadmap: RoadmapImpact,
    constraints: Sequence[Constraint],
    points: Sequence[Point],
    *,
    now: date,
) -> ImplementationTimeline:
    """Return the range in weeks by the sums above with its drivers; empty without a basis."""
    stated = min(durations_in(points), key=_by_weight, default=None)
    if stated is None and len(complexity.drivers) < _LEAST_DRIVERS:
        return ImplementationTimeline()
    if stated is not None:
        minimum, maximum = max(1, math.floor(stated.minimum)), math.ceil(stated.maximum)
        drivers = [_of_duration(stated)]
    else:
        minimum, maximum = _BASE_WEEKS[complexity.rating]
        drivers = [_of_rating(complexity, minimum, maximum)]
    for findings, span in (
        (list(roadmap.depends_on[:_MOST_COUNTED]), _WEEKS_A_DEPENDENCY),
        (_asked_of(requirements, _K.COMPLIANCE), _WEEKS_A_REGIME),
        (_asked_of(requirements, _K.INTEGRATION), _WEEKS_A_SYSTEM),
    ):
        if stated is not None and span is not _WEEKS_A_DEPENDENCY:
            continue
        minimum += span[0] * len(findings) if stated is None else 0
        maximum += span[1] * len(findings)
        drivers += [_with_weeks(finding, span) for finding in findings]
    if constraints:
        latest = max(constraints, key=lambda one: (one.until, -one.point.weight))
        start = math.ceil((latest.until - now).days / 7)
        if start > minimum:
            minimum, maximum = start, max(maximum, start)
            drivers.insert(0, _of_constraint(latest))
    return ImplementationTimeline(
        minimum_weeks=minimum, maximum_weeks=maximum, drivers=tuple(drivers)
    )


def _is_demanding(requirement: TechnicalRequirement) -> bool:
    quantity = requirement.quantity
    if quantity is None:
        return False
    match requirement.kind:
        case _K.THROUGHPUT:
            return quantity.magnitude >= _BUSY and quantity.unit != "users"
        case _K.LATENCY:
            return quantity.magnitude <= _SOON
        case _K.AVAILABILITY:
            return quantity.magnitude >= _HIGH_AVAILABILITY
        case _K.DATA_VOLUME:
            much = _MANY_BYTES if quantity.unit.startswith("bytes") else _MANY_ROWS
            return quantity.magnitude >= much
        case _:
            return False


def _asked_of(requirements: Sequence[TechnicalRequirement], kind: RequirementKind) -> list[Finding]:
    return [_asked(one) for one in requirements if one.kind is kind][:_MOST_COUNTED]


def _asked(requirement: TechnicalRequirement) -> Finding:
    return Finding(
        statement=f"Asked for: {requirement_in_words(requirement)}.",
        evidence=(requirement.evidence,),
    )


def _with_weeks(finding: Finding, span: tuple[int, int]) -> Finding:
    return Finding(
        statement=f"{span[0]} to {span[1]} weeks. {finding.statement}", evidence=finding.evidence
    )


def _of_constraint(one: Constraint) -> Finding:
    said = f"{SPEAKERS[one.point.category]} says: {one.point.quote.statement}"
    return Finding(
        statement=f"Not before {day(one.until)}; {said}", evidence=(as_evidence(one.point.quote),)
    )


def _by_weight(one: Duration) -> tuple[float, str, int, int]:
    return order_of(one.point)


def _of_duration(one: Duration) -> Finding:
    minimum, maximum = math.floor(one.minimum), math.ceil(one.maximum)
    span = f"{minimum} to {maximum}" if minimum < maximum else f"{maximum}"
    return Finding(
        statement=f"{span} weeks by the roadmap's own estimate: {one.point.quote.statement}",
        evidence=(as_evidence(one.point.quote),),
    )


def _of_rating(complexity: EstimatedComplexity, minimum: int, maximum: int) -> Finding:
    evidence = tuple(dict.fromkeys(quote for one in complexity.drivers for quote in one.evidence))
    return Finding(
        statement=f"{minimum} to {maximum} weeks as work of {complexity.rating} complexity.",
        evidence=evidence,
    )
