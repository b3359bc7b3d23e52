"""The example company keeps what its folder promises.

There is enough of everything, every item is valid, and no secret of the story is told below its level.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain.clearance import ConfidentialityLevel
from domain.knowledge import Domain, KnowledgeCategory, KnowledgeItem, domain_of
from tests.examples.company_files import (
    BINARY_SOURCES,
    EXAMPLES,
    KNOWLEDGE,
    NEXT_WEEK,
    TABLES,
    company_files,
    items_in,
    items_of,
    text_of,
)

TODAY = datetime(2026, 11, 20, 8, tzinfo=UTC)

CODE_NAMES = {
    "lodestar": ConfidentialityLevel.TOP_SECRET,
    "halden": ConfidentialityLevel.TOP_SECRET,
    "exfiltration": ConfidentialityLevel.TOP_SECRET,
    "saltmarsh": ConfidentialityLevel.RESTRICTED,
    "keel": ConfidentialityLevel.RESTRICTED,
    "grey heron": ConfidentialityLevel.RESTRICTED,
    "waiver": ConfidentialityLevel.RESTRICTED,
}
"""Names and words of the story's secrets, with the lowest level that knows them."""


@pytest.fixture(scope="module")
def knowledge() -> list[KnowledgeItem]:
    return items_in(KNOWLEDGE)


@pytest.fixture(scope="module")
def next_week() -> list[KnowledgeItem]:
    return items_in(NEXT_WEEK)


def test_there_are_at_least_120_items_and_every_id_is_its_own(knowledge: list[KnowledgeItem]):
    ids = [item.knowledge_id for item in knowledge]
    assert len(ids) >= 120
    assert len(set(ids)) == len(ids)


def test_every_format_that_can_be_ingested_is_there():
    formats = {path.suffix for path in company_files(KNOWLEDGE)}
    assert formats == {".md", ".txt", ".html", ".pdf", ".docx", *TABLES}


def test_every_level_speaks_in_at_least_six_categories_and_every_category_is_there(
    knowledge: list[KnowledgeItem],
):
    assert {item.category for item in knowledge} == set(KnowledgeCategory)
    for level in ConfidentialityLevel:
        of_level = [item for item in knowledge if item.confidentiality_level is level]
        assert len(of_level) >= 10, level
        assert len({item.category for item in of_level}) >= 6, level


def test_priorities_spread_from_background_to_what_the_company_depends_on(
    knowledge: list[KnowledgeItem],
):
    assert {item.strategic_priority for item in knowledge} == set(range(1, 11))


@pytest.mark.parametrize("days", [7, 30])
def test_every_domain_has_news_of_the_window_at_each_level_from_internal_up(
    knowledge: list[KnowledgeItem], days: int
):
    window_start = TODAY - timedelta(days=days)
    news = {
        (domain_of(item.category), item.confidentiality_level)
        for item in knowledge
        if item.updated_at >= window_start and (item.expires_at is None or item.expires_at > TODAY)
    }
    for domain in Domain:
        for level in list(ConfidentialityLevel)[1:]:
            assert (domain, level) in news


def test_the_history_covers_two_quarters_and_ends_before_the_storys_today(
    knowledge: list[KnowledgeItem],
):
    assert min(item.created_at for item in knowledge) < TODAY - timedelta(days=170)
    assert max(item.updated_at for item in knowledge) < TODAY


def test_some_items_have_expired_some_expire_soon_and_some_never_do(
    knowledge: list[KnowledgeItem],
):
    ends = [item.expires_at for item in knowledge if item.expires_at is not None]
    assert sum(end <= TODAY for end in ends) >= 5
    assert sum(TODAY < end <= TODAY + timedelta(days=30) for end in ends) >= 5
    assert len(ends) < len(knowledge)


def test_no_item_names_a_secret_above_its_level(
    knowledge: list[KnowledgeItem], next_week: list[KnowledgeItem]
):
    for item in knowledge + next_week:
        told = words_of(item)
        for name, level in CODE_NAMES.items():
            if item.confidentiality_level.rank < level.rank:
                assert not re.search(rf"\b{name}\b", told), (item.knowledge_id, name)


def test_every_secret_is_told_where_it_may_be(knowledge: list[KnowledgeItem]):
    told = [words_of(item) for item in knowledge]
    for name in CODE_NAMES:
        assert any(re.search(rf"\b{name}\b", words) for words in told), name


def test_a_document_stands_in_the_folder_of_its_category():
    for path in company_files(KNOWLEDGE):
        if path.suffix not in TABLES:
            (item,) = items_of(path)
            assert item.category == path.parent.name


def test_next_week_updates_known_items_and_brings_a_new_one(
    knowledge: list[KnowledgeItem], next_week: list[KnowledgeItem]
):
    known = {item.key: item for item in knowledge}
    updates = [item for item in next_week if item.key in known]
    assert len(next_week) > len(updates) >= 5
    for item in updates:
        before = known[item.key]
        assert item.created_at == before.created_at
        assert item.content != before.content
    assert any(item.strategic_priority > known[item.key].strategic_priority for item in updates)
    assert any("closed" in item.content for item in updates)
    assert any("Resolved" in item.content for item in updates)


def test_next_week_is_dated_in_the_week_that_follows(next_week: list[KnowledgeItem]):
    for item in next_week:
        assert TODAY < item.updated_at < TODAY + timedelta(days=8)


def test_built_documents_say_what_their_sources_say():
    sources = sorted(BINARY_SOURCES.rglob("*.md"))
    built = [KNOWLEDGE / path.relative_to(BINARY_SOURCES).with_suffix("") for path in sources]
    assert built == [p for p in company_files(KNOWLEDGE) if p.suffix in {".pdf", ".docx"}]
    for source, document in zip(sources, built, strict=True):
        words = re.sub(r"^#+ ", "", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert text_of(document).split() == words.split(), document.name


def test_every_requirement_has_a_flat_context_of_strings():
    requirements = sorted((EXAMPLES / "requirements").glob("*.txt"))
    assert len(requirements) >= 2
    for requirement in requirements:
        context = json.loads(requirement.with_suffix(".context.json").read_text(encoding="utf-8"))
        assert context
        assert all(isinstance(value, str) for value in context.values())


def test_the_readme_counts_the_items_as_they_are(knowledge: list[KnowledgeItem]):
    assert table_of_counts(knowledge) in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def words_of(item: KnowledgeItem) -> str:
    """Everything that an item says, in lower case, with the hyphens of tags and ids as spaces."""
    return item.model_dump_json().lower().replace("-", " ")


def table_of_counts(items: list[KnowledgeItem]) -> str:
    """Return the Markdown table of items a category and level, as README.md holds it."""
    counts = Counter((item.category, item.confidentiality_level) for item in items)
    levels = list(ConfidentialityLevel)
    lines = [
        "| | " + " | ".join(level.replace("_", " ") for level in levels) + " | all |",
        "|---|" + "--:|" * (len(levels) + 1),
    ]
    for category in KnowledgeCategory:
        row = [counts[category, level] for level in levels]
        lines.append(f"| {category} | " + " | ".join(map(str, [*row, sum(row)])) + " |")
    totals = [sum(counts[category, level] for category in KnowledgeCategory) for level in levels]
    lines.append("| all | " + " | ".join(map(str, [*totals, sum(totals)])) + " |")
    return "\n".join(lines)
