"""Embedding by a process that has the model loaded already, so that a short run need not load it.

Both sides hold the installation's sealing key. What is asked and what is answered go sealed under it, over
a socket or a network: whoever lacks the key can neither read a text nor have one embedded. A call's texts
are embedded as they were given, never together with another caller's, because which texts share a batch
moves the last bits of a vector.

A service that cannot be reached is done without: the model is loaded here, which takes seconds and gives
the same vectors. One that has another model or another key is an error, because somebody set it up wrong.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, cast

import httpx
import numpy as np

from domain.errors import SealBroken, StorageError
from storage.embeddings import EmbeddingIdentity, EmbeddingModel, Vectors
from storage.sealing import Sealer

_log = logging.getLogger("diarchy.embeddings")

EMBED_PATH = "/embed"
HEALTH_PATH = "/health"
MOST_TEXTS = 64
"""More than these are embedded by the caller itself: a long ingest would hold up everybody's questions."""
WRONG_KEY = 401
WRONG_MODEL = 409

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 60.0
_PAUSE_SECONDS = 30.0
"""How long a service that failed is not asked again; the model has been loaded here by then."""
_NONCE_BYTES = 16


class EmbeddingRequest(NamedTuple):
    """What one call asks."""

    nonce: bytes
    """Random; the answer repeats it, so that no answer can be put in another one's place."""
    identity: EmbeddingIdentity
    """The model that the caller takes the vectors to be from."""
    texts: list[str]


def seal_request(request: EmbeddingRequest, sealer: Sealer) -> bytes:
    """Return *request* as it goes to the service."""
    told = {
        "nonce": base64.b64encode(request.nonce).decode(),
        "identity": request.identity,
        "texts": request.texts,
    }
    return sealer.seal(json.dumps(told).encode())


def open_request(sealed: bytes, sealer: Sealer) -> EmbeddingRequest:
    """Return what a caller sealed. Raises `SealBroken`."""
    told = json.loads(sealer.open(sealed))
    return EmbeddingRequest(
        nonce=base64.b64decode(told["nonce"]),
        identity=EmbeddingIdentity(*told["identity"]),
        texts=cast("list[str]", told["texts"]),
    )


def seal_answer(request: EmbeddingRequest, vectors: Vectors, sealer: Sealer) -> bytes:
    """Return the vectors of *request*'s texts as they go back."""
    return sealer.seal(request.nonce + vectors.astype("<f4").tobytes())


def open_answer(sealed: bytes, request: EmbeddingRequest, sealer: Sealer) -> Vectors:
    """Return the vectors of *request*'s texts. Raises `SealBroken` for anything but their answer."""
    opened = sealer.open(sealed)
    shape = (len(request.texts), request.identity.dimension)
    length = _NONCE_BYTES + shape[0] * shape[1] * np.dtype("<f4").itemsize
    if not opened.startswith(request.nonce) or len(opened) != length:
        raise SealBroken
    flat = np.frombuffer(opened, dtype="<f4", offset=_NONCE_BYTES)
    return flat.astype(np.float32).reshape(shape)


class ServedEmbeddings(EmbeddingModel):
    """The model of the service at *url*; *local* stands in for it.

    Raises `StorageError` when the service has another model or another sealing key.
    """

    def __init__(self, url: str, sealer: Sealer, local: EmbeddingModel) -> None:
        super().__init__()
        self._url = url
        self._sealer = sealer
        self._local = local
        self._asked_again_at = 0.0
        self._is_missed = False

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order."""
        is_asked = 0 < len(texts) <= MOST_TEXTS and time.monotonic() >= self._asked_again_at
        vectors = await self._ask(texts) if is_asked else None
        return await self._local.embed(texts) if vectors is None else vectors

    async def identity(self) -> EmbeddingIdentity:
        """Return what the index is stamped with: this process's model, which the service must have too."""
        return await self._local.identity()

    def offsets_of_tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return for each text the character offsets of its word pieces; found here, without torch."""
        return self._local.offsets_of_tokens(texts)

    @cached_property
    def max_tokens(self) -> int:
        """How many word pieces of a text the model reads, its two special ones left out."""
        return self._local.max_tokens

    async def _ask(self, texts: Sequence[str]) -> Vectors | None:
        """Return the service's vectors; None when it does not answer."""
        request = EmbeddingRequest(os.urandom(_NONCE_BYTES), await self.identity(), list(texts))
        try:
            async with service_client(self._url) as client:
                answer = await client.post(EMBED_PATH, content=seal_request(request, self._sealer))
        except httpx.HTTPError as error:
            return self._do_without(type(error).__name__)
        if answer.status_code == WRONG_KEY:
            raise StorageError(
                "the embedding service has another sealing key: start it with this home's"
            )
        if answer.status_code == WRONG_MODEL:
            raise StorageError(
                "the embedding service has another model: start it with the same "
                "DIARCHY_EMBEDDING_MODEL as the processes that use it"
            )
        if not answer.is_success:
            return self._do_without(f"it answered {answer.status_code}")
        self._is_missed = False
        return open_answer(answer.content, request, self._sealer)

    def _do_without(self, reason: str) -> None:
        self._asked_again_at = time.monotonic() + _PAUSE_SECONDS
        if not self._is_missed:
            self._is_missed = True
            _log.warning(
                "The embedding service does not answer (%s): the model is loaded in this process.",
                reason,
            )


def service_client(url: str) -> httpx.AsyncClient:
    """Return a client of the service at *url*: http://, https:// or unix:// with a socket's path."""
    scheme, _, place = url.partition("://")
    timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    if scheme == "unix":
        # Nothing to verify on a socket, and reading the machine's certificates takes a while.
        transport = httpx.AsyncHTTPTransport(uds=place, verify=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://embeddings", timeout=timeout, trust_env=False
        )
    return httpx.AsyncClient(
        base_url=url, timeout=timeout, trust_env=False, verify=scheme == "https"
    )
