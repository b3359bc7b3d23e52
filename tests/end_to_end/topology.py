"""Many machines, as plain processes: a PostgreSQL, a Redis over TCP, Prefect servers, workers, a dispatcher.

What would be a machine is a home of its own and a Prefect API of its own to talk to; all else is shared.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
from cryptography.fernet import Fernet
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deployments.server_environment import server_environment
from deployments.worker_environment import worker_environment
from domain.routing import WorkPool
from gateway.waiting import wait_until
from storage.private_redis import find_program
from storage.settings import Settings
from tests.postgres_server import PostgresServer
from tests.processes import free_port
from tests.stores import NOW

MACHINES = ("one", "two")
_ROOT = Path(__file__).parents[2]
_START = timedelta(seconds=180)
_END_SECONDS = 30


class Process:
    """One process with a log, which a test may kill and start again."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self._command = command
        self._environment = environment
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=dict(self._environment),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Return when it has ended; fail when it says that it failed."""
        assert self._process is not None
        assert self._process.wait(_START.total_seconds()) == 0, self.log.read_text()

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            self.kill()


class TcpRedis:
    """A Redis server on a port of 127.0.0.1 that keeps an append-only file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "redis"
        self.folder.mkdir()
        self.port = free_port()
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        given = [word for name, value in options.items() for word in (f"--{name}", value)]
        self._process = Process("redis", [find_program(), *given], os.environ, folder)

    def url(self, database: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self._process.start()
        wait_until(self._answers, "Redis answers", within=_START)

    def kill(self) -> None:
        self._process.kill()

    def empty(self) -> None:
        """Remove what a server that was killed has kept."""
        for kept in self.folder.iterdir():
            kept.unlink()

    def end(self) -> None:
        self._process.end()

    def client(self, database: int) -> Redis:
        return Redis(port=self.port, db=database)

    def _answers(self) -> bool:
        try:
            with self.client(0) as client:
                return bool(client.ping())
        except RedisConnectionError:
            return False


class ApiServer:
    """A Prefect API server; with `--no-services` among the *options*, one of several."""

    def __init__(
        self, name: str, environment: Mapping[str, str], folder: Path, *options: str
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/api"
        where = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "WARNING")
        self._process = Process(
            f"api-{name}",
            _prefect("server", "start", *options, *where),
            environment,
            folder,
        )

    def start(self) -> None:
        self._process.start()

    def wait(self) -> None:
        wait_until(self._answers, f"{self.url} answers", within=_START)

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self._process.end()

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health", timeout=5, trust_env=False).is_success
        return False


class Topology:
    """Two API servers, their services, two workers a pool on two machines, and a dispatcher."""

    def __init__(self, postgres: PostgresServer, folder: Path) -> None:
        self.folder = folder
        self._postgres = postgres
        self._prefect_database = postgres.url(postgres.new_database())
        self._truth = postgres.url(postgres.new_database())
        self._sealing_key = Fernet.generate_key().decode()
        self.redis = TcpRedis(folder)
        on_servers = self._server_environment()
        self._upgrade = Process(
            "upgrade", _prefect("server", "database", "upgrade", "-y"), on_servers, folder
        )
        self.servers = [ApiServer(name, on_servers, folder, "--no-services") for name in MACHINES]
        self.services = Process(
            "services", _prefect("server", "services", "start"), on_servers, folder
        )
        self._deploy = self._diarchy("deploy")
        self.dispatcher = self._diarchy("events", "serve")
        self.workers = {
            (machine, pool): self._worker(machine, pool)
            for machine in MACHINES
            for pool in WorkPool
        }

    @property
    def settings(self) -> Settings:
        """What a third machine of the installation would be told."""
        return Settings(
            home=self.folder / "home-three",
            database_url=self._truth,
            redis_url=self.redis.url(0),
            lancedb_uri=str(self.folder / "lancedb"),
            sealing_key=self._sealing_key,
            clock=NOW,
        )

    def start(self) -> None:
        self.redis.start()
        self._upgrade.start()
        self._upgrade.wait()
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()
        self.services.start()
        self._deploy.start()
        self._deploy.wait()

    def start_workers(self) -> None:
        for worker in self.workers.values():
            worker.start()
        self.dispatcher.start()

    def end(self) -> None:
        for process in (self.dispatcher, *self.workers.values(), self.services, *self.servers):
            process.end()
        self.redis.end()

    def client(self) -> PrefectClient:
        """Return a client of the second API server."""
        return PrefectClient(self.servers[1].url)

    def machine_environment(self, machine: str) -> dict[str, str]:
        settings = self.settings
        api_url = self.servers[MACHINES.index(machine)].url
        return {
            **without_settings(),
            **worker_environment(api_url),
            "PREFECT_HOME": str(self.folder / f"prefect-{machine}"),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PYTHONPATH": str(_ROOT),
            "DIARCHY_HOME": str(self.folder / f"home-{machine}"),
            "DIARCHY_DATABASE_URL": str(settings.database_url),
            "DIARCHY_REDIS_URL": str(settings.redis_url),
            "DIARCHY_LANCEDB_URI": settings.lancedb_location,
            "DIARCHY_SEALING_KEY": self._sealing_key,
            "DIARCHY_CLOCK": NOW.isoformat(),
            "DIARCHY_WORK_POOL_SLOTS": "4",
        }

    def dump_of_prefect(self) -> str:
        """Return everything that Prefect's database holds, as SQL."""
        return subprocess.run(
            [self._postgres.program("pg_dump"), self._prefect_database],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def runs_taken(self, machine: str, pool: WorkPool) -> set[str]:
        """Return the ids of the flow runs that a machine's worker took from *pool*."""
        words = self.workers[machine, pool].log.read_text().split("submitting flow run '")
        return {word.partition("'")[0] for word in words[1:]}

    def _server_environment(self) -> dict[str, str]:
        database_url = self._prefect_database.replace("postgresql://", "postgresql+asyncpg://")
        return {
            **without_settings(),
            **server_environment(database_url, self.redis.url(1)),
            "PREFECT_HOME": str(self.folder / "prefect-servers"),
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_REDIS_MESSAGING_CONSUMER_TRIM_EVERY": "1",
        }

    def _diarchy(self, *arguments: str) -> Process:
        return Process(
            f"diarchy-{arguments[0]}",
            [sys.executable, "-m", "gateway.command_line", *arguments],
            self.machine_environment(MACHINES[0]),
            self.folder,
        )

    def _worker(self, machine: str, pool: WorkPool) -> Process:
        name = f"{machine}-{pool.value}"
        return Process(
            f"worker-{name}",
            _prefect("worker", "start", "--pool", pool.value, "--name", name, "--limit", "1"),
            self.machine_environment(machine),
            self.folder,
        )


async def deployments_of(client: PrefectClient) -> dict[str, UUID]:
    """Return the id of every deployment by its name."""
    return {deployment.name: deployment.id for deployment in await client.read_deployments()}


async def unfinished(client: PrefectClient, runs: Sequence[FlowRun]) -> list[FlowRun]:
    """Return those of *runs* that have not come to an end."""
    now = [await client.read_flow_run(run.id) for run in runs]
    return [run for run in now if run.state is None or not run.state.is_final()]


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def without_settings() -> dict[str, str]:
    """Return this process's environment without what tests and developers set."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "DIARCHY_"))
    }
