"""Everything that Prefect's server answers about a flow run."""

from __future__ import annotations

import asyncio
from typing import Any

from prefect import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging.handlers import APILogWorker


async def all_that_prefect_keeps(state: State[Any]) -> str:
    """Return everything that the server answers about a flow run: states, tasks, logs."""
    await asyncio.to_thread(APILogWorker.drain_all, timeout=10)
    flow_run_id = state.state_details.flow_run_id
    assert flow_run_id is not None
    async with get_client() as client:
        run: FlowRun = await client.read_flow_run(flow_run_id)
        states = await client.read_flow_run_states(flow_run_id)
        tasks = await client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
        )
        task_states = [await client.read_task_run_states(task.id) for task in tasks]
        wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id]))
        logs = await client.read_logs(wanted)
    assert logs
    return repr((run, states, tasks, task_states, logs))
