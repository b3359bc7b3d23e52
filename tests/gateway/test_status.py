from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from domain.clearance import ConfidentialityLevel
from flows.ceo_briefing import ceo_briefing
from gateway.command_line.status import _lines
from gateway.status import take_status
from storage.settings import Settings
from tasks.stores import use_stores
from tests.stores import INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store, validated

LONGEST_SECONDS = 30


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


async def test_it_tells_what_runs_what_is_due_what_lags_and_who_was_briefed_last(
    open_home: OpenHome, prefect_api: str
):
    stores = await open_home()
    await stores.principals.add("ana", INTERNAL)
    await store(stores, item("plant", "The plant lacks welders."))
    async with use_stores(stores):
        await ceo_briefing("ana")
    await stores.knowledge.add_items(
        validated(item("later", "What is secret.", TOP_SECRET)), reader_at(TOP_SECRET)
    )
    async with get_client() as client:
        flow_id = await client.create_flow_from_name("weekly")
        await client.create_work_pool(WorkPoolCreate(name="status-pool", type="process"))
        deployment_id = await client.create_deployment(
            flow_id, "weekly", work_pool_name="status-pool"
        )
        run = await client.create_flow_run_from_deployment(deployment_id)

    report = await take_status(stores.settings)
    shown = "\n".join(_lines(report))

    async with get_client() as client:
        await client.delete_flow_run(run.id)
        await client.delete_deployment(deployment_id)
        await client.delete_work_pool("status-pool")
    assert report.is_well
    assert report.prefect is not None
    assert report.prefect.api_url == prefect_api
    assert "weekly" in {one.deployment for one in report.prefect.due}
    assert report.installation.outbox is not None
    assert report.installation.outbox.entries[ConfidentialityLevel.TOP_SECRET] == 1
    briefings = report.installation.briefings or ()
    assert [(one.reader, one.confidentiality_level) for one in briefings] == [("ana", INTERNAL)]
    assert "Pool status-pool: 0 workers online" in shown
    assert "Last briefing of ana (week)" in shown
    assert "Index: lags behind by 1 top_secret changes" in shown
    assert "welders" not in report.model_dump_json()


async def test_what_hangs_is_told_and_holds_nothing_up(
    open_home: OpenHome, silent_port: int, monkeypatch: pytest.MonkeyPatch
):
    stores = await open_home()
    await stores.principals.add("ana", INTERNAL)
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{silent_port}/api")
    settings = Settings(home=stores.settings.home, redis_url=f"redis://127.0.0.1:{silent_port}")
    began = time.monotonic()
    report = await take_status(settings)
    assert time.monotonic() - began < LONGEST_SECONDS
    assert not report.is_well
    assert "does not answer" in str(report.prefect_trouble)
    assert not report.installation.up["redis"]
    assert report.installation.up["database"]
    assert report.installation.outbox is not None


async def test_a_home_without_anything_is_looked_at_and_not_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    report = await take_status(Settings(home=home))
    assert not report.is_well
    assert "diarchy up" in str(report.prefect_trouble)
    assert "no database yet" in report.installation.troubles["database"]
    assert not await asyncio.to_thread(home.exists)
