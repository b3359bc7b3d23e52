"""Sophia asks Artemis, and Artemis Sophia, over the event bus: the same result as in one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from prefect import Flow, State

from domain.analysis import ComprehensiveAnalysis
from domain.collaboration import CollaborationMode, CollaborationState
from domain.errors import AccessDenied, NotFound
from domain.events import Event
from flows import comprehensive_analysis, technical_analysis
from flows.dispatch_events import GROUP
from flows.event_handlers import EventHandlers
from flows.starting import FinishedRun
from reasoning.extractive import ExtractiveReasoner
from storage.stores import Stores
from tests.flows.conftest import REQUIREMENT, on_each_database
from tests.stores import HandClock

EVENTS = CollaborationMode.EVENTS
StartRun = Callable[[Flow[Any, Any], dict[str, Any], Event], Awaitable[FinishedRun]]


async def in_this_process(
    flow: Flow[Any, Any], parameters: dict[str, Any], event: Event
) -> FinishedRun:
    state: State[Any] = await flow(**parameters, return_state=True)  # pyright: ignore[reportGeneralTypeIssues] - an async flow
    return FinishedRun(f"run-for-{event.event_id}"[:64], completed=state.is_completed())


@asynccontextmanager
async def dispatcher(stores: Stores, start_run: StartRun = in_this_process) -> AsyncGenerator[None]:
    stop = asyncio.Event()
    handlers = EventHandlers(stores, start_run)
    consuming = asyncio.create_task(
        stores.events.consume(GROUP, "test", handlers.handle, stop=stop)
    )
    yield
    stop.set()
    await consuming


def without_ids(analysis: ComprehensiveAnalysis) -> dict[str, Any]:
    told = analysis.model_dump(mode="json")
    del told["collaboration_metadata"]["analysis_id"]
    return told


@on_each_database
async def test_over_events_the_result_is_that_of_one_process(company: Stores) -> None:
    alone = await comprehensive_analysis(REQUIREMENT, "confidential")
    async with dispatcher(company):
        together = await comprehensive_analysis(
            REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=60
        )
    assert without_ids(together) == without_ids(alone)
    asked = await company.collaborations.get(
        f"{together.collaboration_metadata.analysis_id}-for-artemis"
    )
    assert asked.state is CollaborationState.ANSWERED
    assert asked.confidentiality_level.rank <= together.confidentiality_level.rank


async def test_nobody_answers_and_the_analysis_says_so_then_a_late_answer_completes_it(
    company: Stores,
) -> None:
    partial = await comprehensive_analysis(
        REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=1
    )
    (gap,) = partial.collaboration_metadata.degraded
    assert gap.part == "technical_perspective"
    assert "did not answer in time" in gap.reason
    assert partial.technical_perspective is None
    assert partial.business_perspective is not None

    asked_id = f"{partial.collaboration_metadata.analysis_id}-for-artemis"
    asked = await company.collaborations.get(asked_id)
    assert asked.state is CollaborationState.TIMED_OUT
    await technical_analysis(  # pyright: ignore[reportCallIssue] - as JSON brings it
        requirement={"collaboration_id": asked_id},  # pyright: ignore[reportArgumentType]
        requester="confidential",
        max_confidentiality=asked.max_confidentiality,
    )

    complete = await comprehensive_analysis(
        REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=1
    )
    assert complete.collaboration_metadata.degraded == ()
    assert complete.technical_perspective is not None


async def test_a_request_that_expired_is_not_begun(company: Stores, clock: HandClock) -> None:
    await comprehensive_analysis(
        REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=1
    )
    clock.advance(timedelta(seconds=2))
    started: list[Event] = []

    async def note(_: Flow[Any, Any], __: dict[str, Any], event: Event) -> FinishedRun:
        started.append(event)
        return FinishedRun("run", completed=True)

    handlers = EventHandlers(company, note)
    await company.events.consume(GROUP, "test", handlers.handle, until_idle=True)
    assert started == []
    assert [letter async for letter in company.events.dead_letters()]


async def test_artemis_fails_and_sophia_is_told_at_once(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("what nobody may read")

    monkeypatch.setattr(ExtractiveReasoner, "analyze_technical", broken)
    async with dispatcher(company):
        partial = await comprehensive_analysis(
            REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=600
        )
    (gap,) = partial.collaboration_metadata.degraded
    assert gap.part == "technical_perspective"
    assert gap.reason == "artemis could not answer: its technical_feasibility_analysis failed"


async def test_artemis_dies_and_is_asked_again(company: Stores) -> None:
    deaths = iter([True, True])

    async def dies_twice(
        flow: Flow[Any, Any], parameters: dict[str, Any], event: Event
    ) -> FinishedRun:
        if next(deaths, False):
            raise ConnectionResetError
        return await in_this_process(flow, parameters, event)

    async with dispatcher(company, dies_twice):
        analysis = await comprehensive_analysis(
            REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=60
        )
    assert analysis.technical_perspective is not None
    assert analysis.collaboration_metadata.degraded == ()


@on_each_database
async def test_artemis_may_ask_sophia_first(company: Stores) -> None:
    in_process = await technical_analysis(
        REQUIREMENT, "confidential", business_view=CollaborationMode.IN_PROCESS
    )
    async with dispatcher(company):
        over_events = await technical_analysis(
            REQUIREMENT, "confidential", business_view=EVENTS, answer_within_seconds=60
        )
    assert over_events == in_process


async def test_who_was_revoked_meanwhile_gets_no_answer(company: Stores) -> None:
    await comprehensive_analysis(
        REQUIREMENT, "confidential", collaboration=EVENTS, answer_within_seconds=1
    )
    (asked_id,) = [
        stored.event.event_id
        async for stored in company.events.tail()
        if stored.event.requires_response
    ]
    request: Any = {"collaboration_id": asked_id}
    with pytest.raises(NotFound):
        await technical_analysis(request, "top_secret")
    await company.principals.revoke("confidential")
    with pytest.raises(AccessDenied):
        await technical_analysis(request, "confidential")
