"""Short runs while long ones hold the workers: one first-come queue against pools and queues by choice.

A real Prefect server, real pools, queues, limits and states, and the product's own submission; the runs
wait instead of work, a fraction of the time that real ones take. Both sides get the same runs at the same
moments on as many slots; the sides take turns.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID

from prefect import flow as prefect_flow
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate

from benchmarks.light_worker import light_worker
from benchmarks.report import percentile, print_table, times
from deployments.listening import read_pools
from deployments.pools import ensure_pools
from deployments.submitting import Submitter
from domain.clearance import ConfidentialityLevel
from domain.routing import RoutedFlow, WorkPool, WorkQueue
from domain.summary import TimeHorizon
from domain.workload import DurationBands, RunMeasurement, SizeClass
from gateway.prefect_server import PrefectServer, point_process_at
from storage.settings import Settings
from storage.submission import SubmissionStores, open_submission_stores
from tests.postgres_server import PostgresServer

_TURNS = 1
_SLOTS_A_POOL = 2
_SLOTS = _SLOTS_A_POOL * len(WorkPool)
_LONG_RUNS, _LONG_SECONDS = 8, 30.0
_SHORT_RUNS, _SHORT_SECONDS = 24, 1.0
_ARRIVING_FOR = 60.0
_FIRST_COME = "first-come"
_BANDS = DurationBands(short_up_to=timedelta(seconds=5), medium_up_to=timedelta(seconds=8))
_READER = "measurer"
_LEVEL = ConfidentialityLevel.INTERNAL
_FILES = 600


class _Arrival(NamedTuple):
    at: float
    seconds: float
    is_long: bool


class _Outcome(NamedTuple):
    """Seconds from the submission."""

    is_long: bool
    waited: float
    completed: float


_Submit = Callable[[_Arrival], Awaitable[str]]


class _Durations:
    """How long each run is to take, told once its id is known; a worker may ask before that."""

    def __init__(self) -> None:
        self._seconds: dict[str, asyncio.Future[float]] = {}

    def tell(self, run_id: str, seconds: float) -> None:
        self._of(run_id).set_result(seconds)

    async def spend(self, run_id: UUID) -> None:
        await asyncio.sleep(await self._of(str(run_id)))

    def _of(self, run_id: str) -> asyncio.Future[float]:
        return self._seconds.setdefault(run_id, asyncio.get_running_loop().create_future())


class _ServerOnPostgres(PrefectServer):
    """A Prefect server on PostgreSQL: on SQLite the many small writes are turned away with a 503."""

    def __init__(self, home: Path, database_url: str) -> None:
        super().__init__(home)
        self._database_url = database_url

    def _server_environment(self, port: int) -> dict[str, str]:
        own = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": self._database_url}
        return super()._server_environment(port) | own


async def run(_: Path | None) -> None:
    """Measure both sides and print them."""
    postgres = PostgresServer()
    postgres.start()
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        server = _ServerOnPostgres(Path(folder) / "prefect-home", _database_url(postgres))
        try:
            point_process_at(server.client_environment(server.start()))
            await _measure(Path(folder))
        finally:
            server.stop()
            postgres.stop()


def _database_url(postgres: PostgresServer) -> str:
    url = postgres.url(postgres.new_database())
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def _measure(folder: Path) -> None:
    files = folder / "files"
    files.mkdir()
    for number in range(_FILES):
        (files / f"{number}.txt").write_text("The depot is late.")
    outcomes: defaultdict[str, list[_Outcome]] = defaultdict(list)
    async with (
        get_client() as client,
        open_submission_stores(Settings(home=folder / "home")) as stores,
        _pools(client) as durations,
    ):
        await stores.principals.add(_READER, _LEVEL)
        first_come = await _first_come(client)
        for turn in range(_TURNS):
            load = _load(Random(turn))
            sides = [("first come", first_come), ("placed", _placed(stores, files))]
            for name, submit in sides if turn % 2 == 0 else reversed(sides):
                outcomes[name] += await _pass(client, submit, load, durations)
                if name == "placed":
                    await _remember(stores, load)
    _print(outcomes)


def _load(random: Random) -> list[_Arrival]:
    """The long runs in the first eighth of the time, short ones all along."""
    long_runs = [
        _Arrival(random.uniform(0, _ARRIVING_FOR / 8), _LONG_SECONDS, True)
        for _ in range(_LONG_RUNS)
    ]
    short_runs = [
        _Arrival(random.uniform(0, _ARRIVING_FOR), _SHORT_SECONDS, False)
        for _ in range(_SHORT_RUNS)
    ]
    return sorted(long_runs + short_runs)


@asynccontextmanager
async def _pools(client: PrefectClient) -> AsyncGenerator[_Durations]:
    """Both sides' pools, each with a worker; deployments of the flows in their own pools."""
    await ensure_pools(client, slots=_SLOTS_A_POOL)
    await client.create_work_pool(
        WorkPoolCreate(name=_FIRST_COME, type="process", concurrency_limit=_SLOTS)
    )
    for flow in (RoutedFlow.CEO_BRIEFING, RoutedFlow.INGEST_KNOWLEDGE):
        await _deploy(client, flow, flow.home.value, flow.value)
    durations = _Durations()
    async with AsyncExitStack() as stack:
        for pool in (*(one.value for one in WorkPool), _FIRST_COME):
            await stack.enter_async_context(light_worker(pool, durations.spend))
        await _until_all_listen()
        yield durations


