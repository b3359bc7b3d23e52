from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prefect import flow, tags

from domain.errors import TransientStorageError
from domain.events import Event
from storage.event_delivery import DeliveryPolicy
from storage.log_context import present_ids
from storage.metrics import (
    COUNTS,
    FLOW_RUN_SECONDS,
    FLOW_RUNS_STARTED,
    STEP_RETRIES,
    STEP_SECONDS,
    Series,
)
from storage.outgoing_events import OutgoingEvents
from storage.stores import Stores
from storage.tracing import exporting_to, span, trace_parent
from tasks.observation import TRACE_TAG, observed_run
from tasks.silence import StepFailed
from tasks.step import step
from tasks.stores import flow_stores, use_stores
from tests.events import update
from tests.stores import OpenHome

WITHOUT_TRACING = """
import sys
from storage.tracing import span, trace_parent
with span("quiet"):
    assert trace_parent() is None
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
MINUTE = timedelta(minutes=1)
SECRET = "secret-token-5582"  # noqa: S105 - what must not be found


@step(name="walk", timeout=MINUTE)
async def walk() -> str:
    return "there"


@step(name="stumble", timeout=MINUTE)
async def stumble() -> None:
    raise ValueError(SECRET)


@flow(name="walking")
async def walking() -> str:
    async with flow_stores():
        return await walk()


@flow(name="stumbling")
async def stumbling() -> None:
    async with flow_stores():
        await stumble()


def count_of(counts: dict[Series, float], metric: str, *labels: str) -> float:
    """Return how many of a histogram's observations there are, whatever their bucket."""
    return sum(
        amount
        for series, amount in counts.items()
        if series.metric == metric and series.labels == labels and series.part != "sum"
    )


@pytest.fixture
async def stores(open_home: OpenHome, prefect_api: str) -> Stores:
    del prefect_api
    # Without Redis, what is counted stays in the process, for the test to see.
    return await open_home(redis_url="unix:///nowhere/redis.sock", cache_entries=0)


@pytest.fixture
def spans() -> Any:
    exporter = InMemorySpanExporter()
    with exporting_to(exporter):
        yield exporter


async def test_runs_and_steps_are_counted_by_how_they_ended(stores: Stores):
    COUNTS.take()
    async with use_stores(stores):
        assert await walking() == "there"
        with pytest.raises(StepFailed):
            await stumbling()
    counts = COUNTS.take()
    assert counts[Series(FLOW_RUNS_STARTED.name, ("walking",))] == 1
    assert count_of(counts, FLOW_RUN_SECONDS.name, "walking", "completed") == 1
    assert count_of(counts, FLOW_RUN_SECONDS.name, "stumbling", "failed") == 1
    assert count_of(counts, STEP_SECONDS.name, "walk", "completed") == 1
    assert count_of(counts, STEP_SECONDS.name, "stumble", "failed") == 1


@pytest.mark.usefixtures("prefect_api")
async def test_each_attempt_is_counted_and_the_later_ones_as_retries():
    attempts = 0

    @step(name="hesitate", timeout=MINUTE)
    async def hesitate() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise TransientStorageError("busy")

    COUNTS.take()
    await hesitate.with_options(retry_delay_seconds=0, retry_jitter_factor=0.0)()
    counts = COUNTS.take()
    assert counts[Series(STEP_RETRIES.name, ("hesitate",))] == 2
    assert count_of(counts, STEP_SECONDS.name, "hesitate", "failed") == 2
    assert count_of(counts, STEP_SECONDS.name, "hesitate", "completed") == 1


async def test_a_run_is_one_trace_within_that_of_what_asked_for_it(
    stores: Stores, spans: InMemorySpanExporter
):
    with span("asking"):
        asking = trace_parent()
    async with use_stores(stores):
        with tags(f"{TRACE_TAG}{asking}"):
            await walking()
    run, walked = named(spans, "flow walking"), named(spans, "step walk")
    assert traces(named(spans, "asking"), run, walked) == 1
    assert parent_of(run) == id_of(named(spans, "asking"))
    assert parent_of(walked) == id_of(run)


async def test_a_span_names_the_type_of_an_error_and_nothing_that_it_says(
    stores: Stores, spans: InMemorySpanExporter
):
    async with use_stores(stores):
        with pytest.raises(StepFailed):
            await stumbling()
    failed = named(spans, "step stumble")
    assert failed.status.status_code is StatusCode.ERROR
    assert (failed.attributes or {})["error.type"] == "ValueError"
    assert not failed.events
    assert SECRET not in "".join(one.to_json() for one in spans.get_finished_spans())


async def test_an_event_carries_its_span_to_whoever_handles_it(
    open_home: OpenHome, spans: InMemorySpanExporter
):
    stores = await open_home()
    seen: list[dict[str, str]] = []

    async def handle(event: Event) -> None:
        seen.append({"event": event.event_id, **present_ids()})

    with span("publishing"):
        await stores.events.publish(update("told"))
    await stores.events.consume("testers", "one", handle, until_idle=True, policy=DeliveryPolicy())
    handled = named(spans, "handle knowledge_update")
    assert parent_of(handled) == id_of(named(spans, "publishing"))
    assert traces(handled, named(spans, "publishing")) == 1
    assert seen == [{"event": "told", "event_id": "told"}]


async def test_an_event_of_a_change_keeps_the_span_of_the_change(
    open_home: OpenHome, spans: InMemorySpanExporter
):
    stores = await open_home()
    with span("changing"):
        changing = trace_parent()
        async with stores.database.writing() as session:
            await OutgoingEvents(clock=stores.clock).add(session, update("told"))
    with span("relaying"):
        await stores.relay.publish_pending()
    (stored,) = [one async for one in stores.events.tail()]
    assert stored.event.trace_parent == changing
    assert spans.get_finished_spans()


def test_outside_of_a_run_nothing_is_observed():
    COUNTS.take()
    with observed_run():
        pass
    assert COUNTS.take() == {}


def test_while_tracing_is_off_nothing_of_it_is_imported():
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT_TRACING,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = (one for one in spans.get_finished_spans() if one.name == name)
    return found


def id_of(one: ReadableSpan) -> int:
    assert one.context is not None
    return one.context.span_id


def parent_of(one: ReadableSpan) -> int | None:
    return None if one.parent is None else one.parent.span_id


def traces(*some: ReadableSpan) -> int:
    return len({one.context.trace_id for one in some if one.context is not None})
