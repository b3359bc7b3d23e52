"""`serve`: everything that a home needs to work by itself, in the foreground."""

from __future__ import annotations

import asyncio

import typer

from gateway.command_line.options import get_settings


def add_to(app: typer.Typer) -> None:
    """Give *app* this command."""
    app.command()(serve)


def serve() -> None:
    """Run servers, workers, dispatcher and embedding service, and register the deployments; Ctrl-C ends it.

    A Prefect or Redis server that runs already, or that the environment names, is used and left running.
    """
    from rich.console import Console

    from gateway.serving.board import Board
    from gateway.serving.serving import serve as serve_home

    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=True)
    asyncio.run(serve_home(get_settings(), Board(console)))
