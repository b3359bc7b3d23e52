"""How a source file is named in records, reports and ids.

The shown name is the path as the caller gave it; the identity is the absolute, resolved path and
is only ever hashed. Names that are not UTF-8 are shown with replacement characters, so that every
report can be printed and stored.
"""

from __future__ import annotations

import os
from pathlib import Path

from domain.errors import InvalidRecord

MARKUP_SUFFIXES = frozenset({".md", ".markdown", ".txt"})
HTML_SUFFIXES = frozenset({".html", ".htm"})
JSON_LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})
DOCUMENT_SUFFIXES = MARKUP_SUFFIXES | HTML_SUFFIXES | {".pdf", ".docx"}
TABLE_SUFFIXES = JSON_LINES_SUFFIXES | {".csv", ".parquet"}
SUPPORTED_SUFFIXES = DOCUMENT_SUFFIXES | TABLE_SUFFIXES
SIDECAR_SUFFIXES = (".yaml", ".yml")


def shown(path: Path) -> str:
    """Return the path as it is printed."""
    return os.fsencode(path).decode("utf-8", "replace")


def identity(path: Path) -> str:
    """Return what tells this file from every other: its absolute path, links resolved."""
    return os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")


def suffix(path: Path) -> str:
    return path.suffix.lower()


def sidecars(path: Path) -> list[Path]:
    """Return the YAML files that describe the document *path*; there should be one at most."""
    candidates = [path.with_name(path.name + ending) for ending in SIDECAR_SUFFIXES]
    return [candidate for candidate in candidates if os.path.lexists(candidate)]


def described_document(path: Path) -> Path | None:
    """Return the file beside *path* that *path* is the sidecar of, or None."""
    if suffix(path) not in SIDECAR_SUFFIXES:
        return None
    document = path.with_suffix("")
    return document if suffix(document) in SUPPORTED_SUFFIXES and document.is_file() else None


def problem(
    path: Path, reason: str, *, row: int | None = None, field: str | None = None
) -> InvalidRecord:
    return InvalidRecord(file=shown(path), row=row, field=field, reason=reason)


def cannot_be_read(error: OSError | ValueError) -> str:
    """Return the reason for a file that the operating system refuses."""
    cause = error.strerror if isinstance(error, OSError) else None
    return f"cannot be read: {cause or 'its name is not one that a file can have'}"
