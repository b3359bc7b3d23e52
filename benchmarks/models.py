"""Embedding models that measure or save embedding; all of them give the real model's vectors."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from storage.embeddings import EmbeddingModel, Vectors


class RememberingModel(EmbeddingModel):
    """Embeds each text once, for a measurement that stores the same texts several times."""

    def __init__(self) -> None:
        super().__init__()
        self._vectors: dict[str, Vectors] = {}

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors.update(zip(new, await super().embed(new), strict=True))
        return np.stack([self._vectors[text] for text in texts])


class ObservedModel(EmbeddingModel):
    """Keeps what was embedded, and how long it took."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.seconds = 0.0
        self.calls = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order."""
        self.texts.extend(texts)
        self.calls += 1
        started = time.perf_counter()
        vectors = await super().embed(texts)
        self.seconds += time.perf_counter() - started
        return vectors


class GivenVectors(EmbeddingModel):
    """Answers with vectors made beforehand, to measure a search without its embedding."""

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        super().__init__()
        self._vectors = dict(zip(texts, vectors, strict=True))

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order; every text must have been given."""
        return np.stack([self.vector_of(text) for text in texts])

    def vector_of(self, text: str) -> Vectors:
        """Return the vector of one of the texts."""
        return self._vectors[text]
