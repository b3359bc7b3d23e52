"""A CEO briefing: the news of every domain, and what changed since this reader's last edition."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from domain.analysis import Degradation, Recommendation
from domain.clearance import ConfidentialityLevel
from domain.evidence import Finding, Labelled
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel, UtcDatetime
from domain.summary import StrategicSummary, TimeHorizon


class ChangeKind(StrEnum):
    """What became of an item between two editions."""

    NEW = "new"
    ESCALATED = "escalated"
    """Its priority or its level rose."""
    CHANGED = "changed"
    """Its text changed, or its priority fell."""
    RESOLVED = "resolved"
    """It expired, was deleted, or says that it is closed."""
    STILL_OPEN = "still_open"


class ItemState(FrozenModel):
    """What an edition remembers of an item, to tell the next edition what changed.

    Holds no text: the title is looked up among what the reader may read when the next edition is made.
    """

    knowledge_id: str
    confidentiality_level: ConfidentialityLevel
    title: str
    category: KnowledgeCategory
    strategic_priority: int
    content_digest: str
    """SHA-256 of the content, hexadecimal."""


class Change(FrozenModel):
    """One item's change, with a finding that says it when there is text to cite."""

    kind: ChangeKind
    knowledge_id: str
    confidentiality_level: ConfidentialityLevel
    title: str
    category: KnowledgeCategory
    strategic_priority: int = Field(ge=1, le=10)
    previous_priority: int | None = None
    finding: Finding | None = None
    """None for a resolved item, whose text is no longer there to quote."""


class AlertNotice(FrozenModel):
    """The strategic alert that an edition is made for: references, as its event carried them."""

    event_id: str = Field(min_length=1, max_length=64)
    confidentiality_level: ConfidentialityLevel
    alert_category: KnowledgeCategory
    priority_level: int = Field(ge=1, le=10)
    knowledge_ids: tuple[str, ...] = Field(default=(), max_length=1000)


class BriefingAlert(FrozenModel):
    """What an edition says of the alert that it is made for."""

    event_id: str
    alert_category: KnowledgeCategory
    priority_level: int = Field(ge=1, le=10)
    findings: tuple[Finding, ...]
    """Of the items that the alert names, what those that the reader may read say."""


class CeoBriefing(Labelled):
    """One edition for one reader."""

    briefing_id: str
    reader: str
    time_horizon: TimeHorizon
    generated_at: UtcDatetime
    window_start: UtcDatetime
    previous_briefing_id: str | None
    nothing_material: bool
    """No decision is asked for and nothing new, escalated, changed or resolved."""
    headline: tuple[Finding, ...]
    """What a CEO should hear first; at most three."""
    decisions: tuple[Recommendation, ...]
    """What needs a decision, most pressing first."""
    changes: tuple[Change, ...]
    changes_omitted: int = Field(default=0, ge=0)
    """How many changes of less weight were left out of `changes`."""
    domains: tuple[StrategicSummary, ...]
    """The domains that have news, in the order business, technical, market."""
    item_states: tuple[ItemState, ...]
    """What the next edition compares itself with."""
    alert: BriefingAlert | None = None
    """Set when a strategic alert and no schedule is the reason for this edition."""
    degraded: tuple[Degradation, ...] = ()
