"""Search: candidates from the permitted levels' index, ranked, then checked against the truth.

The index may lag behind SQL by what the outbox still owes. So every candidate is looked up in SQL
under the reader's own condition before it is returned: what was reclassified, changed, expired or
deleted a moment ago is gone at once, whatever the index still holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel
from domain.evidence import Passage, RetrievedItem
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel
from domain.ranking import COSINE_FLOOR, Candidate, RankedItem, covers, rank
from domain.sentences import Span
from storage.cached_embeddings import CachedEmbeddings
from storage.chunking import window_spans
from storage.database import Database
from storage.embeddings import EmbeddingModel, Vectors
from storage.exact_search import IndexQuery
from storage.knowledge_rows import header_fields, visible_to
from storage.stems import stems_of
from storage.tables import KnowledgeRow
from storage.vector_index import VectorIndex

MAX_QUERY_CHARACTERS = 100_000
MAX_LIMIT = 200
_MOST_QUERY_WINDOWS = 8
_MOST_QUERY_WORDS = 64
_SPARE = 3
"""How many more items than asked for are looked up, to stand in for those below the floor."""
_ROWS_AT_ONCE = 500

_HEADER_COLUMNS = (
    col(KnowledgeRow.item_key),
    col(KnowledgeRow.version),
    col(KnowledgeRow.knowledge_id),
    col(KnowledgeRow.level_rank),
    col(KnowledgeRow.title),
    col(KnowledgeRow.category),
    col(KnowledgeRow.strategic_priority),
    col(KnowledgeRow.source),
    col(KnowledgeRow.tags),
    col(KnowledgeRow.created_at),
    col(KnowledgeRow.updated_at),
    col(KnowledgeRow.expires_at),
)
_WHOLE_UP_TO = 100_000
"""Characters up to which a content is fetched whole and cut here; longer ones are cut by SQL."""


class SearchQuery(FrozenModel):
    """One question to the knowledge base."""

    text: str = Field(min_length=1, max_length=MAX_QUERY_CHARACTERS, pattern=r"\S")
    categories: tuple[KnowledgeCategory, ...] | None = Field(default=None, min_length=1)
    """None searches every category."""
    limit: int = Field(default=10, ge=1, le=MAX_LIMIT)


class KnowledgeSearch:
    """Finds what bears on a query among what a reader may read."""

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        model: EmbeddingModel,
        embeddings: CachedEmbeddings,
    ) -> None:
        self._database = database
        self._index = index
        self._model = model
        self._embeddings = embeddings

    async def search(
        self, queries: Sequence[SearchQuery], *, clearance: Clearance, now: datetime
    ) -> list[tuple[RetrievedItem, ...]]:
        """Return for each query its items, most relevant first.

        All queries are embedded as one batch. Raises `IndexMismatch` when the index was made by
        another embedding model.
        """
        if not queries:
            return []
        vectors = await self._embed([query.text for query in queries], clearance)
        asked = [
            IndexQuery(vector=vector, text=_words_to_match(query.text), categories=query.categories)
            for query, vector in zip(queries, vectors, strict=True)
        ]
        found = await self._index.search(asked, clearance=clearance, now=now)
        ranked = [
            rank(candidates, limit=query.limit * _SPARE)
            for query, candidates in zip(queries, found, strict=True)
        ]
        wanted = {item.item_key for items in ranked for item in items}
        rows = await self._visible_rows(wanted, clearance=clearance, now=now)
        floor = _Floor(self._index)
        results: list[tuple[RetrievedItem, ...]] = []
        for query, index_query, items in zip(queries, asked, ranked, strict=True):
            retrieved: list[RetrievedItem] = []
            for item in items:
                row = rows.get(item.item_key)
                if row is None or not _is_current(row, item):
                    continue
                candidate = await self._retrieved(row, item)
                if await floor.is_passed_by(item, candidate, index_query.text):
                    retrieved.append(candidate)
                if len(retrieved) == query.limit:
                    break
            results.append(tuple(retrieved))
        return results

    async def _embed(self, texts: Sequence[str], clearance: Clearance) -> Vectors:
        """Return a vector a text; a text longer than the model reads is the mean of its windows."""
        windows = await asyncio.to_thread(
            lambda: [_query_windows(text, self._model) for text in texts]
        )
        flat = [window for several in windows for window in several]
        vectors = await self._embeddings.embed(flat, clearance)
        joined: list[Vectors] = []
        first = 0
        for several in windows:
            mean = vectors[first : first + len(several)].mean(axis=0)
            joined.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
            first += len(several)
        return np.stack(joined).astype(np.float32)

    async def _visible_rows(
        self, item_keys: set[str], *, clearance: Clearance, now: datetime
    ) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        ordered = sorted(item_keys)
        for first in range(0, len(ordered), _ROWS_AT_ONCE):
            some = ordered[first : first + _ROWS_AT_ONCE]
            content = func.substr(KnowledgeRow.content, 1, _WHOLE_UP_TO).label("beginning")
            wanted = select(*_HEADER_COLUMNS, content).where(  # pyright: ignore[reportCallIssue, reportArgumentType] - typed for at most four columns
                visible_to(clearance, now), col(KnowledgeRow.item_key).in_(some)
            )
            rows |= {row.item_key: row for row in await self._database.rows(wanted)}
        return rows

    async def _retrieved(self, row: Any, item: RankedItem) -> RetrievedItem:
        passages = [
            Passage(
                text=await self._text_of(row, window.candidate),
                start=window.candidate.start,
                relevance=min(1.0, window.score),
            )
            for window in item.windows
        ]
        return RetrievedItem(
            **header_fields(row),
            relevance_score=min(1.0, item.relevance),
            passages=tuple(passages),
        )

    async def _text_of(self, row: Any, window: Candidate) -> str:
        end = window.start + window.length
        if end <= len(row.beginning):
            return row.beginning[window.start : end]
        slice_of = select(func.substr(KnowledgeRow.content, window.start + 1, window.length)).where(
            col(KnowledgeRow.item_key) == row.item_key, col(KnowledgeRow.version) == row.version
        )
        async with self._database.reading() as session:
            return (await session.execute(slice_of)).scalar_one_or_none() or " "


class _Floor:
    """What an item must reach to be returned: near by meaning, or holding the query's words.

    Made for one search: a query is cut into terms once.
    """

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self._terms: dict[str, frozenset[str]] = {}

    async def is_passed_by(self, item: RankedItem, found: RetrievedItem, words: str) -> bool:
        if item.best_cosine >= COSINE_FLOOR:
            return True
        asked = await self._terms_of(words, found.confidentiality_level)
        held = stems_of(found.title)
        return covers(asked, held.union(*(stems_of(passage.text) for passage in found.passages)))

    async def _terms_of(self, text: str, level: ConfidentialityLevel) -> frozenset[str]:
        """Return the terms that a text index makes of *text*, the same at every level."""
        if text not in self._terms:
            table = await self._index.find_table(level)
            self._terms[text] = frozenset() if table is None else await table.tokens(text)
        return self._terms[text]


def _is_current(row: Any, item: RankedItem) -> bool:
    return row.version == item.version and row.level_rank == item.level_rank


def _words_to_match(text: str) -> str:
    """Return the first distinct words of *text*: an endless query is matched by how it begins."""
    return " ".join(list(dict.fromkeys(text.split()))[:_MOST_QUERY_WORDS])


def _query_windows(text: str, model: EmbeddingModel) -> list[str]:
    """Return *text* as the windows that the model reads whole, evenly chosen when they are many."""
    if len(text) <= model.max_tokens:
        return [text]  # a word piece has at least one character
    spans = window_spans(
        text,
        offsets_of_tokens=model.offsets_of_tokens,
        max_tokens=model.max_tokens,
        overlap_tokens=0,
    )
    chosen: list[Span] = spans
    if len(spans) > _MOST_QUERY_WINDOWS:
        step = len(spans) / _MOST_QUERY_WINDOWS
        chosen = [spans[int(number * step)] for number in range(_MOST_QUERY_WINDOWS)]
    return [text[span.start : span.end] for span in chosen] or [text[: model.max_tokens]]
