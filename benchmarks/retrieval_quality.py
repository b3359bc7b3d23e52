"""How well search finds what people judged to be the answer: nDCG@10 and Recall@10.

Each set is stored twice: spread over the five levels as priorities and categories come, and all at one
level, because cutting a collection into levels cuts its full-text statistics too. The figures to
reach are those of a plain convex combination of exact cosine and full-text scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.corpora import Document, RetrievalSet, fields_of, retrieval_sets
from benchmarks.homes import NOW, reader_of, temporary_stores
from benchmarks.models import RememberingModel
from benchmarks.report import print_table, verdict
from domain.clearance import Reader
from domain.records import DuplicateTracker, IngestDefaults, RawRecord, validate_batch
from storage.knowledge_base import SearchQuery
from storage.stores import Stores

_DEPTH = 10
_QUERIES_AT_ONCE = 64
_REQUIRED = {"chunkeval": (0.802, 0.930), "scifact-dev": (0.714, 0.826)}
_MIDDLE_PRIORITY = 5


async def run(data: Path | None) -> None:
    """Measure every set below *data* and print the figures."""
    if data is None:
        print("retrieval_quality needs --retrieval-data FOLDER; left out")
        return
    rows: list[list[str]] = []
    for one in retrieval_sets(data):
        model = RememberingModel()
        for spread in (True, False):
            gain, recall = await _quality(one, model, spread=spread)
            required = _REQUIRED.get(one.name)
            rows.append(
                [
                    one.name,
                    "five" if spread else "one",
                    f"{len(one.documents):,}",
                    f"{len(one.grades):,}",
                    f"{gain:.4f}",
                    f"{recall:.4f}",
                    "-" if required is None else f"{required[0]:.3f} / {required[1]:.3f}",
                    ""
                    if required is None
                    else verdict(round(gain, 3) >= required[0] and round(recall, 3) >= required[1]),
                ]
            )
    print_table(
        "Retrieval quality of KnowledgeBase.search",
        ["set", "levels", "items", "queries", "nDCG@10", "Recall@10", "required", ""],
        rows,
    )


async def _quality(
    one: RetrievalSet, model: RememberingModel, *, spread: bool
) -> tuple[float, float]:
    async with temporary_stores(model) as stores:
        reader = await reader_of(stores)
        await _store(stores, one.documents, reader, spread=spread)
        asked = sorted(one.grades)
        gains: list[float] = []
        recalls: list[float] = []
        for first in range(0, len(asked), _QUERIES_AT_ONCE):
            some = asked[first : first + _QUERIES_AT_ONCE]
            queries = [SearchQuery(text=one.queries[name], limit=_DEPTH) for name in some]
            found = await stores.knowledge.search(queries, reader)
            for name, items in zip(some, found, strict=True):
                ids = [item.knowledge_id for item in items]
                gains.append(_normalized_gain(ids, one.grades[name]))
                recalls.append(len(set(ids) & one.grades[name].keys()) / len(one.grades[name]))
    return float(np.mean(gains)), float(np.mean(recalls))


async def _store(
    stores: Stores, documents: Sequence[Document], reader: Reader, *, spread: bool
) -> None:
    """Store *documents*; at one level they also share a priority and a category."""
    records: list[RawRecord] = []
    for number, document in enumerate(documents):
        fields = fields_of(document, number if spread else 0)
        fields["strategic_priority"] = _MIDDLE_PRIORITY
        records.append(RawRecord(file="corpus.jsonl", row=number + 1, fields=fields, identity=""))
    batch = validate_batch(
        records, defaults=IngestDefaults(), now=NOW, duplicates=DuplicateTracker()
    )
    if batch.refused:
        raise SystemExit(f"{len(batch.refused)} documents of the set were refused")
    for first in range(0, len(batch.items), 1000):
        await stores.knowledge.add_items(batch.items[first : first + 1000], reader)
    await stores.knowledge.drain_outbox()


def _normalized_gain(ids: Sequence[str], grades: dict[str, int]) -> float:
    """Return nDCG at the depth, with linear gain."""
    discounts = 1 / np.log2(np.arange(2, _DEPTH + 2))
    gained = [grades.get(one, 0) for one in ids[:_DEPTH]]
    best = sorted(grades.values(), reverse=True)[:_DEPTH]
    return float(np.dot(gained, discounts[: len(gained)]) / np.dot(best, discounts[: len(best)]))
