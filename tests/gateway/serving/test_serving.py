"""`diarchy serve` as a user runs it: one process that brings up a whole home and takes it down again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest

from gateway.prefect_server import PrefectServer
from gateway.serving.marked_processes import find_marked
from gateway.waiting import wait_until
from storage.private_redis import PrivateRedis
from storage.settings import Settings
from tests.gateway.command_line.company import fill

STARTED = timedelta(minutes=5)
DONE = timedelta(minutes=4)
PARTS = (
    *("Redis", "Prefect", "embeddings", "dispatcher"),
    *("worker sophia", "worker artemis", "worker diarchy"),
)


class Served(NamedTuple):
    """A `diarchy serve` that runs."""

    home: Path
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def told(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8")

    @property
    def api_url(self) -> str:
        """Where its Prefect server answers."""
        running = PrefectServer(self.home).find_running()
        assert running is not None
        return running.api_url

    def pid_of(self, part: str) -> int:
        """Return the process of *part* as it was told last."""
        return int(re.findall(rf"^{part}: running .*process (\d+)", self.told, re.MULTILINE)[-1])


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served") / "home"
    fill(home)
    output = home.parent / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.command_line", "serve"],
            env=environment(home),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    served = Served(home, process, output)
    try:
        wait_until(
            lambda: (
                process.poll() is not None or all(f"{one}: running" in served.told for one in PARTS)
            ),
            "every part runs",
            within=STARTED,
        )
        assert process.poll() is None, served.told
        yield served
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=120)


def environment(home: Path) -> dict[str, str]:
    """Return what the command finds in its environment: no server that other tests share."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PREFECT_") and name != "DIARCHY_REDIS_URL"
    }
    return {**kept, "DIARCHY_HOME": str(home)}


def start_run(served: Served, deployment: str, **parameters: Any) -> str:
    with httpx.Client(base_url=served.api_url, trust_env=False, timeout=30) as api:
        found = api.get(f"/deployments/name/{deployment}/{deployment}").raise_for_status().json()
        made = api.post(
            f"/deployments/{found['id']}/create_flow_run", json={"parameters": parameters}
        )
        return made.raise_for_status().json()["id"]


def state_of(served: Served, run: str) -> str:
    with httpx.Client(base_url=served.api_url, trust_env=False, timeout=30) as api:
        return api.get(f"/flow_runs/{run}").raise_for_status().json()["state_type"]


def test_a_home_is_served_from_its_first_run_to_the_end_of_its_last_process(served: Served):
    """One test of one life: each start of all parts takes half a minute."""
    works_off_a_run_of_a_deployment(served)
    refuses_a_second_one_on_the_same_home(served)
    starts_a_killed_worker_again(served)
    ends_everything_when_told_to_stop(served)


def works_off_a_run_of_a_deployment(served: Served) -> None:
    run = start_run(
        served, "strategic-summary", requester="staff", domain="technical", time_horizon="month"
    )

    wait_until(
        lambda: state_of(served, run) in {"COMPLETED", "FAILED", "CRASHED"},
        "the run comes to an end",
        within=DONE,
    )
    assert state_of(served, run) == "COMPLETED"


def refuses_a_second_one_on_the_same_home(served: Served) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "gateway.command_line", "serve"],
        env=environment(served.home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert second.returncode == 1
    assert second.stderr == (
        "diarchy: Another `diarchy serve` works on this home: stop it first, or give this one another "
        "home.\n"
    )
    assert served.process.poll() is None


def starts_a_killed_worker_again(served: Served) -> None:
    killed = served.pid_of("worker artemis")

    os.kill(killed, signal.SIGKILL)

    wait_until(
        lambda: served.pid_of("worker artemis") != killed,
        "another worker runs",
        within=STARTED,
    )
    assert "worker artemis: died, starts again (pool artemis, it ended by signal 9;" in served.told
    assert psutil.pid_exists(served.pid_of("worker artemis"))


def ends_everything_when_told_to_stop(served: Served) -> None:
    """A run in progress too, and a Redis server that was not there before."""
    start_run(served, "comprehensive-analysis", requester="staff", requirement="Hire 14 welders.")
    wait_until(
        lambda: any("prefect.engine" in one.cmdline() for one in find_marked(served.home)),
        "the run has a process",
        within=DONE,
    )

    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=120) == 0

    assert find_marked(served.home) == []
    assert PrefectServer(served.home).find_running() is None
    assert PrivateRedis(Settings(home=served.home)).find_running() is None
    assert all(f"\n{part}: stopped" in served.told for part in PARTS)
    assert "Brno" not in served.told
