"""Many windows at once, without embedding them: real texts, random vectors, five equal levels.

The rows go into the same tables, by the same calls, as an ingest's would.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import insert

from benchmarks.corpora import documents
from benchmarks.homes import NOW
from domain.knowledge import KnowledgeCategory
from storage.embeddings import Vectors
from storage.index_schema import NEVER_EXPIRES, text_schema, window_schema
from storage.knowledge_rows import LEVELS
from storage.stores import Stores
from storage.tables import KnowledgeRow

_DIMENSION = 384
_INNER_DIMENSION = 24
_WINDOW_CHARACTERS = 900
"""About what 220 word pieces of English take."""
_MOST_WINDOWS = 3
_EXPIRED_SHARE = 0.02
_DROPPED_SHARE = 0.1
_ROWS_AT_ONCE = 1000
_CATEGORIES = tuple(category.value for category in KnowledgeCategory)


@dataclass(frozen=True)
class Load:
    """Items in the order of their windows; `vectors` has shape (windows, dimension)."""

    items: list[dict[str, Any]]
    """Rows of the truth."""
    item_of_window: NDArray[np.int64]
    starts: list[int]
    lengths: list[int]
    vectors: Vectors

    def permitted_vectors(self, now: datetime) -> Vectors:
        """Return the vectors of what has not expired, in one matrix."""
        current = np.asarray([_expiry(item) > now for item in self.items])
        return np.ascontiguousarray(self.vectors[current[self.item_of_window]])

    def one_table(self) -> pa.Table:
        """Return every window of every level as one table of ids, labels, texts and vectors."""
        items = [self.items[index] for index in self.item_of_window]
        spans = list(zip(items, self.starts, self.lengths, strict=True))
        return pa.table(
            {
                "item_key": [item["item_key"] for item in items],
                "knowledge_id": [item["knowledge_id"] for item in items],
                "level": pa.array([item["level_rank"] for item in items], pa.int8()),
                "expires_at": pa.array(map(_expiry, items), pa.timestamp("us", tz="UTC")),
                "start": self.starts,
                "text": [
                    f"{item['title']}\n{item['content'][start : start + length]}"
                    for item, start, length in spans
                ],
                "vector": _vector_array(self.vectors),
            }
        )


def load_of(windows: int, data: Path | None) -> Load:
    """Make *windows* windows from the documents of *data* or the examples, repeated as needed."""
    texts = documents(data)
    items: list[dict[str, Any]] = []
    item_of_window: list[int] = []
    starts: list[int] = []
    lengths: list[int] = []
    while len(starts) < windows:
        number = len(items)
        document = texts[number // len(LEVELS) % len(texts)]
        content = _variation(document.text, number)[: _WINDOW_CHARACTERS * _MOST_WINDOWS]
        for start in range(0, len(content), _WINDOW_CHARACTERS):
            item_of_window.append(number)
            starts.append(start)
            lengths.append(min(_WINDOW_CHARACTERS, len(content) - start))
        items.append(_row(number, document.title, content))
    vectors = unit_vectors(len(starts), seed=0)
    return Load(items, np.asarray(item_of_window), starts, lengths, vectors)


def _variation(text: str, number: int) -> str:
    """Leave some words out, lest repeated texts all tie, as no company's do."""
    dropped = random.Random(number)
    return " ".join(word for word in text.split() if dropped.random() > _DROPPED_SHARE) or text


def unit_vectors(count: int, *, seed: int) -> Vectors:
    """Return random vectors of length 1, shape (count, dimension), whose cosines spread as real ones do.

    Independent directions would all be at right angles to every query. These lie in a space of fewer
    dimensions, so that the nearest of many has a cosine of about 0.7.
    """
    axes = np.random.default_rng(17).standard_normal((_INNER_DIMENSION, _DIMENSION))
    inner = np.random.default_rng(seed).standard_normal((count, _INNER_DIMENSION))
    vectors = (inner @ axes).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


async def store(load: Load, stores: Stores) -> None:
    """Write *load* to the truth and to every level's tables, and settle their indexes."""
    async with stores.database.writing() as session:
        for first in range(0, len(load.items), _ROWS_AT_ONCE):
            await session.execute(insert(KnowledgeRow), load.items[first : first + _ROWS_AT_ONCE])
    index = stores.knowledge._indexer._index  # noqa: SLF001 - the bulk path past the outbox
    ranks = np.asarray([item["level_rank"] for item in load.items])[load.item_of_window]
    identity = await stores.model.identity()
    for level in LEVELS:
        table = await index.get_or_create_table(level)
        chosen = np.flatnonzero(ranks == level.rank)
        windows = [load.items[index] for index in load.item_of_window[chosen]]
        columns = _filterable(windows)
        columns["start"] = [load.starts[row] for row in chosen]
        columns["length"] = [load.lengths[row] for row in chosen]
        columns["vector"] = _vector_array(load.vectors[chosen])
        items = [item for item in load.items if item["level_rank"] == level.rank]
        texts = _filterable(items)
        texts["text"] = [f"{item['title']}\n{item['content']}" for item in items]
        words = [await table.words(text) for text in texts["text"]]
        texts["words"] = [list(found.counts) for found in words]
        texts["word_counts"] = [list(found.counts.values()) for found in words]
        await table.add(
            windows=pa.table(columns, schema=window_schema(identity)),
            texts=pa.table(texts, schema=text_schema()),
        )
        await table.optimize()


def _row(number: int, title: str, content: str) -> dict[str, Any]:
    expired = (number * 7919) % 1000 < _EXPIRED_SHARE * 1000
    return {
        "item_key": f"{number:032x}",
        "knowledge_id": f"item-{number}",
        "level_rank": number % len(LEVELS),
        "title": title[:500] or f"Item {number}",
        "category": _CATEGORIES[number // len(LEVELS) % len(_CATEGORIES)],
        "strategic_priority": 1 + number % 10,
        "source": "benchmark",
        "tags": [],
        "created_at": NOW - timedelta(days=60),
        "updated_at": NOW - timedelta(days=10),
        "expires_at": NOW - timedelta(days=1) if expired else None,
        "content": content,
        "content_digest": "",
        "record_digest": "",
        "item_metadata": {},
        "version": 1,
    }


def _filterable(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "item_key": [item["item_key"] for item in items],
        "knowledge_id": [item["knowledge_id"] for item in items],
        "version": [item["version"] for item in items],
        "confidentiality_level": [item["level_rank"] for item in items],
        "category": [item["category"] for item in items],
        "strategic_priority": [item["strategic_priority"] for item in items],
        "updated_at": [item["updated_at"] for item in items],
        "expires_at": [_expiry(item) for item in items],
    }


def _expiry(item: dict[str, Any]) -> datetime:
    return item["expires_at"] or NEVER_EXPIRES


def _vector_array(vectors: Vectors) -> pa.FixedSizeListArray:
    flat = pa.array(np.ascontiguousarray(vectors).reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
