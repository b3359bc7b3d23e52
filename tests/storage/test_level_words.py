"""Words in memory are worth what LanceDB's text index says they are."""

from __future__ import annotations

from pathlib import Path

import lancedb
import pyarrow as pa
import pytest
from lancedb import AsyncTable
from lancedb.query import MatchQuery

from domain.clearance import ConfidentialityLevel
from storage.embeddings import EmbeddingIdentity
from storage.index_schema import NEVER_EXPIRES, text_schema, window_schema
from storage.level_table import LevelTable, create_level_table
from storage.level_words import WORD_COLUMNS, LevelWords, Words

TEXTS = {
    "broker": "The broker migration is late. The broker carries 600 requests per second.",
    "covenant": "The covenant may be breached if revenue falls below EUR 410 million.",
    "café": "Customers of the café complain about late data and late deliveries.",
    "nothing": "the of and",
    "second": "A second factory depends on a second permit, the second of this year.",
}


async def level_with(folder: Path, texts: dict[str, str]) -> LevelTable:
    connection = await lancedb.connect_async(str(folder))
    identity = EmbeddingIdentity("test", "", 2)
    table = await create_level_table(connection, ConfidentialityLevel.PUBLIC, identity)
    words = [await table.words(text) for text in texts.values()]
    rows = [
        {
            "item_key": knowledge_id,
            "knowledge_id": knowledge_id,
            "version": 1,
            "confidentiality_level": 0,
            "category": "risk_management",
            "strategic_priority": 5,
            "updated_at": NEVER_EXPIRES,
            "expires_at": NEVER_EXPIRES,
            "text": text,
            "words": list(found.counts),
            "word_counts": list(found.counts.values()),
        }
        for (knowledge_id, text), found in zip(texts.items(), words, strict=True)
    ]
    windows = pa.Table.from_pylist([], schema=window_schema(identity))
    await table.add(windows=windows, texts=pa.Table.from_pylist(rows, schema=text_schema()))
    await table.optimize()
    return table


def texts_of(table: LevelTable) -> AsyncTable:
    return table.texts


async def in_memory(table: LevelTable, knowledge_ids: list[str]) -> LevelWords:
    rows = await texts_of(table).query().select(list(WORD_COLUMNS)).to_arrow()
    return LevelWords.of(rows, knowledge_ids=knowledge_ids, table_version=1)


@pytest.mark.parametrize(
    "query",
    [
        "broker requests",
        "the second second second",
        "late deliveries in the cafe",
        "EUR 410 million and a covenant that nobody breached",
        "unheard",
        "the of",
    ],
)
async def test_scores_are_those_of_the_text_index(tmp_path: Path, query: str):
    table = await level_with(tmp_path, TEXTS)
    search = texts_of(table).query().nearest_to_text(MatchQuery(query, "text"))  # pyright: ignore[reportCallIssue] - its defaults are not typed
    found = await search.select(["knowledge_id", "_score"]).limit(10).to_list()
    expected = {row["knowledge_id"]: row["_score"] for row in found}
    words = await in_memory(table, sorted(TEXTS))
    scores = words.scores(await table.words(query)).scores
    assert dict(zip(sorted(TEXTS), scores.tolist(), strict=True)) == pytest.approx(
        {knowledge_id: expected.get(knowledge_id, 0) for knowledge_id in TEXTS}, abs=1e-5
    )


async def test_coverage_is_the_share_of_distinct_words_that_an_item_holds(tmp_path: Path):
    table = await level_with(tmp_path, TEXTS)
    words = await in_memory(table, sorted(TEXTS))
    query = await table.words("late late broker unheard")
    coverages = dict(zip(sorted(TEXTS), words.scores(query).coverages.tolist(), strict=True))
    assert coverages["broker"] == pytest.approx(2 / 3)
    assert coverages["café"] == pytest.approx(1 / 3)
    assert coverages["covenant"] == 0
    assert query.share_in(frozenset({"late", "broker", "other"})) == pytest.approx(2 / 3)


async def test_a_query_without_words_covers_nothing(tmp_path: Path):
    table = await level_with(tmp_path, TEXTS)
    words = await in_memory(table, sorted(TEXTS))
    assert words.scores(Words.of([])).coverages.max() == 0
    assert Words.of([]).share_in(frozenset({"late"})) == 0


async def test_an_item_that_no_vector_is_known_of_has_no_place(tmp_path: Path):
    table = await level_with(tmp_path, TEXTS)
    words = await in_memory(table, ["broker"])
    assert words.scores(await table.words("covenant")).scores.tolist() == [0]
    assert words.scores(await table.words("broker")).scores[0] > 0


async def test_a_level_without_items_scores_nothing(tmp_path: Path):
    table = await level_with(tmp_path, {})
    words = await in_memory(table, [])
    assert words.scores(await table.words("broker")).scores.shape == (0,)
