"""Stored results: every summary, briefing and analysis, under its label, for its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col, select

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, NotFound
from domain.events import EventDomain
from domain.evidence import Labelled
from domain.knowledge import ItemKey
from domain.model import FrozenModel, UtcDatetime
from domain.summary import TimeHorizon
from domain.workload import RunMeasurement
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.database import Database
from storage.knowledge_rows import LEVELS
from storage.run_history import add_measurement
from storage.tables import CollaborationRow, ReportRow, ReportSourceRow

Report = TypeVar("Report", bound=Labelled)


class ReportKind(StrEnum):
    """What can be stored."""

    SUMMARY = "strategic_summary"
    BRIEFING = "ceo_briefing"
    ANALYSIS = "comprehensive_analysis"
    BUSINESS = "business_analysis"
    TECHNICAL = "technical_analysis"
    BRIEF = "collaboration_brief"
    REQUEST = "analysis_request"


_INPUTS = frozenset({ReportKind.BRIEF.value, ReportKind.REQUEST.value})
"""What was stored to make a report from, and is none itself."""


class ReportEntry(FrozenModel):
    """One stored report as a list names it."""

    report_id: str
    kind: ReportKind
    confidentiality_level: ConfidentialityLevel
    time_horizon: TimeHorizon | None
    created_at: UtcDatetime


class StoredReport(NamedTuple):
    """A stored report with its typed result as JSON."""

    entry: ReportEntry
    body: str


class ReportStore:
    """Keeps results and hands a reader back its own."""

    def __init__(
        self, database: Database, audit: AuditLog, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def save(
        self,
        report: Labelled,
        *,
        report_id: str,
        kind: ReportKind,
        reader: Reader,
        made_from: Iterable[ItemKey],
        time_horizon: TimeHorizon | None = None,
        took: RunMeasurement | None = None,
    ) -> bool:
        """Store *report* and audit its release, in one transaction; return whether it is stored now.

        An id that is stored already stays as it is: the first of two that save it at once wins.
        *made_from* names every item that the report was made from, so that purging one finds it; *took* is
        what the run took that made it.
        Raises `AccessDenied` when the label is above the reader's clearance: nothing is released.
        """
        level = report.confidentiality_level
        if not reader.clearance.dominates(level):
            raise AccessDenied
        keys = {(key.knowledge_id, key.confidentiality_level.rank) for key in made_from}
        async with self._database.writing() as session:
            if await session.get(ReportRow, report_id) is not None:
                return False
            session.add(
                ReportRow(
                    report_id=report_id,
                    kind=kind.value,
                    reader=reader.name,
                    time_horizon=time_horizon.value if time_horizon else None,
                    level_rank=level.rank,
                    created_at=self._clock(),
                    body=report.model_dump_json(),
                )
            )
            await session.flush()
            session.add_all(
                ReportSourceRow(report_id=report_id, knowledge_id=knowledge_id, level_rank=rank)
                for knowledge_id, rank in sorted(keys)
            )
            detail = {"report": report_id, "kind": kind.value, "level": level.value}
            await self._audit.append(
                session, reader.name, AuditAction.RELEASE, AuditOutcome.ALLOWED, detail
            )
            if took is not None:
                await add_measurement(session, took, self._clock())
        return True

    async def find_latest(
        self,
        model: type[Report],
        *,
        kind: ReportKind,
        reader: Reader,
        time_horizon: TimeHorizon | None = None,
        other_than: str | None = None,
    ) -> Report | None:
        """Return the reader's last report of that kind that its clearance still dominates, or None."""
        newest = (
            select(ReportRow)
            .where(
                col(ReportRow.kind) == kind.value,
                col(ReportRow.reader) == reader.name,
                col(ReportRow.time_horizon) == (time_horizon.value if time_horizon else None),
                col(ReportRow.level_rank).in_(
                    [level.rank for level in reader.clearance.readable_levels]
                ),
                col(ReportRow.report_id) != (other_than or ""),
            )
            .order_by(col(ReportRow.created_at).desc(), col(ReportRow.report_id))
            .limit(1)
        )
        async with self._database.reading() as session:
            row = (await session.execute(newest)).scalar_one_or_none()
        return None if row is None else model.model_validate_json(row.body)

    async def find(self, model: type[Report], report_id: str, reader: Reader) -> Report | None:
        """Return the reader's own report of that id, or None where there is none that it may read."""
        wanted = select(ReportRow).where(
            col(ReportRow.report_id) == report_id,
            col(ReportRow.reader) == reader.name,
            col(ReportRow.level_rank).in_(
                [level.rank for level in reader.clearance.readable_levels]
            ),
        )
        async with self._database.reading() as session:
            row = (await session.execute(wanted)).scalar_one_or_none()
        return None if row is None else model.model_validate_json(row.body)

    async def get(self, model: type[Report], report_id: str, reader: Reader) -> Report:
        """Return the reader's own report of that id. Raises `NotFound`."""
        report = await self.find(model, report_id, reader)
        if report is None:
            raise NotFound
        return report

    async def made_from(self, report_id: str, reader: Reader) -> set[ItemKey]:
        """Return every item that the reader's own report was made from, cited or not.

        Empty where there is no such report that the reader may read.
        """
        sources = (
            select(ReportSourceRow.knowledge_id, ReportSourceRow.level_rank)
            .join(ReportRow, col(ReportRow.report_id) == col(ReportSourceRow.report_id))
            .where(
                col(ReportRow.report_id) == report_id,
                col(ReportRow.reader) == reader.name,
                col(ReportRow.level_rank).in_(
                    [level.rank for level in reader.clearance.readable_levels]
                ),
            )
        )
        return {
            ItemKey(knowledge_id=row.knowledge_id, confidentiality_level=LEVELS[row.level_rank])
            for row in await self._database.rows(sources)
        }

    async def list(self, reader: Reader, *, limit: int) -> tuple[ReportEntry, ...]:
        """Return what the reader's latest own reports are, newest first, those that it may read."""
        newest = (
            select(ReportRow)
            .where(
                col(ReportRow.reader) == reader.name,
                col(ReportRow.kind).not_in(_INPUTS),
                col(ReportRow.level_rank).in_(
                    [level.rank for level in reader.clearance.readable_levels]
                ),
            )
            .order_by(col(ReportRow.created_at).desc(), col(ReportRow.report_id))
            .limit(limit)
            .options(
                defer(ReportRow.body)  # pyright: ignore[reportArgumentType] - a mapped column
            )
        )
        async with self._database.reading() as session:
            rows = (await session.execute(newest)).scalars().all()
            return tuple(_entry(row) for row in rows)

    async def open(self, report_id: str, reader: Reader) -> StoredReport:
        """Return the reader's own report of that id, audited above internal and when denied.

        Raises `NotFound` for what is not there, is another's, or is above the reader's clearance.
        """
        detail: dict[str, Any] = {"report": report_id}
        async with self._database.reading() as session:
            row = await session.get(ReportRow, report_id)
        entry = _own_entry(row, reader)
        if row is None or entry is None:
            await self._audit.record(reader.name, AuditAction.READ, AuditOutcome.DENIED, detail)
            raise NotFound
        if entry.confidentiality_level.rank > ConfidentialityLevel.INTERNAL.rank:
            detail["level"] = entry.confidentiality_level.value
            await self._audit.record(reader.name, AuditAction.READ, AuditOutcome.ALLOWED, detail)
        return StoredReport(entry, row.body)

    async def erase_made_from(self, key: ItemKey) -> tuple[str, ...]:
        """Delete every report that was made from the item; return their ids."""
        sources = select(ReportSourceRow.report_id).where(
            col(ReportSourceRow.knowledge_id) == key.knowledge_id,
            col(ReportSourceRow.level_rank) == key.confidentiality_level.rank,
        )
        async with self._database.writing() as session:
            ids = (await session.execute(sources)).scalars().all()
            await session.execute(
                delete(ReportSourceRow).where(col(ReportSourceRow.report_id).in_(ids))
            )
            await session.execute(delete(ReportRow).where(col(ReportRow.report_id).in_(ids)))
        return tuple(ids)


