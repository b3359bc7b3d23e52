"""Homes that live as long as a measurement: a temporary folder, its stores and one reader."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.clearance import ConfidentialityLevel, Reader
from storage.embeddings import EmbeddingModel
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from storage.stores import Stores, open_stores

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
"""The week that the examples are written for; a pinned clock makes every run read the same items."""
READER = "measurer"


@asynccontextmanager
async def temporary_stores(
    model: EmbeddingModel | None = None, *, cache_entries: int = 0
) -> AsyncGenerator[Stores]:
    """Open empty stores in a folder that goes away, with one top-secret principal.

    Nothing is cached unless *cache_entries* says so: asked twice, a search is to work twice.
    """
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        settings = Settings(home=Path(folder) / "home", cache_entries=cache_entries)
        try:
            async with open_stores(settings, clock=lambda: NOW, model=model) as stores:
                await stores.principals.add(READER, ConfidentialityLevel.TOP_SECRET)
                yield stores
        finally:
            PrivateRedis(settings).stop()


async def reader_of(stores: Stores) -> Reader:
    """Return the one reader of temporary *stores*."""
    return await stores.principals.get_reader(READER)
