"""Where a result comes from: its label and the items that it cites.

The label is the high-water mark of everything that was read, cited or not: what was left out shaped the
result too. The list of sources holds the cited items only; the requirement is quoted but is no item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import Evidence, EvidenceOrigin, Finding, Labelled, Source
from domain.model import FrozenModel
from reasoning.requests import AnalysisContext, AnalysisRequest


def label_of(
    request: AnalysisRequest, context: AnalysisContext, *derived_from: Labelled | None
) -> ConfidentialityLevel:
    """Return the label of what is made from the request, the whole context and *derived_from*."""
    levels = [item.confidentiality_level for items in context.values() for item in items]
    levels += [result.confidentiality_level for result in derived_from if result is not None]
    return high_water_mark([request.requirement_level, *levels])


def sources_of(
    evidence: Iterable[Evidence], context: AnalysisContext, *derived_from: Labelled | None
) -> tuple[Source, ...]:
    """Return the items that *evidence* cites, ordered by id and level rank.

    Raises:
        KeyError: *evidence* cites an item that was neither in the context nor a source before.

    """
    known = {source.key: source for made in derived_from if made for source in made.sources}
    known |= {item.key: Source.of(item) for items in context.values() for item in items}
    cited = {quote.key for quote in evidence if quote.origin is EvidenceOrigin.KNOWLEDGE}
    ordered = sorted(cited, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    return tuple(known[key] for key in ordered)


def evidence_of(findings: Iterable[Finding]) -> tuple[Evidence, ...]:
    """Return the evidence of *findings*, each quote once, in their order."""
    return tuple(dict.fromkeys(quote for finding in findings for quote in finding.evidence))


def findings_in(value: object) -> Iterator[Finding]:
    """Yield every finding anywhere in *value*, in the order of its fields."""
    if isinstance(value, Finding):
        yield value
    elif isinstance(value, FrozenModel):
        for name in type(value).model_fields:
            yield from findings_in(getattr(value, name))
    elif isinstance(value, tuple):
        for part in cast("tuple[object, ...]", value):
            yield from findings_in(part)
