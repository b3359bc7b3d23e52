"""The vectors of queries, kept: a text that was asked before is embedded without loading the model.

Only queries come here. A document's vector lies in the index, and which documents share a batch is
settled there. Nothing that is stored changes a text's vector, so no epoch is part of the key; the
clearance of who asks is, because how fast an answer comes tells that somebody has asked it before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np

from domain.clearance import Clearance
from storage.cache import CacheKey, CacheKind, ContextCache, Made
from storage.embeddings import EmbeddingIdentity, EmbeddingModel, Vectors


class VectorCodec:
    """One vector as the bytes of its 32-bit numbers; read back, it cannot be written to."""

    def encode(self, value: Vectors) -> bytes:
        """Return the numbers, least significant byte first."""
        return value.astype("<f4").tobytes()

    def decode(self, encoded: bytes) -> Vectors:
        """Return what was encoded."""
        return np.frombuffer(encoded, dtype="<f4").astype(np.float32, copy=False)


_CODEC = VectorCodec()


class CachedEmbeddings:
    """Embeds the texts of queries, each text once a day for each clearance."""

    def __init__(
        self, model: EmbeddingModel, cache: ContextCache, *, clock: Callable[[], datetime]
    ) -> None:
        self._model = model
        self._cache = cache
        self._clock = clock

    async def embed(self, texts: Sequence[str], clearance: Clearance) -> Vectors:
        """Return one vector a text, in order; those that are not known are embedded as one batch."""
        if not texts or not self._cache.is_on:
            return await self._model.embed(texts)
        identity = await self._model.identity()

        async def make(places: Sequence[int]) -> Made[Vectors]:
            vectors = await self._model.embed([texts[place] for place in places])
            # Copies, for each row would keep the whole batch in memory.
            rows = [vector.copy() for vector in vectors]
            for row in rows:
                row.flags.writeable = False
            return Made(rows, made_at=self._clock())

        keys = [embedding_key(text, clearance, identity) for text in texts]
        return np.stack(await self._cache.fetch_all(keys, _CODEC, make))


def embedding_key(text: str, clearance: Clearance, identity: EmbeddingIdentity) -> CacheKey:
    """Return what the vector of *text* is found by."""
    return CacheKey(
        kind=CacheKind.EMBEDDING,
        clearance=clearance,
        request=text,
        epochs=(),
        versions=tuple(map(str, identity)),
    )
