"""Sophia's and Artemis's perspectives as two sections of one shape, to stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from domain.analysis import (
    BusinessPerspective,
    Recommendation,
    StrategicAlignment,
    TechnicalPerspective,
)
from domain.evidence import Finding
from presentation.composition import Composer, without_repeats
from presentation.document import Block, Fact, Note, Section, Statement, StatementList
from presentation.timeline_picture import weeks_range
from presentation.wording import confidence_grade, counted, rating_words

_CLEARLY = 0.5


def business_section(
    perspective: BusinessPerspective | None,
    composer: Composer,
    *,
    said: Sequence[Recommendation],
) -> Section:
    """Return Sophia's perspective; recommendations that were *said* above are only counted."""
    heading, anchor = "Business — Sophia", "business"
    if perspective is None:
        return Section(heading, anchor, (Note("This analysis lacks the business perspective."),))
    market = perspective.market_position
    landscape = perspective.competitive_landscape
    blocks: list[Block] = [
        _confidence(perspective.confidence_score),
        *_part(
            anchor, "Strategic alignment", _alignment(perspective.strategic_alignment, composer)
        ),
        *_part(
            anchor,
            "Market position",
            [
                *composer.listed("Strengths", market.strengths),
                *composer.listed("Weaknesses", market.weaknesses),
                *composer.listed("Trends", market.trends),
            ],
        ),
        *_part(
            anchor,
            "Competitors",
            [
                *(
                    _competitor(view.name, view.findings, composer)
                    for view in landscape.competitors
                ),
                *composer.listed("Threats", landscape.threats),
                *composer.listed("Openings", landscape.openings),
            ],
        ),
        *_recommended(anchor, perspective.recommendations, composer, said=said),
    ]
    return Section(heading, anchor, tuple(blocks), perspective.confidentiality_level)


def technical_section(
    perspective: TechnicalPerspective | None,
    composer: Composer,
    *,
    said: Sequence[Recommendation],
) -> Section:
    """Return Artemis's perspective; risks, requirements and timeline have their own place."""
    heading, anchor = "Technical — Artemis", "technical"
    if perspective is None:
        return Section(heading, anchor, (Note("This analysis lacks the technical perspective."),))
    feasibility = perspective.feasibility
    architecture = perspective.recommended_architecture
    complexity = perspective.estimated_complexity
    roadmap = perspective.roadmap_impact
    timeline = weeks_range(perspective.implementation_timeline)
    blocks: list[Block] = [
        _confidence(perspective.confidence_score),
        *_part(
            anchor,
            "Feasibility",
            [
                _graded("Feasibility", rating_words(feasibility.rating)),
                *composer.listed("What speaks for it", feasibility.reasons),
                *composer.listed("What stands in the way", feasibility.obstacles),
            ],
        ),
        *_part(
            anchor,
            "Strategic alignment",
            _alignment(perspective.strategic_technical_alignment, composer),
        ),
        *_part(
            anchor,
            "Roadmap",
            [
                *composer.listed("Depends on", roadmap.depends_on),
                *composer.listed("Collides with", roadmap.collides_with),
            ],
        ),
        *_part(
            anchor,
            "Architecture",
            [
                _graded("Pattern", architecture.pattern or "the evidence points to none"),
                *composer.listed("Why", architecture.reasons),
            ],
        ),
        *_part(
            anchor,
            "Complexity and time",
            [
                _graded("Complexity", rating_words(complexity.rating)),
                _graded("Time", timeline),
                *composer.listed("What makes it so", complexity.drivers),
            ],
        ),
        *_recommended(anchor, perspective.implementation_recommendations, composer, said=said),
    ]
    return Section(heading, anchor, tuple(blocks), perspective.confidentiality_level)


def _confidence(score: float) -> Note:
    return Note(f"Confidence {score:.2f} — {confidence_grade(score)}")


def _part(owner: str, heading: str, blocks: Sequence[Block]) -> list[Section]:
    anchor = f"{owner}-{heading.lower().replace(' ', '-')}"
    shown = tuple(blocks) or (Note("Nothing found that speaks to this."),)
    return [Section(heading, anchor, shown)]


def _graded(label: str, value: str) -> StatementList:
    return StatementList((Statement(text="", facts=(Fact(label, value),)),))


def _alignment(alignment: StrategicAlignment, composer: Composer) -> list[Block]:
    if not alignment.supports and not alignment.conflicts:
        return []
    return [
        _graded("Balance", _strength_words(alignment.strength)),
        *composer.listed("Supports", alignment.supports),
        *composer.listed("Conflicts", alignment.conflicts),
    ]


def _strength_words(strength: float) -> str:
    if strength >= _CLEARLY:
        meaning = "clearly in support"
    elif strength > 0:
        meaning = "rather in support"
    elif strength == 0:
        meaning = "evenly balanced"
    elif strength > -_CLEARLY:
        meaning = "rather against"
    else:
        meaning = "clearly against"
    return f"{strength:+.2f} on a scale from −1 to +1, {meaning}".replace("-", "−")


def _competitor(name: str, findings: Sequence[Finding], composer: Composer) -> StatementList:
    return StatementList(composer.statements(findings), heading=name)


def _recommended(
    owner: str,
    recommendations: Sequence[Recommendation],
    composer: Composer,
    *,
    said: Sequence[Recommendation],
) -> list[Section]:
    others = without_repeats(recommendations, said=said)
    blocks: list[Block] = [*composer.actions(others)]
    repeated = len(recommendations) - len(others)
    if repeated:
        noun = counted(repeated, "recommendation")
        verb = "stands" if repeated == 1 else "stand"
        blocks.append(Note(f"{noun} of this perspective {verb} among the joint ones above."))
    return _part(owner, "Recommendations", blocks) if blocks else []
