"""The private server of a home. Tests that the whole run's server serves leave it alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from domain.errors import RedisUnavailable
from gateway.waiting import wait_until
from storage import private_redis
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection, translated_redis_errors
from storage.settings import Settings
from tests.stores import OpenHome

START = """
import sys
from storage.private_redis import PrivateRedis
from storage.settings import Settings
print("ready", flush=True)
sys.stdin.readline()
print(PrivateRedis(Settings()).start().pid)
"""
MakeServer = Callable[[Path], PrivateRedis]


@pytest.fixture
def make_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeServer]:
    """Makes the server of a home of the test's own, which ends with the test."""
    monkeypatch.delenv("DIARCHY_REDIS_URL")
    made: list[PrivateRedis] = []

    def make(home: Path) -> PrivateRedis:
        made.append(PrivateRedis(Settings(home=home)))
        return made[-1]

    yield make
    for server in made:
        server.stop()


def kill(pid: int) -> None:
    """`kill -9` a server and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    process = psutil.Process(pid)
    wait_until(
        lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE,
        "the killed server is gone",
        within=timedelta(seconds=10),
    )


def asking_for(home: Path, how_many: int) -> set[int]:
    """Let processes start the server of *home* at the same moment; return the ids they were told."""
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", START],
            env={**os.environ, "DIARCHY_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(how_many)
    ]
    for process in asking:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in asking:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return {int(process.communicate(timeout=60)[0]) for process in asking}


def servers_of(server: PrivateRedis) -> list[int]:
    """Return every process that serves the socket of *server*."""
    found: list[int] = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        told = " ".join(process.info["cmdline"] or [])
        if "redis-server" in told and str(server.socket) in told:
            found.append(process.pid)
    return found


@pytest.mark.parametrize("is_long", [False, True])
def test_eight_processes_that_ask_at_once_start_one_server(
    make_server: MakeServer, tmp_path: Path, is_long: bool
):
    home = tmp_path / ("long" * 30 if is_long else "short")
    server = make_server(home)
    pids = asking_for(home, 8)

    running = server.find_running()
    assert running is not None
    assert pids == {running.pid}
    assert servers_of(server) == [running.pid]


def test_eight_processes_that_find_a_killed_server_start_one_in_its_place(
    make_server: MakeServer, tmp_path: Path
):
    server = make_server(tmp_path)
    first = server.start()
    kill(first.pid)
    pids = asking_for(tmp_path, 8)

    assert len(pids) == 1
    assert pids != {first.pid}
    assert servers_of(server) == [*pids]


def test_the_server_outlives_the_process_that_started_it(make_server: MakeServer, tmp_path: Path):
    server = make_server(tmp_path)
    (started,) = asking_for(tmp_path, 1)

    running = server.find_running()
    assert running is not None
    assert running.pid == started


def test_only_its_owner_reaches_it_and_it_opens_no_port(make_server: MakeServer, tmp_path: Path):
    server = make_server(tmp_path)
    running = server.start()

    assert psutil.Process(running.pid).net_connections(kind="inet") == []
    for path in (server.folder, server.socket):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in server.folder.iterdir())


async def test_the_first_command_starts_it_and_what_was_written_outlives_kill_9(
    make_server: MakeServer, tmp_path: Path
):
    server = make_server(tmp_path)
    connection = RedisConnection(Settings(home=tmp_path))
    assert not server.folder.exists()

    client = await connection.client()
    await client.set("kept", "yes", ex=600)
    running = server.find_running()
    assert running is not None
    kill(running.pid)

    assert await client.get("kept") == b"yes"
    await connection.close()


async def test_a_file_that_ends_in_half_a_command_brings_back_the_rest(
    make_server: MakeServer, tmp_path: Path
):
    server = make_server(tmp_path)
    connection = RedisConnection(Settings(home=tmp_path))
    client = await connection.client()
    await client.set("first", "yes", ex=600)
    await client.set("second", "yes", ex=600)
    await asyncio.to_thread(server.stop)
    (file,) = (path for path in server.folder.rglob("*.aof") if path.stat().st_size > 0)
    file.write_bytes(file.read_bytes()[:-5])

    assert await client.get("first") == b"yes"
    await connection.close()


def test_stopping_may_be_repeated_and_keeps_everything(make_server: MakeServer, tmp_path: Path):
    server = make_server(tmp_path)
    assert server.stop() is False
    server.start()

    assert server.stop() is True
    assert server.stop() is False
    assert server.find_running() is None
    assert servers_of(server) == []


def test_a_server_whose_socket_was_deleted_is_replaced(make_server: MakeServer, tmp_path: Path):
    server = make_server(tmp_path)
    first = server.start()
    server.socket.unlink()

    second = server.start()

    assert servers_of(server) == [second.pid]
    assert second.pid != first.pid


def test_a_server_that_is_too_busy_to_answer_gets_no_second_one_beside_it(
    make_server: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server = make_server(tmp_path)
    running = server.start()
    monkeypatch.setattr(private_redis, "_ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(private_redis, "START_DEADLINE", timedelta(seconds=0.2))
    os.kill(running.pid, signal.SIGSTOP)
    try:
        with pytest.raises(RedisUnavailable, match="does not answer"):
            server.start()
    finally:
        os.kill(running.pid, signal.SIGCONT)

    assert servers_of(server) == [running.pid]


def test_a_folder_that_somebody_else_put_in_the_place_of_a_long_homes_socket_is_refused(
    make_server: MakeServer, tmp_path: Path
):
    server = make_server(tmp_path / ("long" * 30))
    trap = tmp_path / "trap"
    trap.mkdir()
    server.socket.parent.symlink_to(trap)
    try:
        with pytest.raises(RedisUnavailable, match="only its owner"):
            server.start()
    finally:
        server.socket.parent.unlink()
    assert [*trap.iterdir()] == []


def test_where_there_is_no_redis_one_sentence_says_what_to_do(
    make_server: MakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def finds_nothing(name: str) -> None:
        del name

    monkeypatch.setattr(private_redis.shutil, "which", finds_nothing)
    monkeypatch.setattr(private_redis.importlib.util, "find_spec", finds_nothing)

    with pytest.raises(RedisUnavailable) as refused:
        make_server(tmp_path).start()

    assert str(refused.value) == private_redis.NO_SERVER


async def test_a_url_that_nobody_answers_is_an_error_without_the_url(tmp_path: Path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        connection = RedisConnection(
            Settings(home=tmp_path, redis_url=f"redis://:secret@127.0.0.1:{port}")
        )
        with pytest.raises(RedisUnavailable) as refused:
            await connection.client()

    assert "secret" not in str(refused.value)
    assert str(port) not in str(refused.value)


async def test_opening_the_stores_starts_no_server(
    make_server: MakeServer, open_home: OpenHome, home: Path
):
    server = make_server(home)

    await open_home()

    assert not server.folder.exists()


async def test_a_task_that_is_cancelled_during_a_command_ends_there(tmp_path: Path):
    connection = RedisConnection(Settings(home=tmp_path))
    client = await connection.client()

    async def ask_for_ever() -> None:
        while True:
            with translated_redis_errors():
                await client.get("key")

    for rounds in range(300):
        asking = asyncio.create_task(ask_for_ever())
        for _ in range(1 + rounds % 15):
            await asyncio.sleep(0)
        asking.cancel()
        ended, _ = await asyncio.wait([asking], timeout=5)

        assert ended, "the cancellation was lost"
    await connection.close()
