"""Keeping programs running: each in a process of its own, started again when it dies.

The pause before it starts again doubles from one second to a minute; a program that has run for a minute
begins anew. Nothing here knows what the programs do.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import psutil

from gateway.serving.board import Board, Health, Status

_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_RAN_WELL_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 2.0
_LOG_LIMIT_BYTES = 10_000_000


class Started(NamedTuple):
    """A program that was started: when, and where what it says begins in its log."""

    at: datetime
    log: Path
    log_offset: int


Answers = Callable[[Started], Awaitable[bool]]
"""Tells whether a program that was started does its work."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run by this interpreter with *arguments*, and how one sees that it is well."""

    name: str
    arguments: tuple[str, ...]
    answers: Answers
    address: str = ""


class Supervisor:
    """Keeps programs running until *stop* is set; what they say goes to files in *logs*."""

    def __init__(self, board: Board, stop: asyncio.Event, *, logs: Path) -> None:
        self._board = board
        self._stop = stop
        self._logs = logs
        self._running: dict[str, asyncio.subprocess.Process] = {}

    def processes(self) -> list[psutil.Process]:
        """Return the processes of the programs that run."""
        found: list[psutil.Process] = []
        for process in self._running.values():
            with suppress(psutil.NoSuchProcess):
                if process.returncode is None:
                    found.append(psutil.Process(process.pid))
        return found

    def restart_all(self) -> None:
        """End every program, so that it starts again in the environment as it is then."""
        for process in self.processes():
            process.terminate()

    async def keep(self, program: Program, environment: Callable[[], dict[str, str]]) -> None:
        """Run *program* in *environment*, and again when it has died, until told to stop.

        Its process still runs when this returns: whoever ends all parts ends it.
        """
        pause = _SHORTEST_PAUSE
        while not self._stop.is_set():
            began = time.monotonic()
            code = await self._run(program, environment())
            if code is None:
                return
            if time.monotonic() - began > _RAN_WELL_SECONDS:
                pause = _SHORTEST_PAUSE
            how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
            note = f"it ended {how}; again in {pause:.0f} s, log: {self._log_of(program)}"
            self._board.tell(Status(program.name, Health.RESTARTING, program.address, note=note))
            await _settled(self._stop.wait(), within=pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _run(self, program: Program, environment: dict[str, str]) -> int | None:
        """Run *program* once; return its exit code, or None when it is time to stop."""
        log = self._log_of(program)
        with _opened(log) as output:
            started = Started(datetime.now(UTC), log, output.tell())
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *program.arguments,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C on the terminal reaches the supervisor alone: it ends the parts in order.
                start_new_session=True,
            )
        self._running[program.name] = process
        health = Health.STARTING
        while process.returncode is None and not self._stop.is_set():
            answers = await program.answers(started)
            health = Health.RUNNING if answers else _worse(health)
            if process.returncode is None:
                self._board.tell(Status(program.name, health, program.address, process.pid))
            await self._wait_for(process)
        return None if self._stop.is_set() else process.returncode

    async def _wait_for(self, process: asyncio.subprocess.Process) -> None:
        ending = [asyncio.ensure_future(process.wait()), asyncio.ensure_future(self._stop.wait())]
        await asyncio.wait(ending, timeout=_LOOK_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for one in ending:
            one.cancel()

    def _log_of(self, program: Program) -> Path:
        return self._logs / f"{program.name.replace(' ', '-')}.log"


def _worse(health: Health) -> Health:
    """Return what a part is that does not answer: one that never did is only starting."""
    return health if health is Health.STARTING else Health.SILENT


@contextmanager
def _opened(log: Path) -> Generator[BinaryIO]:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with open(descriptor, "ab") as output:  # noqa: PTH123 - an open descriptor, not a path
        output.seek(0, os.SEEK_END)
        yield output


async def _settled(waiting: Awaitable[object], *, within: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(waiting, within)
