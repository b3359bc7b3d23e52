"""What `doctor` checks of an installation without opening its stores: its files, its keys, Prefect.

Each check returns what it found in a few words or raises what is wrong together with what to do.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator

from domain.errors import ServerUnavailable, StorageError
from gateway.prefect_api import PrefectApi, find_prefect_api
from gateway.status import find_pools
from storage.sealing import KEY_FILE, find_keys, open_sealer
from storage.settings import Settings

_GIGABYTE = 1_000_000_000
_LEAST_FREE = 1 * _GIGABYTE
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


async def check_home(settings: Settings) -> str:
    """Check that nobody else reads the home's files."""
    home = settings.home
    if home.stat().st_mode & _OTHERS:
        raise StorageError(f"others than its owner can enter it; run: chmod 700 {home}")
    for path in (home / KEY_FILE,):
        if path.exists() and path.stat().st_mode & _OTHERS:
            raise StorageError(f"others than its owner can read {path.name}; run: chmod 600 {path}")
    return str(home)


async def check_disk(settings: Settings) -> str:
    """Check that there is room to write."""
    free = shutil.disk_usage(settings.home).free
    if free < _LEAST_FREE:
        raise StorageError(
            f"{free / _GIGABYTE:.1f} GB are free in {settings.home}; make room before writes fail"
        )
    return f"{free / _GIGABYTE:.0f} GB free"


async def check_clock(settings: Settings) -> str:
    """Say whether the clock is pinned."""
    if settings.clock is not None:
        return f"pinned at {settings.clock.isoformat()} by DIARCHY_CLOCK: not for real use"
    return "the machine's"


async def check_keys(settings: Settings) -> str:
    """Check that there is a sealing key which opens what it sealed."""
    sealer = open_sealer(settings)
    if sealer.open(sealer.seal(b"doctor")) != b"doctor":
        raise StorageError("the sealing key does not open what it sealed; restore the right one")
    keys = len(find_keys(settings))
    where = "DIARCHY_SEALING_KEY" if settings.sealing_key else KEY_FILE
    older = f", {keys - 1} older ones open" if keys > 1 else ""
    return f"in {where}{older}"


async def check_prefect(settings: Settings) -> str:
    """Check that the Prefect API answers, where there should be one."""
    api = find_prefect_api(settings)
    if api is None:
        return "not running; starts when needed"
    await api.get("/health")
    return f"answers at {api.url}"


async def check_deployments(settings: Settings) -> str:
    """Check that somebody listens to the pool of every deployment, and that failed processes are seen."""
    api = find_prefect_api(settings)
    if api is None:
        return "not looked at: the Prefect server does not run"
    found = await api.list("/deployments/filter")
    if not found:
        return "none; register them with: diarchy deploy"
    silent = {one["work_pool_name"] for one in found if one["work_pool_name"]} - {
        pool.name for pool in await find_pools(api) if pool.workers_online and not pool.is_paused
    }
    if silent:
        raise ServerUnavailable(
            f"nobody listens to the pool {', '.join(sorted(silent))}; run: diarchy serve, or: prefect "
            f"worker start --pool {min(silent)}"
        )
    schedules = [schedule for one in found for schedule in one["schedules"]]
    active = sum(schedule["active"] for schedule in schedules)
    await _check_automations(api)
    return f"{len(found)}, {active} of {len(schedules)} schedules active{_paused(found)}"


async def _check_automations(api: PrefectApi) -> None:
    automations = await api.list("/automations/filter")
    if not any(one["enabled"] for one in automations):
        raise ServerUnavailable(
            "no automation fails runs whose process died: they stay running for ever; run: diarchy deploy"
        )


def _paused(found: list[dict[str, object]]) -> str:
    names = list(_names_of_paused(found))
    return f", paused: {', '.join(names)}" if names else ""


def _names_of_paused(found: list[dict[str, object]]) -> Iterator[str]:
    for one in found:
        if one.get("paused"):
            yield str(one["name"])
