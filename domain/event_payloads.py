"""What an event carries: references and typed fields of one of four kinds, and no content but sealed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, computed_field, model_validator

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory, KnowledgeId
from domain.model import FrozenModel, ModelWithComputedFields
from domain.sealed import SealedText

EXECUTIVE_ATTENTION = 8
"""On an alert's own scale of 1 to 10: from here on it is a matter for those who lead."""


class RequestType(StrEnum):
    """What one orchestrator may ask of the other."""

    TECHNICAL_FEASIBILITY_ANALYSIS = "technical_feasibility_analysis"
    """Sophia asks Artemis."""
    BUSINESS_ANALYSIS = "business_analysis"
    """Artemis asks Sophia."""


class CollaborationOutcome(StrEnum):
    """How a collaboration ended for the one who was asked."""

    ANSWERED = "answered"
    FAILED = "failed"


class ChangeKind(StrEnum):
    """What happened to an item, as seen from its level: moved to another level, it is removed."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class UpdateType(StrEnum):
    """What happened to the knowledge base as a whole."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_\-]+$")]
"""Of an event, a correlation or a stored report: safe in a key, a column and a log line."""
AlertPriority = Annotated[int, Field(ge=1, le=10, strict=True)]


class CollaborationRequest(FrozenModel):
    """One orchestrator asks the other. What is asked is a stored report; the event names it only."""

    kind: Literal["collaboration_request"] = "collaboration_request"
    request_type: RequestType
    requester: Annotated[str, Field(min_length=1, max_length=200)]
    """The principal on whose behalf; the answer is made at its clearance."""
    max_confidentiality: ConfidentialityLevel | None = None
    request_report_id: Identifier


class CollaborationResponse(FrozenModel):
    """The answer to a request, which is a stored report too."""

    kind: Literal["collaboration_response"] = "collaboration_response"
    request_type: RequestType
    outcome: CollaborationOutcome
    response_report_id: Identifier | None = None
    reason: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Why it failed, without content."""

    @model_validator(mode="after")
    def _ends_in_one_way(self) -> Self:
        if self.outcome is CollaborationOutcome.ANSWERED:
            if self.response_report_id is None or self.reason is not None:
                raise ValueError("an answer has a response_report_id and no reason")
        elif self.reason is None or self.response_report_id is not None:
            raise ValueError("a failure has a reason and no response_report_id")
        return self


class KnowledgeChange(FrozenModel):
    """What happened to one item."""

    knowledge_id: KnowledgeId
    category: KnowledgeCategory | None = None
    """None when the item is gone and nobody knows its category any more."""
    change: ChangeKind


class KnowledgeUpdate(FrozenModel):
    """The knowledge base changed at the event's level; which items, where the teller knows them."""

    kind: Literal["knowledge_update"] = "knowledge_update"
    update_type: UpdateType
    changes: tuple[KnowledgeChange, ...] = ()


class StrategicAlert(ModelWithComputedFields):
    """Something that those who decide should know of."""

    kind: Literal["strategic_alert"] = "strategic_alert"
    alert_category: KnowledgeCategory
    priority_level: AlertPriority
    """1 to 10, the scale of strategic priority; the envelope's priority is another one."""
    knowledge_ids: tuple[KnowledgeId, ...] = ()
    note: SealedText | None = None

    @computed_field
    @property
    def requires_executive_attention(self) -> bool:
        """Whether it is a matter for those who lead."""
        return self.priority_level >= EXECUTIVE_ATTENTION


Payload = Annotated[
    CollaborationRequest | CollaborationResponse | KnowledgeUpdate | StrategicAlert,
    Field(discriminator="kind"),
]
