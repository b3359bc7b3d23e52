"""Which parts of a result a language model may write, and how its answer takes their place.

Only parts that are statements with evidence are written. What is measured or graded (confidence,
alignment, risks, feasibility, requirements, ranks) stays with the rules, so that a figure never rests on
a sentence that a model chose. What is written passes the grounding gate; if nothing of it stands, the
result by rules stands whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeVar

from domain.analysis import (
    AlignmentAnalysis,
    BusinessPerspective,
    MarketPosition,
    RoadmapImpact,
    StrategicSynthesis,
    TechnicalPerspective,
)
from domain.clearance import ConfidentialityLevel
from domain.evidence import Finding, Labelled, RetrievedItem
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from reasoning.grounding import ground_findings, texts_of
from reasoning.model_outputs import ModelAnswer, findings_by_part
from reasoning.provenance import evidence_of, findings_in, sources_of
from reasoning.requests import (
    BUSINESS_QUESTIONS,
    TECHNICAL_QUESTIONS,
    AnalysisContext,
    AnalysisRequest,
    part_of_context,
)
from reasoning.untrusted_text import as_data, numbered_evidence

Written = TypeVar("Written", BusinessPerspective, TechnicalPerspective, StrategicSynthesis)


class Writing(StrEnum):
    """What is written; also the name of its prompt."""

    BUSINESS = "business"
    TECHNICAL = "technical"
    SYNTHESIS = "synthesis"


PARTS: Mapping[Writing, tuple[str, ...]] = {
    Writing.BUSINESS: ("strengths", "weaknesses", "trends", "threats", "openings"),
    Writing.TECHNICAL: ("depends_on", "collides_with"),
    Writing.SYNTHESIS: (
        "agreements",
        "conflicts",
        "strategic_implications",
        "synthesis_insights",
        "executive_summary",
    ),
}

_QUESTIONS = {Writing.BUSINESS: BUSINESS_QUESTIONS, Writing.TECHNICAL: TECHNICAL_QUESTIONS}


class OfferedModel(FrozenModel):
    """A model and the highest level of text that may be sent to it."""

    name: str
    ceiling: ConfidentialityLevel


def choose_model(
    offered: Iterable[OfferedModel], level: ConfidentialityLevel
) -> OfferedModel | None:
    """Return the first model that text of *level* may be sent to; None where none may see it."""
    return next((model for model in offered if level.rank <= model.ceiling.rank), None)


def evidence_for(writing: Writing, context: AnalysisContext) -> tuple[RetrievedItem, ...]:
    """Return the items that *writing* is made from, in a fixed order, each with all of its passages."""
    names = _QUESTIONS.get(writing, tuple(context))
    found: dict[ItemKey, RetrievedItem] = {}
    for items in part_of_context(context, names).values():
        for item in items:
            before = found.get(item.key)
            passages = item.passages if before is None else before.passages + item.passages
            unique = tuple(dict.fromkeys(passages))
            found[item.key] = item.model_copy(update={"passages": unique})
    ordered = sorted(found, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    return tuple(found[key] for key in ordered)


def question_to_model(request: AnalysisRequest, items: Sequence[RetrievedItem]) -> str:
    """Return what a model is asked: the requirement and the numbered items, all of it as data."""
    return (
        f"<<<requirement>>>\n{as_data(request.requirement)}\n<<<end requirement>>>\n"
        f"{numbered_evidence(items)}"
    )


class Rewritten(NamedTuple):
    """The findings that stand by part, and how many statements were given and dropped."""

    parts: Mapping[str, tuple[Finding, ...]]
    given: int
    dropped: int


def grounded_parts(
    answer: ModelAnswer, writing: Writing, items: Sequence[RetrievedItem]
) -> Rewritten:
    """Return what of *answer* is said by the items themselves."""
    texts = texts_of(items)
    titles = {item.key: item.title for item in items}
    found = findings_by_part(answer, items, PARTS[writing])
    stands = {
        part: ground_findings(findings, texts, titles=titles).kept
        for part, findings in found.items()
    }
    kept = {part: findings for part, findings in stands.items() if findings}
    given = len(answer.statements)
    return Rewritten(kept, given, given - sum(map(len, kept.values())))


def with_parts(
    result: Written, parts: Mapping[str, tuple[Finding, ...]], context: AnalysisContext
) -> Written:
    """Return *result* with *parts* in the place of its own; its label stays, its sources follow."""
    changes = _changes(result, parts)
    changed = {name: getattr(result, name) for name in type(result).model_fields} | changes
    changed["sources"] = _sources(changed, result, context)
    return type(result).model_validate(changed)


def _changes(
    result: Labelled, parts: Mapping[str, tuple[Finding, ...]]
) -> dict[str, FrozenModel | tuple[Finding, ...]]:
    if isinstance(result, BusinessPerspective):
        market = {name: parts[name] for name in MarketPosition.model_fields if name in parts}
        rivals = {name: parts[name] for name in ("threats", "openings") if name in parts}
        return {
            "market_position": result.market_position.model_copy(update=market),
            "competitive_landscape": result.competitive_landscape.model_copy(update=rivals),
        }
    if isinstance(result, TechnicalPerspective):
        roadmap = {name: parts[name] for name in RoadmapImpact.model_fields if name in parts}
        return {"roadmap_impact": result.roadmap_impact.model_copy(update=roadmap)}
    if isinstance(result, StrategicSynthesis):
        joined = {name: parts[name] for name in AlignmentAnalysis.model_fields if name in parts}
        rest = {name: parts[name] for name in parts if name not in AlignmentAnalysis.model_fields}
        return {
            "alignment_analysis": result.alignment_analysis.model_copy(update=joined),
            **rest,
        }
    return {}


def _sources(changed: Mapping[str, object], result: Labelled, context: AnalysisContext) -> object:
    findings = findings_in(tuple(value for name, value in changed.items() if name != "sources"))
    kept = {source.key: source for source in result.sources}
    kept |= {one.key: one for one in sources_of(evidence_of(findings), context, result)}
    ordered = sorted(kept, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    return tuple(kept[key] for key in ordered)
