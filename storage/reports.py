"""Stored results: every summary, briefing and analysis, under its label, for its reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import delete
from sqlmodel import col, select

from domain.clearance import Reader
from domain.errors import AccessDenied, NotFound
from domain.evidence import Labelled
from domain.knowledge import ItemKey
from domain.summary import TimeHorizon
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.database import Database
from storage.tables import ReportRow, ReportSourceRow

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
    ) -> bool:
        """Store *report* and audit its release, in one transaction; return whether it is stored now.

        An id that is stored already stays as it is: the first of two that save it at once wins.
        *made_from* names every item that the report was made from, so that purging one finds it.
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

    async def erase_made_from(self, key: ItemKey) -> int:
        """Delete every report that was made from the item; return how many."""
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
        return len(ids)
