"""Two machines that share PostgreSQL, Redis and the index do what one process does, and share the work."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import Flow

import flows
from domain.events import EventType
from gateway.waiting import wait_until
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


async def in_one_process(home: Path, work: list[Work]) -> Counter[tuple[str, str, str]]:
    """Return the reports that *work* leaves when one process does all of it, one after the other."""
    async with opened(Settings(home=home, clock=NOW)) as stores, use_stores(stores):
        for one in work:
            flow: Flow[Any, Any] = getattr(flows, one.flow.replace("-", "_"))
            await flow(**one.parameters)
        return await reports(stores)
