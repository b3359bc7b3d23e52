"""Search of levels that are held in memory: every vector is scored, every word is looked up.

Only what can be among the strongest of all permitted levels becomes a candidate; everything before
is arrays. Ties at the cut are kept, so `rank` weighs exactly what it would have chosen from all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.knowledge import KnowledgeCategory
from domain.ranking import CANDIDATES, PASSAGES, Candidates
from storage.embeddings import Vectors
from storage.level_matrix import LevelMatrix, highest
from storage.level_words import LevelWords, Words, WordScores


@dataclass(frozen=True)
class IndexQuery:
    """What one query asks of the index."""

    vector: Vectors
    """Shape (dimension,), length 1."""
    text: str
    categories: tuple[KnowledgeCategory, ...] | None


@dataclass(frozen=True)
class LevelInMemory:
    """A level's vectors and words as of one moment."""

    matrix: LevelMatrix
    words: LevelWords

    @property
    def versions(self) -> tuple[int, int]:
        """Of the tables of windows and of items that this was read from."""
        return (self.matrix.table_version, self.words.table_version)


@dataclass(frozen=True)
class _Found:
    """One query's scores at one level, and the strongest: windows by meaning, items by words."""

    matrix: LevelMatrix
    cosines: NDArray[np.float32]
    words: WordScores
    near: NDArray[np.intp]
    by_words: NDArray[np.intp]


def search_in_memory(
    levels: Sequence[LevelInMemory],
    queries: Sequence[IndexQuery],
    words: Sequence[Words],
    *,
    now: datetime,
) -> list[Candidates]:
    """Return for each query, whose words are *words*, the windows worth weighing."""
    vectors = np.stack([query.vector for query in queries])
    found: list[list[_Found]] = [[] for _ in queries]
    for level in levels:
        cosines = level.matrix.scores(vectors)
        for number, query in enumerate(queries):
            found[number].append(_found(level, query, words[number], cosines[number], now))
    return [_strongest(of_query) for of_query in found]


def _found(
    level: LevelInMemory,
    query: IndexQuery,
    words: Words,
    cosines: NDArray[np.float32],
    now: datetime,
) -> _Found:
    items, rows = level.matrix.visible(categories=query.categories, now=now)
    scores = level.words.scores(words)
    with_words = np.flatnonzero((scores.scores > 0) & items)
    return _Found(
        matrix=level.matrix,
        cosines=cosines,
        words=scores,
        near=highest(cosines, rows, CANDIDATES),
        by_words=highest(scores.scores, with_words, CANDIDATES),
    )


def _strongest(found: Sequence[_Found]) -> Candidates:
    """Return the nearest windows and, of the items found by words, those nearest to the query."""
    cosine_cut = _cut(np.concatenate([level.cosines[level.near] for level in found]))
    text_cut = _cut(np.concatenate([level.words.scores[level.by_words] for level in found]))
    joined: list[Candidates] = []
    for level in found:
        near = set(level.near.tolist())
        rows = set(level.near[level.cosines[level.near] >= cosine_cut].tolist())
        items = level.by_words[level.words.scores[level.by_words] >= text_cut]
        for item in items.tolist():
            of_item = level.matrix.rows_of(item)
            rows.update(_nearest_of(of_item, level.cosines))
            if len(of_item) > PASSAGES:
                rows.update(near.intersection(of_item))
        joined.append(level.matrix.candidates(sorted(rows), level.cosines, level.words))
    return Candidates.joined(joined)


def _nearest_of(rows: range, cosines: NDArray[np.float32]) -> Sequence[int]:
    if len(rows) <= PASSAGES:
        return rows
    return sorted(rows, key=lambda row: (-cosines[row], row))[:PASSAGES]


def _cut(scores: NDArray[np.floating]) -> float:
    """Return the score that one must reach to be among the strongest."""
    if len(scores) <= CANDIDATES:
        return -np.inf
    place = len(scores) - CANDIDATES
    return float(np.partition(scores, place)[place])
