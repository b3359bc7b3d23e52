"""What a search takes, beside a NumPy scan and LanceDB's own hybrid search of the same windows.

Every side is given the query's vector and returns the best 20 windows or items. Diarchy searches five
levels' tables, checks each item against SQL under the reader's clearance and writes the audit entry;
NumPy multiplies one matrix of all permitted vectors and sorts out 20; LanceDB searches vectors and
words of one table with a filter on level and expiry and joins them by reciprocal ranks. Queries go to
all sides by turns in random order. Vectors are random, which changes nothing for an exact scan.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import lancedb
import numpy as np
from lancedb import AsyncTable
from lancedb.expr import col, lit
from lancedb.index import FTS, Bitmap, BTree, IvfFlat
from lancedb.rerankers import RRFReranker

from benchmarks.corpora import questions
from benchmarks.homes import NOW, reader_of, temporary_stores
from benchmarks.models import GivenVectors
from benchmarks.report import milliseconds, percentile, print_table, times, verdict
from benchmarks.window_load import Load, load_of, store, unit_vectors
from storage.embeddings import EmbeddingModel, Vectors
from storage.knowledge_base import SearchQuery

_SIZES = (10_000, 100_000)
_QUERIES = 120
_WARMING = 10
_LIMIT = 20
_PARTITIONS = 256
_REQUIRED_OF_NUMPY = 3.0

Search = Callable[[str, Vectors], Awaitable[int]]


async def run(data: Path | None) -> None:
    """Measure every size and print a table each."""
    for windows in _SIZES:
        await _run_size(windows, data)


async def _run_size(windows: int, data: Path | None) -> None:
    load = load_of(windows, data)
    chosen = random.Random(1)
    asked = chosen.sample(questions(data), _QUERIES + _WARMING)
    embedding = await _embedding_seconds(asked)
    model = GivenVectors(asked, unit_vectors(len(asked), seed=1))
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        async with temporary_stores(model) as stores:
            await store(load, stores)
            reader = await reader_of(stores)

            async def diarchy(text: str, _: Vectors) -> int:
                query = SearchQuery(text=text, limit=_LIMIT)
                return len((await stores.knowledge.search([query], reader))[0])

            table = await _one_table(load, folder, "flat")
            partitioned = await _one_table(load, folder, "partitioned")
            await partitioned.create_index(
                "vector", config=IvfFlat(distance_type="dot", num_partitions=_PARTITIONS)
            )
            sides: dict[str, Search] = {
                "Diarchy": diarchy,
                "NumPy scan": _numpy_scan(load),
                "LanceDB hybrid": _hybrid(table, None),
                "LanceDB hybrid, IVF_FLAT, all partitions": _hybrid(partitioned, _PARTITIONS),
            }
            # Python's collector would walk these hundred thousands of rows while sides are timed.
            del load
            seconds = await _measure(sides, asked, model, chosen)
    _print(windows, seconds, embedding[_WARMING:])


async def _embedding_seconds(texts: list[str]) -> list[float]:
    model = EmbeddingModel()
    seconds: list[float] = []
    for text in texts:
        started = time.perf_counter()
        await model.embed([text])
        seconds.append(time.perf_counter() - started)
    return seconds


async def _measure(
    sides: dict[str, Search], asked: list[str], model: GivenVectors, chosen: random.Random
) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number, text in enumerate(asked):
        for name in chosen.sample(list(sides), len(sides)):
            started = time.perf_counter()
            found = await sides[name](text, model.vector_of(text))
            elapsed = time.perf_counter() - started
            if number >= _WARMING:
                seconds[name].append(elapsed)
            if not found:
                raise SystemExit(f"{name} found nothing, so there is nothing to compare")
    return seconds


def _numpy_scan(load: Load) -> Search:
    matrix = load.permitted_vectors(NOW)

    async def scan(_: str, vector: Vectors) -> int:
        scores = matrix @ vector
        best = np.argpartition(scores, -_LIMIT)[-_LIMIT:]
        return len(best[np.argsort(-scores[best])])

    return scan


def _hybrid(table: AsyncTable, partitions: int | None) -> Search:
    permitted = col("level").isin(list(range(5))).and_(col("expires_at").gt(lit(NOW)))
    columns = ["item_key", "knowledge_id", "level", "start", "text"]

    async def search(text: str, vector: Vectors) -> int:
        query = table.query().nearest_to(vector).distance_type("dot")
        if partitions is not None:
            query = query.nprobes(partitions)
        hybrid = query.nearest_to_text(text, columns=["text"]).where(permitted).select(columns)
        found = await hybrid.rerank(RRFReranker()).limit(_LIMIT).to_arrow()
        return int(found.num_rows)

    return search


async def _one_table(load: Load, folder: str, name: str) -> AsyncTable:
    """Store every window of every level in one table with the indexes that LanceDB recommends."""
    connection = await lancedb.connect_async(f"{folder}/{name}")
    table = await connection.create_table("windows", load.one_table())
    await table.create_index("level", config=Bitmap())
    await table.create_index("expires_at", config=BTree())
    await table.create_index(
        "text",
        config=FTS(with_position=False, language="English", stem=True, remove_stop_words=True),
    )
    await table.optimize()
    return table


def _print(windows: int, seconds: dict[str, list[float]], embedding: list[float]) -> None:
    ours = seconds["Diarchy"]
    median = percentile(ours, 50)
    rows = [
        [
            name,
            milliseconds(percentile(taken, 50)),
            milliseconds(percentile(taken, 99)),
            times(median / percentile(taken, 50)),
            times(percentile(ours, 99) / percentile(taken, 99)),
        ]
        for name, taken in seconds.items()
    ]
    of_numpy = median / percentile(seconds["NumPy scan"], 50)
    of_hybrid = median / percentile(seconds["LanceDB hybrid"], 50)
    print_table(
        f"Search of {windows:,} windows over five levels, {len(ours)} queries",
        ["", "p50 ms", "p99 ms", "Diarchy's p50 is", "its p99 is"],
        rows,
        notes=[
            (
                f"embedding a query: p50 {milliseconds(percentile(embedding, 50))} ms, p99 "
                f"{milliseconds(percentile(embedding, 99))} ms, the same for every side, in no figure above"
            ),
            (
                f"no slower than LanceDB's hybrid: {verdict(of_hybrid <= 1)}; p50 within "
                f"{_REQUIRED_OF_NUMPY:.0f} times NumPy: {verdict(of_numpy <= _REQUIRED_OF_NUMPY)}"
            ),
        ],
    )
