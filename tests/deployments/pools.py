"""Work pools of a real Prefect server, with workers that say that they are there and ask for runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Any

from prefect import Flow, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound

from deployments.pools import ensure_pools
from domain.routing import WorkPool, WorkQueue

SLOTS = 2


@asynccontextmanager
async def empty_pools() -> AsyncGenerator[PrefectClient]:
    """The three pools with their queues, without workers; gone afterwards."""
    async with get_client() as client:
        await remove_pools(client)
        await ensure_pools(client, slots=SLOTS)
        try:
            yield client
        finally:
            await remove_pools(client)


async def remove_pools(client: PrefectClient) -> None:
    for pool in WorkPool:
        with suppress(ObjectNotFound):
            await client.delete_work_pool(pool.value)


async def register(client: PrefectClient, flow: Flow[Any, Any], pool: WorkPool) -> None:
    """Give *flow* a deployment of its own name in *pool*, as `prefect.yaml` does."""
    flow_id = await client.create_flow(flow)
    await client.create_deployment(
        flow_id=flow_id,
        name=flow.name,
        work_pool_name=pool.value,
        work_queue_name=WorkQueue.DEFAULT.value,
        tags=["diarchy"],
    )


async def beat(client: PrefectClient, pool: WorkPool, interval: float = 30) -> None:
    """Say what a worker says every half minute: that it is there."""
    await client.send_worker_heartbeat(pool.value, f"worker of {pool}", interval)


async def ask_for_runs(client: PrefectClient, pool: WorkPool, *queues: WorkQueue) -> list[FlowRun]:
    """Ask as a worker does every few seconds; with no *queues* for runs of all."""
    names = [queue.value for queue in queues]
    found = await client.get_scheduled_flow_runs_for_work_pool(pool.value, names)
    return [one.flow_run for one in found]


async def listen(client: PrefectClient, *pools: WorkPool) -> None:
    """Be a worker of each of *pools* that serves all queues; returns when the server knows it."""
    for pool in pools:
        await beat(client, pool)
        await ask_for_runs(client, pool)
    for pool in pools:
        await eventually(
            lambda pool=pool: _all_ready(client, pool), f"the queues of {pool} are ready"
        )


async def _all_ready(client: PrefectClient, pool: WorkPool) -> bool:
    queues = await client.read_work_queues(pool.value)
    return all(queue.status is not None and queue.status.value == "READY" for queue in queues)


async def eventually(
    predicate: Callable[[], Awaitable[bool]],
    description: str,
    within: timedelta = timedelta(seconds=30),
) -> None:
    """Return once *predicate* holds; raise `TimeoutError` with *description* when it never does."""
    deadline = monotonic() + within.total_seconds()
    while not await predicate():
        if monotonic() > deadline:
            raise TimeoutError(f"waited {within.total_seconds():.0f} s in vain: {description}")
        await asyncio.sleep(0.1)
