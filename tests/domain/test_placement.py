"""Where a run is placed: always where somebody listens, and never because there is more to do."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.placement import (
    NobodyListens,
    Placement,
    PoolReason,
    PoolState,
    QueueReason,
    QueueState,
    expected_reason,
    place,
)
from domain.routing import RoutedFlow, WorkPool, WorkQueue
from domain.workload import DurationClass

limits = st.none() | st.integers(min_value=0, max_value=4)
counts = st.integers(min_value=0, max_value=6)


@st.composite
def pool_states(draw: st.DrawFn, pool: WorkPool) -> PoolState:
    """Any state of *pool*, the impossible ones included: they must not matter."""
    queues = draw(st.lists(st.sampled_from(WorkQueue), unique=True))
    return PoolState(
        pool=pool,
        online_workers=draw(st.integers(min_value=0, max_value=3)),
        is_paused=draw(st.booleans()),
        slots=draw(limits),
        running=draw(counts),
        queues=tuple(
            QueueState(
                queue=queue,
                is_served=draw(st.booleans()),
                is_paused=draw(st.booleans()),
                limit=draw(limits),
                running=draw(counts),
                waiting=draw(counts),
            )
            for queue in queues
        ),
    )


@st.composite
def installations(draw: st.DrawFn) -> list[PoolState]:
    pools = draw(st.lists(st.sampled_from(WorkPool), unique=True))
    return [draw(pool_states(pool)) for pool in pools]


flows = st.sampled_from(RoutedFlow)
reasons = st.sampled_from(QueueReason)


def place_or_none(
    flow: RoutedFlow, why: QueueReason, pools: Sequence[PoolState]
) -> Placement | None:
    try:
        return place(flow, DurationClass.SHORT, why, pools)
    except NobodyListens:
        return None


def listens(pools: Sequence[PoolState], pool: WorkPool, queue: WorkQueue) -> bool:
    """Say it once more in other words than the code's own."""
    for state in pools:
        if state.pool is pool and state.online_workers > 0 and not state.is_paused:
            served = [one for one in state.queues if one.queue is queue and one.is_served]
            takes = [one for one in served if not one.is_paused and one.limit != 0]
            return bool(takes) and state.slots != 0
    return False


@given(flows, reasons, installations())
def test_a_run_goes_where_somebody_listens_or_is_refused_when_nobody_does(
    flow: RoutedFlow, why: QueueReason, pools: list[PoolState]
) -> None:
    placed = place_or_none(flow, why, pools)
    if placed is None:
        assert not any(listens(pools, pool, queue) for pool in WorkPool for queue in WorkQueue)
    else:
        assert listens(pools, placed.pool, placed.queue)
        assert placed == place_or_none(flow, why, list(reversed(pools)))


@given(
    flows, reasons, installations(), st.sampled_from(WorkPool), st.tuples(counts, counts, counts)
)
def test_more_load_never_makes_a_pool_the_chosen_one(
    flow: RoutedFlow,
    why: QueueReason,
    pools: list[PoolState],
    loaded: WorkPool,
    more: tuple[int, int, int],
) -> None:
    running, waiting, queue_running = more

    def with_more(state: PoolState) -> PoolState:
        queues = tuple(
            one.model_copy(
                update={
                    "waiting": one.waiting + waiting,
                    "running": one.running + queue_running,
                }
            )
            for one in state.queues
        )
        return state.model_copy(update={"running": state.running + running, "queues": queues})

    before = place_or_none(flow, why, pools)
    after = place_or_none(
        flow, why, [with_more(one) if one.pool is loaded else one for one in pools]
    )
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.queue is before.queue
        assert after.pool is before.pool or before.pool is loaded


def ready(
    pool: WorkPool,
    *,
    slots: int | None = 2,
    running: int = 0,
    workers: int = 1,
    waiting: dict[WorkQueue, int] | None = None,
    limits: dict[WorkQueue, int] | None = None,
    served: tuple[WorkQueue, ...] = tuple(WorkQueue),
) -> PoolState:
    return PoolState(
        pool=pool,
        online_workers=workers,
        slots=slots,
        running=running,
        queues=tuple(
            QueueState(
                queue=queue,
                is_served=queue in served,
                waiting=(waiting or {}).get(queue, 0),
                limit=(limits or {}).get(queue),
            )
            for queue in WorkQueue
        ),
    )


