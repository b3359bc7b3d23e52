"""A strategic summary: one domain of the company over one horizon, at one reader's clearance."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from domain.analysis import Recommendation, Risk
from domain.evidence import Finding, Labelled
from domain.knowledge import Domain, KnowledgeCategory
from domain.model import FrozenModel, UtcDatetime


class TimeHorizon(StrEnum):
    """How far back a summary looks."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def duration(self) -> timedelta:
        """The length of the window: 7, 30, 91 or 365 days."""
        return timedelta(days=_DAYS[self])


class Cadence(StrEnum):
    """How often a reader is briefed by itself; each has the horizon of its length."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def horizon(self) -> TimeHorizon:
        """How far back such a briefing looks."""
        return _HORIZONS[self]


_HORIZONS = {
    Cadence.WEEKLY: TimeHorizon.WEEK,
    Cadence.MONTHLY: TimeHorizon.MONTH,
    Cadence.QUARTERLY: TimeHorizon.QUARTER,
}
_DAYS = {
    TimeHorizon.WEEK: 7,
    TimeHorizon.MONTH: 30,
    TimeHorizon.QUARTER: 91,
    TimeHorizon.YEAR: 365,
}


class KeyInsight(Finding):
    """What one item says that matters."""

    category: KnowledgeCategory
    title: str
    priority: int = Field(ge=1, le=10)
    tags: tuple[str, ...]


class CategoryTrend(FrozenModel):
    """How much was written about a category in this window against the one before."""

    category: KnowledgeCategory
    items: int = Field(ge=0)
    items_before: int = Field(ge=0)
    """Items in the window of the same length just before."""
    mean_priority: float | None
    mean_priority_before: float | None


class StrategicSummary(Labelled):
    """What a reader should know of one domain over one horizon."""

    domain: Domain
    time_horizon: TimeHorizon
    generated_at: UtcDatetime
    window_start: UtcDatetime
    strategic_priorities: tuple[Finding, ...]
    key_insights: tuple[KeyInsight, ...]
    risk_factors: tuple[Risk, ...]
    opportunities: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    trends: tuple[CategoryTrend, ...]
    items_considered: int = Field(ge=0)
