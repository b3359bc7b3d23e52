"""A worker killed in any of the five phases: the run is resumed and repeats nothing it had finished.

All runs share one server, one worker and one wait, which the least pause between two signs of life makes
long.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from sqlmodel import col, select

from deployments.deploying import deploy
from flows import comprehensive_analysis
from flows.resuming import RESUMPTIONS
from storage.settings import Settings
from storage.stores import open_stores
from storage.tables import AuditRow, ReportRow
from tests.end_to_end.held_phases.sitecustomize import PHASES
from tests.end_to_end.topology import ApiServer, without_settings
from tests.end_to_end.workers import Gates, dispatcher, family_of, kill, worker
from tests.events import eventually
from tests.gateway.command_line.company import fill
from tests.postgres_server import PostgresServer

SILENCE = timedelta(seconds=75)
REQUIREMENT = (
    "Rent a second office by March 2027. It must hold 40 people and cost at most EUR 9,000."
)


@pytest.fixture(params=["sqlite", "postgresql"])
def servers(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Prefect's and Diarchy's databases: files, or two of a PostgreSQL server."""
    if request.param == "sqlite":
        request.getfixturevalue("prefect_api")
        yield
        return
    postgres: PostgresServer = request.getfixturevalue("postgres_server")
    of_prefect, truth = (postgres.url(postgres.new_database()) for _ in range(2))
    environment = {
        **without_settings(),
        "PREFECT_HOME": str(tmp_path / "prefect-server"),
        "PREFECT_API_DATABASE_CONNECTION_URL": of_prefect.replace("://", "+asyncpg://"),
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    server = ApiServer("alone", environment, tmp_path)
    server.start()
    try:
        server.wait()
        monkeypatch.setenv("DIARCHY_DATABASE_URL", truth)
        monkeypatch.setenv("PREFECT_API_URL", server.url)
        with temporary_settings({PREFECT_API_URL: server.url}):
            yield
    finally:
        server.end()


@pytest.fixture
async def client(servers: None) -> AsyncIterator[PrefectClient]:
    del servers
    async with get_client() as client:
        yield client


class Runs:
    """Analyses that are started as from a form, and what became of them."""

    def __init__(self, client: PrefectClient, deployment_id: UUID) -> None:
        self._client = client
        self._deployment_id = deployment_id
        self._started: list[UUID] = []

    async def start(self) -> UUID:
        run = await self._client.create_flow_run_from_deployment(
            self._deployment_id, parameters={"requirement": REQUIREMENT, "requester": "ceo"}
        )
        self._started.append(run.id)
        return run.id

    async def states(self) -> dict[UUID, StateType]:
        these = FlowRunFilter(id=FlowRunFilterId(any_=self._started))
        runs = await self._client.read_flow_runs(flow_run_filter=these)
        return {run.id: run.state.type for run in runs if run.state}


async def results_and_releases(home: Path) -> tuple[int, Counter[int]]:
    """Return how many analyses are stored, and how many have been released once, twice and so on."""
    async with open_stores(Settings(home=home)) as stores:
        reports = await stores.database.rows(select(ReportRow))
        of_release = select(AuditRow).where(col(AuditRow.action) == "release")
        releases = Counter(row.detail["report"] for row in await stores.database.rows(of_release))
    assert set(releases) == {report.report_id for report in reports}
    return len(reports), Counter(releases.values())


async def test_killed_in_each_phase_a_run_is_resumed_and_repeats_nothing(
    tmp_path: Path, client: PrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    await asyncio.to_thread(fill, home)
    # What it finds is remembered for the others: their processes need not load the model.
    monkeypatch.setenv("DIARCHY_HOME", str(home))
    await comprehensive_analysis(REQUIREMENT, "ceo")
    await deploy(slots=12, silence=SILENCE)
    found = await client.read_deployment_by_name("comprehensive-analysis/comprehensive-analysis")
    runs, gates = Runs(client, found.id), Gates(tmp_path / "gates")
    held = {phase: await runs.start() for phase in PHASES}
    for phase, run in held.items():
        gates.hold(run, phase)
    orphan = await runs.start()
    gates.hold(orphan, "synthesize")
    environment = {
        "DIARCHY_HOME": str(home),
        "HELD_PHASES": str(gates.folder),
        "PREFECT_CLIENT_MAX_RETRIES": "10",
    }

    with worker("diarchy", tmp_path / "first", **environment) as first:
        await eventually(
            lambda: all(gates.begun(run)[-1:] == [phase] for phase, run in held.items()),
            "each run is held in its phase",
            within=900,
        )
        await eventually(
            lambda: gates.begun(orphan)[-1:] == ["synthesize"], "the last is held", within=60
        )
        family = family_of(first)
        kill([first])  # alone: what it started does not know yet
        gates.open(orphan)
        kill([process for process in family if not of_run(process, orphan)])

    for run in held.values():
        gates.open(run)
    doomed = await runs.start()
    gates.kill(doomed, "analyze_technical")
    with (
        worker("diarchy", tmp_path / "second", **environment),
        dispatcher(tmp_path / "dispatcher", **environment),
    ):

        async def all_have_ended() -> bool:
            states = await runs.states()
            done = all(states[run] is StateType.COMPLETED for run in (*held.values(), orphan))
            attempts = gates.begun(doomed).count("analyze_technical")
            return done and attempts > RESUMPTIONS and states[doomed] is StateType.CRASHED

        await eventually(all_have_ended, "every run comes to its end", within=900)

    for phase, run in held.items():
        once_more = list(PHASES)
        once_more.insert(PHASES.index(phase), phase)
        assert gates.begun(run) == once_more, "only the phase that was killed is done again"
    assert set(gates.begun(orphan)) == set(PHASES)
    assert max(Counter(gates.begun(orphan)).values()) <= 2
    assert Counter(gates.begun(doomed)) == {
        "analyze_business": 1,
        "extract_technical_requirements": 1,
        "analyze_technical": 1 + RESUMPTIONS,
    }
    assert await results_and_releases(home) == (7, Counter({1: 7}))


def of_run(process: psutil.Process, run: UUID) -> bool:
    try:
        return process.environ().get("PREFECT__FLOW_RUN_ID") == str(run)
    except psutil.NoSuchProcess:
        return False
