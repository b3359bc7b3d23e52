"""Choosing among arrays weighs the same windows as weighing every window that was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from domain.knowledge import KnowledgeCategory
from domain.ranking import CANDIDATES, PASSAGES, Candidate, rank
from storage.embeddings import EmbeddingIdentity
from storage.exact_search import IndexQuery, _nearest, _strongest
from storage.index_schema import NEVER_EXPIRES, window_schema
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ITEMS = 300
WINDOWS_OF_ITEM = 5
DIMENSION = 6
CATEGORIES = [category.value for category in KnowledgeCategory]


def level_matrix(rank_of_level: int, generator: np.random.Generator) -> LevelMatrix:
    items = [number for number in range(ITEMS) for _ in range(WINDOWS_OF_ITEM)]
    schema = window_schema(EmbeddingIdentity("test", "", DIMENSION))
    # Few distinct directions, so that many cosines tie.
    vectors = generator.integers(-1, 2, (len(items), DIMENSION)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)
    columns = {
        "knowledge_id": [f"item-{number:03}" for number in items],
        "start": [place % WINDOWS_OF_ITEM * 100 for place in range(len(items))],
        "length": [100] * len(items),
        "version": [1] * len(items),
        "item_key": [f"{rank_of_level}-{number}" for number in items],
        "category": [CATEGORIES[number % len(CATEGORIES)] for number in items],
        "strategic_priority": [1 + number % 10 for number in items],
        "expires_at": [NOW - timedelta(days=1) if n % 9 == 0 else NEVER_EXPIRES for n in items],
        "vector": list(vectors),
    }
    arrays = [pa.array(columns[name], schema.field(name).type) for name in MATRIX_COLUMNS]
    table = pa.table(arrays, names=list(MATRIX_COLUMNS))
    return LevelMatrix.of(table, level_rank=rank_of_level, table_version=1)


def text_scores_of(matrix: LevelMatrix, generator: np.random.Generator) -> dict[str, float]:
    visible = sorted(set(matrix.knowledge_ids) - matrix.expired(NOW))
    chosen = generator.choice(visible, CANDIDATES, replace=False)
    return {str(one): float(generator.integers(1, 12)) for one in chosen}


def weighed_one_by_one(
    matrix: LevelMatrix, query: IndexQuery, text_scores: dict[str, float]
) -> list[Candidate]:
    cosines = matrix.scores(query.vector[np.newaxis])[0]
    visible = matrix.visible(categories=query.categories, now=NOW)
    rows = {int(row) for row in matrix.nearest(cosines, visible, CANDIDATES)}
    for knowledge_id in text_scores:
        of_item = sorted(matrix.rows[knowledge_id], key=lambda row: (-cosines[row], row))
        rows.update(of_item[:PASSAGES])
    return matrix.candidates(sorted(rows), cosines, text_scores)


@pytest.mark.parametrize("seed", range(20))
def test_the_ranking_is_that_of_all_windows_found_also_where_scores_tie(seed: int):
    generator = np.random.default_rng(seed)
    matrices = [level_matrix(level, generator) for level in range(1 + seed % 5)]
    vector = generator.standard_normal(DIMENSION)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    query = IndexQuery(unit, "words", None)
    text_scores = [text_scores_of(matrix, generator) for matrix in matrices]
    (nearest,) = _nearest(matrices, [query], NOW)
    every = [
        candidate
        for matrix, scores in zip(matrices, text_scores, strict=True)
        for candidate in weighed_one_by_one(matrix, query, scores)
    ]
    chosen = _strongest(matrices, nearest, text_scores)
    assert rank(chosen) == rank(every)
    assert len(chosen) <= len(every)
