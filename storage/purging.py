"""Purging: an item's content leaves every file and object, and the report says how that was checked."""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple

from domain.clearance import ConfidentialityLevel
from domain.errors import StorageError
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from storage.cache import ContextCache
from storage.database import Database
from storage.indexing import Indexer
from storage.reports import ReportStore
from storage.session_erasure import EraseCopies, SessionEraser, no_copies
from storage.settings import Settings
from storage.task_results import TaskResults
from storage.traces import not_in_truth, phrases_of, scan

__all__ = ["EraseCopies", "Erasure", "PurgeReport", "Purger", "no_copies"]

_log = logging.getLogger("diarchy.purging")


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
    answers: int
    """Answers in conversations that were, with what they concluded."""
    files_scanned: int
    bytes_scanned: int
    phrases_sought: int
    phrases_elsewhere: int
    """Those of the phrases that others said or wrote as well, where they may be found. That they did is
    told to nobody: a guess that is stored and purged would tell what lies above its writer."""


class Purger:
    """Erases what deleting leaves behind: old index versions, free pages, reports, results."""

    def __init__(
        self,
        *,
        database: Database,
        indexer: Indexer,
        reports: ReportStore,
        sessions: SessionEraser,
        results: TaskResults,
        cache: ContextCache,
        settings: Settings,
    ) -> None:
        self._database = database
        self._indexer = indexer
        self._reports = reports
        self._sessions = sessions
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
        answers = await self._sessions.erase_made_from(key)
        await erase_copies(erased)
        await self.erase_remains()
        phrases = phrases_of(content)
        seen = await asyncio.to_thread(scan, self._settings, phrases)
        traces = await not_in_truth(self._database, sorted(seen.found))
        if traces:
            raise StorageError(
                "the item is gone for every reader, but a file still holds a trace of it; "
                "stop other processes and run `diarchy maintain`"
            )
        return Erasure(
            reports=len(erased),
            answers=answers,
            files_scanned=seen.files,
            bytes_scanned=seen.bytes,
            phrases_sought=len(phrases),
            phrases_elsewhere=len(seen.found),
        )

    async def erase_remains(self) -> None:
        """Rewrite index and database without what was deleted; drop kept results and cached answers.

        Without Redis what is cached there stays until its time to live is over: nobody asks for it
        any more, and it is sealed, so it does not keep the purge from succeeding.
        """
        await self._indexer.erase_removed()
        await self._sessions.erase_remains()
        await self._results.drop_all()
        if not await self._cache.erase():
            _log.warning("Redis did not answer: sealed cached answers go when their time is over")
        await self._database.vacuum()