BUSINESS = RoutedFlow.BUSINESS_ANALYSIS


def placed(pools: list[PoolState], why: QueueReason = QueueReason.EXPECTED_SHORT) -> Placement:
    return place(BUSINESS, DurationClass.SHORT, why, pools)


@pytest.mark.parametrize(
    ("expected", "queue"),
    [
        (DurationClass.SHORT, WorkQueue.SHORT),
        (DurationClass.MEDIUM, WorkQueue.DEFAULT),
        (DurationClass.LONG, WorkQueue.LONG),
    ],
)
def test_the_queue_is_that_of_the_expected_duration(
    expected: DurationClass, queue: WorkQueue
) -> None:
    chosen = place(BUSINESS, expected, expected_reason(expected), [ready(WorkPool.SOPHIA)])
    assert (chosen.pool, chosen.queue) == (WorkPool.SOPHIA, queue)
    assert chosen.pool_reason is PoolReason.HOME


def test_every_flow_has_its_own_pool_while_that_has_room() -> None:
    pools = [ready(pool) for pool in WorkPool]
    chosen = {
        flow: place(flow, DurationClass.SHORT, QueueReason.EXPECTED_SHORT, pools).pool
        for flow in RoutedFlow
    }
    assert chosen.pop(RoutedFlow.BUSINESS_ANALYSIS) is WorkPool.SOPHIA
    assert chosen.pop(RoutedFlow.TECHNICAL_ANALYSIS) is WorkPool.ARTEMIS
    assert set(chosen.values()) == {WorkPool.DIARCHY}


def test_a_saturated_pool_is_left_for_one_with_a_free_slot() -> None:
    chosen = placed([ready(WorkPool.SOPHIA, running=2), ready(WorkPool.ARTEMIS)])
    assert chosen.pool is WorkPool.ARTEMIS
    assert chosen.reason == (
        "expected to be short, in another pool, as that of its flow has no free slot"
    )


def test_with_every_pool_saturated_it_waits_where_the_wait_is_shortest() -> None:
    busy = ready(WorkPool.SOPHIA, running=2, waiting={WorkQueue.SHORT: 4})
    less_busy = ready(WorkPool.DIARCHY, running=2, waiting={WorkQueue.SHORT: 1})
    assert placed([busy, less_busy]).pool is WorkPool.DIARCHY


def test_what_waits_behind_a_more_urgent_run_does_not_count() -> None:
    home = ready(WorkPool.SOPHIA, running=1, waiting={WorkQueue.LONG: 9})
    assert placed([home, ready(WorkPool.ARTEMIS)]).pool is WorkPool.SOPHIA


def test_a_pool_without_workers_is_left_and_a_queue_that_nobody_serves_too() -> None:
    silent = ready(WorkPool.SOPHIA, workers=0)
    chosen = placed([silent, ready(WorkPool.DIARCHY)])
    assert (chosen.pool, chosen.pool_reason) == (WorkPool.DIARCHY, PoolReason.HOME_SILENT)
    only_default = ready(WorkPool.SOPHIA, served=(WorkQueue.DEFAULT,))
    assert placed([only_default]).queue is WorkQueue.DEFAULT


def test_long_runs_at_their_queues_limit_go_elsewhere() -> None:
    full = ready(WorkPool.SOPHIA, limits={WorkQueue.LONG: 1}, waiting={WorkQueue.LONG: 1})
    chosen = placed([full, ready(WorkPool.ARTEMIS)], QueueReason.EXPECTED_LONG)
    assert (chosen.pool, chosen.queue) == (WorkPool.ARTEMIS, WorkQueue.LONG)


def test_nobody_anywhere_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(NobodyListens, match="start one"):
        placed([ready(WorkPool.SOPHIA, workers=0), ready(WorkPool.DIARCHY, slots=0)])
    with pytest.raises(NobodyListens):
        placed([])
