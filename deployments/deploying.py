"""Making Prefect ready for Diarchy: pools, queues, deployments, automations. Done again, nothing changes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from prefect import get_client

from deployments.automations import SILENCE, ensure_automations
from deployments.changes import Deployed
from deployments.declared import find_declarations_file
from deployments.pools import ensure_pools
from deployments.registration import read_ids, register_deployments


async def deploy(
    *, slots: int, file: Path | None = None, silence: timedelta = SILENCE
) -> list[Deployed]:
    """Make or update all that Diarchy owns in the Prefect API that this process uses.

    *slots* says how many runs a pool works on at once, *file* which `prefect.yaml` declares the
    deployments, *silence* after how long without a sign of life a run counts as dead (more than 30
    seconds, which lie between two signs). Raises `InvalidInput` and `DeploymentFailed`.
    """
    file = find_declarations_file(file)
    async with get_client() as client:
        deployed = await ensure_pools(client, slots=slots)
        deployed += await register_deployments(client, file)
        deployed += await ensure_automations(client, await read_ids(client, file), silence=silence)
    return deployed
