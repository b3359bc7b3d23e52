"""The three work pools and the four queues of each, as Prefect is to have them.

A worker with a free slot takes the most urgent run of its pool. Long runs may hold some of a pool's
slots and never all of them, so a short one waits for no long one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from deployments.changes import Change, Deployed
from domain.routing import WorkPool, WorkQueue

HEARTBEAT_SECONDS = 30
"""How often a run says that it lives: the least that Prefect accepts."""

DESCRIPTIONS = {
    WorkPool.SOPHIA: "Business analyses.",
    WorkPool.ARTEMIS: "Technical analyses.",
    WorkPool.DIARCHY: "Briefings, summaries, analyses from both sides, ingestion and care.",
}
_QUEUE_DESCRIPTIONS = {
    WorkQueue.URGENT: "Taken first: somebody waits for it, or an alert asks for it.",
    WorkQueue.SHORT: "What is done in moments.",
    WorkQueue.DEFAULT: "What nobody has sent elsewhere.",
    WorkQueue.LONG: "What holds a slot for long; never all slots of the pool.",
}


async def ensure_pools(client: PrefectClient, *, slots: int) -> list[Deployed]:
    """Make or update every pool, with *slots* runs at once in each (at least 2), and its queues."""
    deployed: list[Deployed] = []
    for pool in WorkPool:
        deployed.append(await _ensure_pool(client, pool, slots=slots))
        deployed += [await _ensure_queue(client, pool, queue, slots=slots) for queue in WorkQueue]
    return deployed


def long_run_slots(slots: int) -> int:
    """Return how many of a pool's slots long runs may hold at once: half, and at least one."""
    return max(1, slots // 2)


def job_template() -> dict[str, Any]:
    """Return how a worker starts a run: in the worker's own folder, and with a heartbeat.

    In that folder a relative `DIARCHY_HOME` means the same to the run as to the worker.
    """
    template = ProcessWorker.get_default_base_job_template()
    variables = template["variables"]["properties"]
    variables["working_dir"]["default"] = "."
    variables["env"]["default"] = {
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        # Prefect's server on SQLite sends requests away when it is busy, and may be restarted.
        "PREFECT_CLIENT_MAX_RETRIES": "10",
    }
    return template


async def _ensure_pool(client: PrefectClient, pool: WorkPool, *, slots: int) -> Deployed:
    wanted: dict[str, Any] = {
        "description": DESCRIPTIONS[pool],
        "base_job_template": job_template(),
        "concurrency_limit": slots,
    }
    try:
        found = await client.read_work_pool(pool.value)
    except ObjectNotFound:
        new = WorkPoolCreate(name=pool.value, type="process", **wanted)
        with suppress(ObjectAlreadyExists):  # another deployed the same at the same time
            await client.create_work_pool(new)
        return Deployed("work pool", pool.value, Change.MADE)
    change = _difference(found, wanted)
    if change is Change.UPDATED:
        await client.update_work_pool(pool.value, WorkPoolUpdate(**wanted))
    return Deployed("work pool", pool.value, change)


async def _ensure_queue(
    client: PrefectClient, pool: WorkPool, queue: WorkQueue, *, slots: int
) -> Deployed:
    limit = long_run_slots(slots) if queue is WorkQueue.LONG else None
    wanted: dict[str, Any] = {
        "description": _QUEUE_DESCRIPTIONS[queue],
        "concurrency_limit": limit,
        "priority": queue.priority,
    }
    name = f"{pool.value}/{queue.value}"
    try:
        found = await client.read_work_queue_by_name(queue.value, work_pool_name=pool.value)
    except ObjectNotFound:
        with suppress(ObjectAlreadyExists):
            await client.create_work_queue(queue.value, work_pool_name=pool.value, **wanted)
        return Deployed("work queue", name, Change.MADE)
    change = _difference(found, wanted)
    if change is Change.UPDATED:
        await client.update_work_queue(found.id, is_paused=found.is_paused, **wanted)
    return Deployed("work queue", name, change)


def _difference(found: object, wanted: dict[str, Any]) -> Change:
    same = all(getattr(found, name) == value for name, value in wanted.items())
    return Change.UNCHANGED if same else Change.UPDATED
