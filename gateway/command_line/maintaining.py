"""`maintain`: the upkeep of a home, as a flow that can be scheduled too."""

from __future__ import annotations

import asyncio

import typer

from gateway.command_line.options import get_settings
from gateway.command_line.output import messages
from gateway.command_line.running import prepare_prefect


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(maintain)


def maintain() -> None:
    """Finish what is owed to the index, drop what has expired, and compact."""
    prepare_prefect(get_settings())
    from flows import maintain_knowledge

    with messages.status("Maintaining"):
        report = asyncio.run(maintain_knowledge())
    typer.echo(report.model_dump_json(indent=2))
