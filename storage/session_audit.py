"""What the audit log is told of conversations: who was denied which, and who read what above internal."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, NotFound
from domain.sessions import Message, Session
from storage.audit import AuditAction, AuditLog, AuditOutcome, storable

_LONGEST_ID = 64


class SessionAudit:
    """Writes entries of ids, labels and counts."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    @asynccontextmanager
    async def denial(
        self, reader: Reader, action: AuditAction, **asked: str
    ) -> AsyncGenerator[None]:
        """Audit that the block is denied to *reader*, or that what it *asked* for is not there."""
        try:
            yield
        except (NotFound, AccessDenied):
            detail = {name: storable(value)[:_LONGEST_ID] for name, value in asked.items()}
            await self._audit.record(reader.name, action, AuditOutcome.DENIED, detail)
            raise

    async def titles(self, sessions: Sequence[Session], reader: Reader) -> None:
        """Audit that the reader sees what sessions are called of which some hold more than internal."""
        above = sorted(one.session_id for one in sessions if _is_above(one.confidentiality_level))
        if above:
            detail = {"sessions": above}
            await self._audit.record(reader.name, AuditAction.READ, AuditOutcome.ALLOWED, detail)

    async def messages(self, session_id: str, messages: Sequence[Message], reader: Reader) -> None:
        """Audit that the reader reads messages of which some are above internal."""
        above = [one for one in messages if _is_above(one.confidentiality_level)]
        if above:
            highest = max((one.confidentiality_level for one in above), key=lambda one: one.rank)
            detail = {"session": session_id, "messages": len(above), "level": highest.value}
            await self._audit.record(reader.name, AuditAction.READ, AuditOutcome.ALLOWED, detail)


def _is_above(level: ConfidentialityLevel) -> bool:
    return level.rank > ConfidentialityLevel.INTERNAL.rank
