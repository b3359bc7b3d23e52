"""`submit` says at once where the run is; `runs show` says how far it has come."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from prefect.client.orchestration import PrefectClient

from domain.routing import WorkPool
from flows import business_analysis
from gateway.command_line.failures import DENIED, FAILED, USAGE
from tests.deployments.pools import ask_for_runs, empty_pools, listen, register
from tests.gateway.command_line.terminal import diarchy


@pytest.fixture
async def client(prefect_api: str) -> AsyncGenerator[PrefectClient]:
    del prefect_api
    async with empty_pools() as client:
        await register(client, business_analysis, WorkPool.SOPHIA)
        yield client


async def test_a_request_is_handed_over_and_its_run_is_shown(
    client: PrefectClient, home: Path
) -> None:
    request = ("submit", "analysis", "Should we raise prices for customers?", "--as", "ceo")
    refused = diarchy(*request, home=home)
    assert refused.returncode == FAILED
    assert "No worker listens" in refused.stderr

    await listen(client, WorkPool.SOPHIA)
    submitted = diarchy(*request, "--scope", "auto", "--within", "5", "--json", home=home)
    assert submitted.returncode == 0, submitted.stderr
    submission = json.loads(submitted.stdout)
    placement = submission["placement"]
    assert (placement["flow"], placement["pool"]) == ("business-analysis", "sophia")
    assert (placement["queue"], placement["queue_reason"]) == ("urgent", "its deadline is near")
    (run,) = await ask_for_runs(client, WorkPool.SOPHIA)
    assert str(run.id) == submission["flow_run_id"]
    assert "prices" not in run.model_dump_json()

    shown = diarchy("runs", "show", submission["flow_run_id"], home=home)
    assert shown.stdout.splitlines() == [
        f"Run:   {submission['flow_run_id']}",
        "State: Scheduled",
        "Queue: sophia/urgent",
    ]


@pytest.mark.usefixtures("prefect_api")
def test_who_is_unknown_is_denied_and_what_is_no_run_is_not_found(home: Path) -> None:
    denied = diarchy("submit", "briefing", "--as", "nobody", home=home)
    assert (denied.returncode, denied.stdout) == (DENIED, "")
    nothing = diarchy("runs", "show", "00000000-0000-0000-0000-000000000000", home=home)
    assert (nothing.returncode, nothing.stderr) == (FAILED, "diarchy: No such run.\n")
    assert diarchy("runs", "show", "monday", home=home).returncode == USAGE
