"""What a triggered run takes beyond a flow that does nothing: from its creation by the API to its end.

A home is served by `diarchy serve`: its own Prefect server, a worker for each pool, the warm embedding
service. A flow without a task is deployed to the same pool and queue, run by the same worker in a fresh
process as every other run. Runs take turns, with a pause between them: a server on SQLite is still writing
the last one's events. What a caller waits for is how long the worker takes to see the run (up to two
seconds, which is chance), two interpreters that start, and the run itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from benchmarks.corpora import EXAMPLE_KNOWLEDGE, EXAMPLES
from benchmarks.homes import NOW, READER
from benchmarks.report import percentile, print_table, verdict
from domain.clearance import ConfidentialityLevel
from gateway.prefect_server import PrefectServer, point_process_at
from gateway.waiting import wait_until
from storage.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

_ROUNDS = 5
_PAUSE_SECONDS = 3
_LOOK_EVERY_SECONDS = 0.1
_MOST_SECONDS = 2.0
"""What a run may take beyond a flow that does nothing."""
_NOTHING = "benchmarks.nothing.nothing"
_ANALYSIS = "comprehensive-analysis/comprehensive-analysis"
_NEW_ANALYSIS = f"{_ANALYSIS}, of what nobody asked before"
"""No search and no vector of it is cached."""
_BRIEFING = "ceo-briefing/ceo-briefing"
_REQUIREMENT = EXAMPLES / "requirements" / "real-time-tracking.txt"
_STARTED = timedelta(minutes=5)


async def run(_: Path | None) -> None:
    """Measure and print the times."""
    with tempfile.TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        settings = Settings(home=Path(folder) / "home")
        async with _served(settings):
            seconds, since_seen = await _measure()
    _print(seconds, since_seen)


async def _measure() -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return the seconds from creation to end, and from when a worker saw the run, by deployment."""
    from prefect import get_client  # noqa: PLC0415 - Prefect reads its settings first

    requirement = _REQUIREMENT.read_text(encoding="utf-8")
    analysis: dict[str, Any] = {
        "requester": READER,
        "requirement": requirement,
        "context": json.loads(_REQUIREMENT.with_suffix(".context.json").read_text()),
    }
    asked: dict[str, dict[str, Any]] = {
        "nothing": {},
        _BRIEFING: {"requester": READER, "time_horizon": "month"},
        _ANALYSIS: analysis,
        _NEW_ANALYSIS: analysis,
    }
    seconds: dict[str, list[float]] = defaultdict(list)
    since_seen: dict[str, list[float]] = defaultdict(list)
    async with get_client() as client:
        ids = {name: (await _deployment(client, name)) for name in asked}
        for number in range(-1, _ROUNDS):
            for name, given in asked.items():
                parameters = dict(given)
                await asyncio.sleep(_PAUSE_SECONDS)
                if name == _NEW_ANALYSIS:
                    parameters["requirement"] = f"{requirement}\nThis is request {number}."
                whole, seen = await _run_once(client, ids[name], parameters)
                if number >= 0:
                    seconds[name].append(whole)
                    since_seen[name].append(seen)
    return seconds, since_seen


async def _deployment(client: PrefectClient, name: str) -> UUID:
    """Return the id of a deployment; that of the flow that does nothing is made."""
    like = await client.read_deployment_by_name(_BRIEFING)
    if name != "nothing":
        return (await client.read_deployment_by_name(name.partition(",")[0])).id
    from benchmarks.nothing import nothing  # noqa: PLC0415 - as above

    return await client.create_deployment(
        flow_id=await client.create_flow(nothing),
        name="nothing",
        entrypoint=_NOTHING,
        work_pool_name=like.work_pool_name,
        work_queue_name=like.work_queue_name,
        pull_steps=like.pull_steps,
        path=like.path,
        job_variables=like.job_variables,
        enforce_parameter_schema=False,
    )


async def _run_once(
    client: PrefectClient, deployment: UUID, parameters: dict[str, Any]
) -> tuple[float, float]:
    """Create a run and wait for its end; return its seconds, and those since its worker saw it."""
    began = time.perf_counter()
    flow_run = await client.create_flow_run_from_deployment(deployment, parameters=parameters)
    while not (flow_run.state and flow_run.state.is_final()):
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        flow_run = await client.read_flow_run(flow_run.id)
    taken = time.perf_counter() - began
    if not flow_run.state.is_completed():
        raise RuntimeError(f"a run ended as {flow_run.state.name}")
    states = await client.read_flow_run_states(flow_run.id)
    seen = next(state for state in states if state.is_pending())
    return taken, (states[-1].timestamp - seen.timestamp).total_seconds()


@asynccontextmanager
async def _served(settings: Settings) -> AsyncGenerator[None]:
    """Serve the home of *settings* with the example company in it."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "DIARCHY_HOME": str(settings.home),
        "DIARCHY_CLOCK": NOW.isoformat(),
    }
    await _diarchy(environment, "principals", "add", READER, "--clearance", _HIGHEST)
    await _diarchy(environment, "ingest", str(EXAMPLE_KNOWLEDGE), "--as", READER)
    log = settings.home / "served.txt"
    with log.open("wb") as output:
        serving = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.command_line", "serve"),
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        await asyncio.to_thread(
            wait_until,
            lambda: _all_run(log, serving),
            "every part of the home runs",
            within=_STARTED,
        )
        server = PrefectServer(settings.home)
        point_process_at(server.client_environment(server.start()))
        yield
    finally:
        if serving.returncode is None:
            serving.send_signal(signal.SIGTERM)
        await serving.wait()
        # The ingest had started them, so they are not the served home's to stop.
        await _diarchy(environment, "down")


_HIGHEST = ConfidentialityLevel.TOP_SECRET.value
_PARTS = ("embeddings", "dispatcher", "worker sophia", "worker artemis", "worker diarchy")


def _all_run(log: Path, serving: asyncio.subprocess.Process) -> bool:
    if serving.returncode is not None:
        raise RuntimeError(f"`diarchy serve` ended: {log.read_text()}")
    told = log.read_text()
    return all(f"{part}: running" in told for part in _PARTS)


async def _diarchy(environment: dict[str, str], *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.command_line", *arguments),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError(f"`diarchy {arguments[0]}` failed")


def _print(seconds: dict[str, list[float]], since_seen: dict[str, list[float]]) -> None:
    rows = [
        [
            name.rpartition("/")[2],
            f"{percentile(taken, 50):.2f}",
            f"{percentile(since_seen[name], 50):.2f}",
            *(
                ("", "")
                if name == "nothing"
                else map(_signed, (beyond(seconds, name), beyond(since_seen, name)))
            ),
        ]
        for name, taken in seconds.items()
    ]
    holds = all(beyond(since_seen, name) <= _MOST_SECONDS for name in since_seen)
    columns = [
        "p50",
        "from creation",
        "from when a worker saw it",
        "beyond nothing",
        "beyond nothing",
    ]
    print_table(
        f"A triggered run, seconds to its end, {_ROUNDS} rounds",
        columns,
        rows,
        notes=[
            f"at most {_MOST_SECONDS:.0f} s beyond a flow that does nothing: {verdict(holds)}",
            "that is judged from when a worker saw the run: before, up to two seconds are chance",
        ],
    )


def beyond(seconds: dict[str, list[float]], name: str) -> float:
    """Return how much longer the median run of *name* takes than one that does nothing."""
    return percentile(seconds[name], 50) - percentile(seconds["nothing"], 50)


def _signed(seconds: float) -> str:
    return f"{seconds:+.2f}"
