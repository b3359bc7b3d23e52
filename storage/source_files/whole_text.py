"""A whole text file, decoded strictly: UTF-8, or UTF-16 with a byte order mark.

No encoding is guessed. A guess that is wrong changes what a document says; a refusal names what to
do.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from storage.source_files.places import problem
from storage.source_files.rows import NOT_UTF8

MAX_TEXT_BYTES = 80_000_000
"""The longest content an item may have, at four bytes a character."""

MAX_SIDECAR_BYTES = 1_000_000


def read_text(path: Path, *, limit: int = MAX_TEXT_BYTES) -> str:
    """Return the text of *path* with plain line feeds; raise `InvalidRecord` or `OSError`."""
    data = read_bytes(path, limit=limit)
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise problem(path, NOT_UTF8) from None
    if "\0" in text:
        raise problem(path, "must not hold NUL characters; it may not be a text file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path, *, limit: int) -> bytes:
    """Return the bytes of *path*; raise `InvalidRecord` when it is empty or longer than *limit*."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if not data:
        raise problem(path, "is empty")
    if len(data) > limit:
        raise problem(path, f"is larger than {limit // 1_000_000} MB")
    return data
