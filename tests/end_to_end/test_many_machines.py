"""Two machines that share PostgreSQL, Redis and the index do what one process does, and share the work."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.schedules import IntervalSchedule

import flows
from domain.canary import CANARY_LENGTH, CANARY_LETTERS
from domain.events import EventType
from domain.summary import Cadence
from gateway.waiting import wait_until
from storage.reports import ReportKind
from storage.settings import Settings
from tasks.stores import use_stores
from tests.end_to_end.company_work import (
    Work,
    finish,
    ingests,
    opened,
    reading,
    reports,
    start,
)
from tests.end_to_end.topology import Topology, deployments_of
from tests.events import eventually
from tests.stores import NOW


async def test_the_work_is_shared_and_every_byte_is_that_of_one_process(
    topology: Topology, prefect_api: str, tmp_path: Path
) -> None:
    del prefect_api
    alone = await in_one_process(
        tmp_path / "home", [*ingests(tmp_path), *reading(collaboration="in_process")]
    )
    async with topology.client() as client, opened(topology.settings) as stores:
        deployed = await deployments_of(client)
        async with use_stores(stores):
            await finish(client, await start(client, deployed, ingests(tmp_path)))
        asked = await start(client, deployed, reading(collaboration="events"))
        await finish(client, asked)
        assert await reports(stores) == alone

        taken = {worker: topology.runs_taken(*worker) for worker in topology.workers}
        assert all(taken.values()), "a worker had nothing to do"
        answers = [
            stored.event.event_id
            async for stored in stores.events.tail()
            if stored.event and stored.event.event_type is EventType.ARTEMIS_TO_SOPHIA
        ]
        assert len(answers) == len(set(answers)) == 2


def test_prefect_s_own_streams_stay_short(topology: Topology) -> None:
    with topology.redis.client(1) as client:
        streams = list(client.scan_iter(_type="stream"))
        assert b"events" in streams
        wait_until(
            lambda: all(client.xlen(stream) <= 20 for stream in streams),
            "what all consumers have had is gone from Prefect's streams",
            within=timedelta(seconds=120),
        )


async def test_a_schedule_that_fires_twice_makes_one_edition(topology: Topology) -> None:
    async with topology.client() as client, opened(topology.settings) as stores:
        await stores.subscriptions.add("bob", [Cadence.WEEKLY])
        deployed = await deployments_of(client)
        weekly = deployed["ceo-briefing-weekly"]
        often = IntervalSchedule(interval=timedelta(seconds=10), anchor_date=datetime.now(UTC))
        (added,) = await client.create_deployment_schedules(weekly, [(often, True)])

        async def fired_twice() -> bool:
            return len(await completed_runs(client, weekly)) >= 2

        try:
            await eventually(fired_twice, "the schedule has fired twice", within=300)
        finally:
            await client.delete_deployment_schedule(weekly, added.id)
        reader = await stores.principals.get_reader("bob")
        editions = [
            entry
            for entry in await stores.reports.list(reader, limit=50)
            if entry.kind is ReportKind.BRIEFING
        ]
    assert len(editions) == 1


async def test_no_content_is_in_prefect_s_database_after_a_sweep(topology: Topology) -> None:
    async with topology.client() as client:
        deployed = await deployments_of(client)
        await finish(client, await start(client, deployed, [Work("canary-sweep", {})]))
    dump = await asyncio.to_thread(topology.dump_of_prefect)
    assert "canary-sweep" in dump
    assert re.findall(rf"[{CANARY_LETTERS}]{{{CANARY_LENGTH}}}", dump) == []


async def completed_runs(client: PrefectClient, deployment_id: UUID) -> list[FlowRun]:
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment_id]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
        )
    )


async def in_one_process(home: Path, work: list[Work]) -> Counter[tuple[str, str, str]]:
    """Return the reports that *work* leaves when one process does all of it, one after the other."""
    async with opened(Settings(home=home, clock=NOW)) as stores, use_stores(stores):
        for one in work:
            flow: Flow[Any, Any] = getattr(flows, one.flow.replace("-", "_"))
            await flow(**one.parameters)
        return await reports(stores)
