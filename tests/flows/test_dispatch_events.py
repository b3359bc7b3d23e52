"""What the dispatcher does about an event, once however often it is told."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags

from domain.briefing import CeoBriefing
from domain.clearance import Clearance
from domain.events import (
    Event,
    EventDomain,
    UpdateType,
    knowledge_update,
    strategic_alert,
)
from domain.knowledge import KnowledgeCategory
from domain.summary import TimeHorizon
from flows import dispatch_events
from flows.dispatch_events import GROUP
from flows.event_handlers import EventHandlers
from flows.starting import FinishedRun, RunInterrupted, run_for_event
from presentation import to_markdown
from storage.reports import ReportKind
from storage.stores import Stores
from tests.flows.conftest import on_each_database
from tests.flows.test_collaboration import in_this_process
from tests.stores import CONFIDENTIAL, NOW, TOP_SECRET


@flow(name="dies")
async def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def alert(priority_level: int = 9, *, event_id: str = "alert") -> Event:
    return strategic_alert(
        event_id=event_id,
        occurred_at=NOW,
        alert_category=KnowledgeCategory.FINANCIAL_ANALYSIS,
        priority_level=priority_level,
        confidentiality_level=CONFIDENTIAL,
        knowledge_ids=["budget-gap", "breach", "no-such-item"],
    )


async def work_off(stores: Stores, handlers: EventHandlers | None = None) -> None:
    handlers = handlers or EventHandlers(stores, in_this_process)
    await stores.events.consume(GROUP, "test", handlers.handle, until_idle=True)


async def edition_of(stores: Stores, name: str) -> CeoBriefing | None:
    return await stores.reports.find_latest(
        CeoBriefing,
        kind=ReportKind.BRIEFING,
        reader=await stores.principals.get_reader(name),
        time_horizon=TimeHorizon.WEEK,
    )


async def test_a_knowledge_update_moves_the_epoch_of_its_level_once(company: Stores) -> None:
    event = knowledge_update(
        event_id="update",
        occurred_at=NOW,
        source_domain=EventDomain.ARTEMIS,
        update_type=UpdateType.UPDATED,
        confidentiality_level=CONFIDENTIAL,
    )
    everything = Clearance(level=TOP_SECRET)
    before = await company.epochs.read(everything)
    handlers = EventHandlers(company, in_this_process)
    for _ in range(3):
        await handlers.handle(event)
    after = await company.epochs.read(everything)
    moved = [later - earlier for earlier, later in zip(before, after, strict=True)]
    assert moved == [0, 0, 1, 0, 0]


async def test_an_alert_briefs_everyone_cleared_and_nobody_else(company: Stores) -> None:
    await company.events.publish(alert())
    await work_off(company)
    assert await edition_of(company, "internal") is None
    for name in ("confidential", "top_secret"):
        edition = await edition_of(company, name)
        assert edition is not None
        assert edition.alert is not None
        assert edition.alert.event_id == "alert"
        told = {quote.knowledge_id for one in edition.alert.findings for quote in one.evidence}
        assert told == ({"budget-gap"} if name == "confidential" else {"budget-gap", "breach"})
        assert "Strategic alert" in to_markdown(edition)
        assert "Financial analysis, priority 9 of 10" in to_markdown(edition)


@on_each_database
async def test_an_alert_told_twice_makes_no_second_edition(company: Stores) -> None:
    started: list[str] = []

    async def noting(flow: Flow[Any, Any], parameters: dict[str, Any], event: Event) -> FinishedRun:
        started.append(parameters["requester"])
        return await in_this_process(flow, parameters, event)

    handlers = EventHandlers(company, noting)
    await handlers.handle(alert())
    first = await edition_of(company, "confidential")
    await handlers.handle(alert())
    assert sorted(started) == ["confidential", "top_secret"]
    assert await edition_of(company, "confidential") == first


async def test_a_run_that_fails_is_tried_again_for_those_who_got_nothing(company: Stores) -> None:
    fails = iter([True])

    async def fails_once(
        flow: Flow[Any, Any], parameters: dict[str, Any], event: Event
    ) -> FinishedRun:
        if next(fails, False):
            return FinishedRun("run", completed=False)
        return await in_this_process(flow, parameters, event)

    await company.events.publish(alert())
    await work_off(company, EventHandlers(company, fails_once))
    for name in ("confidential", "top_secret"):
        assert await edition_of(company, name) is not None


@pytest.mark.parametrize("priority_level", [1, 7])
async def test_a_lesser_alert_starts_nothing(company: Stores, priority_level: int) -> None:
    await company.events.publish(alert(priority_level))
    await work_off(company)
    assert await edition_of(company, "top_secret") is None


async def test_a_run_of_its_own_process_is_traceable_to_its_event_and_back(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIARCHY_HOME", str(company.settings.home))
    monkeypatch.setenv("DIARCHY_CLOCK", NOW.isoformat())
    await company.principals.revoke("top_secret")
    await dispatch_events()  # what tells of the company's own items
    await company.events.publish(alert(event_id="traced"))
    assert await dispatch_events() == 1
    edition = await edition_of(company, "confidential")
    assert edition is not None

    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=["event:traced"]))
    async with get_client() as client:
        (run,) = await client.read_flow_runs(flow_run_filter=tagged)
    assert run.name == "ceo-briefing for confidential"
    assert str(run.id) in await company.handled.flow_runs_of("alert-briefing")


async def test_a_process_that_dies_leaves_a_crashed_run_and_an_error(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIARCHY_HOME", str(company.settings.home))
    event = alert(event_id="dying")
    with pytest.raises(RunInterrupted):
        await run_for_event(dies, {}, event)
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=["event:dying"]))
    async with get_client() as client:
        (run,) = await client.read_flow_runs(flow_run_filter=tagged)
    assert run.state is not None
    assert run.state.is_crashed()
