"""Conversations: what was said and answered, each message under its own label, for its session's reader.

Whatever is returned at a clearance is what it would be if the messages above had never been written:
they give a session no title, no time and no mark, hold up no message and take up no message id. Of
somebody else's session nothing is told, not even that it is there; every such denial is audited.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import Reader
from domain.errors import Conflict, InvalidInput
from domain.knowledge import ItemKey
from domain.sessions import (
    LONGEST_MESSAGE,
    Message,
    Session,
    SessionAnswer,
    SessionErasure,
    Speaker,
    label_of_message,
)
from storage.audit import AuditAction, AuditLog, storable
from storage.database import Database
from storage.session_answers import SessionAnswers
from storage.session_audit import SessionAudit
from storage.session_erasure import EraseCopies, SessionEraser, no_copies
from storage.session_rows import (
    PLACES,
    answer_of,
    find_answer_row,
    find_own_message,
    ids_of_asked,
    is_identifier,
    level_of_session,
    message_of,
    messages_of,
    own_message,
    own_session,
    readable,
    session_of,
)
from storage.session_tables import MessageRow, SessionRow
from storage.session_turns import SessionTurns

__all__ = ["SessionStore"]


class SessionStore:
    """Keeps conversations and hands a reader back its own."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        eraser: SessionEraser,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._audited = SessionAudit(audit)
        self._clock = clock
        self._new_id = new_id
        self._eraser = eraser
        self.turns = SessionTurns(database)
        self._answers = SessionAnswers(database, audit, clock=clock, new_id=new_id)

    async def start(self, reader: Reader, *, session_id: str | None = None) -> Session:
        """Start a session, or return the reader's own of that id.

        Raises `InvalidInput` for what cannot be an id, `NotFound` for one that is somebody else's.
        """
        session_id = self._new_id() if session_id is None else session_id
        if not is_identifier(session_id):
            raise InvalidInput(
                "a session's id has 1 to 64 characters, each of them a letter, a digit, - or _"
            )
        async with (
            self._audited.denial(reader, AuditAction.WRITE, session=session_id),
            self._database.writing() as session,
        ):
            row = await session.get(SessionRow, session_id)
            if row is None:
                row = SessionRow(
                    session_id=session_id, reader=reader.name, created_at=self._clock()
                )
                session.add(row)
                await session.flush()
            row = await own_session(session, session_id, reader)
            return await session_of(session, row, reader)

    async def get(self, session_id: str, reader: Reader) -> Session:
        """Return a session as its reader may see it now. Raises `NotFound`."""
        async with (
            self._audited.denial(reader, AuditAction.READ, session=session_id),
            self._database.reading() as session,
        ):
            row = await own_session(session, session_id, reader)
            found = await session_of(session, row, reader)
        await self._audited.titles([found], reader)
        return found

    async def list(self, reader: Reader, *, limit: int) -> tuple[Session, ...]:
        """Return the reader's own sessions, the one that was used last first."""
        last = (
            select(col(MessageRow.session_id), func.max(col(MessageRow.created_at)).label("at"))
            .where(readable(reader))
            .group_by(col(MessageRow.session_id))
            .subquery()
        )
        newest = (
            select(SessionRow)
            .outerjoin(last, last.c.session_id == col(SessionRow.session_id))
            .where(col(SessionRow.reader) == reader.name)
            .order_by(
                func.coalesce(last.c.at, col(SessionRow.created_at)).desc(),
                col(SessionRow.session_id),
            )
            .limit(limit)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(newest)).scalars().all()
            found = [await session_of(session, row, reader) for row in rows]
        await self._audited.titles(found, reader)
        return tuple(found)

    async def receive(
        self, session_id: str, content: str, reader: Reader, *, message_id: str
    ) -> Message:
        """Store what the reader says, once however often it is sent, in the order of arrival.

        Sent again after it failed, it waits for its answer again in its old place. Raises
        `InvalidInput` for content or an id that cannot be stored, `Conflict` where the id stands for
        another message of the reader's, `NotFound` where the session is not the reader's own.
        """
        _check(content, message_id)
        async with (
            self._audited.denial(reader, AuditAction.WRITE, session=session_id),
            self._database.writing() as session,
        ):
            await own_session(session, session_id, reader)
            row = await find_own_message(session, message_id, reader)
            if row is None:
                row = await self._add(session, session_id, content, reader, message_id)
            elif (row.session_id, row.content) != (session_id, content):
                raise Conflict("another message has this id; send this one under a new id")
            answer = await find_answer_row(session, row, reader)
            if answer is None:
                self.turns.take(row, reader)
            return message_of(row, reader, is_answered=answer is not None)

    async def find_answer(self, message_id: str, reader: Reader) -> Message | None:
        """Return the answer to the reader's own message, or None where there is none that it may read."""
        async with self._database.reading() as session:
            message = await find_own_message(session, message_id, reader)
            row = None if message is None else await find_answer_row(session, message, reader)
        if message is None or row is None:
            return None
        found = answer_of(row, message.message_id)
        await self._audited.messages(message.session_id, [found], reader)
        return found

    async def wait_for_turn(self, message_id: str, reader: Reader, *, within: timedelta) -> None:
        """Return when every earlier message is answered, has failed or is abandoned.

        See `SessionTurns`. Raises `TransientStorageError` after waiting in vain, `NotFound` for what
        the reader did not say.
        """
        async with self._audited.denial(reader, AuditAction.READ, message=message_id):
            await self.turns.wait(message_id, reader, within=within)

    @asynccontextmanager
    async def holding_turn(self, message_id: str, reader: Reader) -> AsyncGenerator[None]:
        """Keep the message's turn for as long as the block takes, however long that is."""
        async with self.turns.holding(message_id, reader):
            yield

    async def answer(
        self,
        message_id: str,
        answer: SessionAnswer,
        reader: Reader,
        *,
        answer_id: str,
        made_from: Iterable[ItemKey],
        drew_on: Iterable[str] = (),
    ) -> Message:
        """Store and release the answer to the reader's message, once: the first stands and is returned.

        See `SessionAnswers.add`. Raises `AccessDenied` and `NotFound`.
        """
        async with self._audited.denial(reader, AuditAction.RELEASE, message=message_id):
            return await self._answers.add(
                message_id,
                answer,
                reader,
                answer_id=answer_id,
                made_from=tuple(made_from),
                drew_on=tuple(drew_on),
            )

    async def note_report(self, message_id: str, report_id: str, reader: Reader) -> None:
        """Note that a stored report was made for the reader's message, to go when its session goes.

        The report that an answer names is noted with it. Raises `NotFound`.
        """
        async with self._audited.denial(reader, AuditAction.WRITE, message=message_id):
            await self._answers.note_report(message_id, report_id, reader)

    async def fail(self, message_id: str, reason: str, reader: Reader) -> None:
        """Record that the run for the reader's message failed; *reason* is a kind, without content.

        Nothing happens where it has been answered, or where another run has taken it up. Raises
        `NotFound`.
        """
        async with (
            self._audited.denial(reader, AuditAction.WRITE, message=message_id),
            self._database.writing() as session,
        ):
            row = await own_message(session, message_id, reader)
            if await find_answer_row(session, row, reader) is None:
                self.turns.give_up(row, reader, storable(reason))

    async def messages(
        self, session_id: str, reader: Reader, *, limit: int | None = None
    ) -> tuple[Message, ...]:
        """Return the latest *limit* messages and answers that the reader may read, oldest first."""
        latest = (
            select(MessageRow)
            .where(col(MessageRow.session_id) == session_id, readable(reader))
            .order_by(col(MessageRow.sequence).desc())
        )
        latest = latest if limit is None else latest.limit(limit)
        async with (
            self._audited.denial(reader, AuditAction.READ, session=session_id),
            self._database.reading() as session,
        ):
            await own_session(session, session_id, reader)
            rows = (await session.execute(latest)).scalars().all()
            ids = await ids_of_asked(session, rows)
        found = messages_of(rows[::-1], ids, reader)
        await self._audited.messages(session_id, found, reader)
        return found

    async def delete(
        self, session_id: str, reader: Reader, *, erase_copies: EraseCopies = no_copies
    ) -> SessionErasure:
        """Erase the reader's own session with everything that it left, and look whether anything is there.

        See `SessionEraser.delete`. Raises `NotFound`.
        """
        async with self._audited.denial(reader, AuditAction.DELETE, session=session_id):
            return await self._eraser.delete(session_id, reader, erase_copies)

    async def erase_made_from(self, key: ItemKey) -> int:
        """Erase every answer that was made from the item; return how many. A purge does so."""
        return await self._eraser.erase_made_from(key)

    async def erase_outlived(self, now: datetime, *, erase_copies: EraseCopies = no_copies) -> int:
        """Erase every session that has outlived its retention; return how many."""
        return await self._eraser.erase_outlived(now, erase_copies)

    async def _add(
        self,
        session: AsyncSession,
        session_id: str,
        content: str,
        reader: Reader,
        message_id: str,
    ) -> MessageRow:
        """Append a message under the mark of everything that its author could read before it."""
        newest = func.max(col(MessageRow.sequence))
        in_session = select(newest).where(col(MessageRow.session_id) == session_id)
        last = (await session.execute(in_session)).scalar_one_or_none()
        seen = await level_of_session(session, session_id, reader)
        row = MessageRow(
            message_key=self._new_id(),
            session_id=session_id,
            message_id=message_id,
            sequence=0 if last is None else (last // PLACES + 1) * PLACES,
            speaker=Speaker.READER.value,
            level_rank=label_of_message(reader.clearance, [seen]).rank,
            created_at=self._clock(),
            content=content,
        )
        session.add(row)
        await session.flush()
        return row


def _check(content: str, message_id: str) -> None:
    if not is_identifier(message_id):
        raise InvalidInput(
            "a message's id has 1 to 64 characters, each of them a letter, a digit, - or _"
        )
    if not content.strip() or len(content) > LONGEST_MESSAGE or storable(content) != content:
        raise InvalidInput(
            f"a message has 1 to {LONGEST_MESSAGE} characters that a database can hold"
        )