async def erase_reports(
    session: AsyncSession, report_ids: Iterable[str], *, reader: str, made_since: datetime
) -> tuple[str, ...]:
    """Delete a reader's reports of these ids, in the transaction of what they were made for.

    With each goes what it asked of the other orchestrator and what that answered. What is another
    reader's, or older than *made_since*, stays. Returns the ids of what is gone.
    """
    named = set(report_ids)
    briefs = {f"{report_id}-for-{asked.value}" for report_id in named for asked in EventDomain}
    asked_for = (
        col(CollaborationRow.request_report_id).in_(sorted(briefs)),
        col(CollaborationRow.reader) == reader,
    )
    exchanges = (await session.execute(select(CollaborationRow).where(*asked_for))).scalars().all()
    named |= briefs
    named |= {row.response_report_id for row in exchanges if row.response_report_id is not None}
    own = select(ReportRow.report_id).where(
        col(ReportRow.report_id).in_(sorted(named)),
        col(ReportRow.reader) == reader,
        col(ReportRow.created_at) >= made_since,
    )
    ids = (await session.execute(own)).scalars().all()
    await session.execute(delete(CollaborationRow).where(*asked_for))
    await session.execute(delete(ReportSourceRow).where(col(ReportSourceRow.report_id).in_(ids)))
    await session.execute(delete(ReportRow).where(col(ReportRow.report_id).in_(ids)))
    return tuple(sorted(ids))


def _own_entry(row: ReportRow | None, reader: Reader) -> ReportEntry | None:
    """Return what a row is where it is a report of the reader's that it may read."""
    if row is None or row.reader != reader.name or row.kind in _INPUTS:
        return None
    entry = _entry(row)
    return entry if reader.clearance.dominates(entry.confidentiality_level) else None


def _entry(row: ReportRow) -> ReportEntry:
    """Return what a row is, without its text; a rank that is no level raises."""
    return ReportEntry(
        report_id=row.report_id,
        kind=ReportKind(row.kind),
        confidentiality_level=list(ConfidentialityLevel)[row.level_rank],
        time_horizon=TimeHorizon(row.time_horizon) if row.time_horizon else None,
        created_at=row.created_at,
    )
