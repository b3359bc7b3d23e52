"""An analysis told in a conversation: the verdict first, what bears most, the risk, what to do.

Nothing is weighed anew: the sentences are the analysis's own findings with their evidence, in an order for
somebody who asked a question and wants the answer, and each once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.analysis import (
    BusinessPerspective,
    ComprehensiveAnalysis,
    Rating,
    TechnicalPerspective,
)
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.sentences import shortened
from reasoning.answer_text import AnswerText
from reasoning.spoken import ended
from reasoning.wording import readable

_MOST_FINDINGS = 6
_MOST_ACTIONS = 3
_LONGEST = 320
_LONGEST_CONCLUSION = 600
_LEANING = 0.33
_NOTHING = "Nothing that you may read bears on this, so there is no verdict."


@dataclass(frozen=True)
class Told:
    """What an analysis answers, in the order in which it is told."""

    verdict: Finding | None
    findings: tuple[Finding, ...]
    actions: tuple[Finding, ...]
    degraded: tuple[str, ...]
    confidence: float

    def tell(self, text: AnswerText) -> None:
        """Write it down."""
        if self.verdict is None:
            text.paragraph(_NOTHING)
        else:
            opening, dot, rest = self.verdict.statement.partition(". ")
            lead = f"**{text.plain(ended(opening))}**"
            rest = f" {text.plain(_short(rest))}" if dot else ""
            text.paragraph(f"{lead}{rest}{text.marks(self.verdict.evidence)}")
        text.bullets([_line(finding, text) for finding in self.findings])
        if self.actions:
            text.paragraph("**What to do:**")
            text.bullets([_line(action, text) for action in self.actions])
        if self.degraded:
            text.paragraph("**Missing:** " + text.plain("; ".join(self.degraded)) + ".")

    @property
    def conclusion(self) -> str | None:
        """What is worth remembering: the verdict, the first finding and the first thing to do, of knowledge only."""
        kept = [
            readable(_short(finding.statement))
            for finding in (self.verdict, *self.findings[:1], *self.actions[:1])
            if finding is not None and _rests_on_knowledge(finding)
        ]
        return shortened(" ".join(map(ended, kept)), limit=_LONGEST_CONCLUSION) or None


def told(
    analysis: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective,
) -> Told:
    """Return what *analysis* answers."""
    if isinstance(analysis, ComprehensiveAnalysis):
        return _whole(analysis)
    if isinstance(analysis, BusinessPerspective):
        return _business(analysis)
    return _technical(analysis)


def _whole(analysis: ComprehensiveAnalysis) -> Told:
    synthesis = analysis.strategic_synthesis
    summary = synthesis.executive_summary if synthesis else ()
    spoken = [one for one in summary if not one.statement.startswith("Asked for: ")]
    business, technical = analysis.business_perspective, analysis.technical_perspective
    pool = list(spoken)
    if synthesis is not None:
        pool += [
            *synthesis.alignment_analysis.conflicts,
            *synthesis.strategic_implications,
            *synthesis.synthesis_insights,
        ]
    else:
        pool += [*_verdicts(business, technical)]
    if business is not None:
        pool += _business_findings(business)
    if technical is not None:
        pool += _technical_findings(technical)
    degraded = tuple(
        f"{part.part.replace('_', ' ')} ({part.reason})"
        for part in analysis.collaboration_metadata.degraded
    )
    return _told(
        pool,
        analysis.unified_recommendations,
        degraded,
        analysis.collaboration_metadata.confidence_scores.overall,
    )


def _business(perspective: BusinessPerspective) -> Told:
    pool = [*_verdicts(perspective, None), *_business_findings(perspective)]
    return _told(pool, perspective.recommendations, (), perspective.confidence_score)


def _technical(perspective: TechnicalPerspective) -> Told:
    pool = [*_verdicts(None, perspective), *_technical_findings(perspective)]
    return _told(pool, perspective.implementation_recommendations, (), perspective.confidence_score)


def _told(
    pool: Sequence[Finding],
    actions: Sequence[Finding],
    degraded: tuple[str, ...],
    confidence: float,
) -> Told:
    distinct = _distinct(pool)
    kept_actions = _distinct(actions, said=distinct[:1])[:_MOST_ACTIONS]
    in_actions = frozenset(finding.evidence[-1] for finding in kept_actions)
    findings = [one for one in distinct[1:] if one.evidence[-1] not in in_actions]
    return Told(
        verdict=distinct[0] if distinct else None,
        findings=tuple(findings[:_MOST_FINDINGS]),
        actions=tuple(kept_actions),
        degraded=degraded,
        confidence=confidence,
    )


def _verdicts(
    business: BusinessPerspective | None, technical: TechnicalPerspective | None
) -> Iterator[Finding]:
    """Yield whether it fits the business and whether it can be built, where the evidence says."""
    if business is not None:
        alignment = business.strategic_alignment
        pro, con = alignment.supports[:1], alignment.conflicts[:1]
        if pro and con and abs(alignment.strength) <= _LEANING:
            yield _opened("The company is divided on it", pro[0], *con)
        elif pro and alignment.strength > 0:
            yield _opened("It fits what the company has set out to do", pro[0])
        elif con:
            yield _opened("More stands against it than for it", con[0])
    if technical is not None and technical.feasibility.rating is not Rating.UNKNOWN:
        feasibility = technical.feasibility
        grounds = (
            (*feasibility.reasons, *feasibility.obstacles)
            if feasibility.rating is Rating.HIGH
            else (*feasibility.obstacles, *feasibility.reasons)
        )
        for finding in grounds[:1]:
            yield _opened(f"Feasibility is {feasibility.rating}", finding)


def _opened(opening: str, *findings: Finding) -> Finding:
    said = " ".join(ended(finding.statement) for finding in findings)
    evidence = tuple(quote for finding in findings for quote in finding.evidence)
    return Finding(statement=f"{opening}. {said}", evidence=evidence)


def _business_findings(business: BusinessPerspective) -> list[Finding]:
    """Return the first of each part, then the second, so that no part fills the answer."""
    market, rivals = business.market_position, business.competitive_landscape
    return _in_turn(
        business.strategic_alignment.supports,
        business.strategic_alignment.conflicts,
        rivals.threats,
        market.strengths,
        market.weaknesses,
        market.trends,
        rivals.openings,
        *(competitor.findings for competitor in rivals.competitors),
    )


def _technical_findings(technical: TechnicalPerspective) -> list[Finding]:
    return [
        *_by_when(technical),
        *_in_turn(
            technical.risk_assessment.risks,
            technical.feasibility.obstacles,
            technical.roadmap_impact.depends_on,
            technical.roadmap_impact.collides_with,
            technical.feasibility.reasons,
            technical.recommended_architecture.reasons,
            technical.estimated_complexity.drivers,
        ),
    ]


def _by_when(technical: TechnicalPerspective) -> Iterator[Finding]:
    timeline = technical.implementation_timeline
    if timeline.minimum_weeks is not None and timeline.drivers:
        yield Finding(
            statement=f"Reckon with {timeline.minimum_weeks} to {timeline.maximum_weeks} weeks: "
            + timeline.drivers[0].statement,
            evidence=timeline.drivers[0].evidence,
        )


def _in_turn(*parts: Sequence[Finding]) -> list[Finding]:
    longest = max((len(part) for part in parts), default=0)
    return [part[place] for place in range(longest) for part in parts if place < len(part)]


def _distinct(findings: Iterable[Finding], said: Sequence[Finding] = ()) -> list[Finding]:
    """Return the findings, each resting on a quote that no earlier one has as its last."""
    seen: set[Evidence] = set()
    seen.update(finding.evidence[-1] for finding in said)
    kept: list[Finding] = []
    for finding in findings:
        if finding.evidence[-1] not in seen:
            kept.append(finding)
            seen.add(finding.evidence[-1])
    return kept


def _line(finding: Finding, text: AnswerText) -> str:
    return f"{text.plain(ended(_short(finding.statement)))}{text.marks(finding.evidence)}"


def _short(statement: str) -> str:
    return shortened(readable(statement), limit=_LONGEST)


def _rests_on_knowledge(finding: Finding) -> bool:
    return all(quote.origin is EvidenceOrigin.KNOWLEDGE for quote in finding.evidence)
