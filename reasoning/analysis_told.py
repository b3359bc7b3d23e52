"""An analysis told in a conversation: the verdict first, what bears most, the risk, what to do.

Nothing is weighed anew: the sentences are the analysis's own findings with their evidence, in an order for
somebody who asked a question and wants the answer, and each once.
"""

from __future__ import annotations

import re
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
_ENOUGH = 3
_MOST_ACTIONS = 3
_LONGEST = 320
_LONGEST_CONCLUSION = 600
_LEANING = 0.33
_NOTHING = (
    "There is no verdict: the analysis found nothing that bears on this in what you may read."
)
_OPEN = "**There is no verdict: what you may read does not settle it.**"
_ASKED_FOR = "Asked for: "
_ACTION = re.compile(r"^(?P<what>[A-Z][^:]{3,60}): ")


@dataclass(frozen=True)
class Told:
    """What an analysis answers, in the order in which it is told."""

    verdict: Finding | None
    """Whether it fits or can be done; None where the evidence settles neither."""
    findings: tuple[Finding, ...]
    actions: tuple[Finding, ...]
    degraded: tuple[str, ...]

    def tell(self, text: AnswerText) -> None:
        """Write it down."""
        if self.verdict is not None:
            opening, _, rest = self.verdict.statement.partition(". ")
            marks = text.marks(self.verdict.evidence)
            text.paragraph(f"**{text.plain(ended(opening))}** {text.plain(_short(rest))}{marks}")
        elif self.findings or self.actions:
            text.paragraph(_OPEN)
        else:
            text.paragraph(_NOTHING)
        text.bullets([_line(finding, text) for finding in self.findings])
        if self.actions:
            text.paragraph("**What to do:**")
            text.bullets([self._to_do(action, text) for action in self.actions])
        if self.degraded:
            text.paragraph(f"**Missing:** {text.plain('; '.join(self.degraded))}.")

    @property
    def is_thin(self) -> bool:
        """Whether fewer than three findings bear on what was asked."""
        return len(self.findings) + (self.verdict is not None) < _ENOUGH

    def _to_do(self, action: Finding, text: AnswerText) -> str:
        """Return the action; where the verdict has said it already, what it is alone."""
        said = self.verdict is not None and action.evidence[-1] == self.verdict.evidence[-1]
        named = _ACTION.match(action.statement)
        if said and named:
            return f"{text.plain(named['what'])}, as said above.{text.marks(action.evidence)}"
        return _line(action, text)

    @property
    def conclusion(self) -> str | None:
        """What is worth remembering, of knowledge only: the verdict, the first finding and thing to do."""
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
    business, technical = analysis.business_perspective, analysis.technical_perspective
    findings: list[Finding] = []
    if synthesis is not None:
        findings += [
            *synthesis.executive_summary,
            *synthesis.alignment_analysis.conflicts,
            *synthesis.strategic_implications,
            *synthesis.synthesis_insights,
        ]
    findings += _business_findings(business) if business else []
    findings += _technical_findings(technical) if technical else []
    metadata = analysis.collaboration_metadata
    missing = tuple(f"{part.part.replace('_', ' ')} ({part.reason})" for part in metadata.degraded)
    verdicts = _verdicts(business, technical)
    return _told(verdicts, findings, analysis.unified_recommendations, missing)


def _business(perspective: BusinessPerspective) -> Told:
    verdicts = _verdicts(perspective, None)
    return _told(verdicts, _business_findings(perspective), perspective.recommendations, ())


def _technical(perspective: TechnicalPerspective) -> Told:
    return _told(
        _verdicts(None, perspective),
        _technical_findings(perspective),
        perspective.implementation_recommendations,
        (),
    )


def _told(
    verdicts: Iterable[Finding],
    findings: Sequence[Finding],
    actions: Sequence[Finding],
    degraded: tuple[str, ...],
) -> Told:
    """Return what is told; what rests on the requirement alone says nothing that its author does not know."""
    first, *others = [*verdicts] or [None]
    said = [] if first is None else [first]
    kept_actions = _distinct(actions)[:_MOST_ACTIONS]
    of_knowledge = [
        one
        for one in (*others, *findings)
        if one is not None
        and not one.statement.startswith(_ASKED_FOR)
        and any(quote.origin is EvidenceOrigin.KNOWLEDGE for quote in one.evidence)
    ]
    kept = _distinct(of_knowledge, said=(*said, *kept_actions))
    return Told(first, tuple(kept[:_MOST_FINDINGS]), tuple(kept_actions), degraded)


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
