"""The programs of a home: the embedding service, a worker for each pool, the dispatcher.

The gateway joins them here: one more `Program`.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from collections.abc import Callable
from datetime import datetime

import httpx

from domain.routing import WorkPool
from gateway.embedding_address import home_socket
from gateway.serving.supervision import Answers, Program, Started
from storage.settings import Settings

HEARTBEAT_SECONDS = 30
"""How often a run says that it lives: the least that Prefect accepts."""
_ASK_EVERY_SECONDS = 2
"""How long a run that is due waits for its worker at most."""
_ANSWER_SECONDS = 5.0
_DENIED = (401, 403)
_DIARCHY = ("-m", "gateway.command_line")


def programs_of(settings: Settings, api_url: Callable[[], str]) -> list[Program]:
    """Return what is kept running for the home of *settings* beside its servers.

    *api_url* tells where Prefect answers now.
    """
    programs = [_worker(settings, pool, api_url) for pool in WorkPool]
    programs.append(Program("dispatcher", (*_DIARCHY, "events", "serve"), _has_said("Serving")))
    if settings.embedding_url is None:
        programs.insert(0, _embedding_service(settings))
    return programs


def program_environment(settings: Settings, client_environment: dict[str, str]) -> dict[str, str]:
    """Return what every program and every run below it finds in its environment."""
    return {
        **os.environ,
        **client_environment,
        "DIARCHY_HOME": str(settings.home.resolve()),
        "DIARCHY_EMBEDDING_URL": settings.embedding_url or _home_service(settings),
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_WORKER_QUERY_SECONDS": str(_ASK_EVERY_SECONDS),
        # What a program says is in its log at once.
        "PYTHONUNBUFFERED": "1",
    }


def api_headers() -> dict[str, str]:
    """Return how a Prefect API that the environment names is told who asks."""
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if user := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
    return {}


def _embedding_service(settings: Settings) -> Program:
    url = _home_service(settings)

    async def answers(_: Started) -> bool:
        from storage.embedding_service import HEALTH_PATH, service_client  # noqa: PLC0415 - numpy

        try:
            async with service_client(url) as client:
                return (await client.get(HEALTH_PATH, timeout=_ANSWER_SECONDS)).is_success
        except httpx.HTTPError:
            return False

    return Program("embeddings", (*_DIARCHY, "embeddings", "serve"), answers, url)


def _home_service(settings: Settings) -> str:
    return f"unix://{home_socket(settings)}"


def _worker(settings: Settings, pool: WorkPool, api_url: Callable[[], str]) -> Program:
    name = _worker_name(settings, pool)

    async def answers(started: Started) -> bool:
        url = f"{api_url()}/work_pools/{pool.value}/workers/filter"
        try:
            async with httpx.AsyncClient(
                headers=api_headers(), timeout=_ANSWER_SECONDS, verify=url.startswith("https")
            ) as client:
                found = await client.post(url, json={"limit": 200})
        except httpx.HTTPError:
            return False
        if found.status_code in _DENIED:
            return True  # it may ask, we may not; its process lives
        return found.is_success and any(
            one["name"] == name
            and one["status"] == "ONLINE"
            and datetime.fromisoformat(one["last_heartbeat_time"]) >= started.at
            for one in found.json()
        )

    arguments = ("worker", "start", "--pool", pool.value, "--type", "process", "--name", name)
    policy = ("--install-policy", "never", "--no-create-pool-if-not-found")
    return Program(
        f"worker {pool.value}",
        ("-m", "prefect", *arguments, *policy),
        answers,
        f"pool {pool.value}",
    )


def _worker_name(settings: Settings, pool: WorkPool) -> str:
    """Return a name that the worker has again after a restart, and no other home's worker has."""
    home = hashlib.sha256(os.fsencode(settings.home.resolve())).hexdigest()[:6]
    return f"{pool.value}-{socket.gethostname()}-{home}"


def _has_said(word: str) -> Answers:
    async def answers(started: Started) -> bool:
        with started.log.open("rb") as log:
            log.seek(started.log_offset)
            return word.encode() in log.read()

    return answers
