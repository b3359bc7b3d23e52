"""Searches whose answers are cached: each query by itself, the missing ones searched as one batch.

The epochs are read before the search runs, never after. What is found is then at least as new as the
epochs that it is cached under: a change that commits in between can only make the answer newer than its
name says, and whoever reads after that change asks for another name. Read afterwards, the epochs would
give an answer from before the change the name of the time after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.clearance import Clearance
from domain.evidence import RetrievedItem
from storage.cache import CacheKey, CacheKind, ContextCache, Made
from storage.cached_values import ModelCodec
from storage.embeddings import EmbeddingModel
from storage.epochs import LevelEpochs
from storage.knowledge_search import KnowledgeSearch, SearchQuery

SEARCH_VERSION = 1
"""To be raised when the same search over the same knowledge returns something else."""

Found = tuple[RetrievedItem, ...]

_CODEC: ModelCodec[Found] = ModelCodec(Found)


class CachedSearch:
    """`KnowledgeSearch` with a memory; what it returns is what a search would return."""

    def __init__(
        self,
        search: KnowledgeSearch,
        cache: ContextCache,
        epochs: LevelEpochs,
        model: EmbeddingModel,
        *,
        exact_search_chunks: int,
    ) -> None:
        self._search = search
        self._cache = cache
        self._epochs = epochs
        self._model = model
        self._exact_search_chunks = exact_search_chunks

    async def search(
        self, queries: Sequence[SearchQuery], *, clearance: Clearance, now: datetime
    ) -> list[Found]:
        """Return for each query its items, most relevant first."""
        if not queries or not self._cache.is_on:
            return await self._search.search(queries, clearance=clearance, now=now)
        epochs = await self._epochs.read_settled(clearance)
        if epochs is None:
            return await self._search.search(queries, clearance=clearance, now=now)

        async def make(places: Sequence[int]) -> Made[Found]:
            missing = [queries[place] for place in places]
            expiry = await self._epochs.next_expiry(clearance, now)
            found = await self._search.search(missing, clearance=clearance, now=now)
            return Made(found, made_at=now, valid_until=expiry)

        versions = await self._versions()
        keys = [search_key(query, clearance, epochs, versions) for query in queries]
        return await self._cache.fetch_all(keys, _CODEC, make)

    async def _versions(self) -> tuple[str, ...]:
        identity = await self._model.identity()
        # Beyond that many windows LanceDB scans, and ties of scores may be cut elsewhere.
        return (str(SEARCH_VERSION), *map(str, identity), str(self._exact_search_chunks))


def search_key(
    query: SearchQuery, clearance: Clearance, epochs: tuple[int, ...], versions: tuple[str, ...]
) -> CacheKey:
    """Return what the answer to *query* is found by: every field of it counts."""
    return CacheKey(
        kind=CacheKind.SEARCH,
        clearance=clearance,
        request=query.model_dump_json(),
        epochs=epochs,
        versions=versions,
    )
