"""LanceDB's errors, turned into ours: without paths, filters or anything else that they quote.

LanceDB raises `OSError`, `RuntimeError` or `ValueError` for a full disk, for a commit conflict and
for a file that a purge has just removed from under a search alike. All of these may pass; what an object
store says of keys and buckets does not.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import StorageError, TransientStorageError

_LASTING = {
    "the object store refuses this process's keys to the vector index": (
        "403 Forbidden",
        "status: 403",
        "401 Unauthorized",
        "status: 401",
        "lacked the necessary privileges",
    ),
    "the bucket of the vector index does not exist": ("NoSuchBucket",),
}


@asynccontextmanager
async def translated_index_errors() -> AsyncGenerator[None]:
    """Raise `TransientStorageError` or `StorageError` for what LanceDB raises; also fit for decorating."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        complaint = str(error)
        for sentence, signs in _LASTING.items():
            if any(sign in complaint for sign in signs):
                raise StorageError(sentence) from None
        known = ("No space left", "File too large", "Read-only", "conflict", "not found")
        cause = next((words for words in known if words in complaint), type(error).__name__)
        raise TransientStorageError(f"the vector index did not answer: {cause}") from None
