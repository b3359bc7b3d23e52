"""Roadmap impact: what a requirement needs first, and what it collides with.

It depends on what roadmap and risk sentences that bear on it name as a condition; it collides with freezes
and dates that stand against its own, and with roadmap and staffing sentences that limit or delay.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.analysis import RoadmapImpact
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point, first_of_each_item
from reasoning.cues import Role

_C = KnowledgeCategory
_DEPENDS = frozenset(
    {_C.TECHNOLOGY_ROADMAP, _C.PARTNERSHIP_OPPORTUNITIES, _C.HUMAN_RESOURCES, _C.STRATEGIC_PLANNING}
)
_COLLIDES = frozenset({_C.TECHNOLOGY_ROADMAP, _C.HUMAN_RESOURCES})
_MOST = 4
_FLOOR = 0.25


def roadmap_impact(points: Sequence[Point], overdue: Sequence[Finding]) -> RoadmapImpact:
    """Return at most four dependencies and four collisions, dated ones first."""
    heard = [point for point in points if point.on_topic and point.weight >= _FLOOR]
    needed = [
        point for point in heard if point.category in _DEPENDS and Role.DEPENDENCY in point.roles
    ]
    against = [
        point
        for point in heard
        if point.category in _COLLIDES
        and Role.CONFLICT in point.roles
        and Role.DEPENDENCY not in point.roles
    ]
    dated = [finding.evidence[-1] for finding in overdue]
    stated = [
        point.finding
        for point in first_of_each_item(against, _MOST)
        if point.finding.evidence[-1] not in dated
    ]
    return RoadmapImpact(
        depends_on=tuple(point.finding for point in first_of_each_item(needed, _MOST)),
        collides_with=(*overdue, *stated)[:_MOST],
    )
