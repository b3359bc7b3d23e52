"""Starting a flow run in a process of its own, traceable to the event that asked for it.

The run carries the event's id and correlation id as tags, so it is found from the event in Prefect's
pages, and the record of handled events names the run. A process that dies leaves its run marked as
crashed, not running for ever.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import Any, NamedTuple

from prefect import Flow, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from domain.errors import TransientStorageError
from domain.events import Event
from storage.tracing import trace_parent
from tasks.observation import TRACE_TAG


class RunInterrupted(TransientStorageError):
    """The process of a flow run died."""


class FinishedRun(NamedTuple):
    """A flow run that came to an end."""

    flow_run_id: str
    completed: bool


async def run_for_event(
    flow: Flow[Any, Any], parameters: dict[str, Any], event: Event
) -> FinishedRun:
    """Run *flow* in a process of its own and wait for its end. Raises `RunInterrupted`."""
    tags = {f"event:{event.event_id}", f"correlation:{event.correlation_id}"}
    if (traced := trace_parent()) is not None:
        tags.add(f"{TRACE_TAG}{traced}")
    async with get_client() as client:
        run = await client.create_flow_run(
            flow, parameters=flow.serialize_parameters(parameters), tags=tags
        )
        await _run_in_process(flow, run)
        state_type = await _end_state(client, run)
    return FinishedRun(str(run.id), completed=state_type is StateType.COMPLETED)


async def _run_in_process(flow: Flow[Any, Any], run: FlowRun) -> None:
    """Let Prefect's engine run it, as a worker would; end the process when this is cancelled."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "prefect.engine",
        str(run.id),
        env={
            **os.environ,
            "PREFECT__FLOW_ENTRYPOINT": f"{flow.fn.__module__}.{flow.fn.__name__}",
        },
    )
    try:
        await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


async def _end_state(client: PrefectClient, run: FlowRun) -> StateType:
    state = (await client.read_flow_run(run.id)).state
    if state is None or not state.is_final() or state.is_crashed():
        died = Crashed(message="The process of this run died.")
        await client.set_flow_run_state(run.id, died, force=True)
        raise RunInterrupted
    return state.type
