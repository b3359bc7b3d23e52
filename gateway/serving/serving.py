"""Serving a home: its servers first, then the deployments, then the programs; backwards at the end.

What was running before is used and left running. What is started here, or by anything started here, ends
with it: also what a `diarchy serve` left behind that was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import filelock

from domain.errors import DiarchyError
from gateway.serving.board import Board
from gateway.serving.marked_processes import (
    end,
    family_of,
    find_marked,
    kill,
    mark_own_children,
)
from gateway.serving.programs import program_environment, programs_of
from gateway.serving.servers import (
    HomePrefect,
    HomeRedis,
    NamedPrefect,
    NamedRedis,
    Server,
    watch,
)
from gateway.serving.supervision import Supervisor
from storage.settings import Settings

_ENDING_SECONDS = timedelta(seconds=20)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class AlreadyServed(DiarchyError):
    """Another `diarchy serve` works on this home: stop it first, or give this one another home."""


class NotDeployed(DiarchyError):
    """The deployments could not be registered."""


class _ToldToStop(Exception):
    """Somebody asked to stop before everything had started."""


async def serve(settings: Settings, board: Board) -> None:
    """Serve the home of *settings* until SIGINT, SIGTERM or SIGHUP; a second one kills what is left.

    Raises `AlreadyServed`, `ServerUnavailable`, `RedisUnavailable` and `NotDeployed`; everything that was
    started is stopped by then.
    """
    with _alone_in(settings):
        await asyncio.to_thread(end, find_marked(settings.home), within=_ENDING_SECONDS)
        await _Serving(settings, board).run()


class _Serving:
    def __init__(self, settings: Settings, board: Board) -> None:
        self._settings = settings
        self._board = board
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._supervisor = Supervisor(board, self._stop, logs=settings.home.resolve() / "logs")
        named = os.environ.get("PREFECT_API_URL")
        self._prefect = (
            NamedPrefect(named) if named else HomePrefect(settings, self._supervisor.restart_all)
        )
        self._redis = HomeRedis(settings) if settings.redis_url is None else NamedRedis(settings)

    async def run(self) -> None:
        for told in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(told, self._told_to_stop)
        mark_own_children(self._settings.home)
        try:
            with self._board.showing():
                await self._start_servers()
                await self._deploy()
                await self._keep_everything()
        except _ToldToStop:
            pass
        finally:
            await self._end_everything()
            self._board.tell_ended()

    async def _start_servers(self) -> None:
        servers: tuple[Server, ...] = (self._redis, self._prefect)
        for server in servers:
            await self._unless_stopped(server.start())
            status = await server.look()
            if status is not None:
                self._board.tell(status)

    async def _deploy(self) -> None:
        """Register pools and deployments, in a process of its own: it imports every flow."""
        deploying = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "gateway.command_line", "deploy"),
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        told, complaint = await self._unless_stopped(deploying.communicate())
        if deploying.returncode:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise NotDeployed(
                f"The deployments could not be registered. {lines[-1] if lines else ''}"
            )
        changed = [line for line in told.decode().splitlines() if not line.startswith("unchanged")]
        self._board.say(f"Deployed: {len(changed)} of {len(told.splitlines())} made or updated")

    async def _keep_everything(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            servers: tuple[Server, ...] = (self._redis, self._prefect)
            for server in servers:
                tasks.create_task(watch(server, self._board, self._stop))
            for program in programs_of(self._settings, lambda: self._prefect.api_url):
                tasks.create_task(self._supervisor.keep(program, self._environment))

    def _environment(self) -> dict[str, str]:
        return program_environment(self._settings, self._prefect.client_environment())

    async def _unless_stopped(self, starting: Awaitable[T]) -> T:
        """Return what *starting* gives; raise `_ToldToStop` as soon as somebody asks to stop."""
        work = asyncio.ensure_future(starting)
        stopped = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not work.done():
            work.cancel()
            raise _ToldToStop
        return await work

    def _told_to_stop(self) -> None:
        if self._stop.is_set():
            self._hurry.set()
        else:
            self._board.say("Stopping; once more to kill what runs")
        self._stop.set()

    async def _end_everything(self) -> None:
        """End the programs and the runs below them, then the servers to which these tell their end."""
        self._stop.set()
        home = self._settings.home
        await asyncio.to_thread(
            end, self._supervisor.processes(), within=_ENDING_SECONDS, hurry=self._hurry.is_set
        )
        servers = await self._server_pids()
        left = [process for process in find_marked(home) if process.pid not in servers]
        await asyncio.to_thread(end, left, within=_ENDING_SECONDS, hurry=self._hurry.is_set)
        if self._hurry.is_set():
            kill(find_marked(home))
        await self._prefect.stop()
        await self._redis.stop()

    async def _server_pids(self) -> set[int]:
        pids: set[int] = set()
        for server in (self._prefect, self._redis):
            status = await server.look()
            if status is not None and status.pid is not None:
                pids |= family_of(status.pid)
        return pids


@contextmanager
def _alone_in(settings: Settings) -> Generator[None]:
    """Hold the home's one place for a `diarchy serve`."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = filelock.FileLock(settings.home / "serve.lock", mode=0o600)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise AlreadyServed from None
    try:
        yield
    finally:
        lock.release()
