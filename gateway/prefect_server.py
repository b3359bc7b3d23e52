"""A home's own Prefect server: one background process with its API, its UI and its own database.

It is started once however many ask at the same time, found again by every later command, and
restarted by the next one when it has died. It listens on 127.0.0.1 only and lives wholly under
`<home>/prefect`: no Prefect profile, database or key of the user's is read or changed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import filelock
import httpx
import psutil

from deployments.worker_environment import worker_environment
from domain.errors import ServerUnavailable
from domain.model import FrozenModel
from gateway.waiting import wait_until
from storage.settings import Settings

HOST = "127.0.0.1"
PREFERRED_PORT = 4200
START_DEADLINE = timedelta(seconds=120)
STOP_DEADLINE = timedelta(seconds=10)
PORT_DEADLINE = timedelta(seconds=5)
_PORT_ATTEMPTS = 5
_LOG_TAIL_LINES = 20
_LOG_LIMIT_BYTES = 10_000_000

_FOREIGN_SETTINGS = ("PREFECT_PROFILE", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
"""Settings of another Prefect API, which this home's server must neither obey nor be sent."""

_RECORD_IN_BATCHES = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "2",
}
"""One transaction a task event keeps SQLite locked: a run that starts meanwhile is sent away with a
503 and waits two seconds. Events recorded in batches leave it free; pages show a task 2 s later."""

_launched: list[subprocess.Popen[bytes]] = []
"""Handles of the servers that this process started: polling them reaps one that has died."""


class RunningServer(FrozenModel):
    """A server process of this home: which one it is, and where it listens."""

    pid: int
    create_time: float
    """Seconds since the epoch. A pid alone may by now be another program's."""
    port: int

    @property
    def api_url(self) -> str:
        """Where Prefect's clients reach it."""
        return f"http://{HOST}:{self.port}/api"

    @property
    def ui_url(self) -> str:
        """Where a browser reaches it."""
        return f"http://{HOST}:{self.port}"


class ServerRecord(FrozenModel):
    """What the state file remembers: the port also while nothing runs, so that bookmarks last."""

    port: int
    running: RunningServer | None = None


def ensure_prefect_api(settings: Settings) -> str:
    """Return the URL of the Prefect API that flows of this process use, starting it where needed.

    With `PREFECT_API_URL` set that API is used as it is. Else this home's server is started or
    found, and this process's environment is pointed at it. Raises `ServerUnavailable`.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given:
        return given
    server = PrefectServer(settings.home)
    running = server.start()
    point_process_at(server.client_environment(running))
    return running.api_url


def point_process_at(environment: dict[str, str]) -> None:
    """Make Prefect's clients in this process, and in those it starts, use *environment*."""
    for name in _FOREIGN_SETTINGS:
        os.environ.pop(name, None)
    os.environ.update(environment)
    if "prefect" in sys.modules:
        # Prefect has read the environment when it was imported: it must look again.
        from prefect.context import refresh_global_settings_context  # noqa: PLC0415 - costs 1.5 s

        refresh_global_settings_context()


