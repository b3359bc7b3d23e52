"""Search results and a single item as documents."""

from __future__ import annotations

import json
from collections.abc import Sequence

from domain.clearance import high_water_mark
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeHeader, KnowledgeItem
from presentation.composition import short_title
from presentation.document import Document, Fact, Note, Quotation, Section, Statement, StatementList
from presentation.wording import counted, level_name, minute, passage, words

LONGEST_EXCERPT = 700
LONGEST_QUERY = 1_500


def search_document(query: str, results: Sequence[RetrievedItem]) -> Document:
    """Return *results* composed, best first, labelled as high as the highest of them; no level for none."""
    sections = [_result(number, item) for number, item in enumerate(results, start=1)]
    if not sections:
        note = Note("Nothing that this reader may read bears on these words.")
        sections = [Section("Nothing found", "nothing", (note,))]
    title = short_title(query) or "(an empty query)"
    if title != " ".join(query.split()):
        asked = Section("Asked", "asked", (Quotation(passage(query, limit=LONGEST_QUERY)),))
        sections = [asked, *sections]
    return Document(
        genre="Search",
        title=title,
        level=high_water_mark(item.confidentiality_level for item in results) if results else None,
        facts=(Fact("Found", counted(len(results), "item")),),
        notices=(),
        sections=tuple(sections),
    )


def item_document(item: KnowledgeItem) -> Document:
    """Return *item* composed: everything that it holds, its text as it was written."""
    sections = [Section("Text", "text", (Quotation(item.content),))]
    if item.metadata:
        written = json.dumps(
            item.metadata, ensure_ascii=False, indent=2, sort_keys=True, default=str
        )
        sections.append(Section("Metadata", "metadata", (Quotation(written),)))
    return Document(
        genre="Knowledge item",
        title=item.title,
        level=item.confidentiality_level,
        facts=(
            *_header_facts(item),
            Fact("Created", minute(item.created_at)),
            Fact("Expires", minute(item.expires_at) if item.expires_at else "never"),
        ),
        notices=(),
        sections=tuple(sections),
    )


def _result(number: int, item: RetrievedItem) -> Section:
    passages = [Quotation(passage(found.text, limit=LONGEST_EXCERPT)) for found in item.passages]
    facts = (Fact("Relevance", f"{item.relevance_score:.2f}"), *_header_facts(item))
    return Section(
        heading=f"{number}. {item.title}",
        anchor=f"result-{number}",
        level=item.confidentiality_level,
        blocks=(*passages, StatementList((Statement(text="", facts=facts),))),
    )


def _header_facts(item: KnowledgeHeader) -> tuple[Fact, ...]:
    facts = [
        Fact("Id", item.knowledge_id),
        Fact("Level", level_name(item.confidentiality_level)),
        Fact("Category", words(item.category)),
        Fact("Priority", f"{item.strategic_priority} of 10"),
        Fact("Updated", minute(item.updated_at)),
    ]
    if item.source.strip():
        facts.append(Fact("From", item.source))
    if item.tags:
        facts.append(Fact("Tags", ", ".join(item.tags)))
    return tuple(facts)
