"""What every test stands on: a process free of the developer's settings, one Redis, one Prefect server."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings as hypothesis_settings
from redis import Redis

from gateway.prefect_server import PrefectServer, point_process_at
from storage.database import open_database
from storage.redis_server import PrivateRedis
from storage.settings import Settings
from tests.postgres_server import PostgresServer
from tests.redis_keys import assert_every_key_ends
from tests.stores import clock, home, open_home

__all__ = ["clock", "home", "open_home"]

_KEPT = {"DIARCHY_PROOFS", "DIARCHY_TRANSCRIPT"}

# How long a case takes says something of the machine and nothing of the code.
hypothesis_settings.register_profile("diarchy", deadline=None)
hypothesis_settings.load_profile("diarchy")

# Before Prefect is imported anywhere: it reads the environment once.
for _name in list(os.environ):
    if _name.startswith(("PREFECT_", "DIARCHY_")) and _name not in _KEPT:
        del os.environ[_name]
os.environ["DO_NOT_TRACK"] = "1"


@pytest.fixture(scope="session", autouse=True)
def redis_of_all_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A real Redis server, which this process and its children use unless a test says otherwise."""
    server = PrivateRedis(Settings(home=tmp_path_factory.mktemp("redis-server")))
    running = server.start()
    os.environ["DIARCHY_REDIS_URL"] = f"unix://{running.socket}"
    with Redis(unix_socket_path=str(running.socket)) as client:
        yield client
    del os.environ["DIARCHY_REDIS_URL"]
    server.stop()


@pytest.fixture(autouse=True)
def every_key_ends(redis_of_all_tests: Redis) -> Iterator[None]:
    """Fail a test that leaves a key without a time to live; streams alone may stay, being trimmed."""
    yield
    if redis_of_all_tests.dbsize():
        try:
            assert_every_key_ends(redis_of_all_tests)
        finally:
            redis_of_all_tests.flushall()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server; whoever wants one makes a database of its own in it."""
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_database(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database with empty tables that tests get copies of."""
    name = postgres_server.new_database()
    home = tmp_path_factory.mktemp("migrating")
    settings = Settings(home=home, database_url=postgres_server.url(name))

    async def migrate() -> None:
        await (await open_database(settings)).close()

    asyncio.run(migrate())
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a database with empty tables; None stands for SQLite in the home."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    migrated: str = request.getfixturevalue("migrated_database")
    return server.url(server.new_database(template=migrated))


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server; flows of this process and of its children run against it."""
    server = PrefectServer(tmp_path_factory.mktemp("prefect-server"))
    running = server.start()
    point_process_at(server.client_environment(running))
    yield running.api_url
    _send_what_is_still_queued()
    server.stop()


def _send_what_is_still_queued() -> None:
    """Let Prefect's senders of logs and events finish, lest they complain of a server gone."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - Prefect reads the environment
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415 - when it is imported

    APILogWorker.drain_all(timeout=10)
    EventsWorker.drain_all(timeout=10)


@pytest.fixture(autouse=True)
def models_stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the language model's client at a closed port, unless a test names a server of its own."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
