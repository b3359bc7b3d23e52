"""What is told of every flow run and step: counts, how long it took, a span, ids for the log.

It never fails the work, and tells names, ids and outcomes only.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from prefect.context import FlowRunContext, TaskRunContext

from storage.log_context import log_ids
from storage.metrics import FLOW_RUN_SECONDS, FLOW_RUNS_STARTED, STEP_RETRIES, STEP_SECONDS
from storage.tracing import span

TRACE_TAG = "traceparent:"
"""Begins the tag by which a run knows the span that asked for it, where that is in another process."""


@contextmanager
def observed_run() -> Generator[None]:
    """Count and trace the flow run that the block is the body of; outside of one do nothing."""
    context = FlowRunContext.get()
    if context is None or context.flow is None or context.flow_run is None:
        yield
        return
    name, run_id = context.flow.name, str(context.flow_run.id)
    parent = next((tag for tag in context.flow_run.tags if tag.startswith(TRACE_TAG)), None)
    FLOW_RUNS_STARTED.add(name)
    with (
        log_ids(flow_run_id=run_id),
        FLOW_RUN_SECONDS.timing(name),
        span(
            f"flow {name}",
            parent=parent and parent.removeprefix(TRACE_TAG),
            flow=name,
            flow_run_id=run_id,
        ),
    ):
        yield


@contextmanager
def observed_step(name: str) -> Generator[None]:
    """Count and trace one attempt at the step *name*."""
    context = TaskRunContext.get()
    attempt = 1 if context is None else max(1, context.task_run.run_count)
    if attempt > 1:
        STEP_RETRIES.add(name)
    with STEP_SECONDS.timing(name), span(f"step {name}", step=name, attempt=attempt):
        yield
