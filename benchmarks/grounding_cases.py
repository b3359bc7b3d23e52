"""The labelled statements by which the grounding gate is judged (`benchmarks/grounding_set`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpora import example_items, retrieval_sets
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence
from domain.knowledge import ItemKey

FOLDER = Path(__file__).parent / "grounding_set"


class Case(NamedTuple):
    """A statement, what it cites, and whether it may be shown."""

    statement: str
    kind: str
    is_supported: bool
    evidence: tuple[Evidence, ...]
    items: Mapping[ItemKey, str]

    @property
    def is_held_out(self) -> bool:
        """Whether the rules are never tuned on it: the last digit of the statement's SHA-256 is odd."""
        return int(hashlib.sha256(self.statement.encode()).hexdigest()[-1], 16) % 2 == 1


def example_cases() -> list[Case]:
    """Return the statements over the example company's knowledge."""
    items = {item.key: item.content for item in example_items()}
    return [case for group in _groups("examples.jsonl") for case in _cases(group, items, _cited)]


def retrieval_cases(data: Path) -> list[Case]:
    """Return the statements over the public sets below *data*."""
    texts = {
        _key(f"{one.name}/{document.document_id}"): document.text
        for one in retrieval_sets(data)
        for document in one.documents
    }
    return [case for group in _groups("retrieval.jsonl") for case in _cases(group, texts, _placed)]


def _groups(name: str) -> Iterator[dict[str, Any]]:
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _cases(group: dict[str, Any], items: Mapping[ItemKey, str], cite: Any) -> Iterator[Case]:
    evidence = tuple(cite(one, items) for one in group["evidence"])
    for one in group["statements"]:
        yield Case(one["statement"], one["kind"], one["expected"] == "keep", evidence, items)


def _cited(one: dict[str, Any], items: Mapping[ItemKey, str]) -> Evidence:
    level = ConfidentialityLevel(one["confidentiality_level"])
    start = items[ItemKey(one["knowledge_id"], level)].index(one["quote"])
    return Evidence(
        knowledge_id=one["knowledge_id"],
        confidentiality_level=level,
        quote=one["quote"],
        start=start,
    )


def _placed(one: dict[str, Any], items: Mapping[ItemKey, str]) -> Evidence:
    key = _key(f"{one['set']}/{one['document_id']}")
    quote = items[key][one["start"] : one["start"] + one["length"]]
    return Evidence(
        knowledge_id=key.knowledge_id,
        confidentiality_level=key.confidentiality_level,
        quote=quote,
        start=one["start"],
    )


def _key(document: str) -> ItemKey:
    return ItemKey(document, ConfidentialityLevel.PUBLIC)
