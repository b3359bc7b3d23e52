"""What runs, what is due and what lags: asked of every part by itself, so that one that is down hides no other.

For the operator: it names readers and tells sizes at every level. It tells no content.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import ServerUnavailable
from domain.model import FrozenModel, UtcDatetime
from gateway.prefect_api import PrefectApi, find_prefect_api
from gateway.prefect_server import PrefectServer
from storage.installation_state import InstallationState, observing
from storage.private_redis import PrivateRedis
from storage.settings import Settings

RUN_STATES = ("RUNNING", "PENDING", "SCHEDULED", "PAUSED", "CANCELLING", "FAILED", "CRASHED")
_DUE_SHOWN = 8


class PoolState(FrozenModel):
    """A work pool and who listens to it."""

    name: str
    is_paused: bool
    workers_online: int
    concurrency_limit: int | None


class DueRun(FrozenModel):
    """A run that has not begun yet."""

    deployment: str
    expected_at: UtcDatetime | None
    is_late: bool


class PrefectState(FrozenModel):
    """What the Prefect API says."""

    api_url: str
    runs: dict[str, int]
    """How many there are of each state; failed and crashed ones of the last day."""
    pools: tuple[PoolState, ...]
    due: tuple[DueRun, ...]


class StatusReport(FrozenModel):
    """How an installation is."""

    installation: InstallationState
    prefect: PrefectState | None
    prefect_trouble: str | None
    prefect_log: str | None
    """Where the home's own server logs."""
    redis: str
    """Which Redis it is."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is down that does not start by itself when it is needed."""
        up, troubles = self.installation.up, self.installation.troubles
        redis = up.get("redis", False) or "starts when" in troubles.get("redis", "")
        return up.get("database", False) and redis and self.prefect is not None


async def take_status(settings: Settings) -> StatusReport:
    """Look at every part; takes some seconds at the most, whatever is down."""
    async with observing(settings) as observer:
        installation, (prefect, trouble) = await asyncio.gather(
            observer.look(with_index=False), _ask_prefect(settings)
        )
    server = PrefectServer(settings.home)
    own = server.find_running()
    return StatusReport(
        installation=installation,
        prefect=prefect,
        prefect_trouble=trouble,
        prefect_log=str(server.log_file) if own is not None else None,
        redis=await asyncio.to_thread(_which_redis, settings),
    )


def _which_redis(settings: Settings) -> str:
    if settings.redis_url is not None:
        return "the one that DIARCHY_REDIS_URL names"
    running = PrivateRedis(settings).find_running()
    # It starts when it is needed: that it does not run is nothing wrong.
    return f"running, process {running.pid}" if running else "not running; starts when needed"


async def _ask_prefect(settings: Settings) -> tuple[PrefectState | None, str | None]:
    api = find_prefect_api(settings)
    if api is None:
        return None, "not running; start it with: diarchy up"
    try:
        return await _read_prefect(api), None
    except ServerUnavailable as error:
        return None, str(error)


async def _read_prefect(api: PrefectApi) -> PrefectState:
    await api.get("/health")
    counts, pools, due = await asyncio.gather(
        asyncio.gather(*(_count_runs(api, state) for state in RUN_STATES)),
        find_pools(api),
        _find_due(api),
    )
    return PrefectState(
        api_url=api.url, runs=dict(zip(RUN_STATES, counts, strict=True)), pools=pools, due=due
    )


async def _count_runs(api: PrefectApi, state: str) -> int:
    wanted: dict[str, Any] = {"state": {"type": {"any_": [state]}}}
    if state in {"FAILED", "CRASHED"}:
        # The machine's time, as Prefect's own: a pinned clock says nothing of when runs ended.
        day = datetime.now(UTC) - timedelta(days=1)
        wanted["end_time"] = {"after_": day.isoformat()}
    return await api.count("/flow_runs/count", flow_runs=wanted)


async def find_pools(api: PrefectApi) -> tuple[PoolState, ...]:
    """Return the work pools. Raises `ServerUnavailable`."""
    pools = await api.list("/work_pools/filter")
    workers = await asyncio.gather(
        *(api.list(f"/work_pools/{pool['name']}/workers/filter") for pool in pools)
    )
    return tuple(
        PoolState(
            name=pool["name"],
            is_paused=pool["is_paused"],
            workers_online=sum(worker.get("status") == "ONLINE" for worker in listening),
            concurrency_limit=pool["concurrency_limit"],
        )
        for pool, listening in sorted(
            zip(pools, workers, strict=True), key=lambda pair: pair[0]["name"]
        )
    )


async def _find_due(api: PrefectApi) -> tuple[DueRun, ...]:
    runs = await api.list(
        "/flow_runs/filter",
        flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}},
        sort="EXPECTED_START_TIME_ASC",
        limit=_DUE_SHOWN,
    )
    deployments = {one["id"]: one["name"] for one in await api.list("/deployments/filter")}
    return tuple(
        DueRun(
            deployment=deployments.get(run["deployment_id"], "a run without a deployment"),
            expected_at=run["expected_start_time"],
            is_late=run["state_name"] == "Late",
        )
        for run in runs
    )
