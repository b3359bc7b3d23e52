"""The servers that the programs stand on: Redis and Prefect's, this home's own or those that are named.

A home's own server that runs already is used, else it is started; one that dies is started again. A server
that the environment names belongs to somebody else: it is looked at and nothing more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import httpx

from domain.errors import DiarchyError, StorageError
from gateway.prefect_server import PrefectServer
from gateway.serving.board import Board, Health, Status
from gateway.serving.programs import api_headers
from storage.redis_server import PrivateRedis, RedisConnection
from storage.settings import Settings

_LOOK_EVERY_SECONDS = 3.0
_LONGEST_PAUSE = 60.0
_ANSWER_SECONDS = 5.0


class Server(Protocol):
    """A server, whoever runs it."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    async def start(self) -> None:
        """Start or find it. Raises `DiarchyError`."""
        ...

    async def look(self) -> Status | None:
        """Return how it does; None when it is gone and `start` brings it back."""
        ...

    async def stop(self) -> None:
        """Stop it, unless it ran before."""
        ...


class HomePrefect:
    """This home's own Prefect server."""

    name = "Prefect"

    def __init__(self, settings: Settings, on_moved: Callable[[], None]) -> None:
        self._server = PrefectServer(settings.home)
        self._on_moved = on_moved
        self._port: int | None = None
        self._ran_before = self._server.find_running() is not None

    @property
    def api_url(self) -> str:
        """Where it answers; it has been started by then."""
        return self.client_environment()["PREFECT_API_URL"]

    def client_environment(self) -> dict[str, str]:
        """Return what makes a process use it."""
        running = self._server.find_running() or self._server.start()
        return self._server.client_environment(running)

    async def start(self) -> None:
        """Start or find it; whoever knows it at another port is told that it moved."""
        running = await asyncio.to_thread(self._server.start)
        moved = self._port not in {None, running.port}
        self._port = running.port
        if moved:
            self._on_moved()

    async def look(self) -> Status | None:
        """Return how it does."""
        running = self._server.find_running()
        if running is None:
            return None
        ready = await asyncio.to_thread(self._server.is_ready)
        return Status(
            self.name, Health.RUNNING if ready else Health.SILENT, running.ui_url, running.pid
        )

    async def stop(self) -> None:
        """Stop it, unless it ran before."""
        if not self._ran_before:
            await asyncio.to_thread(self._server.stop)


class NamedPrefect:
    """The Prefect API that `PREFECT_API_URL` names."""

    name = "Prefect"

    def __init__(self, url: str) -> None:
        self.api_url = url.rstrip("/")

    def client_environment(self) -> dict[str, str]:
        """Return nothing: the environment names it."""
        return {}

    async def start(self) -> None:
        """Wait for nothing: it runs or it does not."""

    async def look(self) -> Status:
        """Return how it does."""
        try:
            async with httpx.AsyncClient(headers=api_headers(), timeout=_ANSWER_SECONDS) as client:
                answers = (await client.get(f"{self.api_url}/health")).is_success
        except httpx.HTTPError:
            answers = False
        health = Health.RUNNING if answers else Health.SILENT
        return Status(self.name, health, self.api_url, note="named by PREFECT_API_URL")

    async def stop(self) -> None:
        """Leave it to whoever runs it."""


class HomeRedis:
    """This home's own Redis."""

    name = "Redis"

    def __init__(self, settings: Settings) -> None:
        self._redis = PrivateRedis(settings)
        self._ran_before = self._redis.find_running() is not None

    async def start(self) -> None:
        """Start or find it."""
        await asyncio.to_thread(self._redis.start)

    async def look(self) -> Status | None:
        """Return how it does."""
        running = await asyncio.to_thread(self._redis.find_running)
        if running is None:
            return None
        return Status(self.name, Health.RUNNING, f"unix://{running.socket}", running.pid)

    async def stop(self) -> None:
        """Stop it, unless it ran before."""
        if not self._ran_before:
            await asyncio.to_thread(self._redis.stop)


class NamedRedis:
    """The Redis server that `DIARCHY_REDIS_URL` names; the URL may hold a password and is not shown."""

    name = "Redis"

    def __init__(self, settings: Settings) -> None:
        self._connection = RedisConnection(settings)

    async def start(self) -> None:
        """Wait for nothing: it runs or it does not."""

    async def look(self) -> Status:
        """Return how it does."""
        try:
            await self._connection.version()
            health = Health.RUNNING
        except StorageError:
            health = Health.SILENT
        return Status(self.name, health, note="named by DIARCHY_REDIS_URL")

    async def stop(self) -> None:
        """Leave it to whoever runs it."""
        await self._connection.close()


async def watch(server: Server, board: Board, stop: asyncio.Event) -> None:
    """Tell how *server* does until *stop* is set, and start it again when it is gone."""
    pause = _LOOK_EVERY_SECONDS
    while not stop.is_set():
        status = await server.look()
        if status is None:
            board.tell(Status(server.name, Health.RESTARTING))
            try:
                await server.start()
                continue
            except DiarchyError as error:
                pause = min(2 * pause, _LONGEST_PAUSE)
                note = f"{str(error).partition(chr(10))[0]} Again in {pause:.0f} s"
                status = Status(server.name, Health.RESTARTING, note=note)
        else:
            pause = _LOOK_EVERY_SECONDS
        board.tell(status)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
