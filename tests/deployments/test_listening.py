"""What Prefect's API says of workers, queues and slots becomes what the choice of a queue needs."""

from datetime import timedelta

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.states import Running

from deployments.listening import PoolWatch, read_pools
from domain.errors import ServerUnavailable
from domain.placement import Placement, PoolReason, PoolState, QueueReason
from domain.routing import RoutedFlow, WorkPool, WorkQueue
from domain.workload import DurationClass
from tests.deployments.pools import (
    SLOTS,
    ask_for_runs,
    beat,
    eventually,
    listen,
    register,
    remove_pools,
)

SOPHIA = WorkPool.SOPHIA
SHORT = WorkQueue.SHORT


@flow(name="light-run")
async def light_run() -> None:
    """A run that is only ever counted."""


async def state_of(pool: WorkPool) -> PoolState:
    return {state.pool: state for state in await read_pools()}[pool]


async def test_a_pool_listens_when_a_worker_is_there_and_asks_its_queues(
    pools_client: PrefectClient,
) -> None:
    before = await state_of(SOPHIA)
    assert (before.online_workers, before.slots) == (0, SLOTS)
    assert before.find_listening(SHORT) is None

    await beat(pools_client, SOPHIA)
    assert (await state_of(SOPHIA)).find_listening(SHORT) is None

    await listen(pools_client, SOPHIA)
    listening = await state_of(SOPHIA)
    assert listening.online_workers == 1
    assert all(listening.find_listening(queue) for queue in WorkQueue)
    limits = {state.queue: state.limit for state in listening.queues}
    assert limits[WorkQueue.LONG] == SLOTS // 2
    assert limits[SHORT] is None


async def test_a_queue_that_no_worker_asks_does_not_listen(pools_client: PrefectClient) -> None:
    await beat(pools_client, SOPHIA)
    await ask_for_runs(pools_client, SOPHIA, WorkQueue.LONG)

    async def long_listens() -> bool:
        return (await state_of(SOPHIA)).find_listening(WorkQueue.LONG) is not None

    await eventually(long_listens, "the long queue listens")
    assert (await state_of(SOPHIA)).find_listening(SHORT) is None


async def test_paused_pools_and_queues_and_workers_that_fell_silent_do_not_listen(
    pools_client: PrefectClient,
) -> None:
    await listen(pools_client, SOPHIA)
    short = await pools_client.read_work_queue_by_name(SHORT.value, SOPHIA.value)
    await pools_client.update_work_queue(short.id, is_paused=True)
    paused = await state_of(SOPHIA)
    assert paused.find_listening(SHORT) is None
    assert paused.find_listening(WorkQueue.DEFAULT) is not None

    await pools_client.update_work_pool(SOPHIA.value, WorkPoolUpdate(is_paused=True))
    assert (await state_of(SOPHIA)).find_listening(WorkQueue.DEFAULT) is None
    await pools_client.update_work_pool(SOPHIA.value, WorkPoolUpdate(is_paused=False))

    # Three times its interval after its last heartbeat a worker counts as gone.
    await beat(pools_client, SOPHIA, interval=1)

    async def nobody_is_there() -> bool:
        return (await state_of(SOPHIA)).online_workers == 0

    await eventually(nobody_is_there, "the silent worker counts as gone")
    assert (await state_of(SOPHIA)).find_listening(WorkQueue.DEFAULT) is None


async def test_runs_that_wait_and_runs_that_hold_a_slot_are_counted(
    pools_client: PrefectClient,
) -> None:
    await register(pools_client, light_run, SOPHIA)
    await listen(pools_client, SOPHIA)
    deployment = await pools_client.read_deployment_by_name("light-run/light-run")
    runs = [
        await pools_client.create_flow_run_from_deployment(
            deployment.id, work_queue_name=SHORT.value
        )
        for _ in range(3)
    ]
    await pools_client.set_flow_run_state(runs[0].id, Running(), force=True)
    state = await state_of(SOPHIA)
    queue = state.find_listening(SHORT)
    assert queue is not None
    assert (state.running, queue.running, queue.waiting) == (1, 1, 2)
    assert state.rounds_ahead(queue) > 0


async def test_what_is_known_is_kept_for_some_seconds_and_counts_what_was_placed(
    pools_client: PrefectClient,
) -> None:
    await listen(pools_client, SOPHIA)
    now = 0.0
    watch = PoolWatch(kept_for=timedelta(seconds=3), monotonic=lambda: now)
    first = await watch.states()
    await remove_pools(pools_client)
    assert await watch.states() == first

    placement = Placement(
        flow=RoutedFlow.BUSINESS_ANALYSIS,
        pool=SOPHIA,
        queue=SHORT,
        expected=DurationClass.SHORT,
        queue_reason=QueueReason.EXPECTED_SHORT,
        pool_reason=PoolReason.HOME,
    )
    with watch.placing(placement):
        pass
    sophia = {state.pool: state for state in await watch.states()}[SOPHIA]
    queue = sophia.find_listening(SHORT)
    assert queue is not None
    assert queue.waiting == 1

    now = 4.0
    assert await watch.states() == ()


async def test_without_an_api_the_error_says_what_to_look_at(
    prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    del prefect_api
    monkeypatch.setenv("PREFECT_CLIENT_MAX_RETRIES", "0")
    with (
        temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}),
        pytest.raises(ServerUnavailable, match="is it running"),
    ):
        await read_pools()
