import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from prefect import flow, get_client
from prefect.runtime import flow_run

from domain.errors import ServerUnavailable
from gateway.prefect_server import HOST, PrefectServer, ensure_prefect_api
from gateway.waiting import wait_until
from storage.settings import Settings

ENSURE = """
from storage.settings import Settings
from gateway.prefect_server import ensure_prefect_api
url = ensure_prefect_api(Settings())
from prefect.settings import get_current_settings
settings = get_current_settings()
import json
print(json.dumps({"url": url, "seen": settings.api.url, "home": str(settings.home)}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    server = PrefectServer(tmp_path_factory.mktemp("home"))
    yield server
    server.stop()


def environment(home: Path, **others: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {**kept, "DIARCHY_HOME": str(home), **others}


def server_processes(server: PrefectServer) -> list[int]:
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if (
                "server" in process.cmdline()
                and process.status() != psutil.STATUS_ZOMBIE
                and process.environ().get("PREFECT_HOME") == str(server.folder)
            ):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_many_who_ask_at_once_start_one_server_and_get_its_url(server: PrefectServer):
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ENSURE],
            env=environment(server.folder.parent),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in asking]

    running = server.find_running()
    assert running is not None
    assert [answer["url"] for answer in answers] == [running.api_url] * 4
    assert server_processes(server) == [running.pid]


def test_a_server_that_was_killed_is_replaced_on_a_free_port_by_the_next_who_asks(
    server: PrefectServer,
):
    first = server.start()
    os.kill(first.pid, signal.SIGKILL)
    wait_until(
        lambda: server.find_running() is None,
        "the killed server is noticed",
        within=timedelta(seconds=10),
    )
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(
            lambda: _takes(stranger, first.port),
            "the killed server's port is let go",
            within=timedelta(seconds=60),
        )
        stranger.listen()
        second = server.start()

    assert second.pid != first.pid
    assert second.port != first.port
    assert httpx.get(f"{second.api_url}/health", trust_env=False).json() is True
    assert server_processes(server) == [second.pid]


def test_a_server_that_was_killed_comes_back_on_its_port_where_runs_under_way_look_for_it(
    server: PrefectServer,
):
    first = server.start()
    os.kill(first.pid, signal.SIGKILL)
    with socket.socket() as lingering:
        lingering.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wait_until(
            lambda: _takes(lingering, first.port),
            "the killed server's port is let go",
            within=timedelta(seconds=60),
        )
        lingering.listen()
        # As the last threads of a killed server do, only longer.
        letting_go = threading.Timer(1, lingering.close)
        letting_go.start()
        second = server.start()
        letting_go.join()

    assert second.pid != first.pid
    assert second.port == first.port


def _takes(stranger: socket.socket, port: int) -> bool:
    try:
        stranger.bind((HOST, port))
    except OSError:
        return False
    return True


def test_stopping_ends_every_process_and_may_be_repeated(server: PrefectServer):
    server.start()

    assert server.stop() is True
    assert server_processes(server) == []
    assert server.stop() is False
    assert server.find_running() is None


def test_a_profile_of_the_users_that_names_another_api_is_neither_used_nor_changed(
    server: PrefectServer, tmp_path: Path
):
    profiles = tmp_path / ".prefect" / "profiles.toml"
    profiles.parent.mkdir()
    profiles.write_text(
        'active = "elsewhere"\n[profiles.elsewhere]\nPREFECT_API_URL = "http://127.0.0.1:9/api"\n'
    )
    before = profiles.read_bytes()
    answer = subprocess.run(
        [sys.executable, "-c", ENSURE],
        env=environment(server.folder.parent, HOME=str(tmp_path), PREFECT_PROFILE="elsewhere"),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    seen = json.loads(answer.stdout)
    running = server.find_running()
    assert running is not None
    assert seen == {"url": running.api_url, "seen": running.api_url, "home": str(server.folder)}
    assert profiles.read_bytes() == before
    assert list(profiles.parent.iterdir()) == [profiles]


def test_the_ui_is_told_the_port_that_the_server_really_has(server: PrefectServer):
    running = server.start()

    told = httpx.get(f"{running.ui_url}/ui-settings", trust_env=False).json()

    assert told["api_url"] == running.api_url


def test_an_api_that_the_environment_names_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
    monkeypatch.delenv("PREFECT_HOME", raising=False)  # a server that other tests share sets it

    assert ensure_prefect_api(Settings(home=tmp_path)) == "http://prefect.example/api"
    assert list(tmp_path.iterdir()) == []
    assert "PREFECT_HOME" not in os.environ


def test_a_server_that_cannot_start_is_an_error_that_shows_the_end_of_its_log(tmp_path: Path):
    server = PrefectServer(tmp_path)
    server.folder.mkdir()
    (server.folder / "prefect.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(ServerUnavailable, match="file is not a database"):
        server.start()

    assert server_processes(server) == []


async def test_flows_of_this_process_run_against_the_server_that_tests_share(prefect_api: str):
    @flow
    async def say_run_name() -> str:
        return str(flow_run.name)

    name = await say_run_name()

    async with get_client() as client:
        assert str(client.api_url).rstrip("/") == prefect_api
        assert name in {run.name for run in await client.read_flow_runs()}
