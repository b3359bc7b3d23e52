"""Looking for what should be gone: stretches of erased text, in every file and object of the stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from storage.database import Database
from storage.session_tables import ConclusionRow, MessageRow
from storage.settings import Settings
from storage.stored_objects import open_files, open_objects
from storage.tables import KnowledgeRow, PrincipalRow, ReportRow

_PROBES = 24
_PROBE_CHARACTERS = 40
_LEAST_PROBE_CHARACTERS = 12
"""What is shorter stands in some file by chance."""
_READ_BYTES = 1 << 22


class Scan(NamedTuple):
    """What reading every file came to."""

    files: int
    bytes: int
    found: frozenset[str]
    """The phrases that stand in some file."""


def phrases_of(content: str, *, most: int = _PROBES) -> list[str]:
    """Return at most *most* stretches of *content*, evenly spread over it."""
    if len(content) < _LEAST_PROBE_CHARACTERS:
        return []
    step = max(1, (len(content) - _PROBE_CHARACTERS) // most)
    starts = range(0, max(1, len(content) - _PROBE_CHARACTERS + 1), step)
    phrases = dict.fromkeys(content[start : start + _PROBE_CHARACTERS] for start in starts)
    return list(phrases)[:most]


def scan(settings: Settings, phrases: Sequence[str]) -> Scan:
    """Read every file of the home and of each level's index that lies elsewhere."""
    sought = {phrase: phrase.encode() for phrase in phrases}
    files = scanned = 0
    found: set[str] = set()
    for file in _stored_files(settings):
        scanned += _scan_file(file, sought, found)
        files += 1
    return Scan(files, scanned, frozenset(found))


async def not_in_truth(database: Database, phrases: Sequence[str]) -> list[str]:
    """Return those of *phrases* that no item, report, message, conclusion or principal's name contains."""
    return await _standing_in_none(
        database,
        phrases,
        (
            col(KnowledgeRow.content),
            col(KnowledgeRow.title),
            col(KnowledgeRow.source),
            col(ReportRow.body),
            col(MessageRow.content),
            col(MessageRow.answer),
            col(ConclusionRow.text),
            col(PrincipalRow.name),
        ),
    )


async def _standing_in_none(
    database: Database, phrases: Sequence[str], columns: Sequence[Mapped[Any]]
) -> list[str]:
    left = list(phrases)
    async with database.reading() as session:
        for column in columns:
            for phrase in tuple(left):
                held = select(column).where(column.contains(phrase, autoescape=True)).limit(1)
                if (await session.execute(held)).first() is not None:
                    left.remove(phrase)
    return left


def _stored_files(settings: Settings) -> Iterator[BinaryIO]:
    """Yield every file of the home and of each level's index that lies elsewhere."""
    home = settings.home
    yield from open_files(home)
    for level in settings.index_levels:
        location = settings.index_location(level)
        if location.is_remote:
            yield from open_objects(location)
        elif not Path(location.uri).is_relative_to(home):
            yield from open_files(Path(location.uri))


def _scan_file(file: BinaryIO, sought: dict[str, bytes], found: set[str]) -> int:
    """Add those of *sought* that *file* holds to *found*; return how many bytes were read."""
    longest = max((len(phrase) for phrase in sought.values()), default=0)
    scanned = 0
    tail = b""
    while block := file.read(_READ_BYTES):
        scanned += len(block)
        window = tail + block
        found.update(
            text for text, phrase in sought.items() if text not in found and phrase in window
        )
        tail = window[-longest:] if longest else b""
    return scanned
