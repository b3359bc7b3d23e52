"""What is derived carries the highest level among everything it was made from, and cites within it."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from pydantic import BaseModel

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Labelled
from domain.knowledge import Domain, ItemKey
from domain.summary import TimeHorizon
from flows import ceo_briefing, comprehensive_analysis, strategic_summary
from reasoning.requests import AnalysisRequest, questions_for
from storage.knowledge_base import SearchQuery
from storage.stores import Stores
from tasks.stores import use_stores
from tests.properties.corpora import (
    NOW,
    READER,
    REQUIREMENTS,
    Corpus,
    company_with,
    corpora,
    levels,
    many_cases,
)


@pytest.mark.usefixtures("prefect_api")
@many_cases
@given(corpus=corpora(), level=levels)
async def test_every_result_is_labelled_with_the_highest_level_it_was_made_from(
    corpus: Corpus, level: ConfidentialityLevel
) -> None:
    async with company_with(corpus.items, level) as stores, use_stores(stores):
        summary = await strategic_summary(Domain.MARKET, TimeHorizon.YEAR, READER)
        in_window = [
            one
            for one in corpus.readable_at(level)
            if one.category in Domain.MARKET.categories
            and (one.expires_at is None or one.expires_at > NOW)
        ]
        assert summary.confidentiality_level.rank == _highest(
            one.confidentiality_level for one in in_window
        )
        briefing = await ceo_briefing(READER, TimeHorizon.QUARTER)
        analysis = await comprehensive_analysis(REQUIREMENTS[0], READER)
        retrieved = await _levels_retrieved(stores, REQUIREMENTS[0])
        asked_at = min(ConfidentialityLevel.INTERNAL.rank, level.rank)
        assert analysis.confidentiality_level.rank == max(asked_at, _highest(retrieved))
        for result in (summary, briefing, analysis):
            _assert_within_its_label(result, corpus, level)


async def _levels_retrieved(stores: Stores, requirement: str) -> list[ConfidentialityLevel]:
    """The levels of what the analysis's own questions bring up."""
    reader = await stores.principals.get_reader(READER)
    request = AnalysisRequest(
        requirement=requirement, requirement_level=ConfidentialityLevel.PUBLIC
    )
    queries = [
        SearchQuery(text=question.text, categories=question.categories, limit=12)
        for question in questions_for(request)
    ]
    found = await stores.knowledge.search(queries, reader)
    return [item.confidentiality_level for items in found for item in items]


def _highest(levels_found: Any) -> int:
    return max((level.rank for level in levels_found), default=0)


def _assert_within_its_label(result: Labelled, corpus: Corpus, level: ConfidentialityLevel) -> None:
    contents = {one.key: one.content for one in corpus.items}
    label = result.confidentiality_level.rank
    assert label <= level.rank
    for labelled in _instances(result, Labelled):
        assert labelled.confidentiality_level.rank <= label
    cited = list(_instances(result, Evidence))
    for evidence in cited:
        assert evidence.confidentiality_level.rank <= label
        if evidence.origin is EvidenceOrigin.KNOWLEDGE:
            content = contents[ItemKey(evidence.knowledge_id, evidence.confidentiality_level)]
            assert content[evidence.start : evidence.end] == evidence.quote
    named = {source.key for source in result.sources}
    assert {one.key for one in cited if one.origin is EvidenceOrigin.KNOWLEDGE} <= named


def _instances(value: object, kind: type[Any]) -> Iterator[Any]:
    if isinstance(value, kind):
        yield value
    if isinstance(value, BaseModel):
        for _, field in value:
            yield from _instances(field, kind)
    elif isinstance(value, (tuple, list)):
        for entry in value:  # pyright: ignore[reportUnknownVariableType] - of any type
            yield from _instances(entry, kind)
