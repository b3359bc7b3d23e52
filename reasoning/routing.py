"""Where a request goes: what is asked, what such runs took, and who listens, in; pool and queue, out.

Seen from outside are the deployment, the pool, the queue and a reason of fixed wording. They follow from
what a requirement says only where what it says may be shown there anyway (`content_may_show`); else from
its length alone, which its seal shows too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import Field

from domain.analysis import Rating, RoadmapImpact
from domain.clearance import Clearance, ConfidentialityLevel
from domain.model import FrozenModel, UtcDatetime
from domain.placement import Placement, PoolState, QueueReason, expected_reason, place
from domain.routing import AnalysisScope, RoutedFlow
from domain.summary import TimeHorizon
from domain.workload import (
    DurationBands,
    DurationClass,
    RunMeasurement,
    SizeClass,
    expected_seconds,
    size_of_files,
    size_of_horizon,
    size_of_text,
)
from reasoning.complexity import estimated_complexity
from reasoning.requests import MAX_REQUIREMENT_LENGTH, AnalysisRequest
from reasoning.requirements import technical_requirements
from reasoning.scope import Sides, sides_of


class AnalysisWanted(FrozenModel):
    """An analysis of a requirement."""

    requirement: str = Field(min_length=1, max_length=MAX_REQUIREMENT_LENGTH, repr=False)
    scope: AnalysisScope = AnalysisScope.COMPREHENSIVE
    content_may_show: bool
    """Whether the requirement's level is at or below the ceiling of Prefect's pages."""


class SummaryWanted(FrozenModel):
    """A summary of one domain."""

    time_horizon: TimeHorizon


class BriefingWanted(FrozenModel):
    """A briefing."""

    time_horizon: TimeHorizon


class IngestWanted(FrozenModel):
    """An ingest of files."""

    files: int = Field(ge=0)
    total_bytes: int = Field(ge=0)


class MaintenanceWanted(FrozenModel):
    """The daily care."""


Wanted = AnalysisWanted | SummaryWanted | BriefingWanted | IngestWanted | MaintenanceWanted


class RoutingRequest(FrozenModel):
    """What is asked, at whose effective clearance, and how much it presses."""

    wanted: Wanted
    clearance: Clearance
    urgent: bool = False
    deadline: UtcDatetime | None = None
    """When the result is wanted."""


class Workload(FrozenModel):
    """What is expected of a run."""

    flow: RoutedFlow
    size: SizeClass
    complexity: Rating
    needs_both_domains: bool
    seconds: float = Field(ge=0)
    duration: DurationClass


class _Read(NamedTuple):
    """What the wording of a requirement says of the work in it."""

    sides: Sides
    complexity: Rating


_START_UP = timedelta(seconds=30)
_SLACK = 3
"""A deadline is near from this many times the expected duration on, a run's start not counted."""
_FLOWS = {
    AnalysisScope.COMPREHENSIVE: RoutedFlow.COMPREHENSIVE_ANALYSIS,
    AnalysisScope.BUSINESS: RoutedFlow.BUSINESS_ANALYSIS,
    AnalysisScope.TECHNICAL: RoutedFlow.TECHNICAL_ANALYSIS,
}
_FLOW_FOR = {
    Sides.BOTH: RoutedFlow.COMPREHENSIVE_ANALYSIS,
    Sides.BUSINESS: RoutedFlow.BUSINESS_ANALYSIS,
    Sides.TECHNICAL: RoutedFlow.TECHNICAL_ANALYSIS,
}


def choose_queue(
    request: RoutingRequest,
    pools: Sequence[PoolState],
    history: Iterable[RunMeasurement] = (),
    *,
    now: datetime,
    bands: DurationBands | None = None,
) -> Placement:
    """Return the flow, pool and queue for *request*. Raises `NobodyListens`.

    *history* is newest first; what is above the request's clearance in it is not looked at.
    """
    workload = predict(request, history, bands=bands)
    why = expected_reason(workload.duration)
    if request.urgent:
        why = QueueReason.ASKED_AS_URGENT
    elif request.deadline is not None and _is_near(request.deadline, workload, now):
        why = QueueReason.DEADLINE_NEAR
    return place(workload.flow, workload.duration, why, pools)


def predict(
    request: RoutingRequest,
    history: Iterable[RunMeasurement] = (),
    *,
    bands: DurationBands | None = None,
) -> Workload:
    """Return what is expected of the run of *request*; with no *history*, by its size alone."""
    read = _Read(Sides.BOTH, Rating.UNKNOWN)
    match request.wanted:
        case AnalysisWanted() as wanted:
            size = size_of_text(len(wanted.requirement))
            # A long one takes a second to read, and holds something of both sides anyway.
            if wanted.content_may_show and size is not SizeClass.LARGE:
                read = _read(wanted.requirement)
            flow = _FLOWS.get(wanted.scope) or _FLOW_FOR[read.sides]
        case SummaryWanted(time_horizon=horizon):
            flow, size = RoutedFlow.STRATEGIC_SUMMARY, size_of_horizon(horizon)
        case BriefingWanted(time_horizon=horizon):
            flow, size = RoutedFlow.CEO_BRIEFING, size_of_horizon(horizon)
        case IngestWanted(files=files, total_bytes=total_bytes):
            flow, size = RoutedFlow.INGEST_KNOWLEDGE, size_of_files(files, total_bytes)
        case MaintenanceWanted():
            flow, size = RoutedFlow.MAINTAIN_KNOWLEDGE, SizeClass.SMALL
    seconds = expected_seconds(flow, size, request.clearance, history, read.complexity)
    return Workload(
        flow=flow,
        size=size,
        complexity=read.complexity,
        needs_both_domains=flow is RoutedFlow.COMPREHENSIVE_ANALYSIS,
        seconds=seconds,
        duration=(bands or DurationBands()).class_of(seconds),
    )


def _read(requirement: str) -> _Read:
    if not requirement.strip():
        return _Read(Sides.BOTH, Rating.UNKNOWN)
    # Only kinds and figures are taken from it; the label would matter to quotes.
    request = AnalysisRequest(
        requirement=requirement, requirement_level=ConfidentialityLevel.TOP_SECRET
    )
    stated = technical_requirements(request, None)
    complexity = estimated_complexity(stated, (), RoadmapImpact()).rating
    return _Read(sides_of(requirement, stated), complexity)


def _is_near(deadline: datetime, workload: Workload, now: datetime) -> bool:
    return deadline - now < _START_UP + _SLACK * timedelta(seconds=workload.seconds)
