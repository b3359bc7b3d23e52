"""`up` and `down`: the servers of this home, Prefect's with its UI and Redis.

A server that the environment names instead belongs to somebody else: it is neither started nor
stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gateway.command_line.options import get_settings
from gateway.command_line.output import messages

if TYPE_CHECKING:
    from storage.settings import Settings

_NAMED_REDIS = "Redis: the one that DIARCHY_REDIS_URL names"


def add_to(app: typer.Typer) -> None:
    """Give *app* these commands."""
    app.command()(up)
    app.command()(down)


def up() -> None:
    """Start this home's Redis and Prefect servers in the background, or find them; say where the UI is."""
    from gateway.prefect_server import PrefectServer

    settings = get_settings()
    _start_redis(settings)
    server = PrefectServer(settings.home)
    with messages.status("Starting the Prefect server"):
        running = server.start()
    typer.echo(f"Prefect server: running, process {running.pid}")
    typer.echo(f"UI:  {running.ui_url}")
    typer.echo(f"API: {running.api_url}")


def down() -> None:
    """Stop this home's Prefect and Redis servers; does nothing about those that are not running."""
    from gateway.prefect_server import PrefectServer
    from storage.redis_server import PrivateRedis

    settings = get_settings()
    stopped = PrefectServer(settings.home).stop()
    typer.echo("Prefect server: stopped" if stopped else "Prefect server: was not running")
    stopped = PrivateRedis(settings).stop()
    typer.echo("Redis: stopped" if stopped else "Redis: was not running")


def _start_redis(settings: Settings) -> None:
    from storage.redis_server import PrivateRedis

    if settings.redis_url is not None:
        typer.echo(_NAMED_REDIS)
        return
    running = PrivateRedis(settings).start()
    typer.echo(f"Redis: running, process {running.pid}")
