"""The record of every exchange between the orchestrators, and the events that tell of it.

A request, an answer and a failure each stand in one transaction with the event that announces them, so
neither can be there without the other. The record decides: an event is a hint to look at it. A
collaboration is asked once and ends once, however often either is tried; only an answer may still
follow a time-out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader
from domain.collaboration import Collaboration, CollaborationState
from domain.errors import NotFound
from domain.event_payloads import RequestType
from domain.events import Event, EventDomain, collaboration_request, collaboration_response
from storage.database import Database
from storage.knowledge_rows import LEVELS
from storage.outgoing_events import OutgoingEvents
from storage.tables import CollaborationRow


class CollaborationStore:
    """Keeps the exchanges."""

    def __init__(
        self, database: Database, outgoing: OutgoingEvents, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._outgoing = outgoing
        self._clock = clock

    async def ask(self, collaboration: Collaboration) -> Collaboration:
        """Record the request and announce it; asked again, return what became of it so far."""
        async with self._database.writing() as session:
            row = await session.get(CollaborationRow, collaboration.collaboration_id)
            if row is None:
                row = _row(collaboration)
                session.add(row)
                await self._outgoing.add(session, _request_event(collaboration))
        return _collaboration(row)

    async def get(self, collaboration_id: str) -> Collaboration:
        """Return an exchange. Raises `NotFound`."""
        async with self._database.reading() as session:
            return _collaboration(await _get_row(session, collaboration_id))

    async def find_answered(self, reader: Reader, request_digest: str) -> Collaboration | None:
        """Return the newest answered exchange over an equal brief for *reader* at its clearance."""
        answered = (
            select(CollaborationRow)
            .where(
                col(CollaborationRow.reader) == reader.name,
                col(CollaborationRow.request_digest) == request_digest,
                col(CollaborationRow.max_level_rank) == reader.clearance.level.rank,
                col(CollaborationRow.outcome) == CollaborationState.ANSWERED.value,
            )
            .order_by(col(CollaborationRow.requested_at).desc())
            .limit(1)
        )
        async with self._database.reading() as session:
            row = (await session.execute(answered)).scalar_one_or_none()
        return None if row is None else _collaboration(row)

    async def answer(
        self, collaboration_id: str, *, report_id: str, level: ConfidentialityLevel
    ) -> None:
        """Record that the stored report *report_id*, labelled *level*, is the answer; announce it."""
        async with self._database.writing() as session:
            row = await _get_row(session, collaboration_id)
            if row.outcome != CollaborationState.ANSWERED.value:
                row.outcome = CollaborationState.ANSWERED.value
                row.answered_at = self._clock()
                row.response_report_id = report_id
                row.reason = None
                await self._announce(session, row, level=level, report_id=report_id, reason=None)

    async def fail(self, collaboration_id: str, *, reason: str) -> None:
        """Record that there is no answer, and announce it, unless the exchange has ended."""
        async with self._database.writing() as session:
            row = await _get_row(session, collaboration_id)
            if row.outcome == CollaborationState.REQUESTED.value:
                row.outcome = CollaborationState.FAILED.value
                row.answered_at = self._clock()
                row.reason = reason
                await self._announce(
                    session, row, level=LEVELS[row.level_rank], report_id=None, reason=reason
                )

    async def time_out(self, collaboration_id: str) -> Collaboration:
        """Record that nobody waits any more, unless the exchange has ended; return it as it is now."""
        async with self._database.writing() as session:
            row = await _get_row(session, collaboration_id)
            if row.outcome == CollaborationState.REQUESTED.value:
                row.outcome = CollaborationState.TIMED_OUT.value
        return _collaboration(row)

    async def announce_again(self, collaboration_id: str) -> None:
        """Write the event of a request that has not ended once more, for a bus that may have lost it.

        A bus that has it still knows it by its id.
        """
        async with self._database.writing() as session:
            row = await _get_row(session, collaboration_id)
            if row.outcome == CollaborationState.REQUESTED.value:
                await self._outgoing.add(session, _request_event(_collaboration(row)))

    async def _announce(
        self,
        session: AsyncSession,
        row: CollaborationRow,
        *,
        level: ConfidentialityLevel,
        report_id: str | None,
        reason: str | None,
    ) -> None:
        response = collaboration_response(
            to=_request_event(_collaboration(row)),
            # A time-out may be followed by an answer; each ending has an event of its own.
            event_id=f"{row.collaboration_id}-{row.outcome}",
            occurred_at=self._clock(),
            confidentiality_level=level,
            response_report_id=report_id,
            reason=reason,
        )
        await self._outgoing.add(session, response)


async def _get_row(session: AsyncSession, collaboration_id: str) -> CollaborationRow:
    row = await session.get(CollaborationRow, collaboration_id)
    if row is None:
        raise NotFound
    return row


def _request_event(collaboration: Collaboration) -> Event:
    return collaboration_request(
        event_id=collaboration.collaboration_id,
        correlation_id=collaboration.collaboration_id,
        occurred_at=collaboration.requested_at,
        source_domain=collaboration.source_domain,
        request_type=collaboration.request_type,
        requester=collaboration.reader,
        request_report_id=collaboration.request_report_id,
        confidentiality_level=collaboration.confidentiality_level,
        max_confidentiality=collaboration.max_confidentiality,
        deadline=collaboration.deadline,
    )


def _row(collaboration: Collaboration) -> CollaborationRow:
    return CollaborationRow(
        collaboration_id=collaboration.collaboration_id,
        source_domain=collaboration.source_domain.value,
        target_domain=collaboration.target_domain.value,
        request_type=collaboration.request_type.value,
        reader=collaboration.reader,
        max_level_rank=collaboration.max_confidentiality.rank,
        level_rank=collaboration.confidentiality_level.rank,
        request_digest=collaboration.request_digest,
        request_report_id=collaboration.request_report_id,
        requested_at=collaboration.requested_at,
        deadline=collaboration.deadline,
        outcome=collaboration.state.value,
    )


def _collaboration(row: CollaborationRow) -> Collaboration:
    return Collaboration(
        collaboration_id=row.collaboration_id,
        source_domain=EventDomain(row.source_domain),
        target_domain=EventDomain(row.target_domain),
        request_type=RequestType(row.request_type),
        reader=row.reader,
        max_confidentiality=LEVELS[row.max_level_rank],
        confidentiality_level=LEVELS[row.level_rank],
        request_report_id=row.request_report_id,
        request_digest=row.request_digest,
        requested_at=row.requested_at,
        deadline=row.deadline,
        state=CollaborationState(row.outcome),
        answered_at=row.answered_at,
        response_report_id=row.response_report_id,
        reason=row.reason,
    )
