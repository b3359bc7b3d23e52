from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel
from domain.events import (
    ChangeKind,
    CollaborationOutcome,
    CollaborationResponse,
    Event,
    EventDomain,
    EventType,
    KnowledgeChange,
    RequestType,
    StrategicAlert,
    UpdateType,
    collaboration_request,
    collaboration_response,
    knowledge_update,
    strategic_alert,
)
from domain.knowledge import KnowledgeCategory
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, RESTRICTED


def request(source: EventDomain = EventDomain.SOPHIA, **fields: Any) -> Event:
    given: dict[str, Any] = {
        "event_id": "asked",
        "correlation_id": "exchange",
        "occurred_at": NOW,
        "source_domain": source,
        "request_type": RequestType.TECHNICAL_FEASIBILITY_ANALYSIS,
        "requester": "ana",
        "request_report_id": "report-1",
        "confidentiality_level": CONFIDENTIAL,
        "deadline": NOW + timedelta(minutes=5),
    }
    return collaboration_request(**(given | fields))


def alert(priority_level: int) -> Event:
    return strategic_alert(
        event_id="alert",
        occurred_at=NOW,
        alert_category=KnowledgeCategory.RISK_MANAGEMENT,
        priority_level=priority_level,
        confidentiality_level=INTERNAL,
    )


def test_a_request_of_sophias_goes_to_artemis_and_wants_an_answer():
    event = request()

    assert event.event_type is EventType.SOPHIA_TO_ARTEMIS
    assert event.target_domain is EventDomain.ARTEMIS
    assert event.requires_response


def test_a_request_of_artemis_goes_to_sophia():
    event = request(EventDomain.ARTEMIS, request_type=RequestType.BUSINESS_ANALYSIS)

    assert event.event_type is EventType.ARTEMIS_TO_SOPHIA
    assert event.target_domain is EventDomain.SOPHIA


@pytest.mark.parametrize("source", [EventDomain.SOPHIA, EventDomain.ARTEMIS])
def test_an_answer_goes_back_with_the_requests_correlation_id_and_names_its_cause(
    source: EventDomain,
):
    asked = request(source, priority=4)
    answer = collaboration_response(
        to=asked,
        event_id="answer",
        occurred_at=NOW + timedelta(minutes=1),
        confidentiality_level=RESTRICTED,
        response_report_id="report-2",
    )

    assert (answer.source_domain, answer.target_domain) == (asked.target_domain, source)
    assert answer.event_type is not asked.event_type
    assert (answer.correlation_id, answer.causation_id) == ("exchange", "asked")
    assert (answer.priority, answer.requires_response) == (4, False)
    assert isinstance(answer.payload, CollaborationResponse)
    assert answer.payload.outcome is CollaborationOutcome.ANSWERED


def test_an_answer_without_a_report_is_a_failure_with_its_reason():
    answer = collaboration_response(
        to=request(),
        event_id="answer",
        occurred_at=NOW,
        confidentiality_level=INTERNAL,
        reason="TransientStorageError",
    )

    assert isinstance(answer.payload, CollaborationResponse)
    assert answer.payload.outcome is CollaborationOutcome.FAILED


@pytest.mark.parametrize(
    ("priority_level", "priority", "for_those_who_lead"),
    [(1, 1, False), (5, 5, False), (7, 5, False), (8, 5, True), (10, 5, True)],
)
def test_an_alert_is_as_urgent_as_its_level_up_to_5_and_from_8_on_a_matter_for_those_who_lead(
    priority_level: int, priority: int, for_those_who_lead: bool
):
    event = alert(priority_level)

    assert event.priority == priority
    assert event.target_domain is None
    assert isinstance(event.payload, StrategicAlert)
    assert event.payload.requires_executive_attention is for_those_who_lead


@pytest.mark.parametrize(
    ("source", "event_type"),
    [
        (EventDomain.SOPHIA, EventType.BUSINESS_INSIGHT),
        (EventDomain.ARTEMIS, EventType.CODE_ANALYSIS),
    ],
)
def test_who_tells_of_an_update_decides_its_type(source: EventDomain, event_type: EventType):
    event = knowledge_update(
        event_id="update",
        occurred_at=NOW,
        source_domain=source,
        update_type=UpdateType.CREATED,
        confidentiality_level=INTERNAL,
        changes=[KnowledgeChange(knowledge_id="plant", change=ChangeKind.ADDED)],
        priority=9,
    )

    assert event.event_type is event_type
    assert event.priority == 5


@pytest.mark.parametrize("priority_level", [0, 11])
def test_an_alert_beyond_its_scale_is_refused(priority_level: int):
    with pytest.raises(ValidationError, match="priority_level"):
        alert(priority_level)


@pytest.mark.parametrize(
    ("changes", "field_or_reason"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 6}, "priority"),
        ({"target_domain": "sophia"}, "goes from sophia to artemis"),
        ({"target_domain": None}, "goes from sophia to artemis"),
        ({"source_domain": "artemis"}, "goes from sophia to artemis"),
        ({"event_type": "business_insight"}, "does not carry"),
        ({"requires_response": False}, "requires_response"),
        ({"deadline": NOW}, "deadline"),
        ({"occurred_at": NOW.replace(tzinfo=None)}, "occurred_at"),
        ({"schema_version": 2}, "schema_version"),
        ({"confidentiality_level": "cosmic"}, "confidentiality_level"),
        ({"event_id": "two words"}, "event_id"),
        ({"content": "The plant is sold."}, "content"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(changes: dict[str, Any], field_or_reason: str):
    fields = request().model_dump() | changes

    with pytest.raises(ValidationError, match=field_or_reason):
        Event.model_validate(fields)


def test_nothing_but_a_request_is_answered():
    with pytest.raises(ValueError, match="only a collaboration request"):
        collaboration_response(
            to=alert(3), event_id="answer", occurred_at=NOW, confidentiality_level=INTERNAL
        )


def test_an_event_expires_at_its_deadline_and_without_one_never():
    asked = request()

    assert not asked.has_expired(NOW)
    assert asked.has_expired(NOW + timedelta(minutes=5))
    assert not alert(3).has_expired(NOW + timedelta(days=9999))


def test_a_level_stands_in_json_by_its_name():
    assert f'"{ConfidentialityLevel.CONFIDENTIAL.value}"' in request().model_dump_json()


TRACED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_an_event_that_nobody_traces_is_written_as_before_there_were_traces():
    event = alert(9)
    assert "trace_parent" not in event.model_dump_json()
    assert event.within_trace(None) is event


def test_an_event_keeps_the_span_that_it_was_first_published_in():
    event = alert(9).within_trace(TRACED)
    assert Event.model_validate_json(event.model_dump_json()).trace_parent == TRACED
    assert event.within_trace(TRACED.replace("4b", "5b")) is event


@pytest.mark.parametrize(
    "value", ["", "words of a plan", TRACED.upper(), f"{TRACED}-more", f"{TRACED}\n"]
)
def test_what_is_no_span_is_refused(value: str):
    with pytest.raises(ValidationError):
        Event.model_validate({**alert(9).model_dump(), "trace_parent": value})
