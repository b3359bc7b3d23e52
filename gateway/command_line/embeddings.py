"""`embeddings`: the service that keeps the embedding model loaded for others."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.command_line.options import get_settings

app = typer.Typer(help="The warm embedding model.", no_args_is_help=True)


@app.command()
def serve(
    host: Annotated[
        str | None,
        typer.Option(
            show_default=False,
            help="Listen at this address, for other machines; on a socket of the home when not given.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port at that address.")] = 8_126,
) -> None:
    """Keep the embedding model loaded and embed for others, until interrupted.

    `DIARCHY_EMBEDDING_URL` tells them where. `diarchy serve` runs one for its workers.
    """
    settings = get_settings()
    from gateway.embedding_server import serve_embeddings

    serve_embeddings(settings, host=host, port=port)
