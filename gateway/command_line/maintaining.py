"""`maintain`: the upkeep of a home, as a flow that can be scheduled too."""

from __future__ import annotations

import asyncio

import typer

from gateway.command_line.options import AsJson, get_settings
from gateway.command_line.output import messages
from gateway.command_line.running import prepare_prefect


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(maintain)


def maintain(as_json: AsJson = False) -> None:
    """Finish what is owed to the index, drop what has expired, and compact."""
    prepare_prefect(get_settings())
    from flows import maintain_knowledge

    with messages.status("Maintaining"):
        report = asyncio.run(maintain_knowledge())
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        typer.echo(
            f"Indexed {report.indexed} changes, dropped {report.expired} expired items; "
            f"the {report.audit_entries} entries of the audit log fit their chain."
        )
