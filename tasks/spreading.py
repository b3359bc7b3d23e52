"""The steps of an indexing whose embedding is spread over processes: plan, embed anywhere, write by one.

What goes from process to process is ids on the way out and sealed windows on the way back: no content.
A process that embeds reads the items from the truth by itself, with stores of its own.
"""

from __future__ import annotations

from datetime import timedelta

from domain.clearance import ConfidentialityLevel
from storage.item_windows import IndexBatch
from tasks.step import step
from tasks.stores import current_stores, flow_stores


@step(name="plan-batches", timeout=timedelta(minutes=30))
async def plan_batches() -> list[IndexBatch]:
    """Return what the index is owed, cut as one process alone would cut it, level after level."""
    return await current_stores().knowledge.index_batches()


@step(name="embed-batch", timeout=timedelta(hours=2))
async def embed_batch(batch: IndexBatch) -> bytes:
    """Return the windows of *batch* with their vectors, sealed."""
    async with flow_stores() as stores:
        return stores.sealer.seal(await stores.knowledge.embed_batch(batch))


@step(name="write-batch", timeout=timedelta(hours=2))
async def write_batch(batch: IndexBatch, windows: bytes) -> bool:
    """Bring what `embed_batch` made into the index; return whether older windows were removed.

    Raises `SealBroken` for what a process with another sealing key made.
    """
    stores = current_stores()
    return await stores.knowledge.index_batch(batch, stores.sealer.open(windows))


@step(name="settle-level", timeout=timedelta(hours=2))
async def settle_level(level: ConfidentialityLevel, *, removed: bool) -> None:
    """Merge the small files of a level's index and bring every row into its text index."""
    await current_stores().knowledge.settle_level(level, removed=removed)
