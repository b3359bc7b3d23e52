"""An embedding model for tests that need many vectors: quick, and exact however texts are batched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from storage.embeddings import EmbeddingIdentity, EmbeddingModel, Vectors

_SLOTS = 16
_WIDTH = 16


class MinHashModel(EmbeddingModel):
    """Texts that share words are near each other: a cosine is the share of equal minimal hashes.

    Every vector has sixteen components of a quarter, so its length is 1 and no sum of products is
    rounded: a query scores the same alone and within a batch, bit for bit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order."""
        self.embedded.extend(texts)
        vectors = np.zeros((len(texts), _SLOTS * _WIDTH), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            words = text.lower().split() or [""]
            for slot in range(_SLOTS):
                least = min(_hash(word, slot) for word in words)
                row[slot * _WIDTH + least % _WIDTH] = 0.25
        return vectors

    async def identity(self) -> EmbeddingIdentity:
        """Return what the index is stamped with."""
        return EmbeddingIdentity("minhash", "0" * 64, _SLOTS * _WIDTH)


def _hash(word: str, slot: int) -> int:
    digest = hashlib.blake2b(word.encode(), digest_size=8, salt=slot.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big")
