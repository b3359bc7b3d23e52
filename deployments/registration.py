"""Registering the deployments of `prefect.yaml`, by the command that anybody may run: `prefect deploy`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint

from deployments.changes import Change, Deployed
from deployments.declared import Declaration, is_as_declared, read_declarations
from domain.errors import DiarchyError

_LAST_LINES = 12


class DeploymentFailed(DiarchyError):
    """Prefect refused a deployment."""


async def register_deployments(client: PrefectClient, file: Path) -> list[Deployed]:
    """Register what *file* declares and Prefect does not have so. Raises `DeploymentFailed`."""
    declarations = read_declarations(file)
    deployed = [await _look_at(client, one) for one in declarations]
    names = [one.name for one in deployed if one.change is not Change.UNCHANGED]
    if names:
        await _run_prefect_deploy(file, names)
    return deployed


async def read_ids(client: PrefectClient, file: Path) -> list[UUID]:
    """Return Prefect's ids of the deployments that *file* declares."""
    return [
        (await client.read_deployment_by_name(_full_name(one))).id
        for one in read_declarations(file)
    ]


async def _look_at(client: PrefectClient, declared: Declaration) -> Deployed:
    flow = load_flow_from_entrypoint(declared["entrypoint"])
    found = await _find(client, _full_name(declared))
    if found is None:
        change = Change.MADE
    elif is_as_declared(declared, flow, found):
        change = Change.UNCHANGED
    else:
        change = Change.UPDATED
    return Deployed("deployment", declared["name"], change)


def _full_name(declared: Declaration) -> str:
    return f"{load_flow_from_entrypoint(declared['entrypoint']).name}/{declared['name']}"


async def _find(client: PrefectClient, full_name: str) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(full_name)
    except ObjectNotFound:
        return None


async def _run_prefect_deploy(file: Path, names: list[str]) -> None:
    """Let Prefect's own command register *names*, so that it and `diarchy deploy` cannot differ."""
    arguments = ["--no-prompt", "deploy", "--prefect-file", file.name]
    for name in names:
        arguments += ["--name", name]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "prefect",
        *arguments,
        cwd=file.parent,
        env=os.environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        lines = output.decode(errors="replace").strip().splitlines()[-_LAST_LINES:]
        raise DeploymentFailed("`prefect deploy` failed:\n" + "\n".join(lines))
