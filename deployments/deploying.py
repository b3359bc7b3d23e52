"""Making Prefect ready for Diarchy: pools, queues and deployments. Done again, nothing changes."""

from __future__ import annotations

from pathlib import Path

from prefect import get_client

from deployments.changes import Deployed
from deployments.declared import find_declarations_file
from deployments.pools import ensure_pools
from deployments.registration import register_deployments


async def deploy(*, slots: int, file: Path | None = None) -> list[Deployed]:
    """Make or update all that Diarchy owns in the Prefect API that this process uses.

    *slots* says how many runs a pool works on at once, *file* which `prefect.yaml` declares the
    deployments. Raises `InvalidInput` and `DeploymentFailed`.
    """
    file = find_declarations_file(file)
    async with get_client() as client:
        deployed = await ensure_pools(client, slots=slots)
        deployed += await register_deployments(client, file)
    return deployed
