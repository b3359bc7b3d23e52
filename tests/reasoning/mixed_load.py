"""A mixed load on simulated workers: the same runs, the same slots, once first come, once placed.

Workers take a run the moment a slot is free: by the queues' priorities and limits where there are any.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from domain.clearance import Clearance, ConfidentialityLevel
from domain.placement import PoolState, QueueState
from domain.routing import RoutedFlow, WorkPool, WorkQueue
from domain.summary import TimeHorizon
from domain.workload import RunMeasurement, SizeClass
from reasoning.routing import BriefingWanted, IngestWanted, RoutingRequest, choose_queue

CLEARANCE = Clearance(level=ConfidentialityLevel.INTERNAL)
START = datetime(2026, 5, 4, 8, tzinfo=UTC)
BRIEFING = BriefingWanted(time_horizon=TimeHorizon.WEEK)
INGEST = IngestWanted(files=2_000, total_bytes=200_000_000)


@dataclass
class Run:
    """A run of the load and what became of it; times in seconds from the start."""

    arrives: float
    takes: float
    is_long: bool
    started: float = -1
    ended: float = -1

    @property
    def waited(self) -> float:
        return self.started - self.arrives


@dataclass
class Queue:
    limit: int | None
    waiting: list[Run] = field(default_factory=list[Run])
    running: int = 0


@dataclass
class Pool:
    """Slots, and queues most urgent first."""

    slots: int
    queues: dict[WorkQueue, Queue]
    running: int = 0

    def take(self) -> tuple[WorkQueue, Run] | None:
        """Return the next run that a free slot takes, or None."""
        if self.running >= self.slots:
            return None
        for name, queue in self.queues.items():
            if queue.waiting and (queue.limit is None or queue.running < queue.limit):
                return name, queue.waiting.pop(0)
        return None


Choose = Callable[
    [Run, dict[WorkPool, Pool], list[RunMeasurement], float], tuple[WorkPool, WorkQueue]
]


def simulate(load: Iterable[Run], pools: dict[WorkPool, Pool], choose: Choose) -> list[Run]:
    """Let every run of *load* arrive, wait and end; return them in the order of their arrival."""
    runs = sorted(load, key=lambda run: run.arrives)
    numbers = count()
    ends: list[tuple[float, int, WorkPool, WorkQueue, Run]] = []
    history: list[RunMeasurement] = []
    arriving = list(reversed(runs))
    while arriving or ends:
        if arriving and (not ends or arriving[-1].arrives <= ends[0][0]):
            run = arriving.pop()
            now = run.arrives
            name, queue = choose(run, pools, history, now)
            pools[name].queues[queue].waiting.append(run)
        else:
            now, _, name, queue, run = heapq.heappop(ends)
            run.ended = now
            pools[name].running -= 1
            pools[name].queues[queue].running -= 1
            history.insert(0, _measured(run))
        pool = pools[name]
        while (taken := pool.take()) is not None:
            queue, run = taken
            run.started = now
            pool.running += 1
            pool.queues[queue].running += 1
            heapq.heappush(ends, (now + run.takes, next(numbers), name, queue, run))
    return runs


def first_come(slots: int) -> tuple[dict[WorkPool, Pool], Choose]:
    """One pool with one queue for everything."""
    one = {WorkPool.DIARCHY: Pool(slots, {WorkQueue.DEFAULT: Queue(None)})}
    return one, _the_only_one


def placed(slots: int) -> tuple[dict[WorkPool, Pool], Choose]:
    """The three pools with as many slots together, half of each for long runs, and the choice."""
    each = slots // len(WorkPool)
    limits = {WorkQueue.LONG: max(1, each // 2)}
    pools = {
        pool: Pool(each, {queue: Queue(limits.get(queue)) for queue in WorkQueue})
        for pool in WorkPool
    }
    return pools, _choose


def _the_only_one(
    run: Run, pools: dict[WorkPool, Pool], history: list[RunMeasurement], now: float
) -> tuple[WorkPool, WorkQueue]:
    del run, pools, history, now
    return WorkPool.DIARCHY, WorkQueue.DEFAULT


def _choose(
    run: Run, pools: dict[WorkPool, Pool], history: list[RunMeasurement], now: float
) -> tuple[WorkPool, WorkQueue]:
    request = RoutingRequest(wanted=INGEST if run.is_long else BRIEFING, clearance=CLEARANCE)
    states = [_state(name, pool) for name, pool in pools.items()]
    placement = choose_queue(request, states, history, now=START + timedelta(seconds=now))
    return placement.pool, placement.queue


def _state(name: WorkPool, pool: Pool) -> PoolState:
    return PoolState(
        pool=name,
        online_workers=1,
        slots=pool.slots,
        running=pool.running,
        queues=tuple(
            QueueState(
                queue=queue,
                is_served=True,
                limit=state.limit,
                running=state.running,
                waiting=len(state.waiting),
            )
            for queue, state in pool.queues.items()
        ),
    )


def _measured(run: Run) -> RunMeasurement:
    return RunMeasurement(
        flow=RoutedFlow.INGEST_KNOWLEDGE if run.is_long else RoutedFlow.CEO_BRIEFING,
        level=CLEARANCE.level,
        size=SizeClass.LARGE if run.is_long else SizeClass.SMALL,
        seconds=run.takes,
    )
