"""What is measured on: the example company's items, or retrieval sets that are given as folders.

A retrieval set is a folder with `corpus.jsonl` ({_id, title, text}), `queries.jsonl` ({_id, text})
and `qrels.tsv` (query, document, grade). A folder given may be a set or hold several.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.homes import NOW
from domain.errors import InvalidRecord
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.records import DuplicateTracker, IngestDefaults, validate_batch
from storage.knowledge_rows import LEVELS
from storage.source_files import find_files, read_records

EXAMPLES = Path(__file__).parent.parent / "examples"
EXAMPLE_KNOWLEDGE = EXAMPLES / "knowledge"
_CATEGORIES = tuple(KnowledgeCategory)
_SHORTEST = 200
"""Characters; shorter texts are no documents."""


class Document(NamedTuple):
    """A text with its title."""

    document_id: str
    title: str
    text: str


class RetrievalSet(NamedTuple):
    """Documents, questions, and which documents answer which question how well."""

    name: str
    documents: list[Document]
    queries: dict[str, str]
    grades: dict[str, dict[str, int]]


def example_items() -> list[KnowledgeItem]:
    """Return every valid item of examples/knowledge, in the order of its files."""
    duplicates = DuplicateTracker()
    items: list[KnowledgeItem] = []
    for path in find_files([EXAMPLE_KNOWLEDGE]).files:
        for records in read_records(path):
            valid = [record for record in records if not isinstance(record, InvalidRecord)]
            batch = validate_batch(valid, defaults=IngestDefaults(), now=NOW, duplicates=duplicates)
            items.extend(one.item for one in batch.items)
    return items


def documents(data: Path | None) -> list[Document]:
    """Return the documents of the sets below *data*, or the examples' where there is none."""
    if data is not None:
        sets = retrieval_sets(data)
        return [document for one in sets for document in one.documents]
    return [
        Document(item.knowledge_id, item.title, item.content)
        for item in example_items()
        if len(item.content) >= _SHORTEST
    ]


def questions(data: Path | None) -> list[str]:
    """Return questions that somebody asks of `documents`; of the examples, their titles."""
    if data is not None:
        return [text for one in retrieval_sets(data) for text in one.queries.values()]
    return [item.title for item in example_items() if len(item.content) >= _SHORTEST]


def retrieval_sets(folder: Path) -> list[RetrievalSet]:
    """Return the sets in *folder* itself and in its subfolders, by name; exits when there is none."""
    folders = sorted({path.parent for path in folder.rglob("corpus.jsonl")})
    if not folders:
        raise SystemExit(f"no corpus.jsonl in {folder.name} or below")
    return [_retrieval_set(path) for path in folders]


def fields_of(
    document: Document, number: int, *, knowledge_id: str | None = None
) -> dict[str, Any]:
    """Return *document* as the fields of an item; *number* spreads level, category and priority."""
    return {
        "knowledge_id": knowledge_id or document.document_id,
        "title": document.title[:500] or document.document_id,
        "content": document.text,
        "category": _CATEGORIES[number % len(_CATEGORIES)].value,
        "confidentiality_level": LEVELS[number % len(LEVELS)].value,
        "strategic_priority": 1 + number % 10,
        "source": "benchmark",
        "tags": [],
        "created_at": "2026-10-01T08:00:00Z",
        "updated_at": "2026-11-20T08:00:00Z",
    }


def _retrieval_set(folder: Path) -> RetrievalSet:
    grades: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            query, document, grade = line.rstrip("\n").split("\t")
            if int(grade) > 0:
                grades.setdefault(query, {})[document] = int(grade)
    return RetrievalSet(
        name=folder.name,
        documents=[
            Document(row["_id"], row.get("title", ""), row["text"])
            for row in _rows(folder / "corpus.jsonl")
        ],
        queries={row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")},
        grades=grades,
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
