"""What a reader gets is byte for byte what it would get had nothing above its clearance been stored."""

import pytest
from hypothesis import given

from domain.clearance import ConfidentialityLevel
from domain.knowledge import Domain, KnowledgeCategory
from domain.summary import TimeHorizon
from flows import ceo_briefing, comprehensive_analysis, strategic_summary
from storage.knowledge_base import SearchQuery
from storage.stores import Stores
from tasks.stores import use_stores
from tests.properties.corpora import (
    QUERIES,
    READER,
    REQUIREMENTS,
    Corpus,
    company_with,
    corpora,
    levels,
    many_cases,
)

_NARROWED = (KnowledgeCategory.RISK_MANAGEMENT, KnowledgeCategory.FINANCIAL_ANALYSIS)


@pytest.mark.usefixtures("prefect_api")
@many_cases
@given(corpus=corpora(), level=levels)
async def test_search_summary_briefing_and_analysis_are_the_same_without_what_is_above(
    corpus: Corpus, level: ConfidentialityLevel
) -> None:
    async with company_with(corpus.items, level) as stores, use_stores(stores):
        with_everything = await everything_read_from(stores, corpus)
    async with company_with(corpus.readable_at(level), level) as stores, use_stores(stores):
        without_secrets = await everything_read_from(stores, corpus)
    for kind, text in with_everything.items():
        assert text == without_secrets[kind], kind


async def everything_read_from(stores: Stores, corpus: Corpus) -> dict[str, str]:
    reader = await stores.principals.get_reader(READER)
    queries = [SearchQuery(text=text, limit=5) for text in QUERIES]
    queries += [SearchQuery(text=text, categories=_NARROWED) for text in QUERIES]
    found = await stores.knowledge.search(queries, reader)
    domain = tuple(Domain)[len(corpus.items) % 3]
    summary = await strategic_summary(domain, TimeHorizon.QUARTER, READER)
    first = await ceo_briefing(READER, TimeHorizon.MONTH)
    second = await ceo_briefing(READER, TimeHorizon.MONTH)
    requirement = REQUIREMENTS[len(corpus.items) % len(REQUIREMENTS)]
    analysis = await comprehensive_analysis(requirement, READER)
    return {
        "search": "\n".join(item.model_dump_json() for items in found for item in items),
        "summary": summary.model_dump_json(),
        "first briefing": first.model_dump_json(),
        "second briefing": second.model_dump_json(),
        "analysis": analysis.model_dump_json(),
    }
