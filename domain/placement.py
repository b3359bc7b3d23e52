"""The choice of pool and queue from what is expected of a run and from what the pools say of themselves.

A run goes only where somebody listens: an online worker, a pool and a queue that are neither paused nor
limited to nothing. Among those it goes where it waits least, to the pool of its flow where that is equal.
More load never makes a pool the chosen one, and there is always a divisor.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from pydantic import Field

from domain.errors import DiarchyError
from domain.model import FrozenModel
from domain.routing import RoutedFlow, WorkPool, WorkQueue
from domain.workload import DurationClass


class NobodyListens(DiarchyError):
    """No worker listens for such a run: start one (`diarchy serve`), or resume a paused pool or queue."""


class QueueState(FrozenModel):
    """One queue as Prefect's API tells of it."""

    queue: WorkQueue
    is_served: bool
    """Whether a worker has asked it for runs lately."""
    is_paused: bool = False
    limit: int | None = Field(default=None, ge=0)
    """Runs of it at once; None without a limit."""
    running: int = Field(default=0, ge=0)
    waiting: int = Field(default=0, ge=0)
    """Runs that are due and that no worker has taken."""


class PoolState(FrozenModel):
    """One pool as Prefect's API tells of it."""

    pool: WorkPool
    online_workers: int = Field(ge=0)
    is_paused: bool = False
    slots: int | None = Field(default=None, ge=0)
    """Runs of the pool at once; None without a limit, and what its workers take is then not known."""
    running: int = Field(default=0, ge=0)
    queues: tuple[QueueState, ...] = ()

    def find_listening(self, queue: WorkQueue) -> QueueState | None:
        """Return the state of *queue* if a run in it would be taken by somebody, else None."""
        if not self.online_workers or self.is_paused or self.slots == 0:
            return None
        for state in self.queues:
            if (
                state.queue is queue
                and state.is_served
                and not state.is_paused
                and state.limit != 0
            ):
                return state
        return None

    def rounds_ahead(self, state: QueueState) -> Fraction:
        """Return how often the slots must empty before one is free for one more run of that queue.

        0 when one is free now. Runs that wait in more urgent queues go first; those behind do not count.
        """
        priority = state.queue.priority
        ahead = sum(one.waiting for one in self.queues if one.queue.priority <= priority)
        if self.slots is None:
            # A pool without a limit takes a run when a worker asks: only who waits shows that none does.
            of_pool = Fraction(ahead, max(1, self.online_workers))
        else:
            of_pool = Fraction(max(0, self.running + ahead + 1 - self.slots), max(1, self.slots))
        if state.limit is None:
            return of_pool
        above = max(0, state.running + state.waiting + 1 - state.limit)
        return max(of_pool, Fraction(above, max(1, state.limit)))

    def with_one_more(self, queue: WorkQueue) -> PoolState:
        """Return this pool with one more run waiting in *queue*."""
        queues = tuple(
            one.model_copy(update={"waiting": one.waiting + 1}) if one.queue is queue else one
            for one in self.queues
        )
        return self.model_copy(update={"queues": queues})


class QueueReason(StrEnum):
    """Why that queue. It stands in Prefect's database: a class, never what was asked."""

    ASKED_AS_URGENT = "asked as urgent"
    DEADLINE_NEAR = "its deadline is near"
    EXPECTED_SHORT = "expected to be short"
    EXPECTED_MEDIUM = "expected to be of medium length"
    EXPECTED_LONG = "expected to be long"


class PoolReason(StrEnum):
    """Why that pool, likewise."""

    HOME = "in the pool of its flow"
    HOME_BUSY = "in another pool, as that of its flow has no free slot"
    HOME_SILENT = "in another pool, as nobody listens in that of its flow"


_QUEUE_FOR = {
    QueueReason.ASKED_AS_URGENT: WorkQueue.URGENT,
    QueueReason.DEADLINE_NEAR: WorkQueue.URGENT,
    QueueReason.EXPECTED_SHORT: WorkQueue.SHORT,
    QueueReason.EXPECTED_MEDIUM: WorkQueue.DEFAULT,
    QueueReason.EXPECTED_LONG: WorkQueue.LONG,
}
_EXPECTED = {
    DurationClass.SHORT: QueueReason.EXPECTED_SHORT,
    DurationClass.MEDIUM: QueueReason.EXPECTED_MEDIUM,
    DurationClass.LONG: QueueReason.EXPECTED_LONG,
}
_U, _S, _D, _L = WorkQueue
_INSTEAD = {_U: (_U, _S, _D, _L), _S: (_S, _D, _L, _U), _D: (_D, _L, _S, _U), _L: (_L, _D, _S, _U)}
"""Which queues may stand in for one that nobody serves, best first."""
_POOLS = tuple(WorkPool)


class Placement(FrozenModel):
    """Where a run goes and why."""

    flow: RoutedFlow
    pool: WorkPool
    queue: WorkQueue
    expected: DurationClass
    queue_reason: QueueReason
    pool_reason: PoolReason

    @property
    def priority(self) -> int:
        """1 is taken first, 4 last."""
        return self.queue.priority

    @property
    def reason(self) -> str:
        """Why, in one phrase without content."""
        return f"{self.queue_reason}, {self.pool_reason}"


def expected_reason(expected: DurationClass) -> QueueReason:
    """Return the reason that a run of that length has for its queue."""
    return _EXPECTED[expected]


def place(
    flow: RoutedFlow, expected: DurationClass, why: QueueReason, pools: Sequence[PoolState]
) -> Placement:
    """Return the pool and queue in which the run waits least. Raises `NobodyListens`.

    The queue that *why* asks for comes before any other, in whatever pool it is served.
    """
    for queue in _INSTEAD[_QUEUE_FOR[why]]:
        rounds = {
            state.pool: state.rounds_ahead(listening)
            for state in pools
            if (listening := state.find_listening(queue)) is not None
        }
        if rounds:
            home = flow.home
            pool = min(rounds, key=lambda one: (rounds[one], one is not home, _POOLS.index(one)))
            return Placement(
                flow=flow,
                pool=pool,
                queue=queue,
                expected=expected,
                queue_reason=why,
                pool_reason=_pool_reason(pool, home, rounds),
            )
    raise NobodyListens


def _pool_reason(pool: WorkPool, home: WorkPool, rounds: dict[WorkPool, Fraction]) -> PoolReason:
    if pool is home:
        return PoolReason.HOME
    return PoolReason.HOME_BUSY if home in rounds else PoolReason.HOME_SILENT
