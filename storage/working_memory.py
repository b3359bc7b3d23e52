"""Working memory in Redis: what is in play in a session, sealed, bounded and gone after a while.

Each clearance at which a session is read has an entry of its own. An entry names the answers that it was
made from; the truth says which ones those are now, so an entry that is out of date is not used. Whatever
Redis has forgotten, or when it is away, is made anew from the last answers, which takes as long in the
thousandth turn as in the first.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from domain.clearance import Clearance, ConfidentialityLevel, Reader
from domain.model import FrozenModel
from domain.sessions import Message, WorkingMemory
from domain.working_memory import MOST_TURNS, memory_of
from storage.audit import AuditAction, AuditLog
from storage.cached_values import CachedValue, ModelCodec, sealed, unsealed
from storage.database import Database
from storage.event_streams import namespace_of
from storage.sealing import Sealer
from storage.session_audit import SessionAudit
from storage.session_rows import answer_of, level_of_session, message_of, own_session, readable
from storage.session_tables import MessageRow
from storage.shared_cache import SharedTier, Stored

_LARGEST_BYTES = 1_000_000
"""An entry that is larger, encoded, is made anew each time."""


class _Entry(FrozenModel):
    """Working memory with the keys of the answers that it was made from, last one last."""

    answers: tuple[str, ...]
    memory: WorkingMemory


class _Exchange(NamedTuple):
    """An answer that is in play, by its key, with the ids that its turns have."""

    answer_key: str
    turns: tuple[str, str]


class _Mark(NamedTuple):
    """What the truth says working memory is made from now."""

    exchanges: tuple[_Exchange, ...]
    """The one that was answered last is last."""
    level: ConfidentialityLevel

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(exchange.answer_key for exchange in self.exchanges)


_CODEC: ModelCodec[_Entry] = ModelCodec(_Entry)


class WorkingMemoryStore:
    """Remembers what is in play, for the reader of a session at its present clearance."""

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        shared: SharedTier,
        sealer: Sealer,
        *,
        clock: Callable[[], datetime],
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._audited = SessionAudit(audit)
        self._shared = shared
        self._sealer = sealer
        self._clock = clock
        self._lifetime = lifetime

    async def recall(self, session_id: str, reader: Reader) -> WorkingMemory:
        """Return what is in play. Raises `NotFound` for a session that is not the reader's own."""
        async with self._reading(session_id, reader) as session:
            mark = await _mark(session, session_id, reader)
        name = await self._name(session_id, reader.clearance.level.rank)
        (found,) = await self._shared.read([name])
        if found is not None:
            value = unsealed(name, found, _CODEC, self._sealer)
            if value is not None and value.value.answers == mark.answers:
                return value.value.memory.model_copy(update={"confidentiality_level": mark.level})
        async with self._reading(session_id, reader) as session:
            mark = await _mark(session, session_id, reader)
            memory = await _rebuilt(session, session_id, mark, reader)
        await self._write(name, _Entry(answers=mark.answers, memory=memory), reader)
        return memory

    async def remember(self, memory: WorkingMemory, reader: Reader) -> None:
        """Keep *memory*, unless the session has gone on or lost something since it was made.

        Raises `NotFound` for a session that is not the reader's own.
        """
        async with self._reading(memory.session_id, reader) as session:
            mark = await _mark(session, memory.session_id, reader)
        in_play = [turn for exchange in mark.exchanges for turn in exchange.turns]
        if [turn.message_id for turn in memory.turns] == in_play:
            name = await self._name(memory.session_id, reader.clearance.level.rank)
            await self._write(name, _Entry(answers=mark.answers, memory=memory), reader)

    async def forget(self, session_id: str) -> bool:
        """Drop the session's entries at every clearance; return whether Redis did its part.

        Without Redis they stay, sealed, until their time is over, and nobody asks for them.
        """
        prefix = await self._prefix()
        names = {
            f"{prefix}:{level.rank}": await self._name(session_id, level.rank)
            for level in ConfidentialityLevel
        }
        return await self._shared.drop(names)

    async def count(self, session_id: str, clearance: Clearance) -> int:
        """Return how many entries of the session Redis holds for *clearance* and those below it."""
        levels = clearance.readable_levels
        names = [await self._name(session_id, level.rank) for level in levels]
        return sum(found is not None for found in await self._shared.read(names))

    @asynccontextmanager
    async def _reading(self, session_id: str, reader: Reader) -> AsyncGenerator[AsyncSession]:
        async with (
            self._audited.denial(reader, AuditAction.READ, session=session_id),
            self._database.reading() as session,
        ):
            await own_session(session, session_id, reader)
            yield session

    async def _write(self, name: str, entry: _Entry, reader: Reader) -> None:
        encoded = _CODEC.encode(entry)
        if len(encoded) <= _LARGEST_BYTES:
            now = self._clock()
            value = CachedValue(entry, now, now + self._lifetime, len(encoded))
            seconds = self._lifetime.total_seconds()
            stored = Stored(name, sealed(name, value, encoded, self._sealer), seconds)
            bucket = f"{await self._prefix()}:{reader.clearance.level.rank}"
            await self._shared.write(bucket, [stored], longest=seconds)

    async def _name(self, session_id: str, rank: int) -> str:
        digest = self._sealer.digest(session_id.encode())
        return f"{await self._prefix()}:{rank}:{digest}"

    async def _prefix(self) -> str:
        return f"{namespace_of(await self._database.installation_id())}:memory"


async def _mark(session: AsyncSession, session_id: str, reader: Reader) -> _Mark:
    asked = aliased(MessageRow)
    newest = (
        select(MessageRow.message_key, asked.message_id, MessageRow.message_id)
        .join(asked, col(asked.message_key) == col(MessageRow.in_reply_key))
        .where(
            col(MessageRow.session_id) == session_id,
            col(MessageRow.answered_sequence).is_not(None),
            readable(reader),
        )
        .order_by(col(MessageRow.answered_sequence).desc())
        .limit(MOST_TURNS // 2)
    )
    rows = (await session.execute(newest)).all()
    exchanges = tuple(_Exchange(key, (asked_id, given_id)) for key, asked_id, given_id in rows)
    return _Mark(exchanges[::-1], await level_of_session(session, session_id, reader))


async def _rebuilt(
    session: AsyncSession, session_id: str, mark: _Mark, reader: Reader
) -> WorkingMemory:
    """Return what is in play as the truth has it."""
    given = select(MessageRow).where(col(MessageRow.message_key).in_(mark.answers))
    answers = {row.message_key: row for row in (await session.execute(given)).scalars()}
    keys = [row.in_reply_key for row in answers.values()]
    said = select(MessageRow).where(col(MessageRow.message_key).in_(keys))
    asked = {row.message_key: row for row in (await session.execute(said)).scalars()}
    messages: list[Message] = []
    for key in mark.answers:
        answer = answers[key]
        message = asked[answer.in_reply_key or ""]
        messages.append(message_of(message, reader, is_answered=True))
        messages.append(answer_of(answer, message.message_id))
    memory = memory_of(session_id, messages)
    return memory.model_copy(update={"confidentiality_level": mark.level})
