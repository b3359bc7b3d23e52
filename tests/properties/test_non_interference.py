"""Two promises over everything that a reader can get.

Non-interference: it is byte for byte what it would be had nothing above the reader's clearance been
stored. High-water mark: it is labelled with the highest level among all that it was made from.

The flows' own code runs here without Prefect's engine around each task, which adds nothing to what a
reader gets and would take most of the time; tests/flows runs the same flows through it.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from prefect import Task

from domain.analysis import ComprehensiveAnalysis
from domain.briefing import CeoBriefing
from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from domain.knowledge import Domain, KnowledgeCategory
from domain.summary import StrategicSummary, TimeHorizon
from flows import ceo_briefing, comprehensive_analysis, strategic_summary
from reasoning.requests import AnalysisRequest, questions_for
from storage.knowledge_base import SearchQuery
from storage.stores import Stores
from tasks.analysis import ITEMS_A_QUESTION
from tasks.stores import use_stores
from tests.properties.corpora import (
    NOW,
    QUERIES,
    READER,
    REQUIREMENTS,
    Corpus,
    company_with,
    corpora,
    levels,
    many_cases,
)
from tests.properties.labels import assert_within_its_label, highest

_NARROWED = (KnowledgeCategory.RISK_MANAGEMENT, KnowledgeCategory.FINANCIAL_ANALYSIS)


@dataclass(frozen=True)
class Readings:
    """Everything that a reader can get from a company."""

    found: tuple[RetrievedItem, ...]
    summary: StrategicSummary
    first_briefing: CeoBriefing
    second_briefing: CeoBriefing
    analysis: ComprehensiveAnalysis
    retrieved_levels: tuple[ConfidentialityLevel, ...]
    """The levels of what the analysis's own questions bring up."""

    def as_text(self) -> dict[str, str]:
        return {
            "search": "\n".join(item.model_dump_json() for item in self.found),
            "summary": self.summary.model_dump_json(),
            "first briefing": self.first_briefing.model_dump_json(),
            "second briefing": self.second_briefing.model_dump_json(),
            "analysis": self.analysis.model_dump_json(),
        }


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a task that is called be its function; what belongs on Prefect's pages goes nowhere."""

    async def show_nothing() -> None: ...

    def call(task: Task[..., Any], *args: Any, **kwargs: Any) -> Any:
        return show_nothing() if task.name == "show-result" else task.fn(*args, **kwargs)

    monkeypatch.setattr(Task, "__call__", call)


@pytest.mark.usefixtures("without_engine")
@many_cases
@given(corpus=corpora(), level=levels)
async def test_what_is_above_a_reader_changes_nothing_and_labels_cover_what_is_below(
    corpus: Corpus, level: ConfidentialityLevel
) -> None:
    async with company_with(corpus.items, level) as stores, use_stores(stores):
        with_everything = await everything_read_from(stores, corpus)
    async with company_with(corpus.readable_at(level), level) as stores, use_stores(stores):
        without_secrets = await everything_read_from(stores, corpus)

    expected = without_secrets.as_text()
    for kind, text in with_everything.as_text().items():
        assert text == expected[kind], kind
    assert_labels(with_everything, corpus, level)


async def everything_read_from(stores: Stores, corpus: Corpus) -> Readings:
    reader = await stores.principals.get_reader(READER)
    queries = [SearchQuery(text=text, limit=5) for text in QUERIES]
    queries += [SearchQuery(text=text, categories=_NARROWED) for text in QUERIES]
    found = await stores.knowledge.search(queries, reader)
    requirement = REQUIREMENTS[len(corpus.items) % len(REQUIREMENTS)]
    request = AnalysisRequest(
        requirement=requirement, requirement_level=ConfidentialityLevel.PUBLIC
    )
    questions = [
        SearchQuery(
            text=question.text,
            aspect=question.aspect,
            categories=question.categories,
            limit=ITEMS_A_QUESTION,
        )
        for question in questions_for(request)
    ]
    retrieved = await stores.knowledge.search(questions, reader)
    return Readings(
        found=tuple(item for items in found for item in items),
        summary=await strategic_summary.fn(domain_of(corpus), TimeHorizon.YEAR, READER),
        first_briefing=await ceo_briefing.fn(READER, TimeHorizon.MONTH),
        second_briefing=await ceo_briefing.fn(READER, TimeHorizon.MONTH),
        analysis=await comprehensive_analysis.fn(requirement, READER),
        retrieved_levels=tuple(item.confidentiality_level for items in retrieved for item in items),
    )


def assert_labels(readings: Readings, corpus: Corpus, level: ConfidentialityLevel) -> None:
    in_window = [
        item.confidentiality_level
        for item in corpus.readable_at(level)
        if item.category in domain_of(corpus).categories
        and (item.expires_at is None or item.expires_at > NOW)
    ]
    assert readings.summary.confidentiality_level.rank == highest(in_window)
    asked_at = min(ConfidentialityLevel.INTERNAL.rank, level.rank)
    made_from = max(asked_at, highest(readings.retrieved_levels))
    assert readings.analysis.confidentiality_level.rank == made_from
    for result in (
        readings.summary,
        readings.first_briefing,
        readings.second_briefing,
        readings.analysis,
    ):
        assert_within_its_label(result, corpus, level)


def domain_of(corpus: Corpus) -> Domain:
    return tuple(Domain)[len(corpus.items) % len(Domain)]
