"""Whether a requirement can be met with what is known: reasons, obstacles, and the rating they give.

Reasons are figures that suffice and technical sentences that report strength or progress; obstacles are
figures that fall short, dates that come too late and technical sentences that limit, block or lack. A figure
or a date weighs 2, a sentence 1. Rating: unknown with neither; high when obstacles weigh less than a quarter
of all and reasons weigh 4 or more; low when obstacles weigh more than two thirds and one of them is a figure
or a date; else medium.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.analysis import Feasibility, Rating, RequirementKind, TechnicalRequirement
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point, first_of_each_item
from reasoning.cues import Role
from reasoning.measurements import Measurement
from reasoning.named_requirements import mentions_regime, mentions_region
from reasoning.quoting import as_evidence
from reasoning.speakers import SPEAKERS

_C = KnowledgeCategory
_TECHNICAL = frozenset({_C.TECHNOLOGY_ROADMAP, _C.OPERATIONAL_METRICS, _C.HUMAN_RESOURCES})
_FOR = frozenset({Role.STRENGTH, Role.PROGRESS})
_AGAINST = frozenset({Role.CONFLICT, Role.WEAKNESS})
_OUTSIDE = frozenset({_C.COMPETITIVE_ANALYSIS, _C.MARKET_INTELLIGENCE})
_HARD, _SOFT = 2, 1
_ENOUGH = 4
_HIGH_BELOW, _LOW_ABOVE = 0.25, 2 / 3
_MOST = 4
_DOUBT = re.compile(
    r"\b(?:unknown|unclear|against|doubt\w*|nobody|never|not|no|without|unless|until|if|would"
    r"|estimate)\b",
    re.IGNORECASE,
)
_FLOOR = 0.3


def feasibility_of(
    requirements: Sequence[TechnicalRequirement],
    points: Sequence[Point],
    measurements: Sequence[Measurement],
    overdue: Sequence[Finding],
) -> Feasibility:
    """Return the rating with its reasons and obstacles, the hard ones first."""
    hard_for = [one.finding for one in measurements if one.satisfied]
    hard_against = [one.finding for one in measurements if not one.satisfied] + list(overdue[:2])
    named_for, named_against = _named(requirements, points)
    said_for, said_against = _said(points)
    reasons = _distinct([*hard_for, *named_for, *said_for])
    obstacles = _distinct([*hard_against, *named_against, *said_against])
    return Feasibility(
        rating=_rating(reasons, obstacles, hard_for, hard_against),
        reasons=reasons,
        obstacles=obstacles,
    )


def _rating(
    reasons: Sequence[Finding],
    obstacles: Sequence[Finding],
    hard_for: Sequence[Finding],
    hard_against: Sequence[Finding],
) -> Rating:
    if not reasons and not obstacles:
        return Rating.UNKNOWN
    speaking_for = len(reasons) * _SOFT + len(hard_for) * (_HARD - _SOFT)
    speaking_against = len(obstacles) * _SOFT + len(hard_against) * (_HARD - _SOFT)
    share = speaking_against / (speaking_for + speaking_against)
    if share < _HIGH_BELOW:
        return Rating.HIGH if speaking_for >= _ENOUGH else Rating.MEDIUM
    return Rating.LOW if share > _LOW_ABOVE and hard_against else Rating.MEDIUM


def _said(points: Sequence[Point]) -> tuple[list[Finding], list[Finding]]:
    heard = [
        point
        for point in points
        if point.category in _TECHNICAL and point.on_topic and point.weight >= _FLOOR
    ]
    against = [point for point in heard if point.roles & _AGAINST]
    in_favour = [
        point
        for point in heard
        if point.roles & _FOR
        and (point.names_topic or point.category is not _C.HUMAN_RESOURCES)
        and not point.roles & (_AGAINST | {Role.RISK, Role.DEPENDENCY})
        and not _DOUBT.search(point.quote.text)
    ]
    return (
        [point.finding for point in first_of_each_item(in_favour, _MOST)],
        [point.finding for point in first_of_each_item(against, _MOST)],
    )


def _named(
    requirements: Sequence[TechnicalRequirement], points: Sequence[Point]
) -> tuple[list[Finding], list[Finding]]:
    """Return what is said of each required regime, region and system: held or lacking."""
    reasons: list[Finding] = []
    obstacles: list[Finding] = []
    ours = [point for point in points if point.category not in _OUTSIDE]
    for requirement in requirements:
        if not requirement.name:
            continue
        about = [point for point in ours if _names(point.quote.text, requirement)]
        lacking = next((p for p in about if p.roles & (_AGAINST | {Role.RISK})), None)
        held = next((p for p in about if p.roles & _FOR and not _DOUBT.search(p.quote.text)), None)
        if lacking is not None:
            obstacles.append(_about_name(requirement, lacking))
        elif held is not None:
            reasons.append(_about_name(requirement, held))
    return reasons, obstacles


def _names(text: str, requirement: TechnicalRequirement) -> bool:
    name = requirement.name or ""
    match requirement.kind:
        case RequirementKind.COMPLIANCE:
            return mentions_regime(text, name)
        case RequirementKind.RESIDENCY:
            return mentions_region(text, name)
        case RequirementKind.INTEGRATION:
            return name.lower() in text.lower()
        case _:
            return False


def _about_name(requirement: TechnicalRequirement, point: Point) -> Finding:
    speaker = SPEAKERS[point.category]
    return Finding(
        statement=f"On {requirement.name}, {speaker} says: {point.quote.statement}",
        evidence=(requirement.evidence, as_evidence(point.quote)),
    )


def _distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return *findings* without those whose last quote an earlier one has already cited."""
    seen: set[object] = set()
    kept: list[Finding] = []
    for finding in findings:
        quote = finding.evidence[-1]
        if (place := (quote.key, quote.start)) not in seen:
            seen.add(place)
            kept.append(finding)
    return tuple(kept)
