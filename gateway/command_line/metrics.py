"""`metrics`: what the installation counts and how it is, for the operator's Prometheus."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from gateway.command_line.options import get_settings
from gateway.command_line.output import messages

app = typer.Typer(
    help="Counts and sizes for Prometheus. For the operator: they tell of every level."
)

MetricsPort = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a port that is free."),
]
MetricsHost = Annotated[
    str, typer.Option("--host", help="The address to listen on; others than loopback can read it.")
]


@app.callback(invoke_without_command=True)
def show(context: typer.Context) -> None:
    """Print the metrics of now once, unless a command follows."""
    if context.invoked_subcommand is None:
        typer.echo(asyncio.run(_read()), nl=False)


@app.command()
def serve(port: MetricsPort = 9464, host: MetricsHost = "127.0.0.1") -> None:
    """Answer Prometheus until interrupted; one for an installation is enough."""
    asyncio.run(_serve(port, host))


async def _read() -> str:
    from gateway.metrics_server import read_metrics
    from storage.installation_state import observing

    settings = get_settings()
    async with observing(settings) as observer:
        return await read_metrics(observer, settings)


async def _serve(port: int, host: str) -> None:
    from gateway.metrics_server import serving_metrics

    stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    async with serving_metrics(get_settings(), port=port, host=host) as listening:
        messages.print(f"Serving metrics at http://{host}:{listening}/metrics")
        await stop.wait()
