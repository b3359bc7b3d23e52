"""One ranked list of what to do, from both perspectives and from where they pull apart.

A conflict between the perspectives is settled first, because the rest depends on it; what rests on the same
quote is said once, with the evidence of all who said it.
"""

from __future__ import annotations

from datetime import datetime

from domain.analysis import (
    BusinessPerspective,
    Recommendation,
    StrategicSynthesis,
    TechnicalPerspective,
    Timeline,
)
from domain.evidence import EvidenceOrigin, Finding
from domain.knowledge import Domain
from reasoning.actions import Action, recommendations_from, timeline_by, to_do, unified
from reasoning.contradictions import SETTLE
from reasoning.requests import AnalysisRequest

MOST = 8


def unified_recommendations(
    request: AnalysisRequest,  # noqa: ARG001 -- part of every reasoner's signature
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    synthesis: StrategicSynthesis | None,
    *,
    now: datetime,
) -> tuple[Recommendation, ...]:
    """Return at most eight recommendations, ranked by impact, then time."""
    groups = [
        technical.implementation_recommendations if technical is not None else (),
        business.recommendations if business is not None else (),
        _from_conflicts(synthesis, now),
    ]
    return unified(groups, MOST)


def _from_conflicts(
    synthesis: StrategicSynthesis | None, now: datetime
) -> tuple[Recommendation, ...]:
    if synthesis is None:
        return ()
    actions = [
        Action(
            statement=to_do(_verb_of(finding), finding.statement),
            evidence=finding.evidence,
            owner=Domain.BUSINESS,
            timeline=timeline_by(finding.evidence[-1].quote, now, Timeline.THIS_MONTH),
            impact="high",
        )
        for finding in synthesis.alignment_analysis.conflicts
        if any(quote.origin is EvidenceOrigin.KNOWLEDGE for quote in finding.evidence)
    ]
    return recommendations_from(actions, 3)


def _verb_of(finding: Finding) -> str:
    return SETTLE if finding.statement.startswith("Two figures") else "Choose what gives way"
