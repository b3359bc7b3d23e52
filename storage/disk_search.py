"""Search of a level that is too large to be held in memory: LanceDB scans its tables.

It weighs the same windows by the same scores as a search in memory. Ties at the end are broken by id,
however LanceDB returns equal scores.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from lancedb.expr import Expr, col, lit
from lancedb.query import MatchQuery

from domain.knowledge import KnowledgeCategory
from domain.ranking import CANDIDATES, Candidate
from storage.exact_search import IndexQuery
from storage.index_errors import translated_index_errors
from storage.level_matrix import MATRIX_COLUMNS
from storage.level_table import LevelTable
from storage.level_words import Words

_QUERIES_AT_ONCE = 32
_SCALAR_COLUMNS = tuple(column for column in MATRIX_COLUMNS if column != "vector")
_MOST_TIED_HITS = 10_000
_SPARE_HITS = 60
"""How many more hits are read at once, to see the end of a tie."""


async def search_on_disk(
    table: LevelTable, queries: Sequence[IndexQuery], words: Sequence[Words], *, now: datetime
) -> list[list[Candidate]]:
    """Return for each query, whose words are *words*, the windows of *table* worth weighing."""
    at_once = asyncio.Semaphore(_QUERIES_AT_ONCE)

    async def search_one(query: IndexQuery, of_query: Words) -> list[Candidate]:
        async with at_once:
            return await _search(table, query, of_query, now)

    await table.check_stamp_again()
    return await asyncio.gather(*map(search_one, queries, words))


@translated_index_errors()
async def _search(
    table: LevelTable, query: IndexQuery, words: Words, now: datetime
) -> list[Candidate]:
    visible = _visible(query.categories, now)
    text_scores = await _text_scores(table, query.text, visible)
    filtered = (
        table.windows.query()
        .nearest_to(query.vector)
        .distance_type("dot")
        .where(visible)
        .select([*_SCALAR_COLUMNS, "_distance"])
    )
    rows = (await filtered.limit(CANDIDATES).to_arrow()).to_pylist()
    cosines = {_place(row): 1 - row["_distance"] for row in rows}
    for row in await _windows_of(table, text_scores):
        if _place(row) not in cosines:
            cosines[_place(row)] = float(np.dot(query.vector, row["vector"]))
            rows.append(row)
    coverages = await _coverages(table, {row["knowledge_id"] for row in rows}, words)
    return [
        Candidate(
            item_key=row["item_key"],
            knowledge_id=row["knowledge_id"],
            level_rank=table.level.rank,
            strategic_priority=row["strategic_priority"],
            version=row["version"],
            start=row["start"],
            length=row["length"],
            cosine=cosines[_place(row)],
            text_score=text_scores.get(row["knowledge_id"], 0.0),
            coverage=coverages.get(row["knowledge_id"], 0.0),
        )
        for row in rows
    ]


async def _text_scores(table: LevelTable, query: str, visible: Expr) -> dict[str, float]:
    """Return the BM25 scores of the best items by id, ties at the end broken by id."""
    fetched = CANDIDATES + _SPARE_HITS
    while True:
        search = table.texts.query().nearest_to_text(MatchQuery(query, "text"))  # pyright: ignore[reportCallIssue] - its defaults are not typed
        wanted = search.where(visible).select(["knowledge_id", "_score"])
        rows = await wanted.limit(fetched).to_arrow()
        scores: list[float] = rows["_score"].to_pylist()
        ids: list[str] = rows["knowledge_id"].to_pylist()
        hits = dict(zip(ids, scores, strict=True))
        best = sorted(hits, key=lambda name: (-hits[name], name))[:CANDIDATES]
        exhausted = len(hits) < fetched or fetched > _MOST_TIED_HITS
        if exhausted or scores[-1] < hits[best[-1]]:
            return {name: hits[name] for name in best}
        fetched *= 4


async def _windows_of(table: LevelTable, text_scores: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return the windows of the items that were found by words."""
    if not text_scores:
        return []
    by_words = table.windows.query().where(col("knowledge_id").isin(sorted(text_scores)))
    return (await by_words.select(list(MATRIX_COLUMNS)).to_arrow()).to_pylist()


async def _coverages(table: LevelTable, knowledge_ids: set[str], words: Words) -> dict[str, float]:
    """Return for each of the items the share of *words* that it holds."""
    if not knowledge_ids:
        return {}
    named = table.texts.query().where(col("knowledge_id").isin(sorted(knowledge_ids)))
    rows = await named.select(["knowledge_id", "words"]).to_arrow()
    return {
        row["knowledge_id"]: words.share_in(frozenset(row["words"])) for row in rows.to_pylist()
    }


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    return (row["knowledge_id"], row["start"])


def _visible(categories: Sequence[KnowledgeCategory] | None, now: datetime) -> Expr:
    unexpired = col("expires_at").gt(lit(now))
    if categories is None:
        return unexpired
    return unexpired.and_(col("category").isin([category.value for category in categories]))
