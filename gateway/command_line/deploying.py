"""`deploy`: pools, queues and every flow's deployment in the Prefect API that this home uses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gateway.command_line.options import get_settings
from gateway.command_line.output import messages
from gateway.command_line.running import prepare_prefect


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(deploy)


def deploy(
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="prefect.yaml",
            exists=True,
            dir_okay=False,
            show_default=False,
            help="The file that declares the deployments; by default prefect.yaml of the working "
            "folder, else of Diarchy's source.",
        ),
    ] = None,
) -> None:
    """Make or update the work pools, their queues and every deployment; run again, nothing changes."""
    settings = get_settings()
    prepare_prefect(settings)
    from deployments.deploying import deploy as deploy_to_prefect

    with messages.status("Deploying"):
        deployed = asyncio.run(deploy_to_prefect(slots=settings.work_pool_slots, file=file))
    for one in deployed:
        typer.echo(f"{one.change.value}\t{one.kind}\t{one.name}")
