"""`diarchy deploy` makes all that Prefect needs to have, and done again changes nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import StateType

from deployments.changes import Change, Deployed
from deployments.declared import find_declarations_file, read_declarations
from deployments.deploying import deploy
from deployments.pools import long_run_slots
from domain.errors import InvalidInput
from domain.routing import WorkPool, WorkQueue
from tests.events import eventually

_FILE = Path(__file__).parents[2] / "prefect.yaml"


@pytest.fixture
async def client(prefect_api: str) -> AsyncIterator[PrefectClient]:
    del prefect_api
    async with get_client() as client:
        yield client


def changes(deployed: list[Deployed]) -> dict[str, set[Change]]:
    """Return what was done about each kind of thing."""
    return {
        kind: {one.change for one in deployed if one.kind == kind}
        for kind in {one.kind for one in deployed}
    }


async def test_done_again_nothing_changes_and_what_was_changed_by_hand_is_set_right(
    client: PrefectClient,
) -> None:
    await deploy(slots=6)
    assert changes(await deploy(slots=6)) == {
        kind: {Change.UNCHANGED} for kind in ("work pool", "work queue", "deployment", "automation")
    }
    pool = await client.read_work_pool("sophia")
    assert pool.concurrency_limit == 6
    queues = {queue.name: queue for queue in await client.read_work_queues(work_pool_name="sophia")}
    assert {name: queue.priority for name, queue in queues.items()} == {
        queue.value: queue.priority for queue in WorkQueue
    }
    assert queues["long"].concurrency_limit == long_run_slots(6) == 3

    await client.update_work_queue(queues["short"].id, priority=9)
    fewer = await deploy(slots=4)
    assert Deployed("work queue", "sophia/short", Change.UPDATED) in fewer
    assert Deployed("work pool", "artemis", Change.UPDATED) in fewer
    assert changes(fewer)["deployment"] == {Change.UNCHANGED}


async def test_the_command_of_prefect_ends_in_the_same_state(client: PrefectClient) -> None:
    await deploy(slots=4)
    weekly = await client.read_deployment_by_name("scheduled-briefings/ceo-briefing-weekly")
    await client.update_deployment_schedule(weekly.id, weekly.schedules[0].id, active=False)
    by_prefect = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    await asyncio.to_thread(
        subprocess.run, by_prefect, cwd=_FILE.parent, check=True, capture_output=True, timeout=300
    )
    assert changes(await deploy(slots=4)) == {
        kind: {Change.UNCHANGED} for kind in ("work pool", "work queue", "deployment", "automation")
    }
    after = await client.read_deployment_by_name("scheduled-briefings/ceo-briefing-weekly")
    assert not after.schedules[0].active, "a schedule that an operator paused stays paused"
    await client.update_deployment_schedule(weekly.id, weekly.schedules[0].id, active=True)


async def test_a_schedule_plans_its_runs(client: PrefectClient) -> None:
    await deploy(slots=4)
    daily = await client.read_deployment_by_name("maintain-knowledge/maintain-knowledge")

    async def something_is_planned() -> bool:
        runs = await client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[daily.id]))
        )
        return any(run.auto_scheduled and run.state_type is StateType.SCHEDULED for run in runs)

    await eventually(something_is_planned, "a run of the daily care is planned", within=180)


async def test_a_file_that_declares_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="run this in the folder"):
        find_declarations_file(tmp_path / "prefect.yaml")
    (tmp_path / "prefect.yaml").write_text("deployments: []")
    with pytest.raises(InvalidInput, match="must declare deployments"):
        read_declarations(tmp_path / "prefect.yaml")
    (tmp_path / "prefect.yaml").write_text("- name")
    with pytest.raises(InvalidInput, match="each with name and entrypoint"):
        read_declarations(tmp_path / "prefect.yaml")


def test_every_pool_is_used() -> None:
    used = {one["work_pool"]["name"] for one in read_declarations(_FILE)}
    assert used == {pool.value for pool in WorkPool}
