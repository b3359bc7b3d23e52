"""Between the rows of a conversation and what they stand for, and the one condition for seeing them.

Every query for messages goes through `readable`: what is above a clearance is left out before anything
is counted, ordered, named or waited for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader, high_water_mark
from domain.errors import NotFound
from domain.sessions import (
    Message,
    MessageStatus,
    Session,
    SessionAnswer,
    Speaker,
    title_of,
)
from storage.knowledge_rows import LEVELS
from storage.session_tables import MessageRow, SessionRow

PLACES = 8
"""Sequence numbers for a message: its own, and one an answer at each level."""
_KEYS_AT_ONCE = 400
_IDENTIFIER = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def is_identifier(text: str) -> bool:
    """Whether *text* can be the id of a session or of a message."""
    return _IDENTIFIER.fullmatch(text) is not None


def readable(reader: Reader) -> ColumnElement[bool]:
    """Return the condition under which a message exists for *reader*, in a session of its own."""
    return col(MessageRow.level_rank).in_([one.rank for one in reader.clearance.readable_levels])


async def own_session(session: AsyncSession, session_id: str, reader: Reader) -> SessionRow:
    """Return the reader's own session. Raises `NotFound`."""
    row = await session.get(SessionRow, session_id) if is_identifier(session_id) else None
    if row is None or row.reader != reader.name:
        raise NotFound
    return row


async def find_own_message(
    session: AsyncSession, message_id: str, reader: Reader
) -> MessageRow | None:
    """Return what the reader said under that id; of several levels, the most secret one."""
    if not is_identifier(message_id):
        return None
    own = (
        select(MessageRow)
        .join(SessionRow, col(SessionRow.session_id) == col(MessageRow.session_id))
        .where(
            col(MessageRow.message_id) == message_id,
            col(MessageRow.speaker) == Speaker.READER.value,
            col(SessionRow.reader) == reader.name,
            readable(reader),
        )
        .order_by(col(MessageRow.level_rank).desc(), col(MessageRow.session_id))
        .limit(1)
    )
    return (await session.execute(own)).scalar_one_or_none()


async def own_message(session: AsyncSession, message_id: str, reader: Reader) -> MessageRow:
    """Return what the reader said under that id. Raises `NotFound`."""
    row = await find_own_message(session, message_id, reader)
    if row is None:
        raise NotFound
    return row


async def find_answer_row(
    session: AsyncSession, message: MessageRow, reader: Reader
) -> MessageRow | None:
    """Return the answer to *message* that the reader may read; of several, the most secret one."""
    answers = (
        select(MessageRow)
        .where(col(MessageRow.in_reply_key) == message.message_key, readable(reader))
        .order_by(col(MessageRow.level_rank).desc())
        .limit(1)
    )
    return (await session.execute(answers)).scalar_one_or_none()


async def session_of(session: AsyncSession, row: SessionRow, reader: Reader) -> Session:
    """Return the session as it is for *reader*; takes as long for a thousand messages as for one."""
    of_session = (col(MessageRow.session_id) == row.session_id, readable(reader))
    said = col(MessageRow.speaker) == Speaker.READER.value
    first = select(MessageRow.content).where(*of_session, said).order_by(col(MessageRow.sequence))
    latest = (
        select(MessageRow.created_at).where(*of_session).order_by(col(MessageRow.created_at).desc())
    )
    opening = (await session.execute(first.limit(1))).scalar_one_or_none()
    return Session(
        session_id=row.session_id,
        reader=row.reader,
        title="" if opening is None else title_of(opening),
        confidentiality_level=await level_of_session(session, row.session_id, reader),
        created_at=row.created_at,
        last_message_at=(await session.execute(latest.limit(1))).scalar_one_or_none(),
    )


async def level_of_session(
    session: AsyncSession, session_id: str, reader: Reader
) -> ConfidentialityLevel:
    """Return the high-water mark of the messages that *reader* may read."""
    highest = (
        select(MessageRow.level_rank)
        .where(col(MessageRow.session_id) == session_id, readable(reader))
        .order_by(col(MessageRow.level_rank).desc())
        .limit(1)
    )
    rank = (await session.execute(highest)).scalar_one_or_none()
    return high_water_mark([] if rank is None else [LEVELS[rank]])


def message_of(row: MessageRow, reader: Reader, *, is_answered: bool) -> Message:
    """Return what the reader said, with how far its answer has come as far as *reader* may know."""
    if is_answered:
        status, failure = MessageStatus.ANSWERED, None
    elif row.failure is not None and sees_run(row, reader):
        status, failure = MessageStatus.FAILED, row.failure
    else:
        status, failure = MessageStatus.RECEIVED, None
    return Message(
        message_id=row.message_id,
        session_id=row.session_id,
        speaker=Speaker.READER,
        content=row.content,
        confidentiality_level=LEVELS[row.level_rank],
        created_at=row.created_at,
        status=status,
        failure=failure,
    )


def sees_run(row: MessageRow, reader: Reader) -> bool:
    """Whether the run that answers the message reads no more than *reader* may."""
    return row.run_rank is not None and row.run_rank <= reader.clearance.level.rank


def answer_of(row: MessageRow, message_id: str) -> Message:
    """Return the answer to the message of that id."""
    level = LEVELS[row.level_rank]
    return Message(
        message_id=row.message_id,
        session_id=row.session_id,
        speaker=Speaker.DIARCHY,
        content=row.content,
        confidentiality_level=level,
        created_at=row.created_at,
        in_reply_to=message_id,
        answer=_with_text(row.answer or "{}", row.content),
    )


def json_of(answer: SessionAnswer) -> str:
    """Return *answer* as a row keeps it: its text is the message's content."""
    return answer.model_dump_json(exclude={"text"})


def _with_text(kept: str, text: str) -> SessionAnswer:
    fields: dict[str, Any] = json.loads(kept)
    return SessionAnswer.model_validate_json(json.dumps(fields | {"text": text}))


async def ids_of_asked(session: AsyncSession, rows: Sequence[MessageRow]) -> dict[str, str]:
    """Return the ids of the messages that the answers among *rows* reply to, by their keys."""
    keys = sorted({row.in_reply_key for row in rows if row.in_reply_key is not None})
    asked = select(MessageRow.message_key, MessageRow.message_id)
    found: dict[str, str] = {}
    for first in range(0, len(keys), _KEYS_AT_ONCE):
        some = asked.where(col(MessageRow.message_key).in_(keys[first : first + _KEYS_AT_ONCE]))
        found |= {row.message_key: row.message_id for row in (await session.execute(some)).all()}
    return found


def messages_of(
    rows: Sequence[MessageRow], ids: Mapping[str, str], reader: Reader
) -> tuple[Message, ...]:
    """Return what *rows* stand for; *ids* names the messages that the answers among them reply to."""
    return tuple(
        message_of(row, reader, is_answered=row.message_key in ids)
        if row.in_reply_key is None
        else answer_of(row, ids[row.in_reply_key])
        for row in rows
    )
