"""Analyses of a stored request that are made once: asked for again, what was stored is returned."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TypeVar

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.clearance import Reader
from domain.requests import KeptRequest
from storage.reports import ReportKind
from tasks.step import step
from tasks.stores import current_stores

Analysis = TypeVar("Analysis", ComprehensiveAnalysis, BusinessPerspective, TechnicalPerspective)


def single_report_id(requirement: object, kind: ReportKind, reader: Reader) -> str | None:
    """Return the id of the one report on *requirement*, or None where each run makes one of its own."""
    if not isinstance(requirement, KeptRequest) or not requirement.once:
        return None
    return report_id_of(requirement.request_id, kind, reader)


def report_id_of(request_id: str, kind: ReportKind, reader: Reader) -> str:
    """Return the id of the one report of that kind on a stored request, at the reader's clearance."""
    level = reader.clearance.level.value
    named = f"{kind.value}\n{request_id}\n{reader.name}\n{level}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


@step(name="find-analysis", timeout=timedelta(minutes=2))
async def find_analysis(model: type[Analysis], report_id: str, reader: Reader) -> Analysis | None:
    """Return the report of that id where the reader has it already."""
    return await current_stores().reports.find(model, report_id, reader)
