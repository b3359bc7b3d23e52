"""Erasing conversations: whole ones, those that outlived their retention, and answers made from a purged item.

What is erased leaves the truth in one transaction; after that nobody can read it, whatever happens next.
Then it leaves what was made from the truth: working memory, the index of conclusions, kept results of flow
runs, cached answers and the free pages of the database. A process that is killed in between has erased
nothing of that twice and leaves nothing for good: `diarchy maintain` does the rest.

Afterwards every file is read for the inner keys of the messages, which are random and stand in no row but
the session's own. Words are sought too, and only the audit log has how many were found: files hold what
others wrote at any level, and a reader who types a guess must not learn that it stands in one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import Reader
from domain.knowledge import ItemKey
from domain.sessions import ERASED, SessionErasure, is_over
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.cache import ContextCache
from storage.conclusions import ConclusionMemory
from storage.database import Database
from storage.reports import erase_reports
from storage.session_rows import own_session
from storage.session_tables import (
    ConclusionRow,
    MessageRow,
    MessageSourceRow,
    SessionReportRow,
    SessionRow,
)
from storage.settings import Settings
from storage.task_results import TaskResults
from storage.traces import not_in_truth, phrases_of, scan
from storage.working_memory import WorkingMemoryStore

EraseCopies = Callable[[Sequence[str]], Awaitable[None]]
"""Erases what stands of reports, by their ids, outside the stores."""
_RETENTION = "retention"
"""Who erases what has outlived its time; the log says so by this name."""
_MOST_SOUGHT = 96


async def no_copies(report_ids: Sequence[str]) -> None:
    """Erase nothing: for a home whose reports are shown nowhere else."""
    del report_ids


class _Part(NamedTuple):
    """What left the truth of one session, all of it or what a reader may read."""

    contents: tuple[str, ...]
    keys: tuple[str, ...]
    """Of the reader's messages; those of answers that concluded something are shown to others."""
    conclusions: tuple[str, ...]
    reports: tuple[str, ...]


