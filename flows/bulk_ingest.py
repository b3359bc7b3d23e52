"""From many files to searchable knowledge, the embedding spread over the processes of a Dask cluster.

Storing is one process's, in the order of the files, and so is writing the index; embedding, which takes
nearly all of the time, is everybody's. Batches are cut by level and before anything is embedded, so the
index is byte for byte what `ingest_knowledge` makes, however many processes there are. Killed midway and
run again, nothing is lost or there twice; a process that dies loses its batch to another one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

from prefect.futures import PrefectFuture

from domain.clearance import ConfidentialityLevel
from domain.ingest import IngestReport
from domain.records import IngestDefaults
from flows.dask_cluster import ClusterTaskRunner
from flows.ingest_knowledge import store_sources
from flows.parameters import (
    DefaultCategory,
    DefaultLevel,
    DefaultPriority,
    Requester,
    SourcePaths,
)
from storage.item_windows import IndexBatch
from tasks.artifacts import shown_progress
from tasks.identification import identify_requester
from tasks.ingestion import index_pending
from tasks.quiet_flow import quiet_flow
from tasks.spreading import embed_batch, plan_batches, settle_level, write_batch
from tasks.stores import flow_stores

_BATCHES_AHEAD = 32
"""Embedded at most before they are written, some 2 MB each: a bound for the cluster's memory."""

Embedding = tuple[IndexBatch, PrefectFuture[Any]]


@quiet_flow(
    name="bulk-ingest",
    run_name="bulk-ingest by {requester}",
    task_runner=cast("Any", ClusterTaskRunner()),  # typed for runners of Prefect's own futures
)
async def bulk_ingest(
    paths: SourcePaths,
    requester: Requester,
    confidentiality_level: DefaultLevel = None,
    category: DefaultCategory = None,
    strategic_priority: DefaultPriority = None,
) -> IngestReport:
    """Read files, store their items at up to the requester's clearance, and index them by many.

    What cannot be taken is reported with file, row, field and reason; the rest goes on.
    """
    defaults = IngestDefaults(
        confidentiality_level=confidentiality_level,
        category=category,
        strategic_priority=strategic_priority,
    )
    async with flow_stores(), shown_progress():
        writer = await identify_requester(requester)
        _, report = await store_sources(paths, writer, defaults)
        await _index_by_many()
        await index_pending()  # what others wrote meanwhile
        return report


async def _index_by_many() -> None:
    batches = await plan_batches()
    removed = {batch.level: False for batch in batches}
    ahead: deque[Embedding] = deque()
    for batch in batches:
        ahead.append((batch, embed_batch.submit(batch)))
        if len(ahead) > _BATCHES_AHEAD:
            await _write_first(ahead, removed)
    while ahead:
        await _write_first(ahead, removed)
    for level, went in removed.items():
        await settle_level(level, removed=went)


async def _write_first(ahead: deque[Embedding], removed: dict[ConfidentialityLevel, bool]) -> None:
    batch, embedding = ahead.popleft()
    windows = cast("bytes", await asyncio.to_thread(embedding.result))
    removed[batch.level] |= await write_batch(batch, windows)
