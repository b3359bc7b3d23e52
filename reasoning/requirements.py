"""Technical requirements as typed values, each with the words that state it.

Requirements come from the requirement itself, then the caller's notes, then what the business
perspective quotes. A figure counts only in a sentence that speaks of what it measures (a percentage
beside "availability", a sum beside "budget"), and not where it tells how things stand today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from domain.analysis import (
    BusinessPerspective,
    RequirementKind,
    TechnicalRequirement,
)
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.sentences import sentence_spans
from reasoning.requests import AnalysisRequest
from reasoning.stated_values import Stated, stated_in

_LONGEST_QUOTE = 300
_LONGEST_READ = 1_000
"""Characters read as one sentence."""
_OBLIGATION = re.compile(
    r"\b(?:must|shall|requires?|required|demands?|demanded|insists?|mandatory|condition|obliged"
    r"|only buy|will not sign|expects?)\b",
    re.IGNORECASE,
)
_FROM_BUSINESS = frozenset(RequirementKind) - {RequirementKind.BUDGET, RequirementKind.DEADLINE}
_KIND_ORDER = {kind: order for order, kind in enumerate(RequirementKind)}


class _Text(NamedTuple):
    """Where to look: a text, its place and its label; `start` is its offset in what it is part of."""

    text: str
    start: int
    knowledge_id: str
    level: ConfidentialityLevel
    origin: EvidenceOrigin


def technical_requirements(
    request: AnalysisRequest, business: BusinessPerspective | None
) -> tuple[TechnicalRequirement, ...]:
    """Return what the texts require, by kind and then as stated; each value once."""
    found: dict[object, TechnicalRequirement] = {}
    asked_on = request.asked_at.date() if request.asked_at is not None else None
    for sentence in _requesting_sentences(request):
        for stated in stated_in(sentence.text, asked_on):
            if stated.key not in found:
                found[stated.key] = _requirement(sentence, stated)
    for sentence in _demanding_sentences(business):
        for stated in stated_in(sentence.text):
            if stated.kind in _FROM_BUSINESS and stated.key not in found:
                found[stated.key] = _requirement(sentence, stated)
    return tuple(sorted(found.values(), key=lambda requirement: _KIND_ORDER[requirement.kind]))


def _requesting_sentences(request: AnalysisRequest) -> Iterator[_Text]:
    texts = [("requirement", request.requirement, EvidenceOrigin.REQUIREMENT)]
    texts += [("context", note, EvidenceOrigin.CONTEXT) for note in request.context.values()]
    for name, text, origin in texts:
        for start, end in _bounded_spans(text):
            yield _Text(text[start:end], start, name, request.requirement_level, origin)


def _bounded_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of *text*; one without end is cut at spaces, so that work stays linear."""
    for start, end in sentence_spans(text):
        first = start
        while end - first > _LONGEST_READ:
            space = text.rfind(" ", first + 1, first + _LONGEST_READ)
            last = space if space > 0 else first + _LONGEST_READ
            yield first, last
            first = last
        yield first, end


def _demanding_sentences(business: BusinessPerspective | None) -> Iterator[_Text]:
    if business is None:
        return
    alignment, market = business.strategic_alignment, business.market_position
    findings: Iterable[Finding] = (
        *alignment.supports,
        *alignment.conflicts,
        *market.strengths,
        *market.weaknesses,
        *market.trends,
        *business.competitive_landscape.openings,
    )
    for finding in findings:
        for quote in finding.evidence:
            if quote.origin is EvidenceOrigin.KNOWLEDGE and _OBLIGATION.search(quote.quote):
                yield _Text(
                    quote.quote,
                    quote.start,
                    quote.knowledge_id,
                    quote.confidentiality_level,
                    quote.origin,
                )


def _requirement(sentence: _Text, stated: Stated) -> TechnicalRequirement:
    first, last = _quoted_stretch(sentence.text, stated.start, stated.end)
    evidence = Evidence(
        knowledge_id=sentence.knowledge_id,
        confidentiality_level=sentence.level,
        quote=sentence.text[first:last],
        start=sentence.start + first,
        origin=sentence.origin,
    )
    return TechnicalRequirement.model_validate(
        {
            "kind": stated.kind,
            "comparison": stated.comparison,
            "evidence": evidence,
            stated.field: stated.value,
        }
    )


def _quoted_stretch(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the whole sentence when it is short, else whole words around the place."""
    if len(text) <= _LONGEST_QUOTE:
        return 0, len(text)
    reach = _LONGEST_QUOTE // 3
    first, last = max(0, start - reach), min(len(text), end + reach)
    if first:
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else start
    if last < len(text):
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else end
    return first, last
