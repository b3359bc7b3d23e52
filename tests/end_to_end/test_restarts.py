"""Servers die and come back while work is under way: every run ends well, and everything is there once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest
from redis import Redis
from sqlmodel import col, select

from domain.collaboration import CollaborationState
from domain.event_payloads import CollaborationResponse
from domain.knowledge import KnowledgeCategory
from gateway.prefect_server import PrefectServer
from storage.private_redis import PrivateRedis
from storage.reports import ReportKind
from storage.settings import Settings
from storage.stores import Stores, open_stores
from storage.tables import KnowledgeRow, ReportRow
from tests.end_to_end.company_work import Work, finish, opened, start
from tests.end_to_end.topology import Topology, deployments_of
from tests.events import eventually
from tests.flows.conftest import COMPANY, REQUIREMENT
from tests.stores import CONFIDENTIAL, NOW, TOP_SECRET, store

NOTES = 60
ANALYSES = 2
_COMMAND = [sys.executable, "-m", "gateway.command_line"]
_PATIENCE = timedelta(seconds=180)


def write_notes(file: Path, prefix: str) -> None:
    rows = [
        {
            "knowledge_id": f"{prefix}-{number}",
            "title": f"Note {number}",
            "content": f"Customer {number} asks when the parcels of week {number} arrive.",
            "category": KnowledgeCategory.CUSTOMER_INSIGHTS.value,
            "confidentiality_level": "public",
            "strategic_priority": 3,
        }
        for number in range(NOTES)
    ]
    pl.DataFrame(rows).write_ndjson(file)


async def notes_stored(stores: Stores, prefix: str) -> list[int]:
    """Return the version of every note of that prefix: 1 when it was written once."""
    notes = select(KnowledgeRow.version).where(
        col(KnowledgeRow.knowledge_id).startswith(f"{prefix}-")
    )
    return [row.version for row in await stores.database.rows(notes)]


async def assert_told_once(stores: Stores, reader: str) -> None:
    """Fail unless each of the analyses is stored once, whole, and each request was answered once."""
    kept = select(ReportRow).where(
        col(ReportRow.reader) == reader, col(ReportRow.kind) == ReportKind.ANALYSIS.value
    )
    async with stores.database.reading() as session:
        rows = (await session.execute(kept)).scalars().all()
    analyses = [json.loads(row.body)["collaboration_metadata"] for row in rows]
    assert len(analyses) == ANALYSES
    assert [analysis["degraded"] for analysis in analyses] == [[]] * ANALYSES
    requests = {f"{analysis['analysis_id']}-for-artemis" for analysis in analyses}
    for request in requests:
        assert (await stores.collaborations.get(request)).state is CollaborationState.ANSWERED
    answers = Counter(
        [
            stored.event.correlation_id
            async for stored in stores.events.tail()
            if stored.event
            and isinstance(stored.event.payload, CollaborationResponse)
            and stored.event.correlation_id in requests
        ]
    )
    assert set(answers.values()) <= {1}


async def test_an_api_server_and_redis_die_under_load_on_many_machines(
    topology: Topology, tmp_path: Path
) -> None:
    write_notes(tmp_path / "notes.jsonl", "many")
    analysis = {
        "requirement": REQUIREMENT,
        "requester": "restarted",
        "collaboration": "events",
        "answer_within_seconds": 3600,
    }
    work = [
        *[Work("comprehensive-analysis", analysis)] * ANALYSES,
        Work("ingest-knowledge", {"paths": [str(tmp_path / "notes.jsonl")], "requester": "chief"}),
        Work("ceo-briefing", {"requester": "restarted", "edition": "restart"}),
    ]
    async with topology.client() as client, opened(topology.settings) as stores:
        await stores.principals.add("restarted", CONFIDENTIAL)
        topology.dispatcher.end()
        runs = await start(client, await deployments_of(client), work)

        async def waiting_for_artemis() -> bool:
            states = [await client.read_flow_run(run.id) for run in runs[:ANALYSES]]
            return all(run.state is not None and run.state.is_running() for run in states)

        await eventually(waiting_for_artemis, "the analyses run", within=_PATIENCE.total_seconds())
        topology.servers[0].kill()
        topology.redis.kill()
        topology.redis.start()
        topology.servers[0].start()
        topology.dispatcher.start()
        topology.servers[0].wait()
        await finish(client, runs)
        assert await notes_stored(stores, "many") == [1] * NOTES
        await assert_told_once(stores, "restarted")


async def test_both_servers_of_a_home_die_under_load_and_redis_comes_back_empty(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite, a private Redis and the home's own Prefect server; the dispatcher begins after them."""
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    settings = Settings(home=home)
    write_notes(tmp_path / "notes.jsonl", "home")
    prefect, redis = PrefectServer(home), PrivateRedis(settings)
    environment = _own_environment(home)
    try:
        async with open_stores(settings, clock=lambda: NOW) as stores:
            await stores.principals.add("restarted", CONFIDENTIAL)
            await stores.principals.add("chief", TOP_SECRET)
            await store(stores, *COMPANY)
            server = prefect.start()
            analyze = ["analyze", REQUIREMENT, "--as", "restarted", "--json"]
            over_events = ["--collaboration", "events", "--answer-within", "3600"]
            ingest = ["ingest", str(tmp_path / "notes.jsonl"), "--as", "chief"]
            with (
                _started([*analyze, *over_events], environment) as first,
                _started([*analyze, *over_events], environment) as second,
            ):
                await eventually(
                    lambda: _asked(stores, ANALYSES), "Artemis is asked", within=_PATIENCE.seconds
                )
                with _started(ingest, environment) as ingesting:
                    psutil.Process(server.pid).kill()
                    _empty_and_kill(redis)
                    prefect.start()
                    with _started(["events", "serve"], environment):
                        for process in (first, second, ingesting):
                            await asyncio.to_thread(process.wait, _PATIENCE.total_seconds())
            assert [first.returncode, second.returncode, ingesting.returncode] == [0, 0, 0]
            assert await notes_stored(stores, "home") == [1] * NOTES
            await assert_told_once(stores, "restarted")
    finally:
        prefect.stop()
        redis.stop()


async def _asked(stores: Stores, how_many: int) -> bool:
    asked = [stored async for stored in stores.events.tail() if stored.event]
    return sum(one.event.requires_response for one in asked if one.event) == how_many


def _empty_and_kill(redis: PrivateRedis) -> None:
    """Whoever needs it next starts it again, and finds nothing."""
    running = redis.find_running()
    assert running is not None
    with Redis(unix_socket_path=str(running.socket)) as client:
        client.flushall()
    psutil.Process(running.pid).kill()


@contextmanager
def _started(
    arguments: list[str], environment: dict[str, str]
) -> Generator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*_COMMAND, *arguments], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def _own_environment(home: Path) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "DIARCHY_"))
    }
    return {**kept, "DIARCHY_HOME": str(home), "DIARCHY_CLOCK": NOW.isoformat()}
