"""LanceDB's errors, turned into ours: without paths, filters or anything else that they quote.

LanceDB raises `OSError`, `RuntimeError` or `ValueError` for a full disk, for a commit conflict and
for a file that a purge has just removed from under a search alike. All of these may pass.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from domain.errors import TransientStorageError


@asynccontextmanager
async def translated_index_errors() -> AsyncGenerator[None]:
    """Raise `TransientStorageError` for what LanceDB raises inside; also fit for decorating."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        complaint = str(error)
        known = ("No space left", "File too large", "Read-only", "conflict", "not found")
        cause = next((words for words in known if words in complaint), type(error).__name__)
        raise TransientStorageError(f"the vector index did not answer: {cause}") from None
