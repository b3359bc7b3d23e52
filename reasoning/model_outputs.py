"""What a language model answers, and how it becomes findings with evidence that can be looked up.

A model cites by number and quote; where the quote stands is found in the item, never taken from the
model. A statement whose number or quote leads nowhere keeps no evidence and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from domain.evidence import Evidence, Finding, RetrievedItem

MOST_STATEMENTS = 60


class Citation(BaseModel):
    """An item by its number in the prompt, and words of it."""

    model_config = ConfigDict(extra="forbid")

    item: int = Field(ge=1)
    quote: str = Field(min_length=1, max_length=2_000)


class ModelStatement(BaseModel):
    """One sentence, the part of the result that it belongs to, and what it cites."""

    model_config = ConfigDict(extra="forbid")

    part: str = Field(max_length=60)
    statement: str = Field(min_length=1, max_length=600)
    citations: list[Citation] = Field(min_length=1, max_length=8)


class ModelAnswer(BaseModel):
    """A whole answer."""

    model_config = ConfigDict(extra="forbid")

    statements: list[ModelStatement] = Field(max_length=MOST_STATEMENTS)


def findings_by_part(
    answer: ModelAnswer, items: Sequence[RetrievedItem], parts: Sequence[str]
) -> Mapping[str, tuple[Finding, ...]]:
    """Return the statements of *answer* that belong to one of *parts* and whose every quote stands."""
    found: dict[str, list[Finding]] = {}
    for one in answer.statements:
        evidence = [_located(citation, items) for citation in one.citations]
        located = tuple(dict.fromkeys(quote for quote in evidence if quote is not None))
        if one.part in parts and len(located) == len(set(_pairs(one))):
            finding = Finding(statement=one.statement, evidence=located)
            found.setdefault(one.part, []).append(finding)
    return {part: tuple(dict.fromkeys(findings)) for part, findings in found.items()}


def _pairs(statement: ModelStatement) -> list[tuple[int, str]]:
    return [(citation.item, citation.quote) for citation in statement.citations]


def _located(citation: Citation, items: Sequence[RetrievedItem]) -> Evidence | None:
    if citation.item > len(items):
        return None
    item = items[citation.item - 1]
    for passage in item.passages:
        at = passage.text.find(citation.quote)
        if at >= 0:
            return Evidence(
                knowledge_id=item.knowledge_id,
                confidentiality_level=item.confidentiality_level,
                quote=citation.quote,
                start=passage.start + at,
            )
    return None
