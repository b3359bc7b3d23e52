"""Events between flow runs: an envelope that says who tells whom, and a payload of references.

An event carries ids, labels and counts; content never stands in one except sealed. It is labelled with
the level of what it tells of, and who may not read that level learns nothing of the event. Times and
ids arrive as arguments. Three patterns: a collaboration asked for and answered, an update of the
knowledge base, a strategic alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from domain.clearance import ConfidentialityLevel
from domain.event_payloads import (
    ChangeKind,
    CollaborationOutcome,
    CollaborationRequest,
    CollaborationResponse,
    Identifier,
    KnowledgeChange,
    KnowledgeUpdate,
    Payload,
    RequestType,
    StrategicAlert,
    UpdateType,
)
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel, UtcDatetime
from domain.sealed import SealedText

__all__ = [
    "ChangeKind",
    "CollaborationOutcome",
    "CollaborationRequest",
    "CollaborationResponse",
    "Event",
    "EventDomain",
    "EventType",
    "KnowledgeChange",
    "KnowledgeUpdate",
    "RequestType",
    "StrategicAlert",
    "UpdateType",
    "collaboration_request",
    "collaboration_response",
    "knowledge_update",
    "strategic_alert",
]

LEAST_PRIORITY = 1
MOST_PRIORITY = 5


class EventType(StrEnum):
    """The four types of the seed design."""

    SOPHIA_TO_ARTEMIS = "sophia_to_artemis"
    ARTEMIS_TO_SOPHIA = "artemis_to_sophia"
    BUSINESS_INSIGHT = "business_insight"
    CODE_ANALYSIS = "code_analysis"


class EventDomain(StrEnum):
    """Who tells and who is told."""

    SOPHIA = "sophia"
    ARTEMIS = "artemis"
    SHARED = "shared"


TraceParent = Annotated[str, Field(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
EventPriority = Annotated[int, Field(ge=LEAST_PRIORITY, le=MOST_PRIORITY, strict=True)]

_ADDRESSES = {
    EventType.SOPHIA_TO_ARTEMIS: (EventDomain.SOPHIA, EventDomain.ARTEMIS),
    EventType.ARTEMIS_TO_SOPHIA: (EventDomain.ARTEMIS, EventDomain.SOPHIA),
}
_TELLERS = {
    EventType.BUSINESS_INSIGHT: (EventDomain.SOPHIA, EventDomain.SHARED),
    EventType.CODE_ANALYSIS: (EventDomain.ARTEMIS,),
}


def _is_none(value: object) -> bool:
    return value is None


class Event(FrozenModel):
    """One event: the envelope and its payload."""

    event_id: Identifier
    event_type: EventType
    source_domain: EventDomain
    target_domain: EventDomain | None = None
    """None tells everyone."""
    priority: EventPriority = 3
    """1 to 5; 5 is the most urgent and handled first."""
    requires_response: bool = False
    correlation_id: Identifier
    """The same in a request and in its response."""
    causation_id: Identifier | None = None
    """The event that this one follows from."""
    occurred_at: UtcDatetime
    deadline: UtcDatetime | None = None
    """From here on nobody waits for it any more: it is not handled."""
    schema_version: Literal[1] = 1
    trace_parent: TraceParent | None = Field(default=None, exclude_if=_is_none)
    """The W3C `traceparent` of the span that it was published in; where nothing is traced, the event
    is written without this field, so that what reads version 1 without it reads it still."""
    confidentiality_level: ConfidentialityLevel
    """High-water mark of everything that the event tells of."""
    payload: Payload

    @model_validator(mode="after")
    def _is_addressed_as_its_type_says(self) -> Self:
        address = _ADDRESSES.get(self.event_type)
        if address is not None and (self.source_domain, self.target_domain) != address:
            raise ValueError(f"{self.event_type} goes from {address[0]} to {address[1]}")
        tellers = _TELLERS.get(self.event_type)
        if tellers is not None and self.source_domain not in tellers:
            raise ValueError(f"{self.event_type} comes from {' or '.join(tellers)}")
        return self

    @model_validator(mode="after")
    def _has_a_payload_of_its_type(self) -> Self:
        between_two = isinstance(self.payload, CollaborationRequest | CollaborationResponse)
        if between_two is not (self.event_type in _ADDRESSES):
            raise ValueError(f"{self.event_type} does not carry a {self.payload.kind}")
        if self.requires_response is not isinstance(self.payload, CollaborationRequest):
            raise ValueError("requires_response is true of a collaboration request and no other")
        if isinstance(self.payload, CollaborationResponse) and self.causation_id is None:
            raise ValueError("a response names its request's event_id as causation_id")
        return self

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.deadline is not None and self.deadline <= self.occurred_at:
            raise ValueError("deadline must come after occurred_at")
        return self

    def has_expired(self, now: datetime) -> bool:
        """Whether nobody waits for it any more."""
        return self.deadline is not None and now >= self.deadline

    def within_trace(self, trace_parent: str | None) -> Event:
        """Return it as published in the span *trace_parent*; one that knows its own span stays as it is."""
        if trace_parent is None or self.trace_parent is not None:
            return self
        return self.model_copy(update={"trace_parent": trace_parent})


def collaboration_request(
    *,
    event_id: str,
    correlation_id: str,
    occurred_at: datetime,
    source_domain: EventDomain,
    request_type: RequestType,
    requester: str,
    request_report_id: str,
    confidentiality_level: ConfidentialityLevel,
    max_confidentiality: ConfidentialityLevel | None = None,
    priority: int = 3,
    deadline: datetime | None = None,
    causation_id: str | None = None,
) -> Event:
    """Return the event by which Sophia asks Artemis, or Artemis Sophia."""
    asks_artemis = source_domain is EventDomain.SOPHIA
    return Event(
        event_id=event_id,
        event_type=EventType.SOPHIA_TO_ARTEMIS if asks_artemis else EventType.ARTEMIS_TO_SOPHIA,
        source_domain=source_domain,
        target_domain=EventDomain.ARTEMIS if asks_artemis else EventDomain.SOPHIA,
        priority=priority,
        requires_response=True,
        correlation_id=correlation_id,
        causation_id=causation_id,
        occurred_at=occurred_at,
        deadline=deadline,
        confidentiality_level=confidentiality_level,
        payload=CollaborationRequest(
            request_type=request_type,
            requester=requester,
            max_confidentiality=max_confidentiality,
            request_report_id=request_report_id,
        ),
    )


def collaboration_response(
    *,
    to: Event,
    event_id: str,
    occurred_at: datetime,
    confidentiality_level: ConfidentialityLevel,
    response_report_id: str | None = None,
    reason: str | None = None,
) -> Event:
    """Return the answer to the request event *to*: a report, or the *reason* why there is none."""
    if not isinstance(to.payload, CollaborationRequest):
        raise ValueError("only a collaboration request is answered")  # noqa: TRY004 - a wrong value
    failed = response_report_id is None
    from_artemis = to.event_type is EventType.SOPHIA_TO_ARTEMIS
    return Event(
        event_id=event_id,
        event_type=EventType.ARTEMIS_TO_SOPHIA if from_artemis else EventType.SOPHIA_TO_ARTEMIS,
        source_domain=EventDomain.ARTEMIS if from_artemis else EventDomain.SOPHIA,
        target_domain=to.source_domain,
        priority=to.priority,
        correlation_id=to.correlation_id,
        causation_id=to.event_id,
        occurred_at=occurred_at,
        confidentiality_level=confidentiality_level,
        payload=CollaborationResponse(
            request_type=to.payload.request_type,
            outcome=CollaborationOutcome.FAILED if failed else CollaborationOutcome.ANSWERED,
            response_report_id=response_report_id,
            reason=reason,
        ),
    )


def knowledge_update(
    *,
    event_id: str,
    occurred_at: datetime,
    source_domain: EventDomain,
    update_type: UpdateType,
    confidentiality_level: ConfidentialityLevel,
    changes: Iterable[KnowledgeChange] = (),
    priority: int = 3,
    correlation_id: str | None = None,
) -> Event:
    """Return what tells everyone that knowledge of one level changed."""
    from_artemis = source_domain is EventDomain.ARTEMIS
    return Event(
        event_id=event_id,
        event_type=EventType.CODE_ANALYSIS if from_artemis else EventType.BUSINESS_INSIGHT,
        source_domain=source_domain,
        target_domain=EventDomain.SHARED,
        priority=_bounded(priority),
        correlation_id=correlation_id or event_id,
        occurred_at=occurred_at,
        confidentiality_level=confidentiality_level,
        payload=KnowledgeUpdate(update_type=update_type, changes=tuple(changes)),
    )


def strategic_alert(
    *,
    event_id: str,
    occurred_at: datetime,
    alert_category: KnowledgeCategory,
    priority_level: int,
    confidentiality_level: ConfidentialityLevel,
    knowledge_ids: Iterable[str] = (),
    note: SealedText | None = None,
    correlation_id: str | None = None,
) -> Event:
    """Return an alert to everyone; on the way it is as urgent as its level, up to 5."""
    return Event(
        event_id=event_id,
        event_type=EventType.BUSINESS_INSIGHT,
        source_domain=EventDomain.SHARED,
        target_domain=None,
        priority=_bounded(priority_level),
        correlation_id=correlation_id or event_id,
        occurred_at=occurred_at,
        confidentiality_level=confidentiality_level,
        payload=StrategicAlert(
            alert_category=alert_category,
            priority_level=priority_level,
            knowledge_ids=tuple(knowledge_ids),
            note=note,
        ),
    )


def _bounded(priority: int) -> int:
    return max(LEAST_PRIORITY, min(priority, MOST_PRIORITY))
