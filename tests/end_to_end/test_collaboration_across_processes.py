"""Sophia's flow, the dispatcher and Artemis's flow run, each a process; Artemis is killed midway.

What they do is one trace all the same.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun

from domain.collaboration import CollaborationState
from domain.event_payloads import CollaborationOutcome, CollaborationResponse
from domain.events import EventType
from gateway.waiting import wait_until
from storage.settings import Settings
from storage.stores import open_stores
from tests.flows.conftest import COMPANY, REQUIREMENT
from tests.otlp_receiver import Collector, collecting
from tests.stores import CONFIDENTIAL, NOW, store

_COMMAND = [sys.executable, "-m", "gateway.command_line"]
_PATIENCE = timedelta(seconds=120)


async def fill(home: Path) -> None:
    async with open_stores(Settings(home=home), clock=lambda: NOW) as stores:
        await stores.principals.add("sophia-s-reader", CONFIDENTIAL)
        await store(stores, *COMPANY)


@contextmanager
def serving(environment: dict[str, str]) -> Generator[psutil.Process]:
    """The dispatcher, a process of its own, told to end at the end."""
    with subprocess.Popen([*_COMMAND, "events", "serve"], env=environment) as dispatcher:
        try:
            yield psutil.Process(dispatcher.pid)
        finally:
            dispatcher.send_signal(signal.SIGTERM)
            assert dispatcher.wait(timeout=60) == 0


def flow_run_of(dispatcher: psutil.Process) -> psutil.Process | None:
    """Return the process in which the dispatcher runs a flow, if it runs one."""
    for child in dispatcher.children():
        if any("prefect.engine" in argument for argument in child.cmdline()):
            return child
    return None


async def flow_runs_for(event_id: str) -> list[FlowRun]:
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[f"event:{event_id}"]))
    async with get_client() as client:
        return await client.read_flow_runs(flow_run_filter=tagged)


@pytest.mark.usefixtures("prefect_api")
def test_an_analysis_is_whole_though_artemis_was_killed_midway(home: Path) -> None:
    asyncio.run(fill(home))
    with collecting() as collector:
        told = analysis_over_events(home, collector)
    analysis = json.loads(told)
    assert analysis["collaboration_metadata"]["degraded"] == []
    assert analysis["technical_perspective"]["risk_assessment"]
    asked = f"{analysis['collaboration_metadata']['analysis_id']}-for-artemis"
    asyncio.run(assert_traceable(home, asked))
    assert_one_trace(collector)


def analysis_over_events(home: Path, collector: Collector) -> str:
    """Return what the analysis printed, in whose course Artemis was killed once."""
    environment = {
        **os.environ,
        "DIARCHY_HOME": str(home),
        "DIARCHY_CLOCK": NOW.isoformat(),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    asking = [*_COMMAND, "analyze", REQUIREMENT, "--as", "sophia-s-reader", "--json"]
    over_events = ["--collaboration", "events", "--answer-within", "120"]
    with (
        serving(environment) as dispatcher,
        subprocess.Popen(
            [*asking, *over_events], env=environment, stdout=subprocess.PIPE, text=True
        ) as sophia,
    ):
        wait_until(
            lambda: flow_run_of(dispatcher) is not None, "Artemis's run began", within=_PATIENCE
        )
        artemis = flow_run_of(dispatcher)
        assert artemis is not None
        artemis.kill()
        told, _ = sophia.communicate(timeout=_PATIENCE.total_seconds())
        assert sophia.returncode == 0
    return told


def assert_one_trace(collector: Collector) -> None:
    spans = {span.span_id: span for span in collector.spans()}
    artemis = [span for span in spans.values() if span.name == "flow technical-analysis"]
    ancestors: list[str] = []
    span = artemis[-1]
    while span.parent_span_id:
        parent = spans[span.parent_span_id]
        assert parent.trace_id == span.trace_id
        span = parent
        ancestors.append(span.name)
    assert ancestors == [
        "handle collaboration_request",
        "step ask-orchestrator",
        "flow comprehensive-analysis",
    ]
    steps = {span.name for span in spans.values() if span.trace_id == artemis[-1].trace_id}
    assert {"step await-artemis", "step load-brief", "step answer-request"} <= steps
    assert not any(REQUIREMENT.encode() in body for body in collector.bodies)
    assert not any(b"sophia-s-reader" in body for body in collector.bodies)


async def assert_traceable(home: Path, asked: str) -> None:
    runs = await flow_runs_for(asked)
    ends = sorted(run.state.type.value for run in runs if run.state is not None)
    assert ends == ["COMPLETED", "CRASHED"]
    async with open_stores(Settings(home=home)) as stores:
        assert (await stores.collaborations.get(asked)).state is CollaborationState.ANSWERED
        handled = await stores.handled.flow_runs_of("collaboration")
        assert handled == [str(run.id) for run in runs if run.state and run.state.is_completed()]
        events = [stored.event async for stored in stores.events.tail() if stored.event]
    request, response = (event for event in events if event.correlation_id == asked)
    assert request.event_type is EventType.SOPHIA_TO_ARTEMIS
    assert response.event_type is EventType.ARTEMIS_TO_SOPHIA
    assert response.causation_id == request.event_id
    assert isinstance(response.payload, CollaborationResponse)
    assert response.payload.outcome is CollaborationOutcome.ANSWERED
