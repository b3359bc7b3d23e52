"""Purging: an item's content leaves every file and object, and the report says how that was checked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel
from domain.errors import StorageError
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from storage.cache import ContextCache
from storage.database import Database
from storage.indexing import Indexer
from storage.reports import ReportStore
from storage.settings import Settings
from storage.stored_objects import open_files, open_objects
from storage.tables import KnowledgeRow
from storage.task_results import TaskResults

_log = logging.getLogger("diarchy.purging")

_PROBES = 24
_PROBE_CHARACTERS = 40
_LEAST_PROBE_CHARACTERS = 12
"""What is shorter stands in some file by chance."""
_READ_BYTES = 1 << 22


EraseCopies = Callable[[Sequence[str]], Awaitable[None]]
"""Erases what stands of reports, by their ids, outside the stores."""


async def no_copies(report_ids: Sequence[str]) -> None:
    """Erase nothing: for a home whose reports are shown nowhere else."""
    del report_ids


class PurgeReport(FrozenModel):
    """What a purge removed, and that nothing of it is left.

    Says nothing that depends on other items: how many reports went with this one, or how much was
    searched, would tell of what lies above the principal's clearance. The audit log has those counts.
    """

    knowledge_id: str
    confidentiality_level: ConfidentialityLevel
    phrases_sought: int
    """Stretches of the content that were looked for in every file of the stores and not found."""


class Erasure(NamedTuple):
    """What erasing an item took, for the audit log."""

    reports: int
    """Stored summaries, briefings and analyses that were made from the item."""
    files_scanned: int
    bytes_scanned: int
    phrases_sought: int
    phrases_elsewhere: int
    """Those of the phrases that also stand in another item, where they may be found."""


class Purger:
    """Erases what deleting leaves behind: old index versions, free pages, reports, results."""

    def __init__(
        self,
        *,
        database: Database,
        indexer: Indexer,
        reports: ReportStore,
        results: TaskResults,
        cache: ContextCache,
        settings: Settings,
    ) -> None:
        self._database = database
        self._indexer = indexer
        self._reports = reports
        self._results = results
        self._cache = cache
        self._settings = settings

    async def erase(self, key: ItemKey, content: str, erase_copies: EraseCopies) -> Erasure:
        """Erase the traces of an item that is no longer in the truth.

        *erase_copies* is given the ids of the reports that go with it.
        Raises `StorageError` when a phrase of it still stands in a file; another process that has
        the files open can cause that, and `diarchy maintain` erases again.
        """
        await self._indexer.drain()
        erased = await self._reports.erase_made_from(key)
        await erase_copies(erased)
        await self.erase_remains()
        phrases = _phrases_of(content)
        own = await self._in_no_other_item(phrases)
        files, scanned = await asyncio.to_thread(self._scan, own)
        return Erasure(
            reports=len(erased),
            files_scanned=files,
            bytes_scanned=scanned,
            phrases_sought=len(phrases),
            phrases_elsewhere=len(phrases) - len(own),
        )

    async def erase_remains(self) -> None:
        """Rewrite index and database without what was deleted; drop kept results and cached answers.

        Without Redis what is cached there stays until its time to live is over: nobody asks for it
        any more, and it is sealed, so it does not keep the purge from succeeding.
        """
        await self._indexer.erase_removed()
        await self._results.drop_all()
        if not await self._cache.erase():
            _log.warning("Redis did not answer: sealed cached answers go when their time is over")
        await self._database.vacuum()

    async def _in_no_other_item(self, phrases: Sequence[str]) -> list[str]:
        own: list[str] = []
        async with self._database.reading() as session:
            for phrase in phrases:
                elsewhere = select(KnowledgeRow.item_key).where(
                    col(KnowledgeRow.content).contains(phrase, autoescape=True)
                )
                if (await session.execute(elsewhere.limit(1))).first() is None:
                    own.append(phrase)
        return own

    def _scan(self, phrases: Sequence[str]) -> tuple[int, int]:
        """Return how many files and bytes were read; raise when one holds a phrase."""
        sought = [phrase.encode() for phrase in phrases]
        files = scanned = 0
        for file in self._stored_files():
            scanned += _scan_file(file, sought)
            files += 1
        return files, scanned

    def _stored_files(self) -> Iterator[BinaryIO]:
        """Yield every file of the home and of each level's index that lies elsewhere."""
        home = self._settings.home
        yield from open_files(home)
        for level in self._settings.index_levels:
            location = self._settings.index_location(level)
            if location.is_remote:
                yield from open_objects(location)
            elif not Path(location.uri).is_relative_to(home):
                yield from open_files(Path(location.uri))


def _phrases_of(content: str) -> list[str]:
    """Return stretches of *content*, evenly spread over it."""
    if len(content) < _LEAST_PROBE_CHARACTERS:
        return []
    step = max(1, (len(content) - _PROBE_CHARACTERS) // _PROBES)
    starts = range(0, max(1, len(content) - _PROBE_CHARACTERS + 1), step)
    phrases = dict.fromkeys(content[start : start + _PROBE_CHARACTERS] for start in starts)
    return list(phrases)[:_PROBES]


def _scan_file(file: BinaryIO, sought: Sequence[bytes]) -> int:
    longest = max((len(phrase) for phrase in sought), default=0)
    scanned = 0
    tail = b""
    while block := file.read(_READ_BYTES):
        scanned += len(block)
        window = tail + block
        if any(phrase in window for phrase in sought):
            raise StorageError(
                "the item is gone for every reader, but a file still holds a trace of it; "
                "stop other processes and run `diarchy maintain`"
            )
        tail = window[-longest:] if longest else b""
    return scanned
