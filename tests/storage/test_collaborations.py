from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from domain.clearance import ConfidentialityLevel
from domain.collaboration import Collaboration, CollaborationState
from domain.errors import NotFound
from domain.event_payloads import CollaborationOutcome, CollaborationResponse, RequestType
from domain.events import Event, EventDomain, EventType
from storage.stores import Stores
from storage.tables import OutgoingEventRow
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, RESTRICTED, TOP_SECRET, reader_at


def asked(collaboration_id: str = "run-for-artemis", digest: str = "same") -> Collaboration:
    return Collaboration(
        collaboration_id=collaboration_id,
        source_domain=EventDomain.SOPHIA,
        target_domain=EventDomain.ARTEMIS,
        request_type=RequestType.TECHNICAL_FEASIBILITY_ANALYSIS,
        reader="restricted",
        max_confidentiality=RESTRICTED,
        confidentiality_level=CONFIDENTIAL,
        request_report_id=collaboration_id,
        request_digest=digest,
        requested_at=NOW,
        deadline=NOW + timedelta(minutes=5),
    )


async def announced(stores: Stores) -> list[Event]:
    async with stores.database.reading() as session:
        rows = (await session.execute(select(OutgoingEventRow))).scalars().all()
    return [Event.model_validate_json(row.body) for row in rows]


async def state_of(stores: Stores, collaboration_id: str = "run-for-artemis") -> CollaborationState:
    return (await stores.collaborations.get(collaboration_id)).state


async def answer(stores: Stores, level: ConfidentialityLevel = CONFIDENTIAL) -> None:
    await stores.collaborations.answer("run-for-artemis", report_id="answer", level=level)


async def test_a_request_is_recorded_and_announced_once_however_often_it_is_asked(stores: Stores):
    for _ in range(3):
        assert await stores.collaborations.ask(asked()) == asked()
    (event,) = await announced(stores)
    assert event.event_type is EventType.SOPHIA_TO_ARTEMIS
    assert event.event_id == event.correlation_id == "run-for-artemis"
    assert event.requires_response
    assert event.deadline == NOW + timedelta(minutes=5)
    assert event.confidentiality_level is CONFIDENTIAL


async def test_an_answer_carries_its_own_level_and_the_requests_correlation_id(stores: Stores):
    await stores.collaborations.ask(asked())
    await answer(stores, RESTRICTED)
    await answer(stores, RESTRICTED)
    _, event = await announced(stores)
    assert event.event_type is EventType.ARTEMIS_TO_SOPHIA
    assert event.correlation_id == event.causation_id == "run-for-artemis"
    assert event.confidentiality_level is RESTRICTED
    assert isinstance(event.payload, CollaborationResponse)
    assert event.payload.response_report_id == "answer"
    assert (await stores.collaborations.get("run-for-artemis")).answered_at == NOW


async def test_a_failure_is_announced_with_its_reason(stores: Stores):
    await stores.collaborations.ask(asked())
    await stores.collaborations.fail("run-for-artemis", reason="its flow failed")
    _, event = await announced(stores)
    assert isinstance(event.payload, CollaborationResponse)
    assert event.payload.outcome is CollaborationOutcome.FAILED
    assert event.payload.reason == "its flow failed"


async def test_an_answer_that_comes_late_is_kept_and_nothing_undoes_it(stores: Stores):
    await stores.collaborations.ask(asked())
    timed_out = await stores.collaborations.time_out("run-for-artemis")
    assert timed_out.state is CollaborationState.TIMED_OUT
    await answer(stores)
    await stores.collaborations.fail("run-for-artemis", reason="too late")
    still = await stores.collaborations.time_out("run-for-artemis")
    assert still.state is CollaborationState.ANSWERED
    assert await state_of(stores) is CollaborationState.ANSWERED


async def test_an_answer_is_found_by_an_equal_brief_of_the_same_reader_at_the_same_clearance(
    stores: Stores,
):
    find = stores.collaborations.find_answered
    reader = reader_at(RESTRICTED)
    await stores.collaborations.ask(asked())
    assert await find(reader, "same") is None
    await answer(stores)
    found = await find(reader, "same")
    assert found is not None
    assert found.response_report_id == "answer"
    assert await find(reader, "other") is None
    assert await find(reader_at(RESTRICTED, "somebody"), "same") is None
    for level in (INTERNAL, TOP_SECRET):
        assert await find(reader_at(level, "restricted"), "same") is None


async def test_what_nobody_asked_is_not_found(stores: Stores):
    with pytest.raises(NotFound):
        await stores.collaborations.get("unheard")
    with pytest.raises(NotFound):
        await stores.collaborations.fail("unheard", reason="none")
