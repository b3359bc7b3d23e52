"""Choosing among arrays weighs the same windows as weighing every window that was found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from domain.knowledge import KnowledgeCategory
from domain.ranking import CANDIDATES, PASSAGES, Candidate, Candidates, rank
from storage.embeddings import EmbeddingIdentity
from storage.exact_search import IndexQuery, LevelInMemory, search_in_memory
from storage.index_schema import NEVER_EXPIRES, window_schema
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix, highest
from storage.level_words import WORD_COLUMNS, LevelWords, Words

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


def level_words(matrix: LevelMatrix, generator: np.random.Generator) -> LevelWords:
    words = [
        sorted({f"word{number}" for number in generator.integers(0, 12, 4)})
        for _ in matrix.knowledge_ids
    ]
    # Few distinct counts, so that many scores tie.
    counts = [[1 + len(held) % 2] * len(held) for held in words]
    columns = [matrix.knowledge_ids, words, counts]
    rows = pa.table(dict(zip(WORD_COLUMNS, columns, strict=True)))
    return LevelWords.of(rows, knowledge_ids=matrix.knowledge_ids, table_version=1)


def weighed_one_by_one(level: LevelInMemory, query: IndexQuery, words: Words) -> list[Candidate]:
    matrix = level.matrix
    cosines = matrix.scores(query.vector[np.newaxis])[0]
    items, visible = matrix.visible(categories=query.categories, now=NOW)
    rows = {int(row) for row in highest(cosines, visible, CANDIDATES)}
    scores = level.words.scores(words)
    for item in np.flatnonzero(items & (scores.scores > 0)).tolist():
        of_item = sorted(matrix.rows_of(item), key=lambda row: (-cosines[row], row))
        rows.update(of_item[:PASSAGES])
    found = matrix.candidates(sorted(rows), cosines, scores)
    return [found.row(index) for index in range(len(found))]


@pytest.mark.parametrize("seed", range(20))
def test_the_ranking_is_that_of_all_windows_found_also_where_scores_tie(seed: int):
    generator = np.random.default_rng(seed)
    matrices = [level_matrix(level, generator) for level in range(1 + seed % 5)]
    levels = [LevelInMemory(matrix, level_words(matrix, generator)) for matrix in matrices]
    vector = generator.standard_normal(DIMENSION)
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    query = IndexQuery(unit, "words", None)
    words = Words.of(["word1", "word3", "word3", "unheard"])
    every = [candidate for level in levels for candidate in weighed_one_by_one(level, query, words)]
    (chosen,) = search_in_memory(levels, [query], [words], now=NOW)
    assert rank(chosen) == rank(Candidates.of(every))
    assert len(chosen) <= len(every)
