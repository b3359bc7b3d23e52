"""Starting a flow run in a process of its own, traceable to the event that asked for it.

The run carries the event's id and correlation id as tags, so it is found from the event in Prefect's
pages, and the record of handled events names the run. A process that dies leaves its run marked as
crashed, not running for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from prefect import Flow, get_client
from prefect.client.schemas.objects import StateType
from prefect.flow_engine import run_flow_in_subprocess
from prefect.states import Crashed

from domain.errors import TransientStorageError
from domain.events import Event


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
    async with get_client() as client:
        run = await client.create_flow_run(
            flow, parameters=flow.serialize_parameters(parameters), tags=tags
        )
        process = await asyncio.to_thread(
            run_flow_in_subprocess, flow, flow_run=run, parameters=parameters
        )
        try:
            await asyncio.to_thread(process.join)
        except asyncio.CancelledError:
            process.terminate()
            raise
        state = (await client.read_flow_run(run.id)).state
        if state is None or not state.is_final():
            await client.set_flow_run_state(
                run.id, Crashed(message="The process of this run died."), force=True
            )
            raise RunInterrupted
    return FinishedRun(str(run.id), completed=state.type is StateType.COMPLETED)
