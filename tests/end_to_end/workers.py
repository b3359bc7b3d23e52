"""Workers as an operator starts them, and the gates at which a test holds the runs that they take."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from uuid import UUID

import psutil

_SOURCE = Path(__file__).parents[2]
_HELD_PHASES = Path(__file__).parent / "held_phases"


class Gates:
    """Where runs are held, and what they have begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hold(self, run: UUID, phase: str) -> None:
        """Let *run* stop in *phase*."""
        self._write(run, "hold", phase)

    def kill(self, run: UUID, phase: str) -> None:
        """Let *run* kill its own process whenever it comes to *phase*."""
        self._write(run, "die", phase)

    def open(self, run: UUID) -> None:
        """Let *run* go on."""
        (self.folder / str(run) / "hold").unlink()

    def begun(self, run: UUID) -> list[str]:
        """Return the phases that *run* began, in order, over all its processes."""
        try:
            return (self.folder / str(run) / "calls").read_text().split()
        except FileNotFoundError:
            return []

    def _write(self, run: UUID, name: str, phase: str) -> None:
        folder = self.folder / str(run)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(phase)


def worker(pool: str, folder: Path, **environment: str) -> AbstractContextManager[psutil.Process]:
    """Start a worker of *pool* in *folder*; whatever of it still lives at the end is killed."""
    return _started(["prefect", "worker", "start", "--pool", pool], folder, environment)


def dispatcher(folder: Path, **environment: str) -> AbstractContextManager[psutil.Process]:
    """Start a dispatcher in *folder*, as long as a worker would live."""
    return _started(["gateway.command_line", "events", "serve"], folder, environment)


@contextmanager
def _started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Generator[psutil.Process]:
    folder.mkdir(parents=True, exist_ok=True)
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = os.pathsep.join([str(_HELD_PHASES), *filter(None, inherited), str(_SOURCE)])
    with (folder / "log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": path,
                "PREFECT_WORKER_QUERY_SECONDS": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    process = psutil.Process(started.pid)
    try:
        yield process
    finally:
        kill(family_of(process))
        started.wait()


def family_of(process: psutil.Process) -> list[psutil.Process]:
    """Return *process* and everything that it started, as far as it lives."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill(processes: list[psutil.Process]) -> None:
    """Do `kill -9` to each and wait for their end."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
