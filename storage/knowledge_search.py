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
from numpy.typing import NDArray
from pydantic import Field
from sqlalchemy import func
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel
from domain.evidence import Passage, RetrievedItem
from domain.facets import Facet
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel
from domain.ranking import Candidate, RankedItem, rank
from domain.sentences import Span
from storage.cached_embeddings import CachedEmbeddings
from storage.chunking import window_spans
from storage.database import Database
from storage.embeddings import EmbeddingModel, Vectors
from storage.exact_search import IndexQuery
from storage.knowledge_rows import header_fields, visible_to
from storage.tables import KnowledgeRow
from storage.vector_index import VectorIndex

MAX_QUERY_CHARACTERS = 100_000
MAX_LIMIT = 200
_MOST_QUERY_WINDOWS = 8
_MOST_QUERY_WORDS = 64
_SPARE = 10
"""How many more items than asked for are looked up, to stand in for those that are out of date."""
_ROWS_AT_ONCE = 500
_ASPECT_WEIGHT = 0.1
"""An aspect's share of a query's meaning: about what a phrase has at the end of a paragraph."""

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
    aspect: Facet | None = None
    """What about the text is asked. Several queries that share a text and differ in this cost little
    more than one: the text is embedded once, and the aspects once a process."""
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
        self._facets: dict[Facet, Vectors] = {}

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
        if any(query.aspect for query in queries):
            await self._embed_facets()
        asked = [
            IndexQuery(
                vector=self._joined(vectors[query.text], query.aspect),
                text=_words_to_match(f"{query.text} {query.aspect or ''}"),
                categories=query.categories,
            )
            for query in queries
        ]
        found = await self._index.search(asked, clearance=clearance, now=now)
        ranked = [
            rank(candidates, limit=query.limit + _SPARE)
            for query, candidates in zip(queries, found, strict=True)
        ]
        wanted = {item.item_key for items in ranked for item in items}
        rows = await self._visible_rows(wanted, clearance=clearance, now=now)
        results: list[tuple[RetrievedItem, ...]] = []
        for query, items in zip(queries, ranked, strict=True):
            current = [
                (row, item)
                for item in items
                if (row := rows.get(item.item_key)) is not None and _is_current(row, item)
            ]
            results.append(tuple([await self._retrieved(*one) for one in current[: query.limit]]))
        return results

    async def _embed(self, texts: Sequence[str], clearance: Clearance) -> dict[str, Vectors]:
        """Return each text's vector; that of a text longer than the model reads joins its windows'."""
        read_whole = self._model.max_tokens  # a word piece has at least one character
        distinct = list(dict.fromkeys(texts))
        if all(len(text) <= read_whole for text in distinct):
            windows = [[text] for text in distinct]
        else:
            windows = await asyncio.to_thread(
                lambda: [_query_windows(text, self._model) for text in distinct]
            )
        flat = [window for several in windows for window in several]
        vectors = await self._embeddings.embed(flat, clearance)
        embedded: dict[str, Vectors] = {}
        first = 0
        for text, several in zip(distinct, windows, strict=True):
            embedded[text] = _unit(vectors[first : first + len(several)].mean(axis=0))
            first += len(several)
        return embedded

    async def _embed_facets(self) -> None:
        """Embed every facet, once: all in one batch, so that it is the same whichever is asked first."""
        if not self._facets:
            everyone = Clearance(level=ConfidentialityLevel.PUBLIC)
            vectors = await self._embeddings.embed(list(Facet), everyone)
            self._facets = dict(zip(Facet, vectors, strict=True))

    def _joined(self, text: Vectors, aspect: Facet | None) -> Vectors:
        if aspect is None:
            return text
        return _unit((1 - _ASPECT_WEIGHT) * text + _ASPECT_WEIGHT * self._facets[aspect])

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


def _unit(vector: NDArray[np.floating]) -> Vectors:
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


def _is_current(row: Any, item: RankedItem) -> bool:
    return row.version == item.version and row.level_rank == item.level_rank


def _words_to_match(text: str) -> str:
    """Return the first distinct words of *text*: an endless query is matched by how it begins."""
    return " ".join(list(dict.fromkeys(text.split()))[:_MOST_QUERY_WORDS])


def _query_windows(text: str, model: EmbeddingModel) -> list[str]:
    """Return *text* as the windows that the model reads whole, evenly chosen when they are many."""
    if len(text) <= model.max_tokens:
        return [text]
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
