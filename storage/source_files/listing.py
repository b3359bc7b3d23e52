"""Which files an ingest reads: those named and those under folders, each once, in a fixed order.

Under a folder, hidden files and sidecars are passed over; whatever else is not read is told. A
link is followed where the caller named it; under a folder only when it stays inside, so that a
folder cannot pull in what lies elsewhere or turn in circles.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import InvalidRecord
from storage.source_files.places import (
    SUPPORTED_SUFFIXES,
    cannot_be_read,
    described_document,
    identity,
    problem,
    suffix,
)


@dataclass(frozen=True, slots=True)
class SourceListing:
    """The files to read, and why the others are not read."""

    files: list[Path] = field(default_factory=list[Path])
    """Sorted within each folder, in the order of the paths named; no file twice."""
    problems: list[InvalidRecord] = field(default_factory=list[InvalidRecord])
    """What was named but cannot be read, and what could not be looked into."""
    skipped: list[InvalidRecord] = field(default_factory=list[InvalidRecord])
    """What lies under a folder but is of no kind that is read, or leads out of the folder."""


def find_files(paths: Sequence[Path]) -> SourceListing:
    """Return the files that *paths* name or contain; never raises for a path that is not well."""
    listing = SourceListing()
    seen: set[str] = set()
    for path in paths:
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            listing.problems.append(problem(path, cannot_be_read(error)))
            continue
        if stat.S_ISDIR(mode):
            for found in _under(path, listing):
                _add(found, listing.files, seen)
        elif (reason := _why_not(path, mode)) is not None:
            listing.problems.append(problem(path, reason))
        else:
            _add(path, listing.files, seen)
    return listing


def _add(path: Path, files: list[Path], seen: set[str]) -> None:
    this = identity(path)
    if this not in seen:
        seen.add(this)
        files.append(path)


def _under(folder: Path, listing: SourceListing) -> Iterator[Path]:
    """Yield the readable files below *folder* in the order of their paths."""

    def tell(error: OSError) -> None:
        listing.problems.append(problem(Path(error.filename), cannot_be_read(error)))

    root = folder.resolve()
    for place, folders, names in os.walk(folder, onerror=tell):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _hidden(name))
        linked = [name for name in folders if (here / name).is_symlink()]
        for name in sorted([*linked, *(name for name in names if not _hidden(name))]):
            path = here / name
            if name in linked and path.resolve().is_relative_to(root):
                continue  # the walk comes to its target by itself
            if described_document(path) is not None:
                continue
            reason = _why_not_found(path, root)
            if reason is None:
                yield path
            else:
                listing.skipped.append(problem(path, reason))


def _hidden(name: str) -> bool:
    # Office programs keep a "~$" file beside each document that is open.
    return name.startswith((".", "~$"))


def _why_not_found(path: Path, root: Path) -> str | None:
    """Return why a file below *root* is not read, or None when it is."""
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            return "is a link that leads out of its folder; name its target to read it"
        return _why_not(path, path.stat().st_mode)
    except (OSError, RuntimeError) as error:
        return cannot_be_read(error) if isinstance(error, OSError) else "is a link to itself"


def _why_not(path: Path, mode: int) -> str | None:
    if not stat.S_ISREG(mode):
        return "is not a regular file"
    if suffix(path) not in SUPPORTED_SUFFIXES:
        return f"is of no kind that is read; those are {', '.join(sorted(SUPPORTED_SUFFIXES))}"
    return None
