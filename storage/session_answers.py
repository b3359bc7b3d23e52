"""Answers: stored, concluded and released in one transaction, under a label that covers everything.

An answer is made from items, from earlier conclusions and from what was said before in the session. All
of that counts: for its label, and for finding it when one of the items is purged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader, high_water_mark
from domain.errors import AccessDenied, InvalidInput
from domain.evidence import Source
from domain.knowledge import ItemKey
from domain.sessions import Message, SessionAnswer, Speaker
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.database import Database
from storage.knowledge_rows import LEVELS
from storage.session_rows import (
    answer_of,
    find_answer_row,
    is_identifier,
    json_of,
    own_message,
    readable,
)
from storage.session_tables import ConclusionRow, MessageRow, MessageSourceRow, SessionReportRow
from storage.tables import PrincipalRow

SOURCES: TypeAdapter[tuple[Source, ...]] = TypeAdapter(tuple[Source, ...])
"""How the cited items of a conclusion are kept."""


class SessionAnswers:
    """Writes answers."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def add(
        self,
        message_id: str,
        answer: SessionAnswer,
        reader: Reader,
        *,
        answer_id: str,
        made_from: Sequence[ItemKey],
        drew_on: Sequence[str],
    ) -> Message:
        """Store the answer and audit its release, or return the one that is there already.

        *made_from* names every item that went into it; what its conclusions and the earlier messages
        *drew_on* were made from counts too. The label is raised to cover all of them and the message.
        Raises `AccessDenied` when that is above the reader's clearance, or when the principal is no
        longer cleared for it: nothing is stored then. Raises `NotFound` for what the reader did not say.
        """
        if not is_identifier(answer_id):
            raise InvalidInput(
                "an answer's id has 1 to 64 characters, each of them a letter, a digit, - or _"
            )
        async with self._database.writing() as session:
            message = await own_message(session, message_id, reader)
            stands = await find_answer_row(session, message, reader)
            if stands is not None:
                return answer_of(stands, message_id)
            keys = {key_pair(key) for key in (*made_from, *_keys_of(answer))}
            keys |= await self._inherited(session, message, answer, drew_on, reader)
            level = high_water_mark(
                [
                    answer.confidentiality_level,
                    LEVELS[message.level_rank],
                    *(LEVELS[rank] for _, rank in keys),
                ]
            )
            await self._refuse_unless_cleared(session, reader, level)
            released = answer.model_copy(update={"confidentiality_level": level})
            row = await self._store(session, message, released, answer_id, keys)
            detail = {
                "session": message.session_id,
                "message": message_id,
                "answer": answer_id,
                "level": level.value,
                "sources": len(keys),
            }
            await self._audit.append(
                session, reader.name, AuditAction.RELEASE, AuditOutcome.ALLOWED, detail
            )
        return answer_of(row, message_id)

    async def note_report(self, message_id: str, report_id: str, reader: Reader) -> None:
        """Note that a report was made for the message. Raises `NotFound`."""
        async with self._database.writing() as session:
            message = await own_message(session, message_id, reader)
            await _note_report(session, message.session_id, report_id)

    async def _refuse_unless_cleared(
        self, session: AsyncSession, reader: Reader, level: ConfidentialityLevel
    ) -> None:
        """Raise `AccessDenied` unless the reader may read *level*, also as it is registered now."""
        principal = await session.get(PrincipalRow, reader.name)
        if (
            not reader.clearance.dominates(level)
            or principal is None
            or principal.revoked_at is not None
            or principal.level_rank < level.rank
        ):
            raise AccessDenied

    async def _inherited(
        self,
        session: AsyncSession,
        message: MessageRow,
        answer: SessionAnswer,
        drew_on: Sequence[str],
        reader: Reader,
    ) -> set[tuple[str, int]]:
        """Return what the conclusions and answers were made from that this answer draws on."""
        earlier = select(MessageRow.message_key).where(
            col(MessageRow.session_id) == message.session_id,
            col(MessageRow.message_id).in_(list(drew_on)),
            readable(reader),
        )
        keys = set((await session.execute(earlier)).scalars())
        keys |= {conclusion.conclusion_id for conclusion in answer.drawn_on}
        sources = select(MessageSourceRow.knowledge_id, MessageSourceRow.level_rank).where(
            col(MessageSourceRow.message_key).in_(sorted(keys))
        )
        found = (await session.execute(sources)).all()
        return {(row.knowledge_id, row.level_rank) for row in found}

    async def _store(
        self,
        session: AsyncSession,
        message: MessageRow,
        answer: SessionAnswer,
        answer_id: str,
        keys: Iterable[tuple[str, int]],
    ) -> MessageRow:
        level = answer.confidentiality_level
        row = MessageRow(
            message_key=self._new_id(),
            session_id=message.session_id,
            message_id=answer_id,
            sequence=message.sequence + 1 + level.rank,
            speaker=Speaker.DIARCHY.value,
            level_rank=level.rank,
            created_at=self._clock(),
            content=answer.text,
            answer=json_of(answer),
            in_reply_key=message.message_key,
            answered_sequence=await _next_answer(session, message.session_id),
        )
        session.add(row)
        message.leased_until = None
        await session.flush()
        session.add_all(
            MessageSourceRow(message_key=row.message_key, knowledge_id=name, level_rank=rank)
            for name, rank in sorted(keys)
        )
        if answer.conclusion is not None:
            session.add(_conclusion(row, answer, answer.conclusion))
        if answer.report_id is not None:
            await _note_report(session, message.session_id, answer.report_id)
        return row


def key_pair(key: ItemKey) -> tuple[str, int]:
    """Return the address of an item as a row keeps it."""
    return key.knowledge_id, key.confidentiality_level.rank


def _keys_of(answer: SessionAnswer) -> list[ItemKey]:
    """Return every item that the answer, or a conclusion that it recalls, cites."""
    recalled = [source for conclusion in answer.drawn_on for source in conclusion.sources]
    return [source.key for source in (*answer.sources, *answer.cited, *recalled)]


def _conclusion(row: MessageRow, answer: SessionAnswer, text: str) -> ConclusionRow:
    return ConclusionRow(
        conclusion_id=row.message_key,
        session_id=row.session_id,
        level_rank=row.level_rank,
        concluded_at=row.created_at,
        text=text,
        sources=SOURCES.dump_json(answer.sources).decode(),
    )


async def _next_answer(session: AsyncSession, session_id: str) -> int:
    in_session = col(MessageRow.session_id) == session_id
    newest = select(func.max(col(MessageRow.answered_sequence))).where(in_session)
    last = (await session.execute(newest)).scalar_one_or_none()
    return 0 if last is None else last + 1


async def _note_report(session: AsyncSession, session_id: str, report_id: str) -> None:
    if await session.get(SessionReportRow, (session_id, report_id)) is None:
        session.add(SessionReportRow(session_id=session_id, report_id=report_id))
