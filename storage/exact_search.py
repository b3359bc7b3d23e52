"""Search of levels that are held in memory: every vector is scored, every word is looked up.

Only what can be among the strongest of all permitted levels becomes a candidate; everything before
is arrays. Ties at the cut are kept, so `rank` weighs exactly what it would have chosen from all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.knowledge import KnowledgeCategory
from domain.ranking import CANDIDATES, PASSAGES, Candidate
from storage.embeddings import Vectors
from storage.level_matrix import LevelMatrix
from storage.level_table import LevelTable


@dataclass(frozen=True)
class IndexQuery:
    """What one query asks of the index."""

    vector: Vectors
    """Shape (dimension,), length 1."""
    text: str
    categories: tuple[KnowledgeCategory, ...] | None


@dataclass(frozen=True)
class _Nearest:
    """One query's scores at one level: every window's cosine, and the rows of the highest."""

    cosines: Vectors
    rows: NDArray[np.intp]


async def search_in_memory(
    tables: Sequence[LevelTable], queries: Sequence[IndexQuery], *, now: datetime
) -> list[list[Candidate]]:
    """Return for each query the windows worth weighing, from *tables*."""
    matrices = await asyncio.gather(*(table.matrix() for table in tables))
    expired = [matrix.expired(now) for matrix in matrices]
    text_scores = await asyncio.gather(
        *(
            table.text_scores(
                query.text,
                categories=query.categories,
                now=now,
                limit=CANDIDATES,
                expired=gone,
            )
            for query in queries
            for table, gone in zip(tables, expired, strict=True)
        )
    )
    # After the words and in one thread: products of matrices take every core, and beside another
    # search both would wait for each other.
    nearest = await asyncio.to_thread(_nearest, matrices, queries, now)
    levels = len(tables)
    return [
        _strongest(matrices, nearest[index], text_scores[index * levels : (index + 1) * levels])
        for index in range(len(queries))
    ]


def _nearest(
    matrices: Sequence[LevelMatrix], queries: Sequence[IndexQuery], now: datetime
) -> list[list[_Nearest]]:
    """Return for each query what is nearest at each level."""
    vectors = np.stack([query.vector for query in queries])
    found: list[list[_Nearest]] = [[] for _ in queries]
    for matrix in matrices:
        for query, cosines, nearest in zip(queries, matrix.scores(vectors), found, strict=True):
            visible = matrix.visible(categories=query.categories, now=now)
            nearest.append(_Nearest(cosines, matrix.nearest(cosines, visible, CANDIDATES)))
    return found


def _strongest(
    matrices: Sequence[LevelMatrix],
    nearest: Sequence[_Nearest],
    text_scores: Sequence[Mapping[str, float]],
) -> list[Candidate]:
    """Return the nearest windows and, of the items found by words, those nearest to the query."""
    cosine_cut = _cut(np.concatenate([level.cosines[level.rows] for level in nearest]))
    text_cut = _cut(np.asarray([score for scores in text_scores for score in scores.values()]))
    candidates: list[Candidate] = []
    for matrix, level, scores in zip(matrices, nearest, text_scores, strict=True):
        near = set(level.rows.tolist())
        rows = set(level.rows[level.cosines[level.rows] >= cosine_cut].tolist())
        for knowledge_id, score in scores.items():
            if score >= text_cut:
                # Written after the matrix was read, an item has no rows in it.
                of_item = matrix.rows.get(knowledge_id, range(0))
                rows.update(_nearest_of(of_item, level.cosines))
                if len(of_item) > PASSAGES:
                    rows.update(near.intersection(of_item))
        candidates.extend(matrix.candidates(sorted(rows), level.cosines, scores))
    return candidates


def _nearest_of(rows: range, cosines: Vectors) -> Sequence[int]:
    if len(rows) <= PASSAGES:
        return rows
    return sorted(rows, key=lambda row: (-cosines[row], row))[:PASSAGES]


def _cut(scores: NDArray[np.floating]) -> float:
    """Return the score that one must reach to be among the strongest."""
    if len(scores) <= CANDIDATES:
        return -np.inf
    place = len(scores) - CANDIDATES
    return float(np.partition(scores, place)[place])
