"""One orchestrator asks the other: what is handed over, and what became of the asking.

Sophia asks Artemis whether a requirement can be built, Artemis asks Sophia what it means for the
business. What is handed over is a brief, stored under the high-water mark of all that it holds; what
travels between them is its id. The answer is made at the clearance of the principal on whose behalf
it was asked, as the registry has it then.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from pydantic import ConfigDict, Field

from domain.analysis import BusinessPerspective, TechnicalRequirement
from domain.clearance import ConfidentialityLevel
from domain.errors import DiarchyError
from domain.event_payloads import RequestType
from domain.events import EventDomain
from domain.evidence import Labelled, RetrievedItem
from domain.model import FrozenModel, UtcDatetime


class CollaborationMode(StrEnum):
    """How one orchestrator reaches the other; the result is the same."""

    IN_PROCESS = "in_process"
    """In the same flow run."""
    EVENTS = "events"
    """Over the event bus: the other works in a flow run of its own, wherever that is."""


class CollaborationBrief(Labelled):
    """What the one who asks hands over: the request, what was found for it, and what is known so far."""

    requirement: str
    requirement_level: ConfidentialityLevel
    context: dict[str, str]
    evidence: dict[str, tuple[RetrievedItem, ...]]
    """What each question brought up, by the question's name."""
    technical_requirements: tuple[TechnicalRequirement, ...] = ()
    business_perspective: BusinessPerspective | None = None
    now: UtcDatetime
    """The moment for which both sides think."""

    @property
    def digest(self) -> str:
        """Equal for briefs that have the same answer: those of one day that differ in nothing else."""
        told = f"{self.now.date().isoformat()}\n{self.model_dump_json(exclude={'now'})}"
        return hashlib.sha256(told.encode()).hexdigest()


class CollaborationState(StrEnum):
    """What became of a request."""

    REQUESTED = "requested"
    ANSWERED = "answered"
    """Also after its deadline: an answer that comes late is kept."""
    FAILED = "failed"
    TIMED_OUT = "timed_out"


class Collaboration(FrozenModel):
    """One exchange: who asked whom for what, when, on whose behalf, and how it ended."""

    collaboration_id: str
    """Also the correlation id of its events, and the event id of the request."""
    source_domain: EventDomain
    target_domain: EventDomain
    request_type: RequestType
    reader: str
    max_confidentiality: ConfidentialityLevel
    """The effective clearance of the one who asked: the answer reads nothing above it."""
    confidentiality_level: ConfidentialityLevel
    """The brief's label."""
    request_report_id: str
    request_digest: str
    requested_at: UtcDatetime
    deadline: UtcDatetime
    state: CollaborationState = CollaborationState.REQUESTED
    answered_at: UtcDatetime | None = None
    response_report_id: str | None = None
    reason: str | None = Field(default=None, max_length=500)
    """Why it failed, without content."""


class StoredRequest(FrozenModel):
    """In place of a requirement: the one that another orchestrator handed over."""

    model_config = ConfigDict(title="Collaboration")

    collaboration_id: str = Field(
        min_length=1, max_length=64, description="Of the other orchestrator's request."
    )


class CollaborationTimedOut(DiarchyError):
    """No answer came in time; run it again to use one that comes late."""


class CollaborationFailed(DiarchyError):
    """The other orchestrator could not answer."""
