"""The embedding service: one process with the model loaded, asked by runs that are too short to load it.

It keeps nothing and logs nothing of what it is asked. Calls take turns, and each is embedded by itself.
`storage/embedding_service.py` says how they are sealed.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.errors import SealBroken, StorageError
from gateway.embedding_address import home_socket
from storage.embedding_service import (
    EMBED_PATH,
    HEALTH_PATH,
    MOST_TEXTS,
    WRONG_KEY,
    WRONG_MODEL,
    open_request,
    seal_answer,
)
from storage.embeddings import EmbeddingModel
from storage.private_sockets import make_private
from storage.sealing import Sealer, open_sealer
from storage.settings import Settings

_log = logging.getLogger("diarchy.embeddings")

_MOST_BYTES = 64 << 20
_CLOSING_SECONDS = 5


def embedding_app(model: EmbeddingModel, sealer: Sealer) -> Starlette:
    """Return the service that embeds with *model* what *sealer* opens."""

    async def embed(request: Request) -> Response:
        if int(request.headers.get("content-length", _MOST_BYTES + 1)) > _MOST_BYTES:
            return Response(status_code=413)
        try:
            asked = open_request(await request.body(), sealer)
        except SealBroken:
            return Response(status_code=WRONG_KEY)
        if asked.identity != await model.identity():
            return Response(status_code=WRONG_MODEL)
        if len(asked.texts) > MOST_TEXTS:
            return Response(status_code=413)
        try:
            vectors = await model.embed(asked.texts)
        except Exception as error:  # noqa: BLE001 - its text may quote what was to be embedded
            _log.error("Texts could not be embedded: %s", type(error).__name__)
            return Response(status_code=500)
        return Response(seal_answer(asked, vectors, sealer), media_type="application/octet-stream")

    async def health(_: Request) -> Response:
        identity = await model.identity()
        return JSONResponse({"model": identity.model, "dimension": identity.dimension})

    return Starlette(
        routes=[Route(EMBED_PATH, embed, methods=["POST"]), Route(HEALTH_PATH, health)]
    )


def serve_embeddings(
    settings: Settings, *, host: str | None = None, port: int | None = None
) -> None:
    """Load the model and embed until SIGTERM or SIGINT; on the home's socket, or on a TCP address."""
    model = EmbeddingModel(settings.embedding_model)
    app = embedding_app(model, open_sealer(settings))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=_CLOSING_SECONDS,
    )
    try:
        if host is None:
            settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(home_socket(settings).parent)
        with _listening(settings, host, port) as listener:
            asyncio.run(_serve(uvicorn.Server(config), model, listener))
    except OSError as error:
        raise StorageError(f"the embedding service cannot listen: {error.strerror}") from error


async def _serve(server: uvicorn.Server, model: EmbeddingModel, listener: socket.socket) -> None:
    # A first text makes the model and its libraries ready; who asks finds it warm.
    await model.embed(["ready"])
    # When it has stopped, the server raises the signal that told it to once more: being told to stop
    # is no failure, so nobody minds that one.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _pass_over)
    await server.serve(sockets=[listener])


def _pass_over(_number: int, _frame: FrameType | None) -> None:
    return


@contextmanager
def _listening(settings: Settings, host: str | None, port: int | None) -> Generator[socket.socket]:
    if host is not None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port or 0), family=family) as listener:
            yield listener
        return
    path = home_socket(settings)
    try:
        with _bound(path) as listener:
            yield listener
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _bound(path: Path) -> Generator[socket.socket]:
    """Listen at *path*, which its owner alone can open."""
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.umask(0o177)
        try:
            # Its folder is private already; whoever starts takes the place of one that is gone.
            path.unlink(missing_ok=True)
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen()
        yield listener