class SessionEraser:
    """Erases what conversations left behind, and looks whether anything is there afterwards."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        memory: WorkingMemoryStore,
        conclusions: ConclusionMemory,
        results: TaskResults,
        cache: ContextCache,
        settings: Settings,
    ) -> None:
        self._database = database
        self._audit = audit
        self._memory = memory
        self._conclusions = conclusions
        self._results = results
        self._cache = cache
        self._settings = settings

    async def delete(
        self, session_id: str, reader: Reader, erase_copies: EraseCopies = no_copies
    ) -> SessionErasure:
        """Erase the reader's own session, what lies above its clearance included.

        *erase_copies* is given the ids of the stored reports that go with it. Raises `NotFound`.
        """
        readable = [level.rank for level in reader.clearance.readable_levels]
        async with self._database.writing() as session:
            row = await own_session(session, session_id, reader)
            seen = await _part(session, row, col(MessageRow.level_rank).in_(readable))
            everything = await self._take_out(session, row, reader.name)
        await erase_copies(everything.reports)
        remembered = await self._memory.count(session_id, reader.clearance)
        await self._memory.forget(session_id)
        await self.erase_remains()
        await self._results.drop_all()
        await self._cache.erase()
        await self._database.vacuum()
        return SessionErasure(
            session_id=session_id,
            messages=len(seen.contents),
            conclusions=len(seen.conclusions),
            # A report that is older than the session, or another's, stays though an answer names it.
            reports=len(set(seen.reports) & set(everything.reports)),
            working_memories=remembered,
            keys_sought=len(_spread(seen.keys)),
            traces_found=await self._look(session_id, everything, reader),
        )

    async def erase_made_from(self, key: ItemKey) -> int:
        """Erase every answer that was made from the item, with what it concluded; return how many.

        A message whose answer is gone has failed as `ERASED`, for those who could read the answer, and
        can be sent again. `erase_remains` brings the index of conclusions after it.
        """
        made_from = select(MessageSourceRow.message_key).where(
            col(MessageSourceRow.knowledge_id) == key.knowledge_id,
            col(MessageSourceRow.level_rank) == key.confidentiality_level.rank,
        )
        async with self._database.writing() as session:
            answers = select(MessageRow).where(col(MessageRow.message_key).in_(made_from))
            rows = (await session.execute(answers)).scalars().all()
            for row in rows:
                message = await session.get(MessageRow, row.in_reply_key)
                if message is not None:
                    _mark_erased(message, row.level_rank)
                await session.delete(row)
        for session_id in sorted({row.session_id for row in rows}):
            await self._memory.forget(session_id)
        return len(rows)

    async def erase_outlived(self, now: datetime, erase_copies: EraseCopies = no_copies) -> int:
        """Erase every session that nobody has used for as long as the settings keep one; return how many.

        Its last use is its last message at any level. `Purger.erase_remains` clears the files after it.
        """
        days = self._settings.session_retention_days
        if days is None:
            return 0
        outlived = [
            session_id
            for session_id, used_at in await self._last_uses()
            if is_over(used_at, now, days)
        ]
        erased = 0
        for session_id in outlived:
            async with self._database.writing() as session:
                row = await session.get(SessionRow, session_id)
                if row is None or not is_over(await _last_use(session, row), now, days):
                    continue
                part = await self._take_out(session, row, _RETENTION)
            await erase_copies(part.reports)
            await self._memory.forget(session_id)
            erased += 1
        return erased

    async def erase_remains(self) -> None:
        """Leave nothing in the index of conclusions that the truth does not hold."""
        await self._conclusions.erase_removed()

    async def _take_out(self, session: AsyncSession, row: SessionRow, by: str) -> _Part:
        """Delete a session from the truth and audit it."""
        part = await _part(session, row, col(MessageRow.session_id) == row.session_id)
        noted = select(SessionReportRow.report_id).where(
            col(SessionReportRow.session_id) == row.session_id
        )
        reports = await erase_reports(
            session,
            (await session.execute(noted)).scalars().all(),
            reader=row.reader,
            made_since=row.created_at,
        )
        # Messages, sources, conclusions and the list of reports go with the row that they refer to.
        await session.execute(
            delete(SessionRow).where(col(SessionRow.session_id) == row.session_id)
        )
        detail: dict[str, Any] = {
            "session": row.session_id,
            "messages": len(part.contents),
            "conclusions": len(part.conclusions),
            "reports": len(reports),
        }
        await self._audit.append(session, by, AuditAction.DELETE, AuditOutcome.ALLOWED, detail)
        return part._replace(reports=reports)

    async def _last_uses(self) -> list[tuple[str, datetime]]:
        async with self._database.reading() as session:
            rows = (await session.execute(select(SessionRow))).scalars().all()
            return [(row.session_id, await _last_use(session, row)) for row in rows]

    async def _look(self, session_id: str, part: _Part, reader: Reader) -> int:
        """Return how much of the session is there all the same."""
        async with self._database.reading() as session:
            counts = [
                (await session.execute(select(func.count()).where(of_session))).scalar_one()
                for of_session in (
                    col(SessionRow.session_id) == session_id,
                    col(MessageRow.session_id) == session_id,
                    col(ConclusionRow.session_id) == session_id,
                    col(SessionReportRow.session_id) == session_id,
                )
            ]
        remembered = await self._memory.count(session_id, reader.clearance)
        indexed = await self._conclusions.count_held(part.conclusions)
        keys, phrases = set(_spread(part.keys)), set(_phrases_of(part.contents))
        seen = await asyncio.to_thread(scan, self._settings, sorted(keys | phrases))
        # What others said or wrote as well stands there rightly.
        left = await not_in_truth(self._database, sorted(seen.found & phrases))
        detail: dict[str, Any] = {
            "session": session_id,
            "phrases_sought": len(phrases),
            "phrases_found": len(left),
        }
        await self._audit.record(reader.name, AuditAction.DELETE, AuditOutcome.ALLOWED, detail)
        return sum(counts) + remembered + indexed + len(seen.found & keys)


def _mark_erased(message: MessageRow, level_rank: int) -> None:
    """Let who could read the answer see that it is gone; a run that reads less is none of its business."""
    if message.run_rank is None or message.run_rank >= level_rank:
        message.run_rank = level_rank
        message.failure = ERASED
        message.leased_until = None


async def _part(session: AsyncSession, row: SessionRow, condition: ColumnElement[bool]) -> _Part:
    """Return what of a session meets *condition*, a condition on its messages."""
    messages = select(
        MessageRow.message_key, MessageRow.content, MessageRow.answer, MessageRow.in_reply_key
    ).where(col(MessageRow.session_id) == row.session_id, condition)
    rows = (await session.execute(messages.order_by(col(MessageRow.sequence)))).all()
    concluded = select(ConclusionRow.conclusion_id).where(
        col(ConclusionRow.conclusion_id).in_(
            select(MessageRow.message_key).where(
                col(MessageRow.session_id) == row.session_id, condition
            )
        )
    )
    reports = {json.loads(one.answer)["report_id"] for one in rows if one.answer is not None}
    return _Part(
        contents=tuple(one.content for one in rows),
        keys=tuple(one.message_key for one in rows if one.in_reply_key is None),
        conclusions=tuple((await session.execute(concluded)).scalars()),
        reports=tuple(sorted(reports - {None})),
    )


async def _last_use(session: AsyncSession, row: SessionRow) -> datetime:
    latest = (
        select(MessageRow.created_at)
        .where(col(MessageRow.session_id) == row.session_id)
        .order_by(col(MessageRow.created_at).desc())
        .limit(1)
    )
    return (await session.execute(latest)).scalar_one_or_none() or row.created_at


def _phrases_of(contents: Sequence[str]) -> list[str]:
    """Return stretches of what was said, a few of each where much was."""
    each = max(1, _MOST_SOUGHT // max(1, len(contents)))
    phrases = dict.fromkeys(
        phrase for content in contents for phrase in phrases_of(content, most=each)
    )
    return _spread(list(phrases))


def _spread(sought: Sequence[str]) -> list[str]:
    """Return not many more than can be looked for at once, evenly spread over all."""
    return list(sought)[:: max(1, len(sought) // _MOST_SOUGHT)]
