"""The processes that a `diarchy serve` and its parts started, found by a mark in their environment.

A process inherits its environment, so the mark is on everything below: also on a flow run whose worker
was killed, which is nobody's child any more. What was there before carries none and is left alone. So is
Redis: it writes its title over its environment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

_MARK = "DIARCHY_SERVED_BY"
_PAUSE = 0.1


def mark_own_children(home: Path) -> None:
    """Put the mark of *home* on every process that this one starts from now on."""
    os.environ[_MARK] = str(home.resolve())


def find_marked(home: Path) -> list[psutil.Process]:
    """Return the living processes with the mark of *home*, this one and those above it left out."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in own and is_marked(process, home) and is_alive(process)
    ]


def is_marked(process: psutil.Process, home: Path) -> bool:
    """Return whether *process* carries the mark of *home*; somebody else's process does not."""
    try:
        return process.environ().get(_MARK) == str(home.resolve())
    except (psutil.Error, OSError):
        return False


def is_alive(process: psutil.Process) -> bool:
    """Return whether *process* runs; one that only waits to be reaped does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family_of(pid: int) -> set[int]:
    """Return the ids of process *pid* and of all below it."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return set()
    return {pid, *(process.pid for process in below)}


def end(
    processes: Iterable[psutil.Process],
    *,
    within: timedelta,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Ask *processes* to end; kill those that have not after *within*, or as soon as *hurry* says so."""
    waited_for = list(processes)
    for process in waited_for:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    deadline = time.monotonic() + within.total_seconds()
    while waited_for and time.monotonic() < deadline and not hurry():
        time.sleep(_PAUSE)
        waited_for = [process for process in waited_for if is_alive(process)]
    kill(waited_for)


def kill(processes: Iterable[psutil.Process]) -> None:
    """End *processes* at once."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
