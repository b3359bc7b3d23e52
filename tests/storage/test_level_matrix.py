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
from storage.level_matrix import MATRIX_COLUMNS, LevelMatrix, highest

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


def ids_of_rows(arranged: LevelMatrix) -> list[str]:
    return [arranged.knowledge_ids[item] for item in arranged.item_of_row]


def test_rows_stand_by_id_and_offset_however_they_were_stored():
    arranged = matrix(ROWS)
    assert list(zip(ids_of_rows(arranged), arranged.starts.tolist(), strict=True)) == [
        ("a", 0),
        ("a", 20),
        ("b", 0),
        ("c", 0),
    ]
    assert [arranged.rows_of(item) for item in range(3)] == [range(2), range(2, 3), range(3, 4)]
    assert arranged.item_keys == ["key-a", "key-b", "key-c"]


@pytest.mark.parametrize(
    ("categories", "visible"), [(None, "aab"), ((RISK,), "b"), ((PEOPLE,), "aa"), ((), "")]
)
def test_only_unexpired_windows_of_the_categories_are_visible(
    categories: tuple[KnowledgeCategory, ...] | None, visible: str
):
    arranged = matrix(ROWS)
    for _ in range(2):
        items, rows = arranged.visible(categories=categories, now=NOW)
        assert "".join(ids_of_rows(arranged)[row] for row in rows) == visible
        assert {arranged.knowledge_ids[item] for item in np.flatnonzero(items)} == set(visible)


def test_what_is_visible_follows_the_clock_both_ways():
    arranged = matrix(ROWS)
    earlier, later = NOW - timedelta(days=1), NOW + timedelta(days=1)
    seen = [arranged.visible(categories=None, now=now)[1].tolist() for now in (NOW, later, earlier)]
    assert seen == [[0, 1, 2], [2], [0, 1, 2, 3]]


def test_one_query_scores_as_it_does_among_others():
    arranged = matrix(ROWS)
    queries = np.asarray([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    together = arranged.scores(queries)
    assert together.shape == (3, 4)
    for number in range(3):
        assert np.allclose(arranged.scores(queries[number : number + 1])[0], together[number])


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=30), st.integers(1, 12))
def test_the_highest_are_those_of_a_full_sort_and_all_that_tie_with_the_last(
    values: list[float], limit: int
):
    scores = np.asarray(values, dtype=np.float32)
    places = np.asarray([number for number in range(len(values)) if number % 3 != 1])
    least = sorted(scores[places], reverse=True)[:limit][-1]
    expected = [place for place in places if scores[place] >= least]
    assert list(highest(scores, places, limit)) == expected


def test_a_table_without_rows_is_a_matrix_without_rows():
    empty = matrix([])
    assert empty.vectors.shape == (0, 2)
    assert empty.knowledge_ids == []
    assert list(empty.visible(categories=None, now=NOW)[1]) == []
