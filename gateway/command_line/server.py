"""`up`, `down` and `status`: this home's own Prefect server, with the UI that shows its runs."""

from __future__ import annotations

import typer

from gateway.command_line.failures import FAILED
from gateway.command_line.options import get_settings
from gateway.command_line.output import messages


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up() -> None:
    """Start this home's Prefect server in the background, or find it, and say where its UI is."""
    from gateway.prefect_server import PrefectServer

    server = PrefectServer(get_settings().home)
    with messages.status("Starting the Prefect server"):
        running = server.start()
    typer.echo(f"Prefect server: running, process {running.pid}")
    typer.echo(f"UI:  {running.ui_url}")
    typer.echo(f"API: {running.api_url}")


def down() -> None:
    """Stop this home's Prefect server; does nothing when none is running."""
    from gateway.prefect_server import PrefectServer

    stopped = PrefectServer(get_settings().home).stop()
    typer.echo("Prefect server: stopped" if stopped else "Prefect server: was not running")


def status() -> None:
    """Say whether this home's Prefect server is running and where; exit code 1 when it is not."""
    from gateway.prefect_server import PrefectServer

    server = PrefectServer(get_settings().home)
    running = server.find_running()
    if running is None:
        typer.echo("Prefect server: not running")
        raise typer.Exit(FAILED)
    answering = "running" if server.is_ready() else "starting"
    typer.echo(f"Prefect server: {answering}, process {running.pid}")
    typer.echo(f"UI:  {running.ui_url}")
    typer.echo(f"API: {running.api_url}")
    typer.echo(f"Log: {server.log_file}")