class PrefectServer:
    """The Prefect server of the home at *home*; making one starts nothing."""

    def __init__(self, home: Path) -> None:
        self.folder = home.resolve() / "prefect"
        self.log_file = self.folder / "server.log"
        self.database_file = self.folder / "prefect.db"
        self._record_file = self.folder / "server.json"

    def start(self) -> RunningServer:
        """Return the running server, starting it when there is none; raise `ServerUnavailable`."""
        running = self.find_running()
        if running is not None and _answers(running):
            return running
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._one_at_a_time():
            self._wait_for_port_of_the_dead()
            for _ in range(_PORT_ATTEMPTS):
                found = self.find_running()
                running = found or self._launch(self._choose_port())
                self._wait_for(running)
                if _is_alive(running):
                    return running
                if found is None and _is_free(running.port):
                    raise ServerUnavailable(
                        f"The Prefect server stopped at once.\n{self.log_tail()}"
                    )
        raise ServerUnavailable("The Prefect server found no free port.")

    def stop(self) -> bool:
        """Stop the server and whatever it started; return whether one was running."""
        if not self._record_file.exists():
            return False
        with self._one_at_a_time():
            running = self.find_running()
            if running is None:
                return False
            _end_tree(running.pid)
            self._remember(ServerRecord(port=running.port))
            return True

    def find_running(self) -> RunningServer | None:
        """Return this home's server when its process is alive, ready or not yet."""
        record = self._find_record()
        if record is None or record.running is None or not _is_alive(record.running):
            return None
        return record.running

    def is_ready(self) -> bool:
        """Whether the server runs and answers."""
        running = self.find_running()
        return running is not None and _answers(running)

    def log_tail(self) -> str:
        """Return the last lines of the server's log."""
        if not self.log_file.exists():
            return ""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def client_environment(self, running: RunningServer) -> dict[str, str]:
        """Return what a process sets so that its flows run against *running*."""
        return {**worker_environment(running.api_url), **self._own_environment()}

    def _own_environment(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_PROFILES_PATH": str(self.folder / "profiles.toml"),
            "DO_NOT_TRACK": "1",
        }

    def _server_environment(self, port: int) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
        }
        return {
            **inherited,
            **self._own_environment(),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            # The UI asks port 4200 unless told, and its files carry the answer: each home its own.
            "PREFECT_UI_API_URL": f"http://{HOST}:{port}/api",
            "PREFECT_UI_STATIC_DIRECTORY": str(self.folder / "ui"),
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            **_RECORD_IN_BATCHES,
        }

    def _launch(self, port: int) -> RunningServer:
        self._keep_log_short()
        descriptor = os.open(self.log_file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        arguments = [
            "server",
            "start",
            "--host",
            HOST,
            "--port",
            str(port),
            "--log-level",
            "WARNING",
        ]
        with open(descriptor, "ab") as log:  # noqa: PTH123 - an open descriptor, not a path
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, fixed arguments
                [sys.executable, "-m", "prefect", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Prefect reads prefect.toml, pyproject.toml and .env of its working folder.
                cwd=self.folder,
                env=self._server_environment(port),
                start_new_session=True,
            )
        _launched.append(process)
        create_time = psutil.Process(process.pid).create_time()
        running = RunningServer(pid=process.pid, create_time=create_time, port=port)
        self._remember(ServerRecord(port=port, running=running))
        return running

    def _wait_for(self, running: RunningServer) -> None:
        """Return when *running* answers or has died; raise `ServerUnavailable` when neither."""
        try:
            wait_until(
                lambda: not _is_alive(running) or _answers(running),
                "the Prefect server's health check answers",
                within=START_DEADLINE,
            )
        except TimeoutError as error:
            _end_tree(running.pid)
            raise ServerUnavailable(f"The Prefect server: {error}.\n{self.log_tail()}") from error

    def _wait_for_port_of_the_dead(self) -> None:
        """Return when the port of a server that died is free again, or a stranger's by now.

        Runs under way look for their API on that port only. A killed process counts as dead as soon as
        its first thread has ended, and its other threads hold the port for some tenths of a second more.
        """
        record = self._find_record()
        last = record.running if record else None
        if last is None:
            return
        with suppress(TimeoutError):
            wait_until(
                lambda: _is_free(last.port) or _answers(last),
                "the dead server's port is let go",
                within=PORT_DEADLINE,
            )

    def _choose_port(self) -> int:
        record = self._find_record()
        for port in (record.port if record else PREFERRED_PORT, PREFERRED_PORT):
            if _is_free(port):
                return port
        with closing(socket.socket()) as listener:
            listener.bind((HOST, 0))
            return int(listener.getsockname()[1])

    def _find_record(self) -> ServerRecord | None:
        try:
            return ServerRecord.model_validate_json(self._record_file.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def _remember(self, record: ServerRecord) -> None:
        written = self._record_file.with_suffix(f".{os.getpid()}")
        written.write_text(record.model_dump_json(), encoding="utf-8")
        written.replace(self._record_file)

    def _keep_log_short(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))

    def _one_at_a_time(self) -> filelock.BaseFileLock:
        """Hold off the home's other processes; one that starts the server is worth waiting for."""
        return filelock.FileLock(
            self.folder / "server.lock", timeout=2 * START_DEADLINE.total_seconds()
        )


def _is_alive(running: RunningServer) -> bool:
    for handle in _launched:
        handle.poll()
    try:
        process = psutil.Process(running.pid)
        same = abs(process.create_time() - running.create_time) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(running: RunningServer) -> bool:
    """Whether the server itself is up, not a stranger who holds its port."""
    try:
        connections = psutil.Process(running.pid).net_connections(kind="tcp")
        if not any(
            connection.status == psutil.CONN_LISTEN and connection.laddr.port == running.port
            for connection in connections
        ):
            return False
        answer = httpx.get(f"{running.api_url}/health", timeout=5, trust_env=False)
    except (psutil.Error, httpx.HTTPError):
        return False
    return answer.is_success


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as listener:
        # As the server itself asks: a port that is only cooling down counts as free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def _end_tree(pid: int) -> None:
    try:
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(family, timeout=STOP_DEADLINE.total_seconds())
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_DEADLINE.total_seconds())
