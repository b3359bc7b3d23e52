from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.knowledge import KnowledgeCategory
from storage.embeddings import EmbeddingIdentity
from storage.index_schema import NEVER_EXPIRES, window_schema
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix

NOW = datetime(2026, 5, 4, tzinfo=UTC)
RISK, PEOPLE = KnowledgeCategory.RISK_MANAGEMENT, KnowledgeCategory.HUMAN_RESOURCES
ROWS = [
    ("b", 0, RISK, NEVER_EXPIRES, [0.0, 1.0]),
    ("a", 20, PEOPLE, NOW + timedelta(microseconds=1), [1.0, 0.0]),
    ("c", 0, RISK, NOW, [1.0, 0.0]),
    ("a", 0, PEOPLE, NOW + timedelta(microseconds=1), [0.6, 0.8]),
]


def matrix(rows: list[tuple[str, int, KnowledgeCategory, datetime, list[float]]]) -> LevelMatrix:
    schema = window_schema(EmbeddingIdentity("m", "0", 2))
    columns = {
        "knowledge_id": [row[0] for row in rows],
        "start": [row[1] for row in rows],
        "length": [10] * len(rows),
        "version": [1] * len(rows),
        "item_key": [f"key-{row[0]}" for row in rows],
        "category": [row[2].value for row in rows],
        "strategic_priority": [5] * len(rows),
        "expires_at": [row[3] for row in rows],
        "vector": [row[4] for row in rows],
    }
    fields = pa.schema([schema.field(name) for name in MATRIX_COLUMNS])
    return LevelMatrix.of(pa.table(columns, schema=fields), level_rank=1, table_version=7)


def test_rows_stand_by_id_and_offset_however_they_were_stored():
    arranged = matrix(ROWS)
    assert list(zip(arranged.knowledge_ids, arranged.starts.tolist(), strict=True)) == [
        ("a", 0),
        ("a", 20),
        ("b", 0),
        ("c", 0),
    ]
    assert arranged.rows == {"a": range(2), "b": range(2, 3), "c": range(3, 4)}


@pytest.mark.parametrize(
    ("categories", "visible"), [(None, "aab"), ((RISK,), "b"), ((PEOPLE,), "aa"), ((), "")]
)
def test_only_unexpired_windows_of_the_categories_are_visible(
    categories: tuple[KnowledgeCategory, ...] | None, visible: str
):
    arranged = matrix(ROWS)
    mask = arranged.visible(categories=categories, now=NOW)
    assert "".join(np.asarray(arranged.knowledge_ids)[mask]) == visible


def test_one_query_scores_as_it_does_among_others():
    arranged = matrix(ROWS)
    queries = np.asarray([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    together = arranged.scores(queries)
    assert together.shape == (3, 4)
    for number in range(3):
        assert np.allclose(arranged.scores(queries[number : number + 1])[0], together[number])


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=30), st.integers(1, 12))
def test_the_nearest_are_those_of_a_full_sort_with_ties_by_row(scores: list[float], limit: int):
    arranged = matrix(ROWS[:1])
    cosines = np.asarray(scores, dtype=np.float32)
    mask = np.asarray([number % 3 != 1 for number in range(len(scores))])
    expected = sorted(np.flatnonzero(mask), key=lambda row: (-cosines[row], row))[:limit]
    assert list(arranged.nearest(cosines, mask, limit)) == expected


def test_a_table_without_rows_is_a_matrix_without_rows():
    empty = matrix([])
    assert empty.vectors.shape == (0, 2)
    assert empty.rows == {}
    assert list(empty.nearest(np.zeros(0, np.float32), np.zeros(0, bool), 5)) == []