async def _deploy(client: PrefectClient, flow: RoutedFlow, pool: str, name: str) -> UUID:
    async def light_run() -> None:
        """Never called: the worker waits in its place."""

    flow_id = await client.create_flow(prefect_flow(name=flow.value)(light_run))
    queue = WorkQueue.DEFAULT.value
    return await client.create_deployment(
        flow_id=flow_id,
        name=name,
        work_pool_name=pool,
        work_queue_name=queue,
        enforce_parameter_schema=False,
    )


async def _until_all_listen() -> None:
    deadline = time.monotonic() + 120
    while not all(
        state.find_listening(queue) for state in await read_pools() for queue in WorkQueue
    ):
        if time.monotonic() > deadline:
            raise RuntimeError("the workers do not listen")
        await asyncio.sleep(0.2)


async def _first_come(client: PrefectClient) -> _Submit:
    """Everything into the one queue of the one pool, as it comes."""
    flow = RoutedFlow.CEO_BRIEFING
    deployment_id = await _deploy(client, flow, _FIRST_COME, _FIRST_COME)

    async def submit(_: _Arrival) -> str:
        return str((await client.create_flow_run_from_deployment(deployment_id)).id)

    return submit


def _placed(stores: SubmissionStores, files: Path) -> _Submit:
    """As the product submits: an ingest of many files when it is long, else a briefing."""
    submitter = Submitter(stores, bands=_BANDS)

    async def submit(arrival: _Arrival) -> str:
        if arrival.is_long:
            submission = await submitter.submit_ingest([files], _READER)
        else:
            submission = await submitter.submit_briefing(TimeHorizon.WEEK, _READER)
        return submission.flow_run_id

    return submit


async def _pass(
    client: PrefectClient, submit: _Submit, load: list[_Arrival], durations: _Durations
) -> list[_Outcome]:
    """Submit the whole load at its moments and wait until everything has ended."""
    began = time.monotonic()

    async def arrive(arrival: _Arrival) -> str:
        await asyncio.sleep(arrival.at - (time.monotonic() - began))
        run_id = await submit(arrival)
        durations.tell(run_id, arrival.seconds)
        return run_id

    run_ids = await asyncio.gather(*(arrive(arrival) for arrival in load))
    outcomes: list[_Outcome] = []
    for run_id, arrival in zip(run_ids, load, strict=True):
        run = await client.read_flow_run(UUID(run_id))
        while run.end_time is None or run.start_time is None or run.created is None:
            await asyncio.sleep(0.5)
            run = await client.read_flow_run(UUID(run_id))
        waited = (run.start_time - run.created).total_seconds()
        completed = (run.end_time - run.created).total_seconds()
        outcomes.append(_Outcome(arrival.is_long, waited, completed))
    return outcomes


async def _remember(stores: SubmissionStores, load: list[_Arrival]) -> None:
    """Leave what the runs took, as real ones do themselves."""
    for arrival in load:
        await stores.runs.add(
            RunMeasurement(
                flow=RoutedFlow.INGEST_KNOWLEDGE if arrival.is_long else RoutedFlow.CEO_BRIEFING,
                level=_LEVEL,
                size=SizeClass.LARGE if arrival.is_long else SizeClass.SMALL,
                seconds=arrival.seconds,
            )
        )


def _print(outcomes: dict[str, list[_Outcome]]) -> None:
    rows: list[list[str]] = []
    short_p95: dict[str, float] = {}
    for name, of_side in outcomes.items():
        for is_long, kind in ((False, "short"), (True, "long")):
            some = [one for one in of_side if one.is_long is is_long]
            waits, ends = [one.waited for one in some], [one.completed for one in some]
            rows.append(
                [f"{name}, {kind} runs", str(len(some))]
                + [f"{percentile(waits, share):.1f}" for share in (50, 95, 100)]
                + [f"{percentile(ends, share):.1f}" for share in (50, 95, 100)]
            )
            if not is_long:
                short_p95[name] = percentile(waits, 95)
    ratio = short_p95["first come"] / max(short_p95["placed"], 0.001)
    print_table(
        f"{_LONG_RUNS} runs of {_LONG_SECONDS:.0f} s and {_SHORT_RUNS} of {_SHORT_SECONDS:.0f} s within "
        f"{_ARRIVING_FOR:.0f} s, {_SLOTS} slots, {_TURNS} turn(s), seconds",
        ["", "runs", "wait p50", "p95", "most", "end p50", "p95", "most"],
        rows,
        notes=[
            f"95 % of short runs start {times(ratio)} sooner than with one first-come queue",
            "placed: long runs hold at most half of a pool's slots, so they take longer as a whole",
        ],
    )
