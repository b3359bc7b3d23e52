"""A whole ingest as a share of embedding alone.

The ingest parses files, validates, commits rows with their outbox entries and audit entry, cuts
windows, embeds them and writes LanceDB, by the calls that the flow's tasks make. The peer is one bare
`SentenceTransformer.encode` of exactly the texts that the ingest embedded, by the same loaded model
in the same process. Both are run by turns, the first of a pair changing, so that drift cancels.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpora import EXAMPLE_KNOWLEDGE, documents, fields_of
from benchmarks.homes import NOW, reader_of, temporary_stores
from benchmarks.models import ObservedModel
from benchmarks.report import percentile, print_table, times, verdict
from domain.records import DuplicateTracker, IngestDefaults
from tasks.ingestion import FILES_A_STEP, find_source_files, index_pending, store_files
from tasks.stores import use_stores

_ITEMS = 700
_PAIRS = 3
_REQUIRED = 0.85
_BATCH_SIZE = 32


async def run(data: Path | None) -> None:
    """Measure and print the share."""
    model = ObservedModel()
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        paths = _sources(Path(folder), data)
        items = await _ingest(model, paths)  # warms the model and finds the texts
        texts, model.texts = model.texts, []
        ingests: list[float] = []
        encodings: list[float] = []
        shares: list[float] = []
        embedding: list[float] = []
        for pair in range(_PAIRS):
            steps = [
                (ingests, lambda: _ingest(model, paths)),
                (encodings, lambda: _encode(model, texts)),
            ]
            model.seconds = 0.0
            for seconds, measured in steps if pair % 2 else reversed(steps):
                seconds.append(await _timed(measured))
            shares.append(encodings[-1] / ingests[-1])
            embedding.append(model.seconds / ingests[-1])
    share = sum(encodings) / sum(ingests)
    rows = [
        _row("bare encode", encodings, len(texts)),
        _row("whole ingest", ingests, len(texts)),
    ]
    print_table(
        f"Ingest of {items:,} items in {len(texts):,} windows, {_PAIRS} pairs",
        ["", "p50 s", "p99 s", "windows/s"],
        rows,
        notes=[
            (
                f"ingest at {share:.3f} of the speed of encode alone (pairs {min(shares):.3f} to "
                f"{max(shares):.3f}, median {statistics.median(shares):.3f}); at least {_REQUIRED} "
                f"required: {verdict(share >= _REQUIRED)}"
            ),
            (
                f"of the ingest's time, {statistics.mean(embedding):.1%} is embedding; encoding it takes "
                f"{times(statistics.mean(embedding) / share)} the bare call's time"
            ),
        ],
    )


async def _timed(measured: Callable[[], Coroutine[Any, Any, int]]) -> float:
    started = time.perf_counter()
    await measured()
    return time.perf_counter() - started


async def _ingest(model: ObservedModel, paths: list[str]) -> int:
    """Ingest *paths* into an empty home, which is opened before and counts too; return the items."""
    async with temporary_stores(model) as stores, use_stores(stores):
        writer = await reader_of(stores)
        listing = await find_source_files.fn(paths)
        added = 0
        duplicates = DuplicateTracker()
        for first in range(0, len(listing.files), FILES_A_STEP):
            some = listing.files[first : first + FILES_A_STEP]
            stored = await store_files.fn(some, IngestDefaults(), writer, NOW, duplicates)
            added, duplicates = added + stored.report.added, stored.duplicates
        await index_pending.fn()
        return added


async def _encode(model: ObservedModel, texts: list[str]) -> int:
    bare = model._loaded()  # noqa: SLF001 - the very model that the ingest uses
    await asyncio.to_thread(bare.encode, texts, batch_size=_BATCH_SIZE, normalize_embeddings=True)
    return len(texts)


def _sources(folder: Path, data: Path | None) -> list[str]:
    """Write the items to ingest as files; return the paths to give.

    Given data becomes one file of JSON lines. The examples are read as they are, in all their
    formats, and again as Markdown with their sentences in other orders, under other ids.
    """
    found = documents(data)
    if data is not None:
        chosen = random.Random(0).sample(found, min(_ITEMS, len(found)))
        lines = [json.dumps(fields_of(document, number)) for number, document in enumerate(chosen)]
        (folder / "items.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return [str(folder)]
    shuffled = random.Random(0)
    number = 0
    while number + len(found) < _ITEMS:
        for document in found:
            number += 1
            sentences = re.split(r"(?<=[.!?])\s+", document.text)
            shuffled.shuffle(sentences)
            fields = fields_of(document, number, knowledge_id=f"{document.document_id}-{number}")
            del fields["content"]
            header = "\n".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
            text = f"---\n{header}\n---\n\n{' '.join(sentences)}\n"
            (folder / f"{number}.md").write_text(text, encoding="utf-8")
    return [str(EXAMPLE_KNOWLEDGE), str(folder)]


def _row(name: str, seconds: list[float], windows: int) -> list[str]:
    median = percentile(seconds, 50)
    return [name, f"{median:.2f}", f"{percentile(seconds, 99):.2f}", f"{windows / median:.1f}"]
