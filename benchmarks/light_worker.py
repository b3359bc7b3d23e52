"""A Prefect worker whose runs only wait: everything of Prefect's but the start of a process.

It asks a real server for runs, obeys pools, queues, priorities and limits, and reports every state. A
process of its own would take ten seconds to start and hide what is measured: how long a run waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Running
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

_ASK_EVERY = 2.0
_BEATS_EVERY = 10.0

Work = Callable[[UUID], Awaitable[None]]
"""What a run does, by its id."""


class LightWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """Runs nothing but *work*, within this process."""

    type = "light"
    job_configuration = BaseJobConfiguration

    def __init__(self, work: Work, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._work = work

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Wait as long as the run is to take."""
        del configuration
        if task_status is not None:
            task_status.started(1)
        await self.client.set_flow_run_state(flow_run.id, Running(), force=True)
        await self._work(flow_run.id)
        await self.client.set_flow_run_state(flow_run.id, Completed(), force=True)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)


@asynccontextmanager
async def light_worker(pool: str, work: Work) -> AsyncGenerator[None]:
    """Let a worker serve every queue of *pool* until the block ends."""
    async with LightWorker(work, work_pool_name=pool, name=f"light worker of {pool}") as worker:
        await worker.sync_with_backend()
        serving = asyncio.create_task(_serve(worker))
        try:
            yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def _serve(worker: LightWorker) -> None:
    beats = 0.0
    while True:
        if beats >= _BEATS_EVERY:
            await worker.sync_with_backend()
            beats = 0.0
        await worker.get_and_submit_flow_runs()
        await asyncio.sleep(_ASK_EVERY)
        beats += _ASK_EVERY
