"""A submitted request is a run in the pool and queue chosen for it, sealed, and made once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import PrefectClient

from deployments.listening import PoolWatch
from deployments.submitting import NotDeployed, Pressing, Submitter
from domain.errors import AccessDenied
from domain.knowledge import Domain
from domain.placement import NobodyListens, PoolReason
from domain.routing import AnalysisScope, RoutedFlow, WorkPool, WorkQueue
from domain.sealed import SealedText
from domain.summary import TimeHorizon
from domain.workload import RunMeasurement, SizeClass
from flows import (
    business_analysis,
    ceo_briefing,
    comprehensive_analysis,
    ingest_knowledge,
    strategic_summary,
)
from storage.settings import Settings
from storage.submission import SubmissionStores, open_submission_stores
from tests.deployments.pools import ask_for_runs, listen, register
from tests.stores import CONFIDENTIAL, TOP_SECRET

SECRET = "Should we raise prices for the customers of Project Heron?"  # noqa: S105 - a requirement
FLOWS = (
    business_analysis,
    ceo_briefing,
    comprehensive_analysis,
    ingest_knowledge,
    strategic_summary,
)


@pytest.fixture
async def stores(home: Path) -> AsyncGenerator[SubmissionStores]:
    async with open_submission_stores(Settings(home=home)) as stores:
        await stores.principals.add("ana", CONFIDENTIAL)
        await stores.principals.add("ben", CONFIDENTIAL)
        yield stores


@pytest.fixture
async def worked(pools_client: PrefectClient) -> PrefectClient:
    """Every flow deployed, and a worker in each pool."""
    for flow in FLOWS:
        await register(pools_client, flow, RoutedFlow(flow.name).home)
    await listen(pools_client, *WorkPool)
    return pools_client


async def test_an_analysis_goes_sealed_to_the_pool_that_it_needs(
    stores: SubmissionStores, worked: PrefectClient
) -> None:
    submitted = await Submitter(stores).submit_analysis(
        SECRET, "ana", scope=AnalysisScope.AUTO, context={"note": "Heron is late."}
    )
    placement = submitted.placement
    assert (placement.pool, placement.queue) == (WorkPool.SOPHIA, WorkQueue.SHORT)
    (run,) = await ask_for_runs(worked, WorkPool.SOPHIA)
    assert str(run.id) == submitted.flow_run_id
    assert "Heron" not in run.model_dump_json()
    sealed = SealedText.model_validate(run.parameters["requirement"])
    assert stores.sealer.open_text(sealed) == SECRET
    assert set(run.tags) == {"diarchy", placement.queue_reason.value}


async def test_a_large_ingest_goes_to_the_long_queue_and_its_paths_are_whole(
    stores: SubmissionStores, worked: PrefectClient, tmp_path: Path
) -> None:
    for number in range(501):
        (tmp_path / f"{number}.txt").write_text("The depot is late.")
    submitted = await Submitter(stores).submit_ingest([tmp_path], "ana")
    assert (submitted.placement.pool, submitted.placement.queue) == (
        WorkPool.DIARCHY,
        WorkQueue.LONG,
    )
    (run,) = await ask_for_runs(worked, WorkPool.DIARCHY, WorkQueue.LONG)
    assert run.parameters["requester"] == "ana"
    assert run.parameters["paths"] == [str(tmp_path)]


async def test_a_run_goes_to_another_pool_when_nobody_listens_in_its_own(
    stores: SubmissionStores, pools_client: PrefectClient
) -> None:
    await register(pools_client, business_analysis, WorkPool.SOPHIA)
    await listen(pools_client, WorkPool.ARTEMIS)
    submitter = Submitter(stores)
    pressing = Pressing(once="first")
    submitted = await submitter.submit_analysis(
        SECRET, "ana", scope=AnalysisScope.BUSINESS, pressing=pressing
    )
    assert submitted.placement.pool is WorkPool.ARTEMIS
    assert submitted.placement.pool_reason is PoolReason.HOME_SILENT
    (run,) = await ask_for_runs(pools_client, WorkPool.ARTEMIS)
    deployment = await pools_client.read_deployment_by_name("business-analysis/business-analysis")
    assert (str(run.id), run.deployment_id) == (submitted.flow_run_id, deployment.id)
    assert set(run.tags) == {"diarchy", "expected to be short"}

    # Sophia's workers are back: what was sent is where it was, and is told to be there.
    await listen(pools_client, WorkPool.SOPHIA)
    again = await Submitter(stores).submit_analysis(
        SECRET, "ana", scope=AnalysisScope.BUSINESS, pressing=pressing
    )
    assert again.flow_run_id == submitted.flow_run_id
    assert again.placement.pool is WorkPool.ARTEMIS


@pytest.mark.usefixtures("worked")
async def test_a_name_makes_a_run_once_for_its_requester_and_for_nobody_else(
    stores: SubmissionStores,
) -> None:
    submitter = Submitter(stores)
    once = Pressing(once="monday")
    first = await submitter.submit_briefing(TimeHorizon.WEEK, "ana", pressing=once)
    second = await submitter.submit_briefing(TimeHorizon.WEEK, "ana", pressing=once)
    bens = await submitter.submit_briefing(TimeHorizon.WEEK, "ben", pressing=once)
    unnamed = await submitter.submit_briefing(TimeHorizon.WEEK, "ana")
    assert second.flow_run_id == first.flow_run_id
    assert len({first.flow_run_id, bens.flow_run_id, unnamed.flow_run_id}) == 3


@pytest.mark.usefixtures("worked")
async def test_what_such_runs_took_decides_and_urgency_comes_first(
    stores: SubmissionStores,
) -> None:
    for level in (CONFIDENTIAL, TOP_SECRET):
        seconds = 80 if level is CONFIDENTIAL else 4_000
        measured = RunMeasurement(
            flow=RoutedFlow.STRATEGIC_SUMMARY, level=level, size=SizeClass.LARGE, seconds=seconds
        )
        for _ in range(20):
            await stores.runs.add(measured)
    submitter = Submitter(stores)
    usual = await submitter.submit_summary(Domain.MARKET, TimeHorizon.YEAR, "ana")
    assert usual.placement.queue is WorkQueue.DEFAULT
    urgent = await submitter.submit_summary(
        Domain.MARKET, TimeHorizon.YEAR, "ana", pressing=Pressing(urgent=True)
    )
    assert urgent.placement.queue is WorkQueue.URGENT


@pytest.mark.usefixtures("worked")
async def test_a_burst_is_spread_over_the_pools_while_its_runs_are_being_made(
    stores: SubmissionStores,
) -> None:
    submitter = Submitter(stores, PoolWatch(kept_for=timedelta()))
    submitted = await asyncio.gather(
        *(submitter.submit_briefing(TimeHorizon.WEEK, "ana") for _ in range(6))
    )
    chosen = [one.placement.pool for one in submitted]
    # A run that is seen while it is being made counts twice for a moment.
    assert {1, 2, 3} >= {chosen.count(pool) for pool in WorkPool}


async def test_nobody_who_listens_no_deployment_and_no_clearance_are_errors_that_say_so(
    stores: SubmissionStores, pools_client: PrefectClient
) -> None:
    with pytest.raises(NobodyListens):
        await Submitter(stores).submit_briefing(TimeHorizon.WEEK, "ana")
    await listen(pools_client, WorkPool.DIARCHY)
    await register(pools_client, ceo_briefing, WorkPool.DIARCHY)
    briefing = await pools_client.read_deployment_by_name("ceo-briefing/ceo-briefing")
    await pools_client.delete_deployment(briefing.id)
    with pytest.raises(NotDeployed, match="diarchy deploy"):
        await Submitter(stores).submit_briefing(TimeHorizon.WEEK, "ana")
    with pytest.raises(AccessDenied):
        await Submitter(stores).submit_briefing(TimeHorizon.WEEK, "nobody")
