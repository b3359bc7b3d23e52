"""Programs are kept running, and what they started is found again whatever became of them."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from gateway.serving.board import Board, Health, Status
from gateway.serving.marked_processes import end, find_marked, is_alive
from gateway.serving.servers import HomeRedis, NamedPrefect, NamedRedis
from gateway.serving.supervision import Program, Started, Supervisor
from gateway.waiting import wait_until
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from tests.processes import free_port

STUBBORN_ORPHAN = """
import signal, subprocess, sys
ignoring = '''
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
'''
child = subprocess.Popen(
    [sys.executable, "-c", ignoring], start_new_session=True, stdout=subprocess.PIPE
)
child.stdout.readline()
print(child.pid, flush=True)
signal.pause()
"""


class Told(Board):
    """A board that writes into memory."""

    def __init__(self) -> None:
        self.written = io.StringIO()
        super().__init__(Console(file=self.written, soft_wrap=True))

    @property
    def lines(self) -> list[str]:
        return self.written.getvalue().splitlines()


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose mark is on every process that the test starts."""
    monkeypatch.setenv("DIARCHY_SERVED_BY", str(tmp_path.resolve()))
    yield tmp_path
    end(find_marked(tmp_path), within=timedelta(0))


async def alive(_: Started) -> bool:
    return True


async def never(_: Started) -> bool:
    return False


async def test_a_program_that_dies_is_started_again_after_pauses_that_grow(marked: Path):
    board, stop = Told(), asyncio.Event()
    supervisor = Supervisor(board, stop, logs=marked / "logs")
    program = Program("failing part", ("-c", "print('I fail'); raise SystemExit(3)"), never)
    log = marked / "logs" / "failing-part.log"

    keeping = asyncio.create_task(supervisor.keep(program, lambda: dict(os.environ)))
    await asyncio.to_thread(
        wait_until,
        lambda: log.exists() and log.read_text() == "I fail\n" * 2 and len(board.lines) > 3,
        "the program is started twice and has died twice",
        within=timedelta(seconds=60),
    )
    stop.set()
    await keeping

    died = [line for line in board.lines if "died" in line]
    assert died[0] == (
        f"failing part: died, starts again (it ended with exit code 3; again in 1 s, log: {log})"
    )
    assert "again in 2 s" in died[1]


async def test_a_program_that_never_answers_is_starting_and_one_that_no_longer_does_says_so(
    marked: Path,
):
    board, stop = Told(), asyncio.Event()
    supervisor = Supervisor(board, stop, logs=marked / "logs")
    answering = [False, True, False]

    async def answers(_: Started) -> bool:
        return answering.pop(0) if len(answering) > 1 else answering[0]

    program = Program("part", ("-c", "import time; time.sleep(600)"), answers)
    keeping = asyncio.create_task(supervisor.keep(program, lambda: dict(os.environ)))
    await asyncio.to_thread(
        wait_until,
        lambda: board.health_of("part") is Health.SILENT,
        "the part that fell silent is told of",
        within=timedelta(seconds=60),
    )
    stop.set()
    await keeping

    (process,) = supervisor.processes()
    assert board.lines == [
        f"part: {health} (process {process.pid})"
        for health in ("starting", "running", "does not answer")
    ]


async def test_programs_start_again_in_the_environment_as_it_is_then(marked: Path):
    board, stop = Told(), asyncio.Event()
    supervisor = Supervisor(board, stop, logs=marked / "logs")
    urls = ["first", "second"]
    log = marked / "logs" / "part.log"
    code = "import os, time; print(os.environ['URL'], flush=True); time.sleep(600)"

    keeping = asyncio.create_task(
        supervisor.keep(
            Program("part", ("-c", code), alive), lambda: {**os.environ, "URL": urls.pop(0)}
        )
    )
    for told in ("first\n", "first\nsecond\n"):
        await asyncio.to_thread(
            wait_until,
            lambda told=told: log.exists() and log.read_text() == told,
            f"the program has said {told!r}",
            within=timedelta(seconds=60),
        )
        supervisor.restart_all()
    stop.set()
    await keeping


def test_an_orphan_that_minds_no_signal_is_found_by_its_mark_and_ended(marked: Path):
    with subprocess.Popen(
        [sys.executable, "-c", STUBBORN_ORPHAN], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    assert find_marked(marked / "another home") == []
    assert [process.pid for process in find_marked(marked)] == [orphan.pid]

    end(find_marked(marked), within=timedelta(seconds=0.3))
    wait_until(lambda: not is_alive(orphan), "the orphan is gone", within=timedelta(seconds=10))


async def test_a_server_that_ran_before_is_left_running_and_one_started_here_is_stopped(
    tmp_path: Path,
):
    settings = Settings(home=tmp_path / "home")
    redis = PrivateRedis(settings)
    redis.start()
    found = HomeRedis(settings)
    await found.start()
    await found.stop()
    assert redis.find_running() is not None

    redis.stop()
    assert await found.look() is None
    started = HomeRedis(settings)
    await started.start()
    await started.stop()
    assert redis.find_running() is None


async def test_servers_that_the_environment_names_are_looked_at_and_left_alone():
    settings = Settings()
    redis = NamedRedis(settings)
    status = await redis.look()
    await redis.stop()

    assert status == Status("Redis", Health.RUNNING, note="named by DIARCHY_REDIS_URL")
    assert settings.redis_url is not None  # of the Redis that all tests share
    assert settings.redis_url not in status.as_line()
    nobody = await NamedPrefect(f"http://127.0.0.1:{free_port()}/api").look()
    assert nobody.health is Health.SILENT


def test_on_a_terminal_the_parts_are_a_table():
    screen = io.StringIO()
    board = Board(Console(file=screen, force_terminal=True, width=100))
    with board.showing():
        board.tell(Status("worker sophia", Health.STARTING, "pool sophia", 12))
        board.tell(Status("worker sophia", Health.RUNNING, "pool sophia", 12))

    assert "part" in screen.getvalue()
    assert "running" in screen.getvalue()
