"""Who listens: pools, queues, workers and slots, as Prefect's API tells of them.

A handful of small requests at once, under one timeout, and remembered for some seconds. What is placed
meanwhile is added to what is remembered, so that a burst of submissions does not all go to one pool.
Prefect's server judges itself who is there: a worker by its heartbeats, a queue by being asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import httpx
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
    WorkQueueFilterName,
)
from prefect.client.schemas.objects import StateType, WorkerStatus, WorkQueueStatus
from prefect.client.schemas.objects import WorkPool as PrefectWorkPool
from prefect.client.schemas.objects import WorkQueue as PrefectWorkQueue
from prefect.exceptions import PrefectException

from domain.errors import ServerUnavailable
from domain.placement import Placement, PoolState, QueueState
from domain.routing import WorkPool, WorkQueue

KEPT_FOR = timedelta(seconds=3)
TIMEOUT = timedelta(seconds=30)
_POOL_NAMES = [pool.value for pool in WorkPool]
_QUEUE_NAMES = {queue.value for queue in WorkQueue}


class PoolWatch:
    """The pools as they were a moment ago, and what has been placed since."""

    def __init__(
        self, *, kept_for: timedelta = KEPT_FOR, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._kept_for = kept_for.total_seconds()
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._states: tuple[PoolState, ...] = ()
        self._read_at: float | None = None
        self._being_made: list[Placement] = []

    async def states(self) -> tuple[PoolState, ...]:
        """Return the pools that exist. Raises `ServerUnavailable` when the API does not tell."""
        async with self._lock:
            if self._read_at is None or self._monotonic() - self._read_at > self._kept_for:
                self._states = await read_pools()
                self._read_at = self._monotonic()
                for placement in self._being_made:
                    self._count(placement)
            return self._states

    @contextmanager
    def placing(self, placement: Placement) -> Generator[None]:
        """Count one more run where *placement* puts it, from now on, while it is being made."""
        self._being_made.append(placement)
        self._count(placement)
        try:
            yield
        finally:
            self._being_made.remove(placement)

    def _count(self, placement: Placement) -> None:
        self._states = tuple(
            state.with_one_more(placement.queue) if state.pool is placement.pool else state
            for state in self._states
        )


async def read_pools() -> tuple[PoolState, ...]:
    """Ask Prefect's API for the pools that exist. Raises `ServerUnavailable`."""
    async with prefect_client() as client:
        named = WorkPoolFilter(name=WorkPoolFilterName(any_=_POOL_NAMES))
        pools = await client.read_work_pools(work_pool_filter=named)
        return tuple(await asyncio.gather(*(_read_pool(client, pool) for pool in pools)))


@asynccontextmanager
async def prefect_client() -> AsyncGenerator[PrefectClient]:
    """A client whose calls all together end within the timeout, and fail with our own error.

    What the library says of a failed request may repeat what was sent: only its kind is told.
    """
    try:
        async with asyncio.timeout(TIMEOUT.total_seconds()), get_client() as client:
            yield client
    except TimeoutError:
        raise ServerUnavailable(
            f"Prefect's API did not answer within {TIMEOUT.total_seconds():.0f} s; is it running?"
        ) from None
    except httpx.HTTPStatusError as error:
        raise ServerUnavailable(
            f"Prefect's API refused a request ({error.response.status_code}); its log says why"
        ) from None
    except (httpx.HTTPError, PrefectException, RuntimeError) as error:
        raise ServerUnavailable(
            f"Prefect's API could not be asked ({type(error).__name__}); is it running, and does "
            f"PREFECT_API_URL name it?"
        ) from None


async def _read_pool(client: PrefectClient, pool: PrefectWorkPool) -> PoolState:
    workers, slots, found = await asyncio.gather(
        client.read_workers_for_work_pool(pool.name),
        client.read_work_pool_concurrency_status(pool.name, flow_run_limit=0),
        client.read_work_queues(pool.name),
    )
    queues = [queue for queue in found if queue.name in _QUEUE_NAMES]
    online = sum(worker.status is WorkerStatus.ONLINE for worker in workers)
    running = {queue.queue_name: queue.active_slots for queue in slots.queues}
    # Where nobody works nothing is placed: what waits there need not be counted.
    waiting = (
        await asyncio.gather(*(_count_waiting(client, pool.name, queue.name) for queue in queues))
        if online
        else [0] * len(queues)
    )
    return PoolState(
        pool=WorkPool(pool.name),
        online_workers=online,
        is_paused=pool.is_paused,
        slots=pool.concurrency_limit,
        running=slots.active_slots,
        queues=tuple(
            _queue_state(queue, running.get(queue.name, 0), count)
            for queue, count in zip(queues, waiting, strict=True)
        ),
    )


async def _count_waiting(client: PrefectClient, pool: str, queue: str) -> int:
    """Count the runs that are due and that no worker has taken."""
    due = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        next_scheduled_start_time=FlowRunFilterNextScheduledStartTime.model_validate(
            {"before_": datetime.now(UTC)}
        ),
    )
    return await client.count_flow_runs(
        flow_run_filter=due,
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
        work_queue_filter=WorkQueueFilter(name=WorkQueueFilterName(any_=[queue])),
    )


def _queue_state(queue: PrefectWorkQueue, running: int, waiting: int) -> QueueState:
    return QueueState(
        queue=WorkQueue(queue.name),
        is_served=queue.status is WorkQueueStatus.READY,
        is_paused=queue.is_paused,
        limit=queue.concurrency_limit,
        running=running,
        waiting=waiting,
    )
