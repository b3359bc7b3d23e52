"""The metrics of an installation over HTTP, for Prometheus to read.

It answers while parts of the installation are down, and says which. It listens on loopback unless told
otherwise: what it tells is for the operator, for it counts at every level.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from domain.errors import ServerUnavailable
from gateway.prefect_api import find_prefect_api
from storage.installation_state import Observer, observing
from storage.metric_exposition import Exposition
from storage.settings import Settings

LOOPBACK = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LONGEST_SECONDS = 20.0


async def read_metrics(observer: Observer, settings: Settings) -> str:
    """Return the metrics of now in Prometheus's text format."""
    state = await observer.look()
    api = find_prefect_api(settings)
    state.up["prefect"] = api is not None and await api.is_healthy()
    return Exposition(await observer.counts(), state).text()


@asynccontextmanager
async def serving_metrics(
    settings: Settings, *, port: int, host: str = LOOPBACK
) -> AsyncGenerator[int]:
    """Answer `GET /metrics` while the block runs; gives the port. Raises `ServerUnavailable`."""
    loop = asyncio.get_running_loop()
    async with observing(settings) as observer:
        one_at_a_time = asyncio.Lock()

        async def answer() -> str:
            async with one_at_a_time:
                return await read_metrics(observer, settings)

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.partition("?")[0] not in {"/", "/metrics"}:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                try:
                    asked = asyncio.run_coroutine_threadsafe(answer(), loop)
                    body = asked.result(_LONGEST_SECONDS).encode()
                except Exception:  # noqa: BLE001 - whatever it is, its text may hold content
                    self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
                    return
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
                """Say nothing of every scrape."""

        try:
            server = ThreadingHTTPServer((host, port), Answering)
        except OSError as error:
            raise ServerUnavailable(
                f"the metrics cannot be served at {host}:{port}: {error.strerror}; give another port"
            ) from error
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            await asyncio.to_thread(server.shutdown)
            server.server_close()
